"""Captures of the air (802.11): every network that beacons and probe responses announce.

pcap or pcapng with radiotap, PPI, Prism's or no head, written by tcpdump, Wireshark, Kismet or an
access point that listens. Capturing needs a radio in monitor mode and root, so the agent does not
do it: somebody delivers the files into a folder. Only announcements are kept of a file.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Sequence

from collectors._air.elements import SSID, Announcement, announcements
from collectors._air.packets import Packet, pieces
from collectors._air.protection import protection
from collectors._air.radio import heard
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import AirObservation, Fact

TRANSPORTS = ("folder",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

CAPTURE = Ask(
    "capture",
    "{file}",
    "file",
    secrets=(Secret("frames", "802.11 announcements"),),
    holes={"file": r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.(?:pcap|pcapng|cap)"},
    limit_bytes=128 * 1024 * 1024,
)
_USUAL = ("air.pcap", "air.pcapng", "air.cap")


def wireless(device: Device) -> Flow:
    """Every network heard in the files. Raises NotAnswered (a file is missing), Unexpected
    (nothing was announced in any)."""
    named = device.options.get("captures")
    captures: list[Capture] = []
    if named:
        for name in re.split(r"[\s,]+", named.strip()):
            captures.append((yield CAPTURE(file=name)))
    else:
        captures = yield from _usual()
    said = [one for capture in captures for one in _announced(capture)]
    if not said:
        raise Unexpected(
            f"{device.id}: no access point announces itself in what was captured",
            code="result_empty_suspicious",
            next_step="capture in monitor mode, on every channel in turn, with the radio's head "
            "(radiotap); a capture of a joined network holds no beacons",
        )
    return list(_observations(said))


def _usual() -> Generator[Ask, Capture, list[Capture]]:
    """The files of the usual names; at least one must be there."""
    found: list[Capture] = []
    trouble: NotAnswered | None = None
    for name in _USUAL:
        try:
            found.append((yield CAPTURE(file=name)))
        except NotAnswered as error:
            trouble = trouble or error
    if not found and trouble is not None:
        raise trouble
    return found


def _announced(capture: Capture) -> Iterator[Announcement]:
    for piece in pieces(capture.body):
        if isinstance(piece, Packet) and (frame := heard(piece)) is not None:
            yield from announcements(frame)


def _observations(said: Sequence[Announcement]) -> Iterator[AirObservation]:
    """One for each network and each way in which it is protected, in order of addresses.

    The same address with another protection is another observation: two machines may send it.
    A name that a beacon hides, a probe response tells. A frame that breaks off tells nothing
    where a whole one is there.
    """
    of: dict[str, list[Announcement]] = {}
    for one in said:
        of.setdefault(one.bssid, []).append(one)
    for bssid, frames in sorted(of.items()):
        usable = [one for one in frames if one.whole] or frames
        names = {name for one in usable if (name := ssid(one)) is not None}
        hiding = any(one.kind == "beacon" and ssid(one) is None for one in usable)
        found: dict[tuple[object, ...], AirObservation] = {}
        for one in usable:
            name = ssid(one) or (next(iter(names)) if len(names) == 1 else None)
            told = protection(one)
            key = (name, *told)
            before = found.get(key)
            found[key] = AirObservation(
                bssid=bssid,
                ssid=name,
                frequency_mhz=one.frequency_mhz or (before.frequency_mhz if before else None),
                signal_dbm=_loudest(one, before),
                hidden=hiding,
                **told._asdict(),
            )
        yield from found.values()


def _loudest(one: Announcement, before: AirObservation | None) -> float | None:
    told = (one.signal_dbm, before.signal_dbm if before else None)
    return max((signal for signal in told if signal is not None), default=None)


def ssid(said: Announcement) -> str | None:
    """The name as text, bytes that are no UTF-8 as `\\xNN`; None where it is hidden."""
    raw = said.elements.get(SSID, b"")
    if len(raw) > 32 or not raw.strip(b"\0"):
        return None
    return raw.decode("utf-8", "backslashreplace")
