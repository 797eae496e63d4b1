"""The summary of a directory of recordings: what it counts as right, as wrong and as missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.summary.__main__ import main, scores
from tests.conformance.summary.score import Sample, Score, alike

EDGEROUTER = """Version:      v2.0.9
Build ID:     5622762
Build on:     06/08/23 11:49
Copyright:    2012-2020 Ubiquiti Networks, Inc.
HW model:     EdgeRouter X 5-Port
HW S/N:       F09FC2000001
Uptime:       10:30:01 up 71 days,  4:15,  1 user,  load average: 0.09, 0.06, 0.01
"""


def set_of(root: Path, name: str, cases: dict[str, tuple[str, Any]], parsed: object = None) -> None:
    """A set with these cases: text, and what another parser is said to have read."""
    folder = root / name
    folder.mkdir(parents=True)
    expected = {}
    for case, (text, fields) in cases.items():
        (folder / f"{case}.raw").write_text(text, "utf-8")
        expected[case] = {"command": "show version", "fields": fields, "parsed": parsed}
    (folder / "expected.json").write_text(json.dumps(expected), "utf-8")


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    told = {"version": "v2.0.9", "hardware": "EdgeRouter X 5-Port", "serial": "F09FC2000001"}
    set_of(
        tmp_path,
        "show_version/ubiquiti_edgerouter",
        {
            "right": (EDGEROUTER, [told]),
            "other": (EDGEROUTER, [{**told, "version": "1.10.0"}]),
            "cut": ("Version:\n", [told]),
            "unsaid": (EDGEROUTER, [dict.fromkeys(told)]),
        },
    )
    set_of(tmp_path, "show_version/nobody_reads_it", {"one": ("x\n", [told])})
    return tmp_path


def test_each_value_is_right_wrong_or_missing(recordings: Path) -> None:
    other, known = scores(recordings)
    assert (known.samples, known.expected, known.refused) == (4, 3, 1)
    assert {name: dict(count) for name, count in known.fields.items()} == {
        "version": {"right": 1, "wrong": 1, "missing": 1},
        "hardware": {"right": 2, "wrong": 0, "missing": 1},
        "serial": {"right": 2, "wrong": 0, "missing": 1},
    }
    assert (other.samples, other.refused, other.total("missing")) == (1, 1, 3)


def test_json_says_the_same_and_the_exit_status_whether_it_is_enough(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(recordings), "--json"]) == 1, "a third of the versions is contradicted"
    said = json.loads(capsys.readouterr().out)
    assert [one["set"] for one in said["sets"]] == [
        "show_version/nobody_reads_it",
        "show_version/ubiquiti_edgerouter",
    ]
    assert said["sets"][1]["right"] == 5
    assert said["identity"]["show_version version"]["right"] == 25.0
    assert main([str(recordings), "--set", "snmp"]) == 0, "nothing was asked"
    assert main([str(recordings / "no such folder")]) == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("17.09.04a", "17.9.4a", True),
        ("v7.2.8", "FortiGate-100F v7.2.8,build1639", True),
        ("Nexus 3048", "3048", True),
        ("SG350X-24P-K9", "SG350X-24P", True),
        ("2024F4X", "2024F-4X", True),
        ("7.10", "7.1", False),
        ("9.16(4)57", "9.16(4)5", False),
        ("snFastIronStackICX7650Switch", "ICX7650-48F", True),
        ("snFastIronStackICX7650Switch", "ICX7450-48F", False),
        ("ASR9K Series", "ASR-9001", True),
        ("ASR9K Series", "ASR-1001", False),
        ("ABC", "ABD", False),
        ("1", "10", False),
    ],
)
def test_forms_of_one_value_are_alike(one: str, other: str, same: bool) -> None:
    assert alike(one, other) is same


def test_what_was_blanked_is_no_expectation() -> None:
    score = Score("x")
    score.add(Sample("a", {"serial": ["<private>", "N/A", ""]}, {"serial": []}))
    assert (score.samples, score.expected, score.fields) == (1, 0, {})


def test_values_are_counted_in_sets_of_every_kind(tmp_path: Path) -> None:
    set_of(
        tmp_path,
        "firewall/nobody_reads_it",
        {"one": ("x\n", None)},
        parsed=[{"action": "permit"}, {"action": "deny"}],
    )
    set_of(tmp_path, "wireless/hostapd", {"one": ("interface=wlan0\nssid=office\n", None)})
    terminal = r"ControlSet001\Control\Terminal Server"
    number = {"type": "REG_DWORD", "data": 1}
    keys = {
        terminal: {"fDenyTSConnections": number},
        rf"{terminal}\WinStations\RDP-Tcp": {"UserAuthentication": number},
    }
    set_of(tmp_path, "rdp/hive", {"one": ("", None)}, parsed=keys)
    by_name = {one.name: one for one in scores(tmp_path)}
    firewall, wireless, rdp = (
        by_name[name].fields
        for name in ("firewall/nobody_reads_it", "wireless/hostapd", "rdp/hive")
    )
    assert firewall["rules"] == {"right": 0, "wrong": 0, "missing": 1}
    assert firewall["actions"] == {"right": 0, "wrong": 0, "missing": 2}
    assert wireless["ssid"] == {"right": 1, "wrong": 0, "missing": 0}
    assert rdp["enabled"] == rdp["nla_required"] == {"right": 1, "wrong": 0, "missing": 0}


def test_a_network_of_a_capture_is_compared_by_its_address(tmp_path: Path) -> None:
    """A listing of networks that our reader does not hear: each value of it is missing."""
    network = {
        **{"bssid": "00:00:5e:00:53:01", "ssid": "4d4f", "rsn.akms.type": "2"},
        **{"rsn.pcs.type": "4", "wfa.ie.wpa.ucs.type": ""},
        **{"rsn.capabilities.mfpr": "0", "rsn.capabilities.mfpc": "1"},
    }
    set_of(tmp_path, "wireless/pcap", {"one": ("no capture", None)}, parsed=[network])
    (score,) = scores(tmp_path)
    assert {name: count["missing"] for name, count in score.fields.items()} == {
        **{"bssid": 1, "ssid": 1, "akm": 1, "pairwise": 1, "pmf": 1}
    }


@pytest.mark.parametrize("expected", ["[]", "{", '{"one": 7}', '{"one": {"parsed": [1, null]}}'])
@pytest.mark.parametrize(
    "name",
    [
        *("snmp", "show_version/cisco_ios", "show_version/nobody_reads_it", "firewall/pfsense"),
        *("firewall/nobody", "wireless/pcap", "wireless/api", "wireless/nobody", "rdp/gpo"),
        *("rdp/hive", "rdp/nobody", "lifecycle/v0"),
    ],
)
def test_no_directory_breaks_the_summary(tmp_path: Path, name: str, expected: str) -> None:
    folder = tmp_path / name
    folder.mkdir(parents=True)
    (folder / "expected.json").write_text(expected, "utf-8")
    for other in ("one.raw", "two@@registry.pol", "three.snmprec", "four.xml", "five.json"):
        (folder / other).write_bytes(b"\xff\xfe<not what it says\0\n")
    (folder / "a folder").mkdir()
    for score in scores(tmp_path):
        assert score.samples > 0 and score.total("right") == score.total("wrong") == 0
