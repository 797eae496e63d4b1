"""What a thing says of its make, and whether that fits an entry of the company's list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from evidence.control import Suspect
from evidence.device import Device
from evidence.facts import (
    AirObservation,
    Certificate,
    Fact,
    HardwareItem,
    RdpNegotiation,
    RemoteAccess,
    SoftwareRelease,
    Unit,
)
from evidence.inventory import Entry, Found
from evidence.inventory.found import ABOUT_OTHERS
from evidence.readings import Readings
from evidence.text import Text

_ENTERPRISES = (1, 3, 6, 1, 4, 1)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that may be of a vendor. `texts` are what it says of itself, each as it says it.
    `passing`: heard on the air, and perhaps a neighbour's; nobody here owes its make."""

    what: Text
    key: str
    texts: tuple[str, ...]
    object_id: str | None = None
    macs: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    passing: bool = False

    @property
    def is_told(self) -> bool:
        """Whether it says anything of its make. An address does not."""
        return bool(self.texts or self.object_id)

    @classmethod
    def beside(cls, found: Found) -> Thing:
        """Something that a device sees beside it; what the register says of it counts there."""
        return cls(
            what=Text(f"{found.name} beside it", f"所見之 {found.name}"),
            key=found.name,
            texts=_told(found.model, found.description),
            object_id=found.object_id,
            macs=found.macs,
            evidence=found.evidence,
        )

    @classmethod
    def of_entry(cls, entry: Entry) -> Thing:
        """Without a vendor or model a name says nothing of a make, unless it names one."""
        asset = entry.asset
        return cls(
            what=Text(f"entry {entry.title}", f"清冊項目 {entry.title}"),
            key=asset.asset_id,
            texts=_told(asset.vendor, asset.model, asset.name),
            evidence=(entry.evidence,),
        )


def things_of(readings: Readings, device: Device) -> Iterator[Thing]:
    """Everything a device says of its hardware, software and programs, each once."""
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for subject in device.subjects:
        reading = readings.newest_good.get((device.id, subject))
        if reading is None or subject in ABOUT_OTHERS:
            continue
        digest = reading.digest
        for fact in reading.facts:
            thing = _thing(fact, digest)
            if thing is not None and (thing.key, thing.texts) not in seen:
                seen.add((thing.key, thing.texts))
                yield thing


def _thing(fact: Fact, digest: str) -> Thing | None:
    """None: a fact that names no product."""
    if isinstance(fact, AirObservation):
        what = Text(f"access point {fact.bssid} on the air", f"所收無線基地臺 {fact.bssid}")
        return Thing(
            what, fact.bssid, (), macs=(fact.bssid,), evidence=(digest,), passing=not fact.on_wire
        )
    if isinstance(fact, HardwareItem):
        key, texts = fact.model or fact.part, _told(fact.vendor, fact.model, fact.description)
    elif isinstance(fact, SoftwareRelease):
        key = fact.name or fact.product or fact.part
        texts = _told(fact.vendor, fact.name, fact.product)
    elif isinstance(fact, Unit):
        key, texts = fact.model or fact.hostname or "unit", _told(fact.vendor, fact.model)
    elif isinstance(fact, RemoteAccess):
        key, texts = fact.service, _told(fact.service, fact.detail)
    elif isinstance(fact, Certificate):
        key, texts = f"certificate {fact.sha256[:12]}", _told(fact.subject, fact.issuer)
    elif isinstance(fact, RdpNegotiation):
        key, texts = "certificate", _told(fact.certificate_subject)
    else:
        return None
    return Thing(Text(key, key), key, texts, evidence=(digest,)) if texts else None


def _told(*texts: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


class Known:
    """An entry of the list, ready to be looked for."""

    def __init__(self, entry: Suspect) -> None:
        self.entry = entry
        self._names = [_finder(name) for name in entry.names]

    def fits(self, thing: Thing) -> str | None:
        """What of the thing fits, as it is written there; None: nothing does."""
        for text in thing.texts:
            for find in self._names:
                if found := find(text):
                    return found
        number = _enterprise(thing.object_id)
        if number is not None and number in self.entry.enterprises:
            return f"sysObjectID {thing.object_id}"
        return None

    def hinted(self, thing: Thing) -> str | None:
        """A MAC address within one of the vendor's blocks."""
        for mac in thing.macs:
            if mac.replace(":", "").lower().startswith(self.entry.mac_prefixes or ("?",)):
                return mac
        return None


def _finder(name: str) -> Callable[[str], str | None]:
    """Finds a name as a word of its own: `oppo` stands in no `opposite`. Chinese has no blanks."""
    edge = r"(?<![0-9A-Za-z]){}(?![0-9A-Za-z])" if name.isascii() else "{}"
    pattern = re.compile(edge.format(re.escape(name)), re.IGNORECASE)

    def find(text: str) -> str | None:
        found = pattern.search(text)
        return found and found[0]

    return find


def _enterprise(object_id: str | None) -> int | None:
    """The number of the vendor in a sysObjectID (IANA's private enterprise numbers)."""
    parts = [int(part) for part in (object_id or "").strip(".").split(".") if part.isdigit()]
    return parts[6] if tuple(parts[:6]) == _ENTERPRISES and len(parts) > 6 else None
