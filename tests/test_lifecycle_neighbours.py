"""What stands next to a row and is not it: each was given, or could be given, another's dates."""

from __future__ import annotations

from datetime import date

import pytest

from agent.catalogue import load_catalogue
from evidence.errors import ConfigurationError
from evidence.lifecycle import COLUMNS, Catalogue
from evidence.lifecycle.update import Offer, updated
from evidence.trains import train

SHIPPED = load_catalogue(date.max)
TODAY = date(2026, 11, 28)


def catalogue(*matches: tuple[str, str, str]) -> Catalogue:
    """Hardware rows: (vendor, match, rule)."""
    blank = dict.fromkeys(COLUMNS, "")
    return Catalogue.of_rows(
        [
            {**blank, "vendor": vendor, "kind": "hardware", "match": match, "rule": rule}
            for vendor, match, rule in matches
        ],
        TODAY,
    )


# --- models ---


@pytest.mark.parametrize(
    ("vendor", "model", "match"),
    [
        # A letter behind a space is a variant as well.
        ("SonicWall", "TZ 300 P", "TZ 300P"),
        ("SonicWall", "TZ 400 W", "TZ 400W"),
        ("SonicWall", "SOHO W", "SOHOW"),
        ("Palo Alto Networks", "PA-220 R", "PA-220R"),
        # The last digit of a short form counts ones where H stands for hundreds.
        ("Fortinet", "FG3H1E", "FortiGate-301E"),
        ("Fortinet", "FG3H0E", "FortiGate-300E"),
        ("Fortinet", "FG3K0D", "FortiGate-3000D"),
        ("Fortinet", "FG3K1D", None),  # FG3K1F is the 3001F, so a 1 says nothing
        ("Fortinet", "FG80EP", "FortiGate-80E-POE"),
        ("Fortinet", "FGR60D", "FortiGateRugged-60D"),
        # As it is ordered.
        ("Fortinet", "FG-60E", "FortiGate-60E"),
        ("Fortinet", "FG-60E-POE", "FortiGate-60E-POE"),
        ("Fortinet", "FWF-60E", "FortiWiFi-60E"),
        ("Fortinet", "FG-60E-HV", None),
        ("Fortinet", "FG-100F-BDL-811-36", "FortiGate-100F"),
        ("Fortinet", "FS-108E-POE", "FortiSwitch-108E-POE"),
        ("Fortinet", "FAZ-200F", "FortiAnalyzer-200F"),
        ("Palo Alto Networks", "PAN-PA-220", "PA-220"),
        ("Palo Alto Networks", "PAN-PA-220R", "PA-220R"),
        ("Palo Alto Networks", "PA-220-ZTP", None),
        ("Fortinet", "FGT-60E", "FortiGate-60E"),
        ("Fortinet", "FAP221E", "FortiAP-221E"),
        ("Fortinet", "FS124E", "FortiSwitch-124E"),
        # Behind a label.
        ("Cisco", "Cisco ASA 5525-X", "ASA5525"),
        ("Cisco", "Nexus9000 C9372PX Chassis", "N9K-C9372PX"),
        ("Check Point", "Check Point Quantum 6200", "Check Point 6200"),
        ("Palo Alto", "Palo Alto PA-850", "PA-850"),
        ("SonicWall", "SonicWall TZ 300 P", "TZ 300P"),
        # With and without the hyphen or the space that the vendor writes.
        ("Juniper", "SSG-5-SH", "SSG5"),
        ("Sophos", "XG 210", "XG210"),
        ("Sophos", "XG 210 Rev. 3", "XG210"),
        ("Sophos", "XGS 210", None),
        ("Aruba", "AP315", "AP-315"),
        ("Cisco", "ISR-4331", "ISR4331"),
        ("HPE", "HPE 5130-24G-4SFP+ EI Switch JG932A", "5130 EI"),
        ("HPE", "HPE 5130-24G-4SFP+ SI Switch", None),
        ("Check Point", "Quantum 6200", "Check Point 6200"),
        ("Check Point", "6200P", None),
        ("Cisco", "N9K-C9364C-GX", None),
        ("Cisco", "C9364C", "N9K-C9364C"),
        ("Cisco", "C9364C-GX", None),
        ("Cisco", "C9300-48P", None),
        # Of one series and of another notice.
        ("Cisco", "C1111-8P", "C1111-8P"),
        ("Cisco", "C1111-8PLTEEA", None),
        ("Cisco", "CISCO1941-SEC/K9", "CISCO1941"),
        ("Cisco", "CISCO1941W-A/K9", None),
        ("Cisco", "WS-C4948-10GE", None),
        ("Cisco", "SG500X-48P", "SG500X-"),
        ("Cisco", "SG500XG-8F8T", None),
        ("Cisco", "WS-C2960R+24TC-L", "WS-C2960R+"),
        ("Cisco", "ASR9001", "ASR-9001"),
        ("Cisco", "ASR-9001-S", None),
        ("Cisco Meraki", "Z3-HW", "Z3"),
        ("Cisco Meraki", "Z3C", None),
        ("Cisco Meraki", "Z3C-NA", "Z3C-NA"),
        ("Juniper", "EX4300-48T-DC", "EX4300-48T"),
        ("Juniper", "EX4300-48MP", None),
        ("Juniper", "EX2300-C-12T", None),
        ("HPE Aruba", "J9776A 2530-24G Switch", "2530-24G"),
        ("HPE Aruba", "J9773A 2530-24G-PoEP Switch", "2530-24G-PoEP"),
        ("HPE Aruba", "J9856A 2530-24G-2SFP+ Switch", None),
        ("Cisco", "WS-C2960RX-48FPS-L", None),
        # The same vendor by another name.
        ("Checkpoint", "5600", "Check Point 5600"),
        ("PaloAlto", "PA-220", "PA-220"),
        ("Hewlett-Packard", "J9145A", "J9145A"),
        ("Meraki", "MX64", "MX64"),
        ("思科", "WS-C2960X-48TS-L", "WS-C2960X-"),
        ("ＣＩＳＣＯ", "ＷＳ－Ｃ２９６０Ｘ－４８ＴＳ－Ｌ", "WS-C2960X-"),  # noqa: RUF001 as typed
        ("Dell Networks", "PA-220", None),
    ],
)
def test_a_neighbour_keeps_its_own_row(vendor: str, model: str, match: str | None) -> None:
    found = SHIPPED.find_hardware(vendor, model)
    assert (found and found.match) == match


