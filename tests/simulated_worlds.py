"""Simulated worlds: weeks of traffic, polls, and trouble at bad moments."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from tests.simulated_firewalls import BEGIN, DAY_S, END, Platform, World
from tests.simulated_readings import Event, event, play

_COUNTERS = ("clear", "clear", "single", "remake", "reboot", "failover", "rma", "clone", "step")
_OURS = ("ours", "ours", "free")
_RULES = ("edit", "rename", "delete", "insert", "session", "reuse", "push")
# How far a clock is off that tells what it shows, and one of which nobody knows.
_TOLD_SKEWS_S = (-3 * DAY_S, -3600, -60, 0, 60, 3600, 3 * DAY_S)
_UNTOLD_SKEWS_S = (-90, 0, 90)
# How far our own clock is off when it is wrong, and when NTP has it.
OUR_SKEWS_S = (-900 * DAY_S, -9 * DAY_S, -DAY_S, -7200, 7200, DAY_S, 9 * DAY_S, 30 * DAY_S)
JITTER_S = 15


def _group(platform: Platform, random: Random, rules: dict[str, str], seed: int) -> World:
    """One unit, a pair, a pair of which one is never read, or three that share the traffic."""
    kind = random.choice(("one", "one", "one", "pair", "pair", "alone", "members"))
    units = {"one": ["fw-a"], "members": ["fw-a", "fw-b", "fw-c"]}.get(kind, ["fw-a", "fw-b"])
    unread = frozenset({"fw-b"} if kind == "alone" else ())
    return World(platform, units, rules, seed, members=kind == "members", unread=unread)


def random_world(platform: Platform, seed: int, *, calm: bool = False) -> World:
    """Eight weeks of one unit or several. `calm`: traffic, polls and little trouble."""
    random = Random(seed)
    domains = random.choice((("acl",), ("acl", "vpn"), ("acl", "")))
    rules = {f"r{place}": random.choice(domains) for place in range(random.randint(2, 7))}
    world = _group(platform, random, rules, seed)
    every_s = random.choice((DAY_S // 4, DAY_S, 3 * DAY_S))
    polls = _polls(world, random, every_s, calm)
    hits = _hits(rules, random)
    moments = [one[0] for one in (*polls, *hits)]
    events = [*polls, *hits]
    if platform.ntp and random.random() < 0.3:  # the agent begins with a wrong clock
        events += _ours(world, random, every_s, BEGIN)
    for host in () if calm else world.hosts:
        host.skew_s = random.randint(-JITTER_S, JITTER_S)
    for _ in range(random.choice((0, 1)) if calm else random.randint(0, 6)):
        # Just before or after a poll, just after a hit, or any time.
        at = random.choice((*moments, random.randint(BEGIN, END)))
        at += random.choice((-1, 0, 1, 30, 3600, random.randint(0, every_s)))
        kind = random.choice(_COUNTERS + _OURS if calm else _COUNTERS + _RULES + _OURS)
        events += _trouble(world, random, rules, every_s, kind, at)
    play(world, [one for one in events if one[0] < END])
    return world


def _polls(world: World, random: Random, every_s: int, calm: bool) -> list[Event]:
    polls = []
    for unit in world.boxes.keys() - world.unread:
        first = BEGIN + random.randint(0, 5 if calm else 40) * DAY_S
        for at in range(first, END, every_s):
            if random.random() < (0.99 if calm else 0.93):
                kinds = ["poll"] * 30 + ([] if calm else ["hand", "forged"])
                polls.append(event(at + random.randint(0, 600), random.choice(kinds), unit))
    return polls


def _hits(rules: dict[str, str], random: Random) -> list[Event]:
    hits = []
    for key in rules:
        mean_s = random.choice((0, 0, 0, DAY_S // 3, DAY_S, 20 * DAY_S))
        at = BEGIN
        stops = END if random.random() < 0.6 else BEGIN + random.randint(1, 56) * DAY_S
        while mean_s and (at := at + int(random.expovariate(1 / mean_s)) + 1) < stops:
            hits.append(event(at, "hit", target=key))
    return hits


def _trouble(
    world: World, random: Random, rules: dict[str, str], every_s: int, kind: str, at: int
) -> list[Event]:
    """One thing that goes wrong, and what makes it worse."""
    unit, key = random.choice(list(world.boxes)), random.choice(list(rules))
    if kind == "ours":
        return _ours(world, random, every_s, at)
    if kind == "clear" and not rules[key]:
        kind = "single"  # what stands alone is cleared alone
    target = {"clear": rules[key], "step": _skew(world.platform, random)}.get(kind, key)
    events = [event(at, kind, unit, target)]
    later_s = random.randint(1, 3 * every_s)
    if kind in ("clear", "single", "reboot", "rma", "reuse", "step") and random.random() < 0.5:
        events.append(event(at - 1, "hit", target=key))  # the hit that the reset hides
    if kind in ("clear", "reboot", "rma") and random.random() < 0.5:
        # Something counts as much again before anybody looks.
        busy = random.choice([one for one in rules if rules[one] == rules[key]])
        for _ in range(random.randint(5, 60)):
            events.append(event(at + random.randint(2, every_s // 2), "hit", unit, busy))
    for _ in range(20 if kind == "session" else 0):
        events.append(event(at + random.randint(0, 40 * DAY_S), "packet", unit, key))
    if kind == "delete":
        events.append(event(at + later_s, "insert", unit, key))
    if kind == "reuse" and random.random() < 0.7:
        events.append(event(at + later_s, "back", unit, key))
    if kind == "push" and random.random() < 0.7:
        events.append(event(at + later_s, "sync", random.choice(list(world.boxes)), key))
    if kind == "step" and random.random() < 0.5:
        back = _skew(world.platform, random)
        events.append(event(at + random.randint(1, 20 * DAY_S), "step", unit, back))
    if kind == "failover" and random.random() < 0.5:
        events.append(event(at + random.randint(1, 2 * every_s), "failover", unit))
    if kind == "reboot" and rules[key] and random.random() < 0.3:
        events.append(event(at + random.randint(1, every_s), "clear", unit, rules[key]))
    return events


def _ours(world: World, random: Random, every_s: int, at: int) -> list[Event]:
    """An agent's clock is wrong from then on, for a while or to the end."""
    unit = random.choice(list(world.boxes))
    events = [event(at, "ours", unit, str(random.choice(OUR_SKEWS_S)))]
    if random.random() < 0.8:
        jitter_s = world.hosts[0].skew_s and random.randint(-JITTER_S, JITTER_S)
        events.append(event(at + random.randint(1, 6 * every_s), "right", unit, str(jitter_s)))
    return events


