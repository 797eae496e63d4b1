"""Networks of the air and of hostapd in the many forms in which files tell them.

From IEEE 802.11's elements, the forms of capture files, and what iw, iwlist and hostapd write.
"""

from __future__ import annotations

import struct

import pytest

from checks.wireless_is_strong import traits
from collectors._aruba.bss import served
from evidence.errors import Incomplete
from evidence.facts import AirObservation, BasicServiceSet, WirelessNetwork
from evidence.tape import read_tape
from tests.air import BARE, IEEE, RADIOTAP, element, frame, pcap, radiotap, rsn, suites
from tests.by_hand import read
from tests.test_cases import CASES

PRISM, AVS = 119, 163


def heard(body: bytes) -> list[AirObservation]:
    found = read("air_capture", "wireless", ("air.pcap", body))
    assert found.failure is None, found.failure
    return list(found.of(AirObservation))


@pytest.mark.parametrize(
    ("elements", "akm", "worth"),
    [
        # WAPI is China's own standard: neither WEP nor open, and not known.
        ((element(68, b"\x01\x00"),), ("wapi",), {"cipher_unknown", "akm_unknown"}),
        ((rsn((8, 9), pmf=0xC0), element(244, b"\x20")), ("sae", "ft-sae"), {"strong"}),
        ((rsn((24, 25), pmf=0xC0), element(244, b"\x20")), ("sae-ext-key", "ft-sae-ext-key"), None),
        ((rsn((4, 8), pmf=0x80),), ("ft-psk", "sae"), {"sae_transition"}),
        ((rsn((1, 5), pmf=0x80),), ("802.1x", "802.1x-sha256"), {"strong"}),
        ((rsn((3,)),), ("ft-802.1x",), {"eap_without_pmf"}),
        ((rsn((99,), pmf=0xC0),), ("akm 99",), {"akm_unknown"}),
        (
            (
                element(
                    48,
                    b"\x01\x00" + IEEE + b"\x04" + suites(IEEE, (4,)) + b"\x01\x00\x00\x40\x96\x00",
                ),
            ),
            ("cckm",),
            {"eap_without_pmf"},
        ),
    ],
)
def test_ways_in(elements: tuple[bytes, ...], akm: tuple[str, ...], worth: set[str] | None) -> None:
    (found,) = heard(pcap(BARE, frame(b"KY", *elements)))
    assert (found.akm, set(traits(found))) == (akm, worth or {"strong"})


def _profile(number: int, name: bytes, *elements: bytes) -> bytes:
    head = element(83, b"\x11\x00") + element(0, name) + element(85, bytes([number]))
    return head + b"".join(elements)


def test_what_a_profile_does_not_take_over_from_the_beacon() -> None:
    """Its own element says so (Non-Inheritance); without it everything is as the beacon's."""
    left_out = element(255, b"\x38\x01\x30\x00")
    other = element(71, b"\x01" + element(0, _profile(1, b"KY-Old", left_out)))
    _, old = heard(pcap(BARE, frame(b"KY", rsn((8,), pmf=0xC0), other)))
    assert (old.ssid, old.versions, old.akm) == ("KY-Old", ("wep",), ("open",))


def test_a_profile_that_goes_on_in_the_next_element() -> None:
    whole = _profile(1, b"KY-Two", rsn((2,)))
    there = len(whole) - len(rsn((2,)))
    parts = whole[:there], whole[there:]
    elements = (element(71, b"\x01" + element(0, one)) for one in parts)
    _, two = heard(pcap(BARE, frame(b"KY", rsn((8,), pmf=0xC0), *elements)))
    assert (two.ssid, two.akm) == ("KY-Two", ("psk",))


@pytest.mark.parametrize(
    ("parameters", "before", "mhz"),
    [
        (b"\x00\x00\x02", b"", 5975.0),
        (b"\x00\x40\x02", b"\0\0\0", 5975.0),  # with VHT's in between
        (b"\x00\xc0\x02", b"\0\0\0\x04", 5975.0),
        (b"\x00\x00\x00", b"", None),  # of another band
    ],
)
def test_a_channel_of_6_ghz(parameters: bytes, before: bytes, mhz: float | None) -> None:
    operation = element(255, b"\x24" + parameters + b"\0\xfc\xff" + before + b"\x05\0\0\0\0")
    (found,) = heard(pcap(BARE, frame(b"KY", rsn((8,), pmf=0xC0), operation)))
    assert found.frequency_mhz == mhz


