"""What the platforms read by `collectors/_cli` share: layouts, spans, one unit out of answers."""

from __future__ import annotations

import pytest

from agent.platforms import platforms
from collectors._cli import clocked_s, span_s
from collectors._cli.rows import Misfit, each, having, one, template
from evidence.facts import HardwareItem, SoftwareRelease, Unit
from tests.by_hand import read

DELL = b"""Dell Application Software Version:  9.14(2.12)
Dell Networking OS uptime is 2 hour(s), 5 minute(s)
System Type: S4048-ON
"""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("21 weeks, 3 days, 4 hours and 12 minutes", 12_975_120.0),
        ("160 days 11:32:40", 13_865_560.0),
        ("203Days 4Hrs 19Mins 33Secs", 17_554_773.0),
        ("88d 21h 21m 42s", 7_680_102.0),
        ("11 days,  6:15", 972_900.0),
        ("1 year, 2 weeks", 32_745_600.0),
        ("0 week, 0 day, 15 hours, 16 minutes", 54_960.0),
        ("never", None),
        ("", None),
    ],
)
def test_spans_are_seconds(text: str, seconds: float | None) -> None:
    assert span_s(text) == seconds


def test_days_before_a_comma_are_days() -> None:
    assert clocked_s("67,08:57:53") == 5_821_073.0
    assert clocked_s("no time") is None


def test_a_layout_fits_or_says_which_line_it_does_not_know() -> None:
    with pytest.raises(Misfit, match="does not know the line"):
        template("arista_eos_show_version")("Arista DCS-7050\nSomething new: 1\n")
    with pytest.raises(Misfit, match="finds nothing"):
        template("dell_force10_show_version")("Cisco IOS Software\n")
    with pytest.raises(Misfit, match="no line has 'Image Version'"):
        one(r"^ *(?:\[x\])?Image Version: (?P<version>\S+)")("release 1\n")
    with pytest.raises(Misfit, match="no row below"):
        each("^Unit", r"^ *(?P<unit>\d+)$")("Unit Model\nnone\n")
    with pytest.raises(Misfit, match="no line has 'Name'"):
        having("^Name", one(r"(?P<version>\d)"))("1\n")


def test_a_column_that_a_layout_lacks_is_empty() -> None:
    (row,) = one(r"^Version: (?P<version>\S+)", model=r"^Model: (\S+)")("Version: 1.2\n")
    assert (row["version"], row["model"], row["nothing of that name"]) == ("1.2", "", "")


def test_the_echo_of_the_command_and_a_pager_are_told_from_the_answer() -> None:
    reading = read("dell_os9", "firmware", ("show version", b"sw-1#show version\r\n" + DELL))
    assert [one.version for one in reading.of(SoftwareRelease)] == ["9.14(2.12)"]
    reading = read("dell_os9", "firmware", ("show version", DELL + b"--More--\n"))
    assert reading.failure is not None
    assert reading.failure.code == "output_incomplete"


def test_what_one_answer_names_and_another_numbers_is_one_piece() -> None:
    units = b" Unit MAC address Hardware version Serial number\n ---- ---- ---- ----\n"
    rows = b"  2 a8:f9:4b:00:00:02 01.01 ES2\n  1 a8:f9:4b:00:00:01 01.01 ES1\n"
    about = (
        b"System Description: MES3348 switch\nSystem Up Time (days,hour:min:sec): 1,00:00:00\n"
        b"System Name: a\nSystem Location: b\nSystem MAC Address: c\nSystem Object ID: 1.3\n\n"
        b" Unit Device\n ---- ----\n 1 MES3348 switch\n 2 MES3324 switch\n"
    )
    reading = read("eltex", "firmware", ("show system", about), ("show system id", units + rows))
    assert reading.failure is None, reading.failure
    assert [(one.model, one.serial, one.position) for one in reading.of(HardwareItem)] == [
        ("MES3348", "ES1", "unit 1"),
        ("MES3324", "ES2", "unit 2"),
    ]


def test_equal_numbers_in_two_places_are_two_pieces() -> None:
    """Somebody blanked them: the same row of zeros is no identity."""
    row = "Slot {} CPU 0:\nDEVICE_NAME : 5130\nDEVICE_SERIAL_NUMBER : 000000\nVENDOR_NAME : HPE\n"
    answer = (row.format(1) + row.format(2)).encode()
    reading = read("comware", "firmware", ("display device manuinfo", answer))
    assert [one.position for one in reading.of(HardwareItem)] == ["slot 1", "slot 2"]


def test_the_boot_follows_from_the_uptime_and_the_time_of_the_answer() -> None:
    (unit,) = read("dell_os9", "firmware", ("show version", DELL)).of(Unit)
    assert unit.uptime_s == 7500.0
    assert unit.boot_at is not None
    assert unit.boot_at.isoformat() == "2026-11-23T00:25:00+00:00"


def test_one_refusal_among_answers_hides_nothing_and_alone_is_the_failure() -> None:
    refused = b"% Invalid input detected at '^' marker.\n"
    reading = read("dell_os9", "firmware", ("show version", DELL), ("show inventory", refused))
    assert reading.failure is None
    reading = read("dell_os9", "firmware", ("show inventory", refused))
    assert reading.failure is not None
    assert "was refused" in reading.failure.message


def test_every_name_of_ntc_templates_that_tells_a_release_is_a_platform() -> None:
    names = {name for one in platforms().values() for name in (one.name, *one.aliases)}
    told = {
        *("alcatel_aos", "alcatel_sros", "allied_telesis_awplus", "arista_eos", "aruba_aoscx"),
        *("aruba_os", "avaya_ers", "avaya_vsp", "broadcom_icos", "brocade_fastiron"),
        *("brocade_netiron", "checkpoint_gaia", "ciena_saos", "cisco_apic", "cisco_asa"),
        *("cisco_ftd", "cisco_fxos", "cisco_ios", "cisco_nvfis", "cisco_nxos", "cisco_s300"),
        *("cisco_viptela", "cisco_wlc_ssh", "cisco_xr", "dell_force10", "dell_powerconnect"),
        *("dlink_ds", "edgecore", "eltex", "ericsson_ipos", "extreme_exos", "extreme_slxos"),
        *("fortinet", "fsas_sir", "hp_comware", "hp_procurve", "huawei_ont", "huawei_smartax"),
        *("huawei_vrp", "juniper_junos", "juniper_screenos", "linux", "mikrotik_routeros"),
        *("oneaccess_oneos", "paloalto_panos", "ruckus_fastiron", "ubiquiti_edgerouter"),
        *("ubiquiti_edgeswitch", "yamaha", "zte_zxros", "zyxel_os"),
    }
    assert told - names == set()
