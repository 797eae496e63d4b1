"""The firewall rules that readings hold, each once, with where it stands and lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from evidence.device import Device
from evidence.facts import FirewallRule, Interface
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings, Zones
from evidence.services import ANY_WORDS, is_any, networks, within
from evidence.text import Text

EVERYWHERE = "any"
UNKNOWN = "?"
LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class HeldRule:
    """A rule of an HA group or single device, from the newest reading that holds it.

    `evidence` is that reading's digest. `sources` and `destinations` are the zones it lets
    traffic come from and go to, as the site maps them: `any` for all of them, `?` for a place
    that is not mapped.
    """

    group: str
    device: Device
    evidence: str
    rule: FirewallRule
    sources: frozenset[str]
    destinations: frozenset[str]

    @property
    def subject(self) -> str:
        """The rule's name from month to month, and the same on both units of a pair."""
        return f"{self.group}/{self.rule.key}"

    @property
    def title(self) -> str:
        """What an engineer calls it, whatever else is called so."""
        name = "" if self.label == self.rule.key else f" ({self.label})"
        return f"{self.subject}{name}"

    @property
    def label(self) -> str:
        """A short name of it: its own, its comment, what it says, else its key."""
        rule = self.rule
        told = next((one for one in (rule.name, rule.comment, rule.text) if one), rule.key)
        return told if len(told) <= LONGEST_LABEL else f"{told[: LONGEST_LABEL - 1]}…"

    @property
    def scope(self) -> tuple[str, ...]:
        """Its places: a rule from or to anywhere lies in every zone."""
        zones = self.sources | self.destinations
        wide = {"external", "internal", "dmz"} if EVERYWHERE in zones else set()
        places = sorted((zones - {EVERYWHERE}) | wide)
        return (f"site:{self.device.site}", *(f"zone:{zone}" for zone in places))


def held_rules(readings: Readings) -> tuple[HeldRule, ...]:
    """Every rule somebody wrote or a device implies, once an HA group, in order of position.

    A rule that two units of a group hold is taken from the newer reading.
    """
    return readings.once("held rules", lambda: tuple(_held_rules(readings)))


def _held_rules(readings: Readings) -> Iterator[HeldRule]:
    for group, devices in readings.groups().items():
        found: dict[str, HeldRule] = {}
        for device, reading in _newest_last(readings, devices):
            interfaces = {one.name: one for one in reading.of(Interface)}
            zones, evidence = _Places(readings.zones, device.id, interfaces), reading.digest
            for rule in reading.of(FirewallRule):
                found[rule.key] = HeldRule(
                    group=group,
                    device=device,
                    evidence=evidence,
                    rule=rule,
                    sources=zones.of(rule.source_zones, rule.sources, rule.sources_negated),
                    destinations=zones.of(
                        rule.destination_zones, rule.destinations, rule.destinations_negated
                    ),
                )
        yield from found.values()


def unmapped(zones: Zones, device: str, reading: Reading) -> list[str]:
    """The zones and interfaces that a reading's rules name and the site maps nowhere, sorted."""
    places = _Places(zones, device, {one.name: one for one in reading.of(Interface)})
    named = {
        name
        for rule in reading.of(FirewallRule)
        for name in (*rule.source_zones, *rule.destination_zones)
        if name.casefold() not in ANY_WORDS
    }
    return sorted(name for name in named if places.of((name,), (), False) == {UNKNOWN})


def unread(readings: Readings, subject: str, check: str, what: Text) -> Iterator[Observation]:
    """One `not_read` observation for each device of a subject without a good reading."""
    for device, reading in readings.each(subject):
        if reading is not None:
            continue
        failed = readings.newest.get((device.id, subject))
        code = failed.failure.code if failed and failed.failure else "never_read"
        yield Observation(
            check=check,
            device=device.id,
            subject=f"{device.id}/{subject}",
            result=Result.not_assessed,
            state="not_read",
            description=Text(
                f"{device.id}: {what.en} could not be read ({code})",
                f"{device.id}：{what.zh}未能讀取（{code}）",
            ),
            at=readings.at,
            evidence=() if failed is None else (failed.digest,),
            measures={"code": code},
            scope=(f"site:{device.site}", f"subject:{subject}", "zone:?", "about:?"),
        )


def _newest_last(readings: Readings, devices: Sequence[Device]) -> Iterable[tuple[Device, Reading]]:
    found = [
        (device, reading)
        for device in devices
        if (reading := readings.newest_good.get((device.id, "firewall"))) is not None
    ]
    return sorted(found, key=lambda pair: pair[1].at)


@dataclass(frozen=True, slots=True)
class _Places:
    """Zones of a device's own names, and of addresses."""

    zones: Zones
    device: str
    interfaces: dict[str, Interface]

    def of(self, names: Sequence[str], addresses: Sequence[str], negated: bool) -> frozenset[str]:
        """By zone or interface names where the rule has any, else by addresses."""
        named = [name for name in names if name.casefold() not in ANY_WORDS]
        if named:
            return frozenset(self._of_name(name) for name in named)
        if negated or is_any(addresses):
            return frozenset((EVERYWHERE,))
        return frozenset(chain.from_iterable(map(self._of_address, addresses)))

    def _of_name(self, name: str) -> str:
        """By the name, by the device's zone of that interface, or by the interface's network."""
        found = self.zones.of(self.device, name)
        if found is not None or name not in self.interfaces:
            return found or UNKNOWN
        interface = self.interfaces[name]
        if interface.zone and (found := self.zones.of(self.device, interface.zone)):
            return found
        lying = {zone for address in interface.addresses for zone in self._of_address(address)}
        return lying.pop() if len(lying) == 1 else UNKNOWN

    def _of_address(self, text: str) -> Iterator[str]:
        """The zone of the narrowest mapped network around each part of an entry."""
        for part in networks(text) or ():
            around = [
                (outer.prefixlen, zone)
                for mapped, zone in self.zones.networks.items()
                for outer in networks(mapped) or ()
                if within(part, outer)
            ]
            yield max(around)[1] if around else UNKNOWN
        if networks(text) is None:
            yield UNKNOWN
