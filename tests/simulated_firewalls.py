"""Simulated firewalls that count, reset, fail over, are exchanged and edited at bad moments.

A `World` keeps what really happened: every hit of every rule on every unit, and what was done to
it. What an agent would have read of it comes out as ordinary readings (`simulated_readings`); what
may be claimed of it is worked out beside it (`simulated_truth`), and `simulated_worlds` makes
them. Times are whole seconds; what happens in the second of a poll is before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from agent.own_clock import Course, looked
from evidence.reading import Failure, Reading

DAY_S = 86_400
BEGIN = int(datetime(2026, 3, 1, 3, tzinfo=UTC).timestamp())
END = BEGIN + 56 * DAY_S
LONG_AGO = BEGIN - 90 * DAY_S


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
    tells_created: bool = False
    tells_serial: bool = False
    named_by_serial: bool = False  # its counters are told under its serial number
    tells_peer: bool = False
    tells_clock: bool = False  # what its own clock shows, so that steps of it are seen
    skew_s: int = 0  # its clock is ahead by so much
    agents: int = 1  # how many read the units, each by a clock of its own
    ntp: bool = True  # whether something keeps the agents' clocks right


@dataclass(slots=True)
class Counter:
    """One counter. Times are what the unit's own clock showed."""

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
    created_at: int
    counter: Counter = field(default_factory=Counter)


