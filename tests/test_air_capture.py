"""Captures of the air: what is announced is told, damage is unknown, and nothing else is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redact import SiteKey, redact
from collectors import air_capture
from evidence.facts import AirObservation
from evidence.reading import Reading
from tests.air import (
    ALLIANCE,
    BARE,
    BSSID,
    MICROSOFT,
    PPI,
    RADIOTAP,
    block,
    element,
    frame,
    pcap,
    pcapng,
    ppi,
    radiotap,
    rsn,
    wpa,
)
from tests.by_hand import read

WPS = element(221, MICROSOFT + b"\x04\x10\x44\x00\x01\x02")
OWE_TWIN = element(221, ALLIANCE + b"\x1c" + bytes.fromhex("020000000011") + b"\x02KY")
KEY = SiteKey(b"k" * 32)


def reading(*files: bytes) -> Reading:
    named = ("air.pcap", "air.pcapng", "air.cap")
    return read("air_capture", "wireless", *zip(named, files, strict=False))


def heard(*files: bytes) -> list[AirObservation]:
    found = reading(*files)
    assert found.failure is None, found.failure
    return list(found.of(AirObservation))


def one(*elements: bytes, privacy: bool = True) -> AirObservation:
    (found,) = heard(pcap(BARE, frame(b"KY", *elements, privacy=privacy)))
    return found


@pytest.mark.parametrize(
    ("elements", "privacy", "versions", "akm", "pairwise", "group", "pmf"),
    [
        ((), False, (), ("open",), (), None, "disabled"),
        # The privacy bit alone is WEP.
        ((), True, ("wep",), ("open",), ("wep",), "wep", "disabled"),
        ((wpa(),), True, ("wpa",), ("psk",), ("tkip",), "tkip", "disabled"),
        ((rsn((2,)),), True, ("wpa2",), ("psk",), ("ccmp",), "ccmp", "disabled"),
        # Both elements together are WPA and WPA2 mixed.
        (
            (wpa(), rsn((2,), (4, 2), 2)),
            True,
            ("wpa", "wpa2"),
            ("psk",),
            ("ccmp", "tkip"),
            "tkip",
            "disabled",
        ),
        # Two elements, two group ciphers: the weaker.
        (
            (wpa(), rsn((2,))),
            True,
            ("wpa", "wpa2"),
            ("psk",),
            ("ccmp", "tkip"),
            "tkip",
            "disabled",
        ),
        # CCMP for each client, TKIP for all of them: common, and TKIP all the same.
        ((rsn((2,), (4,), 2),), True, ("wpa2",), ("psk",), ("ccmp",), "tkip", "disabled"),
        # 2 and 8 with protection capable is a transition, not WPA3.
        (
            (rsn((2, 8), pmf=0x80),),
            True,
            ("wpa2", "wpa3"),
            ("psk", "sae"),
            ("ccmp",),
            "ccmp",
            "optional",
        ),
        ((rsn((9,), pmf=0xC0),), True, ("wpa3",), ("ft-sae",), ("ccmp",), "ccmp", "required"),
        ((rsn((6,)),), True, ("wpa2",), ("psk-sha256",), ("ccmp",), "ccmp", "disabled"),
        (
            (rsn((12,), (9,), 9, 0xC0),),
            True,
            ("wpa3",),
            ("802.1x-suite-b-192",),
            ("gcmp-256",),
            "gcmp-256",
            "required",
        ),
        ((rsn((18,), pmf=0xC0),), True, ("wpa3",), ("owe",), ("ccmp",), "ccmp", "required"),
        # Nothing but the version: IEEE's defaults.
        (
            (element(48, b"\x01\x00"),),
            True,
            ("wpa2",),
            ("802.1x",),
            ("ccmp",),
            "ccmp",
            "disabled",
        ),
    ],
)
def test_what_the_elements_let_a_client_negotiate(
    elements: tuple[bytes, ...],
    privacy: bool,
    versions: tuple[str, ...],
    akm: tuple[str, ...],
    pairwise: tuple[str, ...],
    group: str | None,
    pmf: str,
) -> None:
    found = one(*elements, privacy=privacy)
    assert (found.versions, found.akm, found.pairwise) == (versions, akm, pairwise)
    assert (found.group, found.pmf) == (group, pmf)


def test_wps_owe_and_the_way_in_of_sae() -> None:
    assert one(rsn((2,)), WPS).wps is True
    assert one(rsn((2,))).wps is False
    assert one(OWE_TWIN, privacy=False).transition == "owe"
    assert one(rsn((8,), pmf=0xC0), element(244, b"\x20")).sae_pwe == "hash-to-element"
    assert one(rsn((8,), pmf=0xC0)).sae_pwe == "hunting-and-pecking"
    assert one(rsn((2, 8), pmf=0x80)).transition == "sae"
    override = element(221, ALLIANCE + b"\x29" + rsn((24,), pmf=0xC0)[2:])
    assert one(rsn((2,)), override).akm == ("psk", "sae-ext-key")
    assert one(rsn((2,)), override).pmf == "disabled", "the older way in has none"


@pytest.mark.parametrize(
    "damaged",
    [
        element(48, b"\x01\x00\x00\x0f"),  # half a suite
        element(48, b"\x02\x00"),  # a version that does not exist
        element(48, rsn((2,))[2:10] + b"\xff\xff"),  # 65535 suites
        element(48, rsn((2,))[2:10] + b"\x00\x00"),  # none
        element(48, b""),
        element(221, MICROSOFT + b"\x01\x01"),
    ],
)
def test_an_element_that_contradicts_itself_is_unknown_neither_open_nor_wep(
    damaged: bytes,
) -> None:
    found = one(damaged)
    assert (found.akm, found.versions, found.pmf) == ((), (), None)


def test_a_frame_that_breaks_off_tells_nothing_of_what_it_did_not_reach() -> None:
    (found,) = heard(pcap(BARE, frame(b"KY", bytes([48, 200]) + b"\x01\x00\x00\x0f\xac\x04")))
    assert (found.ssid, found.akm, found.wps) == ("KY", (), None)
    whole = frame(b"KY", rsn((8,), pmf=0xC0))
    (found,) = heard(
        pcap(BARE, frame(b"KY", bytes([48, 200]) + b"\x01\x00\x00\x0f\xac\x04"), whole)
    )
    assert found.akm == ("sae",), "a whole frame of the same network counts"


def test_a_check_sum_behind_a_frame_is_no_element() -> None:
    body = frame(b"KY", privacy=False)
    for sum_ in (b"\x30\x10\xaa\xbb", b"\xdd\x02\x00\x50", b"\x07\x00\xff\x01"):
        (found,) = heard(pcap(RADIOTAP, radiotap(body + sum_, flags=0x10)))
        assert found.akm == ("open",)
    assert reading(pcap(RADIOTAP, radiotap(body, flags=0x50))).failure is not None, "damaged"


def test_each_head_before_a_frame_and_each_form_of_file() -> None:
    body = frame(b"KY", rsn((2,)))
    (bare,) = heard(pcap(BARE, frame(b"KY", element(3, b"\x06"), rsn((2,)))))
    assert (bare.frequency_mhz, bare.signal_dbm) == (2437.0, None)
    (tapped,) = heard(pcap(RADIOTAP, radiotap(body, mhz=5955, dbm=-71)))
    assert (tapped.frequency_mhz, tapped.signal_dbm) == (5955.0, -71.0)
    (packed,) = heard(pcap(PPI, ppi(body)))
    assert (packed.frequency_mhz, packed.signal_dbm) == (5180.0, -60.0)
    assert heard(pcapng(RADIOTAP, radiotap(body))) == heard(pcap(RADIOTAP, radiotap(body)))
    assert heard(pcap(BARE, body, order=">")) == heard(pcap(BARE, body))
    first, second = heard(
        pcap(BARE, body), pcapng(BARE, frame(b"KY", rsn((2,)), bssid="02:00:00:00:00:11"))
    )
    assert (first.bssid, second.bssid) == (BSSID, "02:00:00:00:00:11")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("台北-訪客".encode(), "台北-訪客"),
        ("🙈🙉🙊🦊🐻🐼🐨🐯".encode(), "🙈🙉🙊🦊🐻🐼🐨🐯"),  # 32 bytes
        (b"a\x1b[31mb\r\n", "a\x1b[31mb\r\n"),
        ("\u202eecivreS".encode(), "\u202eecivreS"),
        (b"\xff\xfe\x80", "\\xff\\xfe\\x80"),
        (b"", None),
        (b"\0" * 8, None),
        (b"KY\0\0", "KY\0\0"),
        (b"x" * 33, None),  # longer than a name may be
    ],
)
def test_a_name_is_bytes(raw: bytes, text: str | None) -> None:
    (found,) = heard(pcap(BARE, frame(raw, rsn((2,)))))
    assert (found.ssid, found.hidden) == (text, text is None)


def test_a_hidden_name_is_told_by_a_probe_response() -> None:
    beacon, answer = frame(b"", rsn((2,))), frame(b"KY-Hidden", rsn((2,)), subtype=0x50)
    (found,) = heard(pcap(BARE, beacon, answer))
    assert (found.ssid, found.hidden) == ("KY-Hidden", True)


def test_one_address_with_two_protections_is_two_observations() -> None:
    strong, open_ = heard(
        pcap(BARE, frame(b"KY", rsn((8,), pmf=0xC0)), frame(b"KY", privacy=False))
    )
    assert (strong.bssid, strong.akm, open_.akm) == (open_.bssid, ("sae",), ("open",))


def test_networks_without_beacons_of_their_own() -> None:
    def profile(number: int, name: bytes, *elements: bytes, private: bool = True) -> bytes:
        capability = element(83, bytes([0x11 if private else 0x01, 0]))
        index = element(85, bytes([number]))
        return element(0, capability + element(0, name) + index + b"".join(elements))

    others = element(
        71,
        b"\x02"
        + profile(1, b"KY-Two")
        + profile(3, b"KY-Guest", private=False)
        + profile(2, b"KY-Three", rsn((18,), pmf=0xC0)),
    )
    body = frame(b"KY-One", rsn((8,), pmf=0xC0), others, bssid="02:00:00:00:00:12")
    found = {seen.ssid: seen for seen in heard(pcap(BARE, body))}
    assert {name: seen.bssid[-2:] for name, seen in found.items()} == {
        "KY-One": "12",
        "KY-Two": "13",
        "KY-Guest": "11",
        "KY-Three": "10",
    }
    assert found["KY-Two"].akm == ("sae",), "as the beacon's"
    assert found["KY-Guest"].akm == ("open",)
    assert found["KY-Three"].akm == ("owe",)


def test_nothing_but_announcements_is_kept_of_a_capture() -> None:
    beacon = frame(b"KY", rsn((2,)))
    data = b"\x08\x02" + b"\0" * 22 + b"canary: password in clear"
    handshake = b"\x88\x02" + b"\0" * 24 + b"\xaa\xaa\x03\0\0\0\x88\x8ecanary eapol"
    request = frame(b"canary: where I have been", subtype=0x40)
    secrets = block(10, b"KLSTcanary of a session")  # a block of keys for decryption
    names = block(4, b"canary names of machines")
    ask = air_capture.CAPTURE(file="air.pcap")
    for body in (
        pcap(BARE, data, beacon, handshake, request, beacon),
        pcapng(BARE, data, beacon, handshake, request, before=secrets + names),
    ):
        kept = redact(ask, body, KEY)
        assert b"canary" not in kept
        assert beacon in kept and kept.count(beacon) == 1
        assert redact(ask, kept, KEY) == kept, "read again it is the same"


def test_a_strangers_name_that_looks_like_a_secret_stops_no_reading() -> None:
    for name in (b'"psk":"12345678"', b"-----BEGIN PRIVATE KEY-----"):
        (found,) = heard(pcap(BARE, frame(name, rsn((2,)))))
        assert (found.ssid or "").encode() == name


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_reader(body: bytes) -> None:
    for file in (
        pcap(RADIOTAP, body),
        pcap(PPI, body),
        pcap(119, body),
        pcapng(BARE, frame(b"KY")[:36] + body),
        pcap(BARE, frame(b"KY", element(71, body[:255]), element(48, body[:255]))),
        b"\xd4\xc3\xb2\xa1" + body,
        b"\x0a\x0d\x0d\x0a" + body,
        body,
    ):
        failure = reading(file).failure
        assert failure is None or failure.code != "parser_failed", failure


def test_a_file_that_ends_within_a_packet_is_read_up_to_there() -> None:
    whole = pcap(
        BARE, frame(b"KY", rsn((2,))), frame(b"KY-2", rsn((2,)), bssid="02:00:00:00:00:11")
    )
    assert len(heard(whole[:-5])) == 1
    assert len(heard(whole)) == 2


def test_a_missing_file_that_is_named_is_missed() -> None:
    body = pcap(BARE, frame(b"KY", rsn((2,))))
    found = read(
        "air_capture", "wireless", ("floor1.pcap", body), captures="floor1.pcap, floor2.pcap"
    )
    assert found.failure is not None and "floor2" in found.failure.message
