"""Facts about what stands beside a device, and how far it was looked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evidence.facts.base import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour(Fact):
    """Something else than the device read, which it sees beside it or which answered a sweep.

    `seen_by`: `lldp` and `cdp` are what the neighbour says of itself; `arp` and `nd` tables of the
    addresses that spoke lately, which name nothing; `snmp` answered a sweep. `mac` is written
    `00:11:22:33:44:55`. `description` is its sysDescr, `object_id` its sysObjectID. `refused`: it
    answered, and would not say who it is.
    """

    seen_by: Literal["lldp", "cdp", "arp", "nd", "snmp"]
    name: str | None = None
    addresses: tuple[str, ...] = ()
    mac: str | None = None
    serial: str | None = None
    model: str | None = None
    description: str | None = None
    object_id: str | None = None
    capabilities: tuple[str, ...] = ()
    port: str | None = None
    remote_port: str | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings(Fact):
    """How far was looked for neighbours: in which networks (none: in all it has), by what.

    `ways` are words of `Neighbour.seen_by`. `asked` is how many addresses a sweep asked, and
    `answered` how many said anything; None where a table was read instead.
    """

    networks: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    asked: int | None = None
    answered: int | None = None
