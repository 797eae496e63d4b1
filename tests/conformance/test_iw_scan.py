"""Scans that nobody here made: every network heard, and what the text itself says of each."""

import json
import re
from pathlib import Path

import pytest

from evidence.facts import AirObservation
from tests.by_hand import read


@pytest.mark.parametrize("name", ["jc_centos-7.7_iw-scan0", "jc_centos-7.7_iw-scan1"])
def test_every_network_heard_is_told(conformance: Path, name: str) -> None:
    folder = conformance / "wireless" / "scan"
    text = (folder / f"{name}.raw").read_text("utf-8")
    expected = json.loads((folder / "expected.json").read_text("utf-8"))[name]["parsed"]
    reading = read("iw_scan", "wireless", ("iw scan", text.encode()))
    assert reading.failure is None, reading.failure
    found = reading.of(AirObservation)
    assert [one.bssid for one in found] == [one["bssid"] for one in expected]
    parts = re.split(r"(?m)^BSS ", text)[1:]
    for one, part in zip(found, parts, strict=True):
        named = re.search(r"(?m)^\s+SSID: (?!(?:\\x00)+$)(\S.*)$", part)  # zeros: hidden
        assert one.ssid == (named and named[1].strip())
        assert ("wpa" in one.versions) == ("WPA:  " in part)
        assert ("wpa2" in one.versions) == ("RSN:  " in part)
        assert ("tkip" in one.pairwise) == bool(re.search(r"Pairwise ciphers:.*TKIP", part))
        assert bool(one.wps) == ("WPS:  " in part)


def test_a_mixed_network_and_the_open_ones(conformance: Path) -> None:
    folder = conformance / "wireless" / "scan"
    mixed = read(
        "iw_scan", "wireless", ("iw scan", (folder / "jc_centos-7.7_iw-scan1.raw").read_bytes())
    ).of(AirObservation)[0]
    assert (mixed.versions, mixed.akm) == (("wpa", "wpa2"), ("psk",))
    assert (mixed.pairwise, mixed.group, mixed.pmf) == (("tkip", "ccmp"), "tkip", "disabled")
    first, last = read(
        "iw_scan", "wireless", ("iw scan", (folder / "jc_centos-7.7_iw-scan0.raw").read_bytes())
    ).of(AirObservation)
    assert (first.akm, first.pairwise) == (("open",), ())
    assert last.akm == (), "the last may be cut off"
