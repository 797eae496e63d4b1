"""What is read of a product that no family knows: how makers word a release, a model, a serial
number, and what must not be taken for one. The texts are constructed."""

import pytest

from collectors.snmp import words
from evidence.facts import HardwareItem, SoftwareRelease
from evidence.reading import Reading
from tests.test_snmp_devices import part, rows, versions, walked

STRANGER = "64999.1"


def of(reading: Reading) -> tuple[str | None, str | None, str | None]:
    """(version, model, serial number) as they were told first."""
    release = next(iter(reading.of(SoftwareRelease)), SoftwareRelease())
    item = next(iter(reading.of(HardwareItem)), HardwareItem())
    return release.version, item.model, item.serial


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("XR-2400, SW: 4.1.2, HW: 2.0.1", "4.1.2"),
        ("XR-2400 S/W Version: V3.10(AB.1) H/W Version: 1.2", "V3.10(AB.1)"),
        ("<<HW_REV: 1.0; VENDOR: Acme; BOOTR: 2.1.7; SW_REV: 3.4.5; MODEL: XM100>>", "3.4.5"),
        ("XR-2400 Firmware Version 2.08 Loader 1.02.03", "2.08"),
        ("AP-9000, HiveOS 8.1r2a build-178408", "8.1r2a"),
        ("Acme router, kernel JUNOS 18.2R1.9, Build date: 2018-06-28", "18.2R1.9"),
        ("OS-6900 8.5.255.R02 GA, August 29, 2018.", "8.5.255.R02"),
        ("Switch, boot version 1.0.3, hardware version 2.1, version 7.4.1", "7.4.1"),
        ("TZ 90 (AcmeOS 7.0.1-R1456)", "7.0.1-R1456"),
        ("XR 1820 8G J9979A, QT.02.01, Linux 3.6.5-79c95a77, U-Boot 2012.10-1", "QT.02.01"),
        ("Acme J679A 6100 12G 2SFP+ Swch QL.10.08.1050", "QL.10.08.1050"),
    ],
)
def test_a_worded_release_is_read(text: str, version: str) -> None:
    assert words.version_of(text, is_known=False) == version


@pytest.mark.parametrize(
    "text",
    [
        "XR-2400 hardware version 2.1.4",
        "XR-2400 H/W Rev: 1.2.3",
        "XR-2400 HW_REV: 2.00",
        "XR-2400 boot ROM version 3.4.5",
        "XR-2400 ROM QA.15.05.12",
        "XR-2400 Bootloader: v2.0.1",
        "XR-2400 U-Boot 2012.10.1",
        "XR-2400 kernel 4.14.98",
        "XR-2400 Linux version 3.6.5",
        "XR-2400 FPGA version 1.14.2",
        "XR-2400 BIOS 1.2.3",
        "XR-2400 MIB version 2.1.0",
        "XR-2400 SNMP version 2.0",
        "XR-2400 built 04.11.2019",
        "XR-2400 compiled 2019.11.04",
        "XR-2400 Rev 04.11.2019",
        "XR-2400 at 192.168.100.1",
        "agent for 1.3.6.1.4.1.64999.1",
        "XR-2400 IEEE 802.11.2",
    ],
)
def test_what_belongs_to_another_part_is_no_release(text: str) -> None:
    assert words.version_of(text, is_known=False) is None


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("Model: SBC 1000; SW Version: 6.60", "SBC 1000"),
        ("ArubaOS (MODEL: 225), Version 8.4.0.0", "225"),
        ("CentreCOM 9924Ts, version 3.2.1-04, built 08-Sep-2009", "CentreCOM 9924Ts"),
        ("Powerconnect 8024F, 5.1.8.2, VxWorks 6.6", "Powerconnect 8024F"),
        ("7520-48Y-8C-FabricEngine (9.0.4.0)", "7520-48Y-8C-FabricEngine"),
        ("Acme TZ 570 (AcmeOS 7.0.1)", "TZ 570"),
        ("Shaper 3500 ShapeWise 8.7.2", "Shaper 3500"),
        ("Acme V1810-48G, QK.1.38, eCos-2.0, CFE-3.8", "V1810-48G"),
        ("Acme 1810-24G, QL.1.9, eCos-3.0, 1_12_8-customized-h", "1810-24G"),
        ("XR2400-32X-EI Acme Platform Software, Version 5.170 (XR2400 V200R010)", "XR2400-32X-EI"),
        ("Acme Software, XR2400 Software (XR2400-UNIVERSALK9-M), Version 15.2(2)", None),
        ("XR2400-32X (XR240 V200R010C00)", None),
        # Nobody can say which, or none is one.
        ("XR-2400 with AB-1200 module", None),
        ("Layer 2 Switch, Version 1.0.2", None),
        ("24-Port Gigabit Switch, Version 1.0.2", None),
        ("10/100/1000 Switch, Version 1.0.2", None),
        ("Core switch of building 7100, version 1.2.3", None),
        ("Platform Software, Version 7.1.045", None),
    ],
)
def test_a_model_is_a_field_or_stands_before_the_release(text: str, model: str | None) -> None:
    assert words.model_of(text, "Acme") == model


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        ("XR-2400 V1.2.3, Serial Number: AB1234567", "AB1234567"),
        ("XR-2400 S/N: 0123-4567", "0123-4567"),
        ("XR-2400 SN=AB1234567", "AB1234567"),
        ("XR-2400 - Serial number AB1234567 - Firmware version 6.6.0", "AB1234567"),
        ("XR-2400 with serial number printed below", None),
        ("XR-2400 with 4 serial: ports", None),
        ("XR-2400 SN: 10.1.2.3", None),
    ],
)
def test_a_worded_serial_number_is_read(text: str, serial: str | None) -> None:
    assert words.serial_of(text) == serial


