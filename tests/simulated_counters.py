"""Simulated firewalls that count, reboot, are cleared, fail over and are edited at bad moments.

A `World` keeps what really happened: every hit of every rule on every unit, and which of the
assumptions of a proof this world breaks. What an agent would have read of it comes out as
ordinary readings. Times are whole seconds; what happens in the second of a poll is before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from random import Random

from evidence.facts import Fact, FirewallRule, RuleUsage, Unit
from evidence.reading import Reading
from evidence.usage import Assumption

DAY_S = 86_400
BEGIN = int(datetime(2026, 3, 1, 3, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True)
class Platform:
    """What this kind of firewall counts, tells and forgets."""

    persistent: bool = False
    says_persistent: bool = True
    follows_name: bool = False  # a renamed rule begins a new counter, in a domain of its own
    tells_last_hit: bool = False
    tells_first_hit: bool = False
    tells_reset: bool = False
    tells_boot: bool = True
    tells_role_since: bool = False
    tells_sessions: bool = False
    tells_changes: bool = False
    skew_s: int = 0  # its clock is ahead by so much, and it does not say so


@dataclass(slots=True)
class Counter:
    count: int = 0
    first: int | None = None
    last: int | None = None
    reset: int = BEGIN


@dataclass(slots=True)
class Rule:
    """A rule as a unit holds it. `match` is what it matches; `domain` "" is a counter alone."""

    key: str
    match: str
    name: str
    domain: str
    changed_at: int
    counter: Counter = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll of one unit really saw."""

    at: int
    role: str
    counts: dict[tuple[str, str, str], int]
    founding: bool


@dataclass(slots=True)
class Box:
    """One unit: its rules, its role, and what it was asked."""

    name: str
    role: str
    rules: dict[str, Rule]
    booted_at: int = BEGIN - 90 * DAY_S
    role_since: int = BEGIN - 90 * DAY_S
    polls: list[Poll] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    hits: dict[str, list[int]] = field(default_factory=dict)
    # (time, what, whom): reboot, clear a domain, single a counter, role, edit or gone a rule
    happened: list[tuple[int, str, str]] = field(default_factory=list)


Event = tuple[int, int, str, str, str]  # time, rank within its second, kind, unit, target
RANK = {"hit": 0, "poll": 2, "hand": 2, "forged": 2}


