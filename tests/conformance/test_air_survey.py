"""Scans by airodump-ng that nobody here made: names with commas, quotes and blanks."""

from pathlib import Path

from evidence.facts import AirObservation
from tests.by_hand import read


def heard(conformance: Path, name: str) -> tuple[AirObservation, ...]:
    path = conformance / "wireless" / "scan" / f"wifite2_{name}.csv"
    reading = read("air_survey", "wireless", ("survey.txt", path.read_bytes()))
    assert reading.failure is None, reading.failure
    return tuple(reading.of(AirObservation))


def test_names_with_every_sign(conformance: Path) -> None:
    assert [one.ssid for one in heard(conformance, "airodump-weird-ssids")] == [
        "Comma, no trailing space",
        '"Quoted ESSID, Comma, no trailing spaces.   "',
        "Comma, Trailing space ",
        '"quote" comma, trailing space ',
        None,
    ]


def test_protection_is_told_or_unknown_and_no_row_is_lost(conformance: Path) -> None:
    found = {one.bssid: one for one in heard(conformance, "airodump")}
    assert len(found) == 29, "thirty rows, one of nobody's address"
    mixed, bare = found["60:02:92:bc:08:00"], found["78:24:af:d5:29:98"]
    assert (mixed.versions, mixed.pairwise) == (("wpa", "wpa2"), ("ccmp", "tkip"))
    assert (mixed.group, bare.akm) == ("tkip", ())
    assert found["c6:a4:62:e8:e5:f0"].akm == ("open",)