def test_lldp_med_tells_what_nothing_else_does() -> None:
    """LLDP-EXT-MED-MIB's inventory of the device itself; its firmware revision is the loader's."""
    med = "1.0.8802.1.1.2.1.5.4795.1.2.{}.0".format
    more = {med(3): "1.0.1", med(4): "6.5.3", med(5): "AB12345678", med(7): "XR-2400"}
    assert of(walked(rows("a box", STRANGER, more))) == ("6.5.3", "XR-2400", "AB12345678")


def test_a_modem_tells_its_software_by_docsis() -> None:
    more = {"1.3.6.1.2.1.69.1.1.4.0": "AB12345678", "1.3.6.1.2.1.69.1.3.5.0": "SB-5.1.2"}
    assert of(walked(rows("a modem", STRANGER, more)))[::2] == ("SB-5.1.2", "AB12345678")


def test_the_release_that_all_modules_run_is_the_device_s() -> None:
    column = "1.3.6.1.2.1.47.1.1.1.1.10.{}".format
    modules = {
        **part(1, kind=3, within=0),
        **part(2, kind=9, within=1),
        **part(3, kind=9, within=1),
    }
    agreed = {**modules, column(2): "4.2.1", column(3): "4.2.1"}
    assert versions(walked(rows("a box", STRANGER, agreed))) == ["4.2.1"]
    differing = {**modules, column(2): "4.2.1", column(3): "4.2.2"}
    assert versions(walked(rows("a box", STRANGER, differing))) == []


def test_on_another_s_agent_nothing_is_worded_as_the_maker_words_it() -> None:
    text = "lab server, S/N: AB1234567, Model: XR-2400"
    assert of(walked(rows(text, "8072.3.2.10")))[1:] == (None, None)


@pytest.mark.parametrize("wrong", ["4.4.2", "v4.4", "AB12345678"])
def test_a_release_or_a_serial_number_in_the_model_s_place_is_no_model(wrong: str) -> None:
    plate = part(1, kind=3, within=0, model=wrong, serial="AB12345678")
    assert of(walked(rows("a box", STRANGER, plate)))[1:] == (None, "AB12345678")