class World:
    """One or two units over some weeks. `run` plays the events in order of time."""

    def __init__(
        self, platform: Platform, units: list[str], rules: dict[str, str], seed: int
    ) -> None:
        self.platform, self.random = platform, Random(seed)
        self.boxes = {
            unit: Box(
                unit,
                "active" if place == 0 else "standby",
                {
                    key: Rule(key, f"match-{key}", key, domain, BEGIN - 90 * DAY_S)
                    for key, domain in rules.items()
                },
            )
            for place, unit in enumerate(units)
        }
        self.domains = rules
        self.open_until: dict[str, int] = {}
        self.opened_at: dict[str, int] = {}
        self.hidden_sessions = False
        self.edited_unseen = False

    def run(self, events: list[Event]) -> None:
        for at, _, kind, unit, target in sorted(events):
            getattr(self, f"_{kind}")(at, self.boxes[unit], target)

    # --- what happens ---

    def _hit(self, at: int, box: Box, key: str) -> None:
        """Traffic for a rule goes to whichever unit is active."""
        box = next((one for one in self.boxes.values() if one.role == "active"), box)
        if key not in box.rules:
            return
        box.hits.setdefault(key, []).append(at)
        counter = box.rules[key].counter
        counter.count, counter.last = counter.count + 1, at
        counter.first = at if counter.first is None else counter.first

    def _session(self, at: int, box: Box, key: str) -> None:
        """A connection that stays open for a while; counted once, when it begins."""
        self._hit(at, box, key)
        self.open_until[key] = at + self.random.randint(1, 40) * DAY_S
        self.opened_at[key] = at

    def _packet(self, at: int, box: Box, key: str) -> None:
        """More traffic of an open connection, which moves no counter."""
        box = next((one for one in self.boxes.values() if one.role == "active"), box)
        if at <= self.open_until.get(key, 0) and key in box.rules:
            box.hits.setdefault(key, []).append(at)
            seen = any(poll.founding and poll.at >= self.opened_at[key] for poll in box.polls)
            self.hidden_sessions |= not (seen and self.platform.tells_sessions)

    def _clear(self, at: int, box: Box, domain: str) -> None:
        box.happened.append((at, "clear", domain))
        for rule in box.rules.values():
            if rule.domain == domain:
                rule.counter = Counter(reset=at)

    def _single(self, at: int, box: Box, key: str) -> None:
        if key in box.rules:
            box.happened.append((at, "single", key))
            box.rules[key].counter = Counter(reset=at)

    def _remake(self, at: int, box: Box, key: str) -> None:
        """Deleted, and made again with the same text."""
        self._single(at, box, key)
        if key in box.rules:
            box.rules[key].changed_at = at

    def _reboot(self, at: int, box: Box, _: str) -> None:
        box.booted_at = at
        box.happened.append((at, "reboot", ""))
        if box.role == "active":
            self.open_until.clear()
        if not self.platform.persistent:
            for rule in box.rules.values():
                rule.counter = Counter(reset=at)

    def _failover(self, at: int, box: Box, _: str) -> None:
        if len(self.boxes) > 1:
            # A connection that moves to the other unit was counted on the first one only.
            self.hidden_sessions |= any(at <= until for until in self.open_until.values())
            for one in self.boxes.values():
                one.role = "standby" if one.role == "active" else "active"
                one.role_since = at
                one.happened.append((at, "role", ""))

    def _edit(self, at: int, box: Box, key: str) -> None:
        """What the rule matches changes; the counter goes on."""
        for one in self.boxes.values():
            if key in one.rules:
                one.happened.append((at, "edit", key))
                one.rules[key].match += "+"
                one.rules[key].changed_at = at
                self.edited_unseen |= not (one.polls or self.platform.tells_changes)

    def _rename(self, at: int, box: Box, key: str) -> None:
        for one in self.boxes.values():
            if key in one.rules:
                rule = one.rules[key]
                rule.name += "'"
                rule.changed_at = at
                if self.platform.follows_name:
                    rule.counter = Counter(reset=at)
                    one.happened.append((at, "edit", key))

    def _delete(self, at: int, box: Box, key: str) -> None:
        for one in self.boxes.values():
            if one.rules.pop(key, None):
                one.happened.append((at, "gone", key))

    def _insert(self, at: int, box: Box, key: str) -> None:
        for one in self.boxes.values():
            if key not in one.rules:
                rule = Rule(key, f"match-{key}", key, self.domains[key], at, Counter(reset=at))
                one.rules[key] = rule
                one.happened.append((at, "edit", key))

    # --- what is read of it ---

    def _poll(self, at: int, box: Box, _: str) -> None:
        self._read(at, box, forged=False, provenance="device")

    def _hand(self, at: int, box: Box, _: str) -> None:
        self._read(at, box, forged=False, provenance="hand-delivered")

    def _forged(self, at: int, box: Box, _: str) -> None:
        self._read(at, box, forged=True, provenance="hand-delivered")

    def _read(self, at: int, box: Box, *, forged: bool, provenance: str) -> None:
        platform, random = self.platform, self.random
        boot_at = box.booted_at + random.randint(-60, 50)
        facts: list[Fact] = [
            Unit(
                subject_unit=box.name,
                ha_role=box.role if len(self.boxes) > 1 else None,
                role_since_at=self._told(box.role_since, platform.tells_role_since),
                boot_at=datetime.fromtimestamp(boot_at, UTC) if platform.tells_boot else None,
            )
        ]
        for position, rule in enumerate(box.rules.values()):
            counter = rule.counter
            facts.append(
                FirewallRule(
                    subject_unit=box.name,
                    key=rule.key,
                    position=position,
                    match_digest=rule.match,
                    name=rule.name,
                    modified_at=self._told(rule.changed_at, platform.tells_changes),
                )
            )
            facts.append(
                RuleUsage(
                    subject_unit=box.name,
                    key=rule.key,
                    reset_domain=self._domain(rule),
                    count=random.randint(0, 9) if forged else counter.count,
                    last_hit_at=self._told(counter.last, platform.tells_last_hit),
                    first_hit_at=self._told(counter.first, platform.tells_first_hit),
                    counter_reset_at=self._told(counter.reset, platform.tells_reset),
                    open_sessions=self._open(box, rule.key, at)
                    if platform.tells_sessions
                    else None,
                    persistent=platform.persistent if platform.says_persistent else None,
                )
            )
        counts = {
            (rule.key, rule.match, self._domain(rule)): rule.counter.count
            for rule in box.rules.values()
        }
        box.polls.append(Poll(at, box.role, counts, provenance == "device"))
        box.readings.append(
            Reading(
                device=box.name,
                subject="firewall",
                at=datetime.fromtimestamp(at, UTC),
                facts=tuple(facts),
                provenance=provenance,
            )
        )

    def _domain(self, rule: Rule) -> str:
        return f"name {rule.name}" if self.platform.follows_name else rule.domain

    def _open(self, box: Box, key: str, at: int) -> int | None:
        if not self.platform.tells_sessions:
            return None
        return int(box.role == "active" and at <= self.open_until.get(key, 0))

    def _told(self, at: int | None, tells: bool) -> datetime | None:
        if at is None or not tells:
            return None
        return datetime.fromtimestamp(at + self.platform.skew_s, UTC)

    # --- what the examiner cannot know ---

    def broken(self) -> Assumption:
        """The assumptions that do not hold in this world, judged from what really happened."""
        broken = Assumption(0)
        for box in self.boxes.values():
            polls = [poll for poll in box.polls if poll.founding]
            for before, after in pairwise(polls):
                broken |= self._broken_between(box, before, after)
            first_at = polls[0].at if polls else 0
            if any(what == "single" and at <= first_at for at, what, _ in box.happened):
                broken |= Assumption.no_single_reset
        if self.hidden_sessions:
            broken |= Assumption.no_older_sessions
        if self.edited_unseen:
            broken |= Assumption.match_unchanged_before
        return broken

    def _broken_between(self, box: Box, before: Poll, after: Poll) -> Assumption:
        broken = Assumption(0)
        events = [one for one in box.happened if before.at < one[0] <= after.at]
        reboots = [at for at, what, _ in events if what == "reboot"]
        both = before.counts.keys() & after.counts.keys()
        for at, what, whom in events:
            # A restart whose time the unit does not tell is a clear like any other.
            unsaid = what == "reboot" and not (self.platform.tells_boot or self.platform.persistent)
            if what == "clear" or unsaid:
                hit = [one for one in both if unsaid or self.domains[one[0]] == whom]
                for domain in {domain or key for key, _, domain in hit}:
                    group = [one for one in hit if (one[2] or one[0]) == domain]
                    stood = any(before.counts[one] > 0 for one in group)
                    if stood and all(after.counts[one] >= before.counts[one] for one in group):
                        broken |= Assumption.clear_shows
            if what == "clear" and any(boot <= at for boot in reboots):
                broken |= Assumption.no_clear_after_restart
            if what in ("single", "gone"):
                alone = [one for one in both if one[0] == whom]
                if reboots or all(after.counts[one] >= before.counts[one] for one in alone):
                    broken |= Assumption.no_single_reset
        roles = sum(what == "role" for _, what, _ in events)
        still = all(after.counts[one] == before.counts[one] for one in both)
        if before.role == "standby" and (roles > 2 or (roles == 2 and still)):
            broken |= Assumption.standby_stays
        return broken