@dataclass(slots=True)
class Host:
    """An agent's machine: how far its clock is off, what its kernel knows of that, and what the
    agent remembers."""

    skew_s: int = 0
    synchronised: bool = True
    boots: int = 0
    known: Course | None = None
    newest: dict[str, datetime] = field(default_factory=dict)  # by unit; times believed

    def look(self, at: datetime, unit: str) -> tuple[Failure | None, datetime | None]:
        """What the agent says of the time by which it dates a reading of the unit."""
        now = Course(str(self.boots), self.skew_s, self.synchronised)
        newest_at = self.newest.get(unit)
        later = newest_at if newest_at is not None and newest_at > at else None
        self.known, doubt = looked(at, now, self.known, later)
        if doubt is None:
            self.newest[unit] = at
        return doubt, self.known.set_at


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll of one unit really saw."""

    at: int
    role: str
    counts: dict[tuple[str, str, str], int]
    founding: bool
    off_s: int = 0  # how far our own clock was off


@dataclass(slots=True)
class Box:
    """One unit: its rules, its role, and what it was asked. `exchanged`: so often, by RMA."""

    name: str
    role: str
    rules: dict[str, Rule]
    skew_s: int
    exchanged: int = 0
    booted_at: int = LONG_AGO
    role_since: int = LONG_AGO
    polls: list[Poll] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    hits: dict[str, list[int]] = field(default_factory=dict)
    # (time, what, whom): reboot, rma, clear a domain, single a counter, role, edit or gone a rule
    happened: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def serial(self) -> str:
        return f"SN-{self.name}-{self.exchanged}"

    def clock(self, at: int) -> int:
        return at + self.skew_s


class World:
    """Some units over some weeks, to which one thing after the other happens.

    `members`: all enforce at once, each its share; else one is active. `unread`: units that
    nobody polls.
    """

    def __init__(
        self,
        platform: Platform,
        units: list[str],
        rules: dict[str, str],
        seed: int,
        *,
        members: bool = False,
        unread: frozenset[str] = frozenset(),
    ) -> None:
        self.platform, self.random = platform, Random(seed)
        self.members, self.unread = members, unread
        self.boxes = {unit: self._box(unit, place, rules) for place, unit in enumerate(units)}
        self.domains = dict(rules)
        self.clones: dict[str, str] = {}  # who takes the traffic of whom
        self.made = 0
        self.open_until: dict[str, int] = {}
        self.opened_at: dict[str, int] = {}
        self.opened_on: dict[str, Box] = {}
        self.hidden_sessions = False
        self.edited_unseen = False
        self.hosts = [Host(synchronised=platform.ntp) for _ in range(platform.agents)]

    def _box(self, unit: str, place: int, rules: dict[str, str]) -> Box:
        role = "member" if self.members else "standby" if place else "active"
        held = {
            key: Rule(key, f"match-{key}", key, domain, LONG_AGO, LONG_AGO)
            for key, domain in rules.items()
        }
        return Box(unit, role, held, self.platform.skew_s)

    @property
    def paired(self) -> bool:
        return len(self.boxes) > 1 and not self.members

    def happens(self, kind: str, at: int, unit: str, target: str) -> None:
        """One event; the kinds are the methods below."""
        getattr(self, f"_{kind}")(at, self.boxes[unit], target)

    # --- traffic ---

    def _enforcing(self, box: Box) -> Box:
        """Traffic for a rule goes to whichever unit is active; members share it."""
        if self.members:
            return self.random.choice(list(self.boxes.values()))
        return next((one for one in self.boxes.values() if one.role == "active"), box)

    def _hit(self, at: int, box: Box, key: str) -> Box | None:
        """A clone that stands above its rule takes its traffic."""
        box, key = self._enforcing(box), self.clones.get(key, key)
        if key not in box.rules:
            return None
        box.hits.setdefault(key, []).append(at)
        counter = box.rules[key].counter
        counter.count, counter.last = counter.count + 1, box.clock(at)
        counter.first = counter.last if counter.first is None else counter.first
        return box

    def _session(self, at: int, box: Box, key: str) -> None:
        """A connection that stays open for a while; counted once, when it begins."""
        taken_by = self._hit(at, box, key)
        if taken_by is not None and key not in self.clones:
            self.open_until[key] = at + self.random.randint(1, 40) * DAY_S
            self.opened_at[key], self.opened_on[key] = at, taken_by

    def _packet(self, at: int, box: Box, key: str) -> None:
        """More traffic of an open connection, which moves no counter."""
        if at > self.open_until.get(key, 0):
            return
        box = self.opened_on[key] if self.members else self._enforcing(box)
        if key in box.rules:
            box.hits.setdefault(key, []).append(at)
            seen = any(poll.founding and poll.at >= self.opened_at[key] for poll in box.polls)
            self.hidden_sessions |= not (seen and self.platform.tells_sessions)

    # --- what befalls counters ---

    def _clear(self, at: int, box: Box, domain: str) -> None:
        box.happened.append((at, "clear", domain))
        self._zero(at, box, domain)

    def _zero(self, at: int, box: Box, domain: str | None = None) -> None:
        for rule in box.rules.values():
            if domain in (None, rule.domain):
                rule.counter = Counter(reset=box.clock(at))

    def _single(self, at: int, box: Box, key: str) -> None:
        if key in box.rules:
            box.happened.append((at, "single", key))
            box.rules[key].counter = Counter(reset=box.clock(at))

    def _remake(self, at: int, box: Box, key: str) -> None:
        """Deleted, and made again with the same text."""
        self._single(at, box, key)
        if key in box.rules:
            box.rules[key].changed_at = box.rules[key].created_at = box.clock(at)

    def _reboot(self, at: int, box: Box, _: str) -> None:
        box.booted_at = at
        box.happened.append((at, "reboot", ""))
        self._end_sessions(box)
        if not self.platform.persistent:
            self._zero(at, box)

    def _rma(self, at: int, box: Box, _: str) -> None:
        """Exchanged by the vendor: new serial number, the same rules, all counters at zero."""
        if self.paired and box.role == "active":
            self._failover(at, box, "")
        box.booted_at = at
        box.exchanged += 1
        box.happened.append((at, "rma", ""))
        box.skew_s = self.platform.skew_s
        self._end_sessions(box)
        self._zero(at, box)

    def _end_sessions(self, box: Box) -> None:
        if box.role == "active":
            self.open_until.clear()
        for key in [key for key, on in self.opened_on.items() if self.members and on is box]:
            self.open_until.pop(key, None)

    def _failover(self, at: int, box: Box, _: str) -> None:
        """The standby becomes active."""
        if not self.paired:
            return
        # A connection that moves to the other unit was counted on the first one only.
        self.hidden_sessions |= any(at <= until for until in self.open_until.values())
        for one in self.boxes.values():
            one.role = "standby" if one.role == "active" else "active"
            one.role_since = one.clock(at)
            one.happened.append((at, "role", ""))

    def _step(self, at: int, box: Box, seconds: str) -> None:
        """Somebody sets the unit's clock; what it wrote down before stays as it is."""
        box.skew_s = int(seconds)
        box.happened.append((at, "step", ""))

    # --- what befalls the agents' clocks ---

    def host(self, box: Box) -> Host:
        """The machine of the agent that reads the unit."""
        return self.hosts[list(self.boxes).index(box.name) % len(self.hosts)]

    def _ours(self, at: int, box: Box, seconds: str) -> None:
        """Somebody sets the clock, or the machine starts with a wrong one; NTP comes later."""
        host = self.host(box)
        host.skew_s, host.synchronised = int(seconds), False
        host.boots += self.random.randint(0, 1)

    def _right(self, at: int, box: Box, seconds: str) -> None:
        """NTP sets the clock right, give or take; or a person does, where there is none."""
        host = self.host(box)
        host.skew_s, host.synchronised = int(seconds), self.platform.ntp

    def _free(self, at: int, box: Box, _: str) -> None:
        """The NTP server is gone; the clock runs on."""
        self.host(box).synchronised = False

    # --- what befalls rules ---

    def _edit(self, at: int, box: Box, key: str) -> None:
        """What the rule matches changes; the counter goes on."""
        for one in self.boxes.values():
            if key in one.rules:
                self._match(at, one, key, one.rules[key].match + "+")

    def _match(self, at: int, box: Box, key: str, match: str) -> None:
        box.happened.append((at, "edit", key))
        box.rules[key].match = match
        box.rules[key].changed_at = box.clock(at)
        self.edited_unseen |= not (box.polls or self.platform.tells_changes)

    def _rename(self, at: int, box: Box, key: str) -> None:
        for one in self.boxes.values():
            if key in one.rules:
                rule = one.rules[key]
                rule.name += "'"
                rule.changed_at = one.clock(at)
                if self.platform.follows_name:
                    rule.counter = Counter(reset=one.clock(at))
                    one.happened.append((at, "edit", key))

    def _delete(self, at: int, box: Box, key: str) -> None:
        for one in self.boxes.values():
            self._remove(at, one, key)

    def _remove(self, at: int, box: Box, key: str) -> None:
        if box.rules.pop(key, None):
            box.happened.append((at, "gone", key))

    def _insert(self, at: int, box: Box, key: str) -> None:
        for one in self.boxes.values():
            if key not in one.rules:
                self._make(at, one, key, f"match-{key}")

    def _make(self, at: int, box: Box, key: str, match: str) -> None:
        now = box.clock(at)
        rule = Rule(key, match, key, self.domains[key], now, now, Counter(reset=now))
        box.rules[key] = rule
        box.happened.append((at, "edit", key))
        self.edited_unseen |= not (box.polls or self.platform.tells_changes)

    def _reuse(self, at: int, box: Box, key: str) -> None:
        """The rule is deleted, and another one is made that is given its number."""
        self.made += 1
        for one in self.boxes.values():
            self._remove(at, one, key)
            self._make(at, one, key, f"other-{self.made}")

    def _back(self, at: int, box: Box, key: str) -> None:
        """That other one is deleted, and the first is made again, with the same number."""
        for one in self.boxes.values():
            if key in one.rules:
                self._remove(at, one, key)
                self._make(at, one, key, f"match-{key}")

    def _clone(self, at: int, box: Box, key: str) -> None:
        """Copied under a new number; a copy that stands above takes all of its traffic."""
        if not all(key in one.rules for one in self.boxes.values()):
            return
        self.made += 1
        copy, above = f"{key}-{self.made}", self.random.random() < 0.5
        self.domains[copy] = self.domains[key]
        for one in self.boxes.values():
            self._make(at, one, copy, one.rules[key].match)
            if above:
                one.rules = {copy: one.rules[copy], **one.rules}
        if above and key not in self.clones:
            self.clones[key] = copy
            self.open_until.pop(key, None)

    def _push(self, at: int, box: Box, key: str) -> None:
        """A manager gives this unit, and no other yet, a policy with the rule changed or gone."""
        self.made += 1
        if self.random.random() < 0.3:
            self._remove(at, box, key)
        elif key in box.rules:
            self._match(at, box, key, f"pushed-{self.made}")

    def _sync(self, at: int, box: Box, key: str) -> None:
        """All other units get the rule as this one has it."""
        for one in self.boxes.values():
            if key not in box.rules:
                self._remove(at, one, key)
            elif key not in one.rules:
                self._make(at, one, key, box.rules[key].match)
            elif one.rules[key].match != box.rules[key].match:
                self._match(at, one, key, box.rules[key].match)