def _blocks(order: str, links: tuple[int, ...], packets: tuple[tuple[int, bytes], ...]) -> bytes:
    """A pcapng section in either byte order, with several interfaces."""

    def block(kind: int, body: bytes) -> bytes:
        body += b"\0" * (-len(body) % 4)
        length = struct.pack(f"{order}I", 12 + len(body))
        return struct.pack(f"{order}I", kind) + length + body + length

    head = block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))
    described = b"".join(block(1, struct.pack(f"{order}HHI", one, 0, 0)) for one in links)
    return (
        head
        + described
        + b"".join(
            block(6, struct.pack(f"{order}IIIII", at, 0, 0, len(one), len(one)) + one)
            for at, one in packets
        )
    )


def test_every_form_of_file_and_of_head_tells_the_same() -> None:
    body = frame(b"KY", rsn((2,), pmf=0x80), element(3, b"\x06"))
    (want,) = heard(pcap(BARE, body))
    prism = struct.pack("<II16s", 0x44, 24, b"wlan0") + body
    avs = struct.pack(">II", 0x80211001, 64) + b"\0" * 56 + body
    longer = struct.pack("<IHHiIII", 0xA1B2CD34, 2, 4, 0, 0, 65535, BARE)
    longer += struct.pack("<IIIIIHBB", 0, 0, len(body), len(body), 1, 0, 0, 0) + body
    nano = struct.pack(">I", 0xA1B23C4D) + pcap(BARE, body, order=">")[4:]
    for form in (pcap(PRISM, prism), pcap(AVS, avs), longer, nano):
        assert heard(form) == [want]
    for order in "<>":
        mixed = ((1, radiotap(body)), (0, b"\0" * 60))
        (found,) = heard(_blocks(order, (1, RADIOTAP), mixed))
        assert (found.akm, found.signal_dbm) == (("psk",), -50.0), "each by its interface"


HEAD = "driver=nl80211\nhw_mode=g\nchannel=6\n"


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        # Lines in any order: what stands before the interface is of the first BSS.
        (
            "ssid=KY\nwpa=2\nwpa_key_mgmt=WPA-PSK\nrsn_pairwise=CCMP\ninterface=wlan0\n",
            [("KY", ("wpa2",), ("psk",), ("ccmp",), "wlan0")],
        ),
        # Started with its interface.
        (
            "ssid=KY\nwpa=2\nwpa_key_mgmt=SAE\nrsn_pairwise=CCMP\nieee80211w=2\n",
            [("KY", ("wpa3",), ("sae",), ("ccmp",), "wlan0")],
        ),
        # Both versions: TKIP where no cipher of WPA is named.
        (
            "interface=a\nssid=KY\nwpa=3\nrsn_pairwise=CCMP\n",
            [("KY", ("wpa", "wpa2"), ("psk",), ("tkip", "ccmp"), "a")],
        ),
        # `sae_require_mfp` binds SAE's clients alone: a transition all the same.
        (
            "interface=a\nssid=KY\nwpa=2\nwpa_key_mgmt=WPA-PSK SAE\nrsn_pairwise=CCMP\n"
            "ieee80211w=1\nsae_require_mfp=1\n",
            [("KY", ("wpa2", "wpa3"), ("psk", "sae"), ("ccmp",), "a")],
        ),
        (
            "interface=a\nssid=KY\nwpa=2\nwpa_key_mgmt=WPA-EAP-SHA384 FT-EAP-SHA384\n"
            "rsn_pairwise=GCMP-256\nieee80211w=2\n",
            [("KY", ("wpa2",), ("802.1x-sha384", "ft-802.1x-sha384"), ("gcmp-256",), "a")],
        ),
        # Every `bss` begins anew; comments and blanks around.
        (
            "# x\ninterface=a\n  ssid=KY\nwpa=2\nrsn_pairwise=CCMP\n\nbss=b\n#wpa=2\n"
            "ssid=KY-Open\n",
            [
                ("KY", ("wpa2",), ("psk",), ("ccmp",), "a"),
                ("KY-Open", (), ("open",), (), "b"),
            ],
        ),
        (
            'interface=a\nssid2="KY # \u53f0\u5317"\nwep_key0=123456789a\nwep_default_key=0\n',
            [("KY # \u53f0\u5317", ("wep",), ("open",), ("wep",), "a")],
        ),
        ("interface=a\nssid2=4b59\n", [("KY", (), ("open",), (), "a")]),
    ],
)
def test_a_file_of_hostapd(text: str, networks: list[tuple[object, ...]]) -> None:
    found = read("hostapd", "wireless", ("hostapd.conf", (HEAD + text).encode()))
    assert found.failure is None, found.failure
    assert [
        (one.ssid, one.versions, one.akm, one.pairwise, one.profile)
        for one in found.of(WirelessNetwork)
    ] == networks


IW = """BSS 02:00:00:00:00:10(on wlan0)
\tfreq: 2437
\tcapability: ESS Privacy (0x0011)
\tsignal: -40.00 dBm
\tSSID: KY
{}BSS 02:00:00:00:00:11(on wlan0)
\tcapability: ESS (0x0001)
\tSSID: KY-2
"""


