"""`prove`: for every rule of the units that enforce together, traffic, silence, or neither.

Vectorised over rules; the story of one rule (gaps, reasons, digests) is put together only
when its proof is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np

from evidence.clock import months_complete_at, taipei_day, window_start
from evidence.usage.criteria import ALL_ASSUMPTIONS, Assumption, Criteria
from evidence.usage.group import Group, judge
from evidence.usage.history import UnitHistory
from evidence.usage.pairs import EVER
from evidence.usage.proof import State, UsageProof
from evidence.usage.snapshot import Bools, Ints
from evidence.usage.story import tell


class Proofs(Mapping[str, UsageProof]):
    """The proofs of a group's rules by key; each is put together when it is asked for."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self._places = {key: place for place, key in enumerate(group.keys)}
        self._needed = np.maximum.reduce(
            [group.anchor, group.seen_from, group.hit_until, group.gap_limit]
        )
        self._states = _states(group, self._needed)

    def __getitem__(self, key: str) -> UsageProof:
        place = self._places[key]
        return tell(self.group, place, self._states[place], self._provable_on(place))

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def states(self) -> dict[str, State]:
        """Every rule's state, without the stories."""
        return dict(zip(self._places, self._states, strict=True))

    def _provable_on(self, place: int) -> date | None:
        """When the window begins late enough for this rule; None: not as things are."""
        group, needed = self.group, int(self._needed[place])
        if group.uncounted[place] or group.unwitnessed[place] or _sessions(group)[place]:
            return None
        if needed == EVER:
            return taipei_day(datetime.fromtimestamp(group.end, UTC))
        # A period's first day is not counted: what ended exactly at midnight ended the day before.
        anchor = datetime.fromtimestamp(needed, UTC) - timedelta(seconds=1)
        complete_at = months_complete_at(anchor, group.criteria.months)
        return taipei_day(max(complete_at, datetime.fromtimestamp(group.end, UTC)))


def prove(
    histories: Sequence[UnitHistory],
    at: datetime,
    *,
    months: int = 6,
    max_gap_s: int = 24 * 3600,
    accept: Assumption = ALL_ASSUMPTIONS,
    criteria: Criteria | None = None,
) -> Proofs:
    """The proofs of all rules that these units hold now, as known at `at`.

    `histories` are all the units that enforce together: one that was configured and never
    read belongs among them, as a history without rows, and then nothing is proven.
    The window ends with the newest reading, and is the last one of `months` complete then.
    `criteria` replaces the other settings when finer ones are needed too.
    """
    criteria = criteria or Criteria(months=months, max_gap_s=max_gap_s, accept=accept)
    now = int(at.timestamp())
    known = [history.until(now) for history in histories]
    end = max((int(one.read_at[-1]) for one in known if len(one.read_at)), default=now)
    start = window_start(datetime.fromtimestamp(end, UTC), criteria.months)
    return Proofs(judge(known, int(start.timestamp()), end, now, criteria))


def _states(group: Group, needed: Ints) -> list[State]:
    """The decision. Traffic that was seen outweighs that it is not counted everywhere."""
    proven = (needed <= group.start) & ~_sessions(group)
    proven &= group.now - group.end <= group.criteria.max_gap_s
    traffic = group.hit_after >= np.maximum(group.start, group.anchor)
    states = [State.insufficient] * len(group.keys)
    for answer, state in (
        (proven, State.proven),
        (group.uncounted, State.not_measurable),
        (traffic, State.has_traffic),
    ):
        for place in np.flatnonzero(answer):
            states[place] = state
    return states


def _sessions(group: Group) -> Bools:
    """Rules that only an assumption the company does not accept could show silent."""
    accepted = Assumption.no_older_sessions in group.criteria.accept
    return group.unsure_sessions & (not accepted)
