"""Beacons and probe responses, and the elements in them that tell how a network is protected.

From IEEE 802.11 (9.3.3, 9.4.2) and the Wi-Fi Alliance's own elements. An element that says more
bytes than there are ends what is known of its frame.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from collectors._air.radio import Heard

_BEACON, _PROBE_RESPONSE = 0x80, 0x50
_HEAD, _FIXED = 24, 12
_HT_CONTROL = 0x80
_CHECK_SUM_LENGTH = 4
SSID, CHANNEL, RSN, HT_OPERATION, WAPI, MULTIPLE, VENDOR, RSNX = 0, 3, 48, 61, 68, 71, 221, 244
_EXTENSION, _HE_OPERATION, _NOT_INHERITED = 255, b"\xff\x24", b"\xff\x38"
_HAS_VHT, _HAS_MORE, _IS_6_GHZ = 0x40, 0x80, 0x02
_PROFILE, _CAPABILITY, _INDEX = 0, 83, 85
WPA, WPS = b"\x00\x50\xf2\x01", b"\x00\x50\xf2\x04"
OSEN, OWE_TRANSITION = b"\x50\x6f\x9a\x12", b"\x50\x6f\x9a\x1c"
RSN_OVERRIDES = (b"\x50\x6f\x9a\x29", b"\x50\x6f\x9a\x2a")
RSNX_OVERRIDE = b"\x50\x6f\x9a\x2b"
_VENDORS = (WPA, WPS, OSEN, OWE_TRANSITION, *RSN_OVERRIDES, RSNX_OVERRIDE)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What one frame says of one network.

    `elements` by id, those of a vendor by its four bytes, extended ones by 255 and their number,
    each its first. `whole`: every element up to the frame's end was read, so that what is not
    there is not announced.
    """

    bssid: str
    kind: str  # beacon | probe response
    privacy: bool
    whole: bool
    elements: Mapping[int | bytes, bytes] = field(hash=False)
    channel: int | None = None
    frequency_mhz: float | None = None
    signal_dbm: float | None = None

    @property
    def protection(self) -> tuple[object, ...]:
        """What makes two frames of a network the same announcement."""
        wanted = (SSID, RSN, RSNX, WAPI, *_VENDORS)
        said = tuple(self.elements.get(one) for one in wanted)
        return (self.bssid, self.kind, self.privacy, self.whole, *said)


def announcements(heard: Heard) -> Iterator[Announcement]:
    """The network that a beacon or probe response announces, and those it announces for others
    on the same radio (multiple BSSID); nothing for any other frame."""
    frame = heard.frame
    if not is_announcement(frame):
        return
    start = _HEAD + (4 if frame[1] & _HT_CONTROL else 0)
    if len(frame) < start + _FIXED:
        return
    (capability,) = struct.unpack_from("<H", frame, start + 10)
    said, rest = _elements(frame[start + _FIXED :])
    whole = heard.whole and _is_end(rest, heard.check_sum)
    first = _first(said)
    address = frame[16:22]
    kind = "beacon" if frame[0] == _BEACON else "probe response"
    channel, six = _channel(first)
    own = Announcement(
        bssid=_text(address),
        kind=kind,
        privacy=bool(capability & 0x10),
        whole=whole,
        elements=first,
        channel=channel,
        frequency_mhz=heard.frequency_mhz or _frequency(channel, six),
        signal_dbm=heard.signal_dbm,
    )
    yield own
    yield from _others(own, address, [value for number, value in said if number == MULTIPLE])


def is_announcement(frame: bytes) -> bool:
    return len(frame) >= _HEAD and frame[0] in (_BEACON, _PROBE_RESPONSE)