@pytest.mark.parametrize(
    ("lines", "akm", "pairwise", "group"),
    [
        (
            "\tRSN:\t * Version: 1\n\t\t * Group cipher: WEP-104\n\t\t * Pairwise ciphers: TKIP\n"
            "\t\t * Authentication suites: PSK\n\t\t * Capabilities: 1-PTKSA-RC (0x0000)\n",
            ("psk",),
            ("tkip",),
            "wep",
        ),
        (
            "\tRSN:\t * Version: 1\n\t\t * Group cipher: NO-GROUP\n\t\t * Pairwise ciphers: "
            "GCMP-128\n\t\t * Authentication suites: IEEE 802.1X 00-40-96:0\n",
            ("802.1x", "cckm"),
            ("gcmp",),
            None,
        ),
        (
            "\tHotSpot 2.0 OSEN:\t * Version: 1\n\t\t * Group cipher: CCMP\n"
            "\t\t * Pairwise ciphers: CCMP\n\t\t * Authentication suites: 50-6f-9a:1\n",
            ("osen",),
            ("ccmp",),
            "ccmp",
        ),
    ],
)
def test_suites_as_iw_writes_them(
    lines: str, akm: tuple[str, ...], pairwise: tuple[str, ...], group: str | None
) -> None:
    found = read("iw_scan", "wireless", ("iw dev wlan0 scan", IW.format(lines).encode()))
    assert found.failure is None, found.failure
    one = next(iter(found.of(AirObservation)))
    assert (one.akm, one.pairwise, one.group) == (akm, pairwise, group)


def test_what_iwlist_has_no_name_for() -> None:
    """Suites by their numbers, elements as their bytes."""
    text = """wlan0     Scan completed :
          Cell 01 - Address: 02:00:00:00:00:10
                    Frequency:2.437 GHz (Channel 6)
                    Encryption key:on
                    ESSID:"KY"
                    IE: Unknown: 00024B59
                    IE: Unknown: DD180050F204104A000110
                    IE: IEEE 802.11i/WPA2 Version 1
                        Group Cipher : CCMP
                        Pairwise Ciphers (1) : CCMP
                        Authentication Suites (2) : PSK unknown (8)
          Cell 02 - Address: 02:00:00:00:00:11
                    Encryption key:off
                    ESSID:"KY-2"
"""
    found = read("air_survey", "wireless", ("survey.txt", text.encode()))
    assert found.failure is None, found.failure
    one = next(iter(found.of(AirObservation)))
    assert (one.akm, one.transition, one.wps) == (("psk", "sae"), "sae", True)
    other = text.replace("unknown (8)", "unknown (99)").encode()
    found = read("air_survey", "wireless", ("survey.txt", other))
    assert next(iter(found.of(AirObservation))).akm == (), "nobody knows, so nothing is told"


BSS_OF_CONTROLLER = """
Aruba AP BSS Table
------------------
bss                ess      port  ip         phy    type  ch/EIRP/max-EIRP  cur-cl  ap name  in-t(s)
---                ---      ----  --         ---    ----  ----------------  ------  -------  -------
02:00:5e:00:00:10  KY Lab   N/A   192.0.2.7  a-VHT  ap    161E/127.5/0.0    0       ap01     0
02:00:5e:00:00:20  KY Lab   N/A   192.0.2.7  g-HT   am    6/127.5/0.0       0       ap01     0
"""


def test_a_table_of_access_points_that_names_their_radios() -> None:
    """Its type stands before the channel; a row that is not understood is not left out."""
    sent = list(served(BSS_OF_CONTROLLER, "wlc"))
    told = [(one.ssid, one.access_point, one.band, one.channel, one.on_air) for one in sent]
    assert told == [
        ("KY Lab", "ap01", "5", "161", True),
        ("KY Lab", "ap01", "2.4", "6", False),
    ]
    with pytest.raises(Incomplete):
        list(served(BSS_OF_CONTROLLER + "02:00:5e:00:00:30  KY Lab\n", "wlc"))


@pytest.mark.parametrize(
    ("heading", "there"), [("1 Access Points", 2), ("2 Access Points", 0), ("Access Points", 0)]
)
def test_a_list_of_one_member_is_not_the_clusters(heading: str, there: int) -> None:
    tape = read_tape(CASES / "aruba_instant" / "wireless.on_the_air.tape")
    answers = {one.ask: one.body for one in tape.answers}
    answers["show aps"] = answers["show aps"].replace(b"1 Access Points", heading.encode())
    found = read("aruba_instant", "wireless", *answers.items())
    assert found.failure is None, found.failure
    assert len(found.of(BasicServiceSet)) == there