def test_a_model_of_two_makers_is_nobodys_without_one() -> None:
    both = catalogue(("Cisco", "MX80", "prefix"), ("Juniper", "MX80", "family"))
    assert both.find_hardware(None, "MX80") is None
    found = both.find_hardware("Juniper Networks", "MX80")
    assert found is not None
    assert found.vendor == "Juniper"


@pytest.mark.parametrize(
    ("vendor", "model"),
    [("HPE", "2620"), ("Meraki", "Z1"), ("SonicWall", "SOHO"), ("F5", "C117")],
)
def test_a_short_name_is_nobodys_without_a_maker(vendor: str, model: str) -> None:
    assert SHIPPED.find_hardware(None, model) is None, "a Cisco 2620 is no HPE 2620"
    assert SHIPPED.find_hardware(vendor, model) is not None


# --- releases ---


@pytest.mark.parametrize(
    ("product", "version", "wanted"),
    [
        ("gaia", "R80.20SP", "R80.20SP"),
        ("gaia", "R80.20.M1", "R80.20.M1"),
        ("gaia", "R76SP.50", "R76SP.50"),
        ("gaia", "R75.40VS", "R75.40VS"),
        ("gaia", "R81.20 Take 65", "R81.20"),
        ("gaia", "R80.20.40", "R80.20.40 Embedded"),
        ("netscaler", "NS13.1: Build 49.15.nc", "NS13.1"),
        ("netscaler", "NS13.1-37.219 FIPS", "NS13.1-FIPS"),
        ("sles", "15-SP6", "15.6"),
        ("sles", "12 SP5", "12.5"),
        ("sles", "15.6", "15.6"),
        ("sles", "15", None),  # which service pack is not told
    ],
)
def test_a_train_is_no_longer_and_no_shorter(
    product: str, version: str, wanted: str | None
) -> None:
    assert train(product, version) == wanted