def random_world(platform: Platform, seed: int, *, calm: bool = False) -> World:
    """Eight weeks of one unit or a pair. `calm`: traffic, polls and little trouble."""
    random = Random(seed)
    units = ["fw-a"] if random.random() < 0.6 else ["fw-a", "fw-b"]
    domains = random.choice((("acl",), ("acl", "vpn"), ("acl", "")))
    rules = {f"r{place}": random.choice(domains) for place in range(random.randint(2, 7))}
    world = World(platform, units, rules, seed)
    every_s = random.choice((DAY_S // 4, DAY_S, 3 * DAY_S))
    end = BEGIN + 56 * DAY_S
    events: list[Event] = []

    def add(at: int, kind: str, unit: str = "fw-a", target: str = "") -> None:
        if at < end:
            events.append((at, RANK.get(kind, 1), kind, unit, target))

    polls: list[int] = []
    for unit in units:
        first = BEGIN + random.randint(0, 5 if calm else 40) * DAY_S
        for at in range(first, end, every_s):
            at += random.randint(0, 600)
            if random.random() < (0.99 if calm else 0.93):
                kinds = ["poll"] * 30 + ([] if calm else ["hand", "forged"])
                add(at, random.choice(kinds), unit)
                polls.append(at)
    hits: list[int] = []
    for key in rules:
        mean_s = random.choice((0, 0, 0, DAY_S // 3, DAY_S, 20 * DAY_S))
        at = BEGIN
        stops = end if random.random() < 0.6 else BEGIN + random.randint(1, 56) * DAY_S
        while mean_s and (at := at + int(random.expovariate(1 / mean_s)) + 1) < stops:
            add(at, "hit", target=key)
            hits.append(at)

    def bad_moment() -> int:
        """Just before or after a poll, just after a hit, or any time."""
        at = random.choice((*polls, *hits, random.randint(BEGIN, end)))
        return at + random.choice((-1, 0, 1, 30, 3600, random.randint(0, every_s)))

    troubles = ["clear", "clear", "single", "remake", "reboot", "failover"]
    troubles += ["edit", "rename", "delete", "insert", "session"]
    for _ in range(random.choice((0, 1)) if calm else random.randint(0, 6)):
        kind = random.choice(troubles[:6] if calm else troubles)
        unit, key = random.choice(units), random.choice(list(rules))
        if kind == "clear" and not rules[key]:
            kind = "single"  # what stands alone is cleared alone
        target = rules[key] if kind == "clear" else key
        at = bad_moment()
        add(at, kind, unit, target)
        if kind in ("clear", "single", "reboot") and random.random() < 0.5:
            add(at - 1, "hit", target=key)  # the hit that the reset hides
        if kind in ("clear", "reboot") and random.random() < 0.5:
            # Something counts as much again before anybody looks.
            busy = random.choice([one for one in rules if rules[one] == rules[key]])
            for _ in range(random.randint(5, 60)):
                add(at + random.randint(2, every_s // 2), "hit", unit, busy)
        for _ in range(20 if kind == "session" else 0):
            add(at + random.randint(0, 40 * DAY_S), "packet", unit, key)
        if kind == "delete":
            add(at + random.randint(1, 3 * every_s), "insert", unit, key)
        if kind == "failover" and random.random() < 0.5:
            add(at + random.randint(1, 2 * every_s), "failover", unit)
        if kind == "reboot" and rules[key] and random.random() < 0.3:
            add(at + random.randint(1, every_s), "clear", unit, rules[key])
    world.run(events)
    return world


def ambushed_world(platform: Platform, seed: int) -> World:
    """Weeks without a missed poll, and one hit of an idle rule that a trap hides at once.

    Some of the other counters of its group then count as much again before the next poll.
    """
    random = Random(seed)
    units = random.choice((["fw-a"], ["fw-a", "fw-b"]))
    rules = {f"r{place}": "acl" for place in range(random.randint(2, 4))}
    world = World(platform, units, rules, seed)
    idle, *others = rules
    polls = [BEGIN + day * DAY_S for day in range(56)]
    events: list[Event] = [(at, RANK["poll"], "poll", unit, "") for at in polls for unit in units]

    def add(at: int, kind: str, target: str = "", unit: str = "fw-a") -> None:
        events.append((at, RANK.get(kind, 1), kind, unit, target))

    stood = {key: random.randint(0, 3) for key in others}
    for key, hits in stood.items():
        for _ in range(hits):
            add(BEGIN - random.randint(1, 5 * DAY_S), "hit", key)
    for _ in range(random.randint(0, 2)):
        add(polls[-1] - random.randint(1, 2 * DAY_S), "hit", random.choice(others))
    before, after = random.choice(list(pairwise(polls[35:50])))
    hit_at = random.choice((before + 1, random.randint(before + 1, after - 9), after - 9))
    add(hit_at, "hit", idle)
    kind = random.choice(("clear", "reboot", "single", "remake", "delete", "rename", "failover"))
    add(hit_at + 1, kind, "acl" if kind == "clear" else idle)
    if kind == "delete":
        add(hit_at + random.choice((2, DAY_S, 3 * DAY_S)), "insert", idle)
    if kind == "failover":
        add(hit_at + random.choice((3, DAY_S, 3 * DAY_S)), "failover")
    if random.random() < 0.3:
        add(hit_at + 3, "reboot", unit=random.choice(units))
    for key in others:
        for _ in range(random.choice((0, stood[key], stood[key] + 1))):
            add(min(hit_at + random.randint(4, 8), after), "hit", key)
    world.run(events)
    return world