def _skew(platform: Platform, random: Random) -> str:
    """How far somebody sets a clock off."""
    return str(random.choice(_TOLD_SKEWS_S if platform.tells_clock else _UNTOLD_SKEWS_S))


def misdated_world(platform: Platform, seed: int) -> World:
    """An ambush while our own clock is wrong, or about to be."""
    return ambushed_world(platform, seed, ("ours",))


def ambushed_world(platform: Platform, seed: int, traps: tuple[str, ...] | None = None) -> World:
    """Weeks without a missed poll, and one hit of an idle rule that a trap hides at once.

    Some of the other counters of its group then count as much again before the next poll.
    """
    random = Random(seed)
    rules = {f"r{place}": "acl" for place in range(random.randint(2, 4))}
    world = _group(platform, random, rules, seed)
    units = list(world.boxes)
    idle, *others = rules
    polls = [BEGIN + day * DAY_S for day in range(56)]
    events = [event(at, "poll", unit) for at in polls for unit in units if unit not in world.unread]
    stood = {key: random.randint(0, 3) for key in others}
    for key, hits in stood.items():
        for _ in range(hits):
            events.append(event(BEGIN - random.randint(1, 5 * DAY_S), "hit", target=key))
    for _ in range(random.randint(0, 2)):
        at = polls[-1] - random.randint(1, 2 * DAY_S)
        events.append(event(at, "hit", target=random.choice(others)))
    before, after = random.choice(list(pairwise(polls[35:50])))
    hit_at = random.choice((before + 1, random.randint(before + 1, after - 9), after - 9))
    if random.random() < 0.3:  # the standby wakes just before
        events.append(event(hit_at - 1, "failover"))
    events.append(event(hit_at, "hit", target=idle))
    events += _trap(world, random, random.choice(traps or _TRAPS), idle, hit_at, after)
    if random.random() < 0.3:
        events.append(event(hit_at + 3, "reboot", random.choice(units)))
    for key in others:
        for _ in range(random.choice((0, stood[key], stood[key] + 1))):
            at = min(hit_at + random.randint(4, 8), after)
            events.append(event(at, "hit", target=key))
    play(world, events)
    return world


_TRAPS = (
    *("clear", "reboot", "single", "remake", "delete", "rename", "failover"),
    *("rma", "reuse", "push", "step", "ours"),
)


def _trap(
    world: World, random: Random, kind: str, idle: str, hit_at: int, after: int
) -> list[Event]:
    """What hides the hit in the second after it."""
    unit = random.choice(list(world.boxes))
    if kind == "ours":  # and a clear beside it, so that the hit shows nowhere else
        cleared = event(hit_at + random.choice((1, 3600)), "clear", unit, "acl")
        return [cleared, *_ours(world, random, DAY_S, hit_at - random.randint(-2, 9 * DAY_S))]
    later = hit_at + random.choice((2, DAY_S, 3 * DAY_S))
    target = {"clear": "acl", "step": _skew(world.platform, random)}.get(kind, idle)
    events = [event(hit_at + 1, kind, unit, target)]
    if kind == "step":
        # What was hidden is the time of it: the clock was off when the hit was written down.
        early = event(hit_at - random.randint(1, 9 * DAY_S), "step", unit, target)
        events = [early, event(hit_at + 1, kind, unit, _skew(world.platform, random))]
    follows = {"delete": "insert", "reuse": "back", "push": "sync"}.get(kind)
    if follows:
        events.append(event(later, follows, random.choice((unit, *world.boxes)), idle))
    if kind == "failover":
        events.append(event(later + 1, "failover"))
    if kind == "rma" and random.random() < 0.5:
        events.append(event(hit_at + 2, "failover"))
    return events
