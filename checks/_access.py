"""Remote access as its checks see it: services with those who may come in by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from evidence.device import Device
from evidence.facts import AccessGrant, RemoteAccess
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.text import Text

ACCESS = Text("who may connect from outside", "外部連入之使用者與認證設定")
ADMINISTRATION = "administration"


@dataclass(frozen=True, slots=True)
class Service:
    """One way in on one device. `grants` are those of people who can use it now."""

    device: Device
    reading: Reading
    name: str
    offered: RemoteAccess | None
    grants: tuple[AccessGrant, ...]

    @property
    def on(self) -> bool:
        """Not expressly switched off: what is not told may be on."""
        return self.offered is None or self.offered.enabled is not False


def services(readings: Readings) -> Iterator[Service]:
    """Every way in from outside, remote-control programs and administration apart."""
    for device, reading in readings.each("remote_access"):
        if reading is None:
            continue
        offered: dict[str, RemoteAccess | None] = {}
        for one in reading.of(RemoteAccess):
            if one.seen_as is None and one.service != ADMINISTRATION:
                offered[one.service] = one
        grants = reading.of(AccessGrant)
        for grant in grants:
            offered.setdefault(grant.service, None)
        for name, service in offered.items():
            mine = tuple(one for one in grants if one.service == name and one.enabled is not False)
            yield Service(device, reading, name, service, mine)


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Whether a name is one of these; patterns with * and ?, upper and lower case alike."""
    plain = name.casefold()
    return any(fnmatchcase(plain, one.casefold()) for one in patterns)


def listed(names: Sequence[str], most: int = 12) -> str:
    """The first names, and how many there are."""
    more = f" … ({len(names)})" if len(names) > most else ""
    return ", ".join(names[:most]) + more
