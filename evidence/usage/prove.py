"""`prove`: for every rule of the units that enforce together, traffic, silence, or neither.

Vectorised over rules; the story of one rule (gaps, reasons, digests) is put together only
when its proof is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from evidence.clock import months_complete_at, taipei_day, window_start
from evidence.usage.criteria import ALL_ASSUMPTIONS, Assumption, Criteria
from evidence.usage.group import Group, judge
from evidence.usage.history import UnitHistory
from evidence.usage.logged import LoggedRules, latest
from evidence.usage.pairs import EVER
from evidence.usage.proof import State, UsageProof
from evidence.usage.snapshot import NONE, Bools, Ints
from evidence.usage.story import tell


class Proofs(Mapping[str, UsageProof]):
    """The proofs of a group's rules by key; each is put together when it is asked for."""

    def __init__(self, counted: Group, logged: LoggedRules | None = None) -> None:
        self._logged = logged or {}
        self.counted, self.group = counted, _with_logs(counted, self._logged)
        group = self.group
        self._places = {key: place for place, key in enumerate(group.keys)}
        self._needed = np.maximum.reduce(
            [group.anchor, group.seen_from, group.hit_until, group.gap_limit]
        )
        self._sessions = _sessions(group)
        self._states = _states(group, self._needed, self._sessions)

    def __getitem__(self, key: str) -> UsageProof:
        place = self._places[key]
        logs, counted = self._logged.get(key, ()), self.counted
        return tell(
            self.group,
            place,
            self._states[place],
            self._provable_on(place),
            logs,
            counted=bool(counted.hit_until[place] > counted.start),
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def states(self) -> dict[str, State]:
        """Every rule's state, without the stories."""
        return dict(zip(self._places, self._states, strict=True))

    def contradicted(self) -> list[str]:
        """Rules that counters alone show silent, with an entry in a log outside the stated gaps."""
        if not self._logged:
            return []
        alone = Proofs(self.counted)
        return [
            key
            for key, logs in self._logged.items()
            if key in alone and alone.states()[key] is State.proven
            for proof in [alone[key]]
            if any(
                proof.window_start < at <= proof.window_end
                and not any(gap.from_at < at <= gap.to_at for gap in proof.gaps)
                for one in logs
                for at in (one.first_at, one.last_at)
            )
        ]

    def _provable_on(self, place: int) -> date | None:
        """When the window begins late enough for this rule; None: not as things are."""
        group = self.group
        if group.uncounted[place] or group.unwitnessed[place] or self._sessions[place]:
            return None
        return provable_on(int(self._needed[place]), group.end, group.criteria.months)


def prove(
    histories: Sequence[UnitHistory],
    at: datetime,
    *,
    months: int = 6,
    max_gap_s: int = 24 * 3600,
    accept: Assumption = ALL_ASSUMPTIONS,
    criteria: Criteria | None = None,
    logged: LoggedRules | None = None,
) -> Proofs:
    """The proofs of all rules that these units hold now, as known at `at`.

    `histories` are all the units that enforce together: one that was configured and never
    read belongs among them, as a history without rows, and then nothing is proven.
    The window ends with the newest reading, and is the last one of `months` complete then.
    `criteria` replaces the other settings when finer ones are needed too. `logged`: what traffic
    logs say of rules by key; an entry is traffic, and no entry is nothing.
    """
    criteria = criteria or Criteria(months=months, max_gap_s=max_gap_s, accept=accept)
    now = int(at.timestamp())
    known = _dated([history.until(now) for history in histories])
    start, end = window([one.read_at for one in known], now, criteria.months)
    return Proofs(judge(known, start, end, now, criteria), logged)


def _dated(known: Sequence[UnitHistory]) -> list[UnitHistory]:
    """The readings whose time is known. One agent read them all, so one clock was set for all."""
    set_at = max((int(one.clock_set_at.max(initial=NONE)) for one in known), default=NONE)
    return [one.dated(set_at) for one in known]


def _with_logs(group: Group, logged: LoggedRules) -> Group:
    """The group with what logs show of its rules; the log's clock may be off like a device's."""
    if not logged:
        return group
    at = np.array([latest(logged.get(key, ())) or EVER for key in group.keys], np.int64)
    after = np.where(at == EVER, EVER, at - group.criteria.clock_tolerance_s)
    return replace(
        group,
        hit_after=np.maximum(group.hit_after, after),
        hit_until=np.maximum(group.hit_until, at),
    )


def window(read_at: Sequence[Ints], now: int, months: int) -> tuple[int, int]:
    """Begin and end of the window: it ends with the newest of all units' readings."""
    end = max((int(times[-1]) for times in read_at if len(times)), default=now)
    return int(window_start(datetime.fromtimestamp(end, UTC), months).timestamp()), end


def decided(proven: Bools, uncounted: Bools, traffic: Bools) -> list[State]:
    """The decision. Traffic that was seen outweighs that it is not counted everywhere."""
    each = (State.insufficient, State.proven, State.not_measurable, State.has_traffic)
    which = np.where(traffic, 3, np.where(uncounted, 2, np.where(proven, 1, 0)))
    return [each[one] for one in which.tolist()]


def provable_on(needed: int, end: int, months: int) -> date:
    """The day on which a window that begins at `needed` or later is complete."""
    end_at = datetime.fromtimestamp(end, UTC)
    if needed == EVER:
        return taipei_day(end_at)
    # A period's first day is not counted: what ended exactly at midnight ended the day before.
    anchor = datetime.fromtimestamp(needed, UTC) - timedelta(seconds=1)
    return taipei_day(max(months_complete_at(anchor, months), end_at))


def _states(group: Group, needed: Ints, unsure_sessions: Bools) -> list[State]:
    proven = (needed <= group.start) & ~unsure_sessions
    proven &= group.now - group.end <= group.criteria.max_gap_s
    traffic = group.hit_after >= np.maximum(group.start, group.anchor)
    return decided(proven, group.uncounted, traffic)


def _sessions(group: Group) -> Bools:
    """Rules that only an assumption the company does not accept could show silent."""
    accepted = Assumption.no_older_sessions in group.criteria.accept
    return group.unsure_sessions & (not accepted)
