"""Captures that nobody here made: every network, as tshark decodes its elements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evidence.facts import AirObservation
from tests.by_hand import read
from tests.conformance.summary.air import AKM, CIPHERS, names

DAMAGED = "tcpdump_ieee802.11_parse_elements_oobr"


def recordings(folder: Path) -> dict[str, dict[str, Any]]:
    found = json.loads((folder / "expected.json").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def heard(folder: Path, name: str) -> tuple[AirObservation, ...] | str:
    """The networks of one capture, or the code of its failure."""
    (path,) = (one for one in folder.iterdir() if one.stem == name)
    reading = read("air_capture", "wireless", ("air.pcap", path.read_bytes()))
    return tuple(reading.of(AirObservation)) if reading.failure is None else reading.failure.code


def test_every_network_is_told_as_another_decoder_tells_it(conformance: Path) -> None:
    folder, compared = conformance / "wireless" / "pcap", 0
    for name, expected in recordings(folder).items():
        found = heard(folder, name)
        if not expected["parsed"]:
            assert found in ("result_empty_suspicious", "output_unexpected"), name
            continue
        assert not isinstance(found, str), (name, found)
        assert len(found) == len(expected["parsed"]), name
        for told in expected["parsed"] if name != DAMAGED else ():
            (one,) = (seen for seen in found if seen.bssid == told["bssid"])
            assert agrees(one, told), (name, one, told)
            compared += 1
    assert compared > 40


def agrees(one: AirObservation, told: dict[str, str]) -> bool:
    if told["ssid"] not in ("", "<MISSING>"):
        raw = bytes.fromhex(told["ssid"]).decode("utf-8", "backslashreplace")
        assert (one.ssid or "") == raw.strip("\0")
    rsn, wpa = told["rsn.akms.type"], told["wfa.ie.wpa.ucs.type"]
    if not rsn and not wpa:
        wep = told["fixed.capabilities.privacy"] == "1"
        return (one.akm, one.versions) == (("open",), ("wep",) if wep else ())
    # tshark's list has no key management of the WPA element; a passphrase is all there is here.
    assert names(rsn, AKM) <= set(one.akm)
    assert set(one.pairwise) == names(told["rsn.pcs.type"], CIPHERS) | names(wpa, CIPHERS)
    assert ("wpa" in one.versions) == bool(wpa)
    groups = names(told["rsn.gcs.type"], CIPHERS) | names(told["wfa.ie.wpa.mcs.type"], CIPHERS)
    assert one.group in groups and ("tkip" not in groups or one.group == "tkip")
    if rsn:
        required, capable = (told[f"rsn.capabilities.mfp{end}"] == "1" for end in "rc")
        assert one.pmf == ("required" if required else "optional" if capable else "disabled")
    return bool(one.wps) == bool(told["wifi_protected_setup_state"])


@pytest.mark.parametrize(
    ("name", "versions", "transition"),
    [
        ("vanhoef_wpa3", ("wpa3",), None),
        ("vanhoef_wpa3_transition_wpa3client_5ghz", ("wpa2", "wpa3"), "sae"),
        ("aircrack_wpa", ("wpa",), None),
        ("aircrack_wep.shared.key.authentication", ("wep",), None),
    ],
)
def test_what_the_captures_are_of(
    conformance: Path, name: str, versions: tuple[str, ...], transition: str | None
) -> None:
    found = heard(conformance / "wireless" / "pcap", name)
    assert not isinstance(found, str)
    assert (found[0].versions, found[0].transition) == (versions, transition)


def test_a_frame_damaged_on_purpose_is_unknown(conformance: Path) -> None:
    found = heard(conformance / "wireless" / "pcap", DAMAGED)
    assert not isinstance(found, str)
    (one,) = found
    assert (one.akm, one.versions) == ((), ()), "neither open nor anything else"