@pytest.mark.parametrize(
    ("product", "version", "name", "wanted"),
    [
        ("gaia", "R80.20SP", "", None),
        ("gaia", "R76SP.50", "", None),
        ("netscaler", "NS13.1-37.219 FIPS", "", None),
        ("sles", "15-SP6", "", "15.6"),
        ("panos", "11.10.2", "", None),
        ("fortios", "7.10.1", "", None),
        # Service packs have dates of their own; that of the release without any is no pack's.
        ("mssql", "13.0.6300.2", "", None),
        ("mssql", "12.0.6024.0", "", None),
        ("mssql", "15.0.4345.5", "", "15.0"),
        ("windows", "10.0.26100", "Microsoft Windows 11 專業版", "w"),
        ("windows", "10.0.26100", "Microsoft Windows 11 企業版", "e"),
        ("windows", "10.0.17763", "Microsoft Windows 10 企業版 LTSC", "e lts"),
        ("windows", "10.0.14393", "Microsoft Windows 10 企業版 2016 長期維護", "e lts"),
        ("windows", "10.0.22621", "Windows 11 專業教育版", "w"),
        ("windows", "10.0.22621", "Windows 11 Pro Education", "w"),
        ("windows", "10.0.22621", "Windows 11 Education", "e"),
        ("windows", "10.0.19044", "Windows 10 IoT Enterprise LTSC", "iot lts"),
        ("windows", "10.0.22621", "Windows 11 SE", None),
        # Of this build only one edition's dates are known.
        ("windows", "10.0.26300", "Microsoft Windows 11 專業版", "w"),
        ("windows", "10.0.26300", "Windows 11 Enterprise", None),
        ("windows-server", "10.0.20348", "", "2022"),
        ("windows-server", "6.0.6002", "Windows Server 2008 Standard", "2008 sp2"),
        ("centos", "8", "CentOS Linux 8", "8"),
        ("eos", "4.28.4M", "", "4.28"),
        ("eos", "4.3.1F", "", None),
    ],
)
def test_a_release_has_its_own_dates_or_none(
    product: str, version: str, name: str, wanted: str | None
) -> None:
    found = SHIPPED.find_software(None, product, version, edition=name)
    assert (found and (found.edition or found.match)) == wanted


@pytest.mark.parametrize(
    ("product", "name"), [("centos", "CentOS Stream 8"), ("centos-stream", "")]
)
def test_centos_stream_is_not_centos(product: str, name: str) -> None:
    found = SHIPPED.find_software(None, product, "8", edition=name)
    assert found is not None
    assert found.name == "CentOS Stream 8"
    assert found.milestones["end_of_security_fixes"] == date(2024, 5, 31)


# --- the file ---


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ({"kind": "Hardware"}, "`kind` is hardware or software, not Hardware"),
        ({"rule": "exact"}, "`rule` of hardware is prefix, family, model, not exact"),
        ({"rule": "train"}, "`rule` of hardware is"),
        ({"match": " "}, "`match` is empty"),
        ({"kind": "software", "rule": "train"}, "`product` is empty"),
        ({"last_day_of_support": "115-12-31"}, "a date is YYYY-MM-DD"),  # of the Republic
    ],
)
def test_a_row_by_which_nothing_is_found_is_refused(spoilt: dict[str, str], said: str) -> None:
    blank = dict.fromkeys(COLUMNS, "")
    row = {**blank, "vendor": "Cisco", "kind": "hardware", "match": "X1", "rule": "model"}
    with pytest.raises(ConfigurationError, match=said):
        Catalogue.of_rows([{**row, **spoilt}], TODAY)


@pytest.mark.parametrize(("before", "after"), [("model", "prefix"), ("prefix", "model")])
def test_a_row_that_is_compared_otherwise_is_a_change(before: str, after: str) -> None:
    known, other = (catalogue(("Fortinet", "X1", rule)) for rule in (before, after))
    _, changes = updated(known, Offer(other.entries, whole=True), TODAY)
    assert [one.word for one in changes] == ["changes"]
