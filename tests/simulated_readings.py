"""What an agent reads of a simulated firewall."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from evidence.facts import Fact, FirewallRule, RuleUsage, Unit
from evidence.reading import Reading
from evidence.usage import UnitHistory, histories
from tests.simulated_firewalls import Box, Platform, Poll, Rule, World

Event = tuple[int, int, str, str, str]  # time, rank within its second, kind, unit, target
_READ = ("poll", "hand", "forged")


def event(at: int, kind: str, unit: str = "fw-a", target: str = "") -> Event:
    """Hits come first within a second, readings last."""
    return at, 0 if kind == "hit" else 2 if kind in _READ else 1, kind, unit, target


def read(world: World, at: int, box: Box, kind: str) -> None:
    """A poll of the unit; `hand` and `forged` ones are delivered by somebody, the last with
    counts that never were."""
    named = box.serial if world.platform.named_by_serial else box.name
    host, polled = world.host(box), kind == "poll"
    off_s = host.skew_s if polled else 0
    facts: list[Fact] = [_unit(world, box, named, off_s)]
    counts = {}
    for position, rule in enumerate(box.rules.values()):
        domain = f"name {rule.name}" if world.platform.follows_name else rule.domain
        facts += _of_rule(world, at, box, rule, position, named, domain, kind)
        counts[rule.key, rule.match, domain] = rule.counter.count
    dated = datetime.fromtimestamp(at + off_s, UTC)
    doubt, clock_set_at = host.look(dated, box.name) if polled else (None, None)
    box.polls.append(Poll(at, box.role, counts, polled and doubt is None, off_s))
    reading = Reading(
        device=box.name,
        subject="firewall",
        at=dated,
        facts=tuple(facts),
        provenance="device" if polled else "hand-delivered",
        cautions=(doubt,) if doubt else (),
        clock_set_at=clock_set_at,
    )
    # Hashing would take most of a history's time, and any name of its own will do.
    vars(reading)["digest"] = f"{box.name}-{len(box.readings):05}"
    box.readings.append(reading)


def play(world: World, events: Iterable[Event]) -> None:
    """Let things happen, and read them, in order of time."""
    for at, _, kind, unit, target in sorted(events):
        if kind in _READ:
            read(world, at, world.boxes[unit], kind)
        else:
            world.happens(kind, at, unit, target)


def known(world: World) -> list[UnitHistory]:
    """The counter histories of all units that somebody reads or means to read."""
    return [
        history
        for box in world.boxes.values()
        if box.name not in world.unread
        for history in histories(box.readings) or [UnitHistory.of([], box.name)]
    ]


def _unit(world: World, box: Box, named: str, off_s: int) -> Unit:
    platform = world.platform
    # Worked out from how long it is up, so by our own clock.
    boot_at = box.booted_at + off_s + world.random.randint(-60, 50)
    return Unit(
        subject_unit=named,
        serial=box.serial if platform.tells_serial else None,
        ha_role=box.role if len(world.boxes) > 1 else None,
        ha_peer=_peer(world, box),
        role_since_at=_told(box.role_since, platform.tells_role_since),
        boot_at=datetime.fromtimestamp(boot_at, UTC) if platform.tells_boot else None,
        clock_offset_s=box.skew_s - off_s if platform.tells_clock else None,
    )


def _peer(world: World, box: Box) -> str | None:
    """The other unit of a pair, as the units call themselves."""
    platform = world.platform
    if not world.paired or not (platform.tells_peer or world.unread):
        return None
    (peer,) = (one for one in world.boxes.values() if one is not box)
    return peer.serial if platform.named_by_serial else peer.name


def _of_rule(
    world: World, at: int, box: Box, rule: Rule, position: int, named: str, domain: str, kind: str
) -> tuple[FirewallRule, RuleUsage]:
    platform, counter = world.platform, rule.counter
    count = world.random.randint(0, 9) if kind == "forged" else counter.count
    return (
        _rule(
            platform,
            (named, rule.key, position, rule.match, rule.name),
            (rule.created_at, rule.changed_at),
        ),
        _usage(
            platform,
            (named, rule.key, domain, count, _open(world, box, rule.key, at)),
            (counter.last, counter.first, counter.reset),
        ),
    )


# Poll after poll most rules say the same, and making facts is most of a world's time.
@lru_cache(maxsize=4096)
def _rule(
    platform: Platform, said: tuple[str, str, int, str, str], times: tuple[int, int]
) -> FirewallRule:
    named, key, position, match, name = said
    created_at, changed_at = times
    return FirewallRule(
        subject_unit=named,
        key=key,
        position=position,
        match_digest=match,
        name=name,
        created_at=_told(created_at, platform.tells_created),
        modified_at=_told(changed_at, platform.tells_changes),
    )


@lru_cache(maxsize=4096)
def _usage(
    platform: Platform,
    said: tuple[str, str, str, int, int | None],
    times: tuple[int | None, int | None, int],
) -> RuleUsage:
    named, key, domain, count, open_sessions = said
    last, first, reset = times
    return RuleUsage(
        subject_unit=named,
        key=key,
        reset_domain=domain,
        count=count,
        last_hit_at=_told(last, platform.tells_last_hit),
        first_hit_at=_told(first, platform.tells_first_hit),
        counter_reset_at=_told(reset, platform.tells_reset),
        open_sessions=open_sessions,
        persistent=platform.persistent if platform.says_persistent else None,
    )


def _open(world: World, box: Box, key: str, at: int) -> int | None:
    if not world.platform.tells_sessions:
        return None
    here = world.opened_on.get(key) is box if world.members else box.role == "active"
    return int(here and at <= world.open_until.get(key, 0))


def _told(at: int | None, tells: bool) -> datetime | None:
    return datetime.fromtimestamp(at, UTC) if tells and at is not None else None