def _others(own: Announcement, address: bytes, elements: list[bytes]) -> Iterator[Announcement]:
    """Networks without beacons of their own: what a profile leaves out is as the beacon's, but
    for what it says is not."""
    for bits, profile in _profiles(elements):
        said, rest = _elements(profile)
        told = _first(said)
        index, capability = told.get(_INDEX, b""), told.get(_CAPABILITY, b"")
        if not index or not index[0] or len(capability) < 2 or SSID not in told:
            continue
        private = bool(capability[0] & 0x10)
        inherited = {RSN, RSNX, WAPI, *_VENDORS} if private else set()
        inherited -= _left_out(told.get(_NOT_INHERITED, b""))
        base = {key: value for key, value in own.elements.items() if key in inherited}
        yield Announcement(
            bssid=_text(_numbered(address, bits, index[0])),
            kind=own.kind,
            privacy=private,
            whole=own.whole and not rest,
            elements={**base, **told},
            channel=own.channel,
            frequency_mhz=own.frequency_mhz,
            signal_dbm=own.signal_dbm,
        )


def _profiles(elements: list[bytes]) -> Iterator[tuple[int, bytes]]:
    """Each profile with the bits of its set. One that no element has room for goes on in the
    next, which then does not begin with a capability."""
    profile, of = b"", 0
    for element in elements:
        if not element or not 1 <= element[0] <= 8:
            continue
        for number, body in _elements(element[1:])[0]:
            if number != _PROFILE:
                continue
            if profile and body[:1] == bytes([_CAPABILITY]):
                yield of, profile
                profile = b""
            profile, of = profile + body, element[0]
    if profile:
        yield of, profile


def _left_out(element: bytes) -> set[int | bytes]:
    """The elements that a profile says it does not take over from the beacon."""
    numbers = element[2 : 2 + element[1]] if len(element) > 1 else b""
    return set(numbers) | (set(_VENDORS) if VENDOR in numbers else set())


def _numbered(address: bytes, bits: int, index: int) -> bytes:
    """The address of the network with this number: the last bits counted on from the beacon's."""
    size = 1 << bits
    last = address[5]
    return address[:5] + bytes([(last & ~(size - 1) & 0xFF) | (last + index) % size])


def _elements(body: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Elements in order, and what is left at the end that is none."""
    found, place = [], 0
    while place + 2 <= len(body):
        number, length = body[place], body[place + 1]
        end = place + 2 + length
        if end > len(body):
            break
        found.append((number, body[place + 2 : end]))
        place = end
    return found, body[place:]


def _is_end(rest: bytes, check_sum: bool | None) -> bool:
    """Whether nothing but a check sum is left; parts of one may have been read as an element."""
    return not rest if check_sum is False else len(rest) <= _CHECK_SUM_LENGTH


def _first(said: list[tuple[int, bytes]]) -> dict[int | bytes, bytes]:
    found: dict[int | bytes, bytes] = {}
    for number, value in said:
        if number == VENDOR:
            found.setdefault(value[:4], value)
        elif number == _EXTENSION and value:
            found.setdefault(b"\xff" + value[:1], value)
        else:
            found.setdefault(number, value)
    return found


def _channel(elements: Mapping[int | bytes, bytes]) -> tuple[int | None, bool]:
    """The channel, and whether it is one of 6 GHz, which HE's element alone tells."""
    operation = elements.get(_HE_OPERATION, b"")
    if len(operation) > 7 and operation[3] & _IS_6_GHZ:
        parameters = operation[2]
        place = 7 + 3 * bool(parameters & _HAS_VHT) + bool(parameters & _HAS_MORE)
        return (operation[place] or None if place < len(operation) else None), True
    for number in (CHANNEL, HT_OPERATION):
        if value := elements.get(number):
            return value[0] or None, False
    return None, False


def _frequency(channel: int | None, six: bool) -> float | None:
    if channel is None:
        return None
    if six:
        return 5935.0 if channel == 2 else float(5950 + 5 * channel)
    if channel == 14:
        return 2484.0
    return float(2407 + 5 * channel if channel < 14 else 5000 + 5 * channel)


def _text(address: bytes) -> str:
    return address.hex(":")
