"""Which units enforced together, and since when: a unit counts only while it was in the group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from evidence.usage.criteria import Criteria
from evidence.usage.pairs import EVER, NEVER
from evidence.usage.snapshot import NONE, Ints, Role

Span = tuple[int, int]


class Member(Protocol):
    """What a unit's readings say of the unit itself, as in `UnitHistory`."""

    @property
    def device(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def digests(self) -> tuple[str, ...]: ...
    @property
    def serials(self) -> tuple[str | None, ...]: ...
    @property
    def peers(self) -> tuple[str | None, ...]: ...
    @property
    def read_at(self) -> Ints: ...
    @property
    def role(self) -> Ints: ...
    @property
    def role_since(self) -> Ints: ...


def membership(histories: Sequence[Member]) -> list[Span]:
    """For each unit the times between which it may have enforced: after the first, by the second.

    A unit was not there when another unit of an active/standby pair named a third one as its
    peer, or when the same device answered with another unit's counters (an exchanged unit, a
    shared address). Without such a statement it may have been there always.
    """
    return [_span(history, histories) for history in histories]


def _span(history: Member, histories: Sequence[Member]) -> Span:
    if not len(history.read_at):
        return EVER, NEVER
    known = {name for one in histories if one is not history for name in _names(one)}
    elsewhere = sorted(
        at for other in histories if other is not history for at in _without(history, other, known)
    )
    first, last = int(history.read_at[0]), int(history.read_at[-1])
    return (
        max((at for at in elsewhere if at < first), default=EVER),
        min((at for at in elsewhere if at > last), default=NEVER),
    )


def _without(history: Member, other: Member, known: set[str | None]) -> list[int]:
    """Times at which `other` shows that the unit of `history` was not in the group."""
    # A peer we cannot place may be this very unit under a name of its own.
    third = known - _names(history) - _names(other) - {None}
    pairs = np.isin(other.role, (Role.active, Role.standby))
    exchanged = _exchanged(history, other)
    return [
        int(at)
        for at, peer, paired in zip(other.read_at, other.peers, pairs, strict=True)
        if exchanged or (paired and peer in third)
    ]


def _exchanged(history: Member, other: Member) -> bool:
    """Whether one device answered with the counters of the one and then of the other.

    A manager that speaks of several units in one reading may just not have reached one of them.
    """
    return other.device == history.device and not set(other.digests) & set(history.digests)


def _names(history: Member) -> set[str | None]:
    return {history.unit, history.device, *history.serials}


def peer_gaps(
    histories: Sequence[Member], spans: Sequence[Span], end: int, criteria: Criteria
) -> tuple[Ints, Ints] | None:
    """The spans in which a peer that nobody reads may have enforced; None where none is named, or
    as many places are read as the units name in their newest readings (`A, B` are two).

    Units that were one after the other in one place count once, each for its span.
    """
    places = _places(histories, spans)
    newest = (history.peers[-1] for history in histories if len(history.peers))
    if len(places) > max((len((one or "").split(", ")) for one in newest), default=1):
        return None
    active = (one for one in places if (one[-1][0].role[-1:] == Role.active).any())
    gaps = [
        [np.clip(times, *span) for times in _peer_gaps(history, end, criteria)]
        for history, span in next(active, places[0])
        if any(history.peers)
    ]
    if not gaps:
        return None
    begins, ends = (np.concatenate(times) for times in zip(*gaps, strict=True))
    return begins, ends


def _places(histories: Sequence[Member], spans: Sequence[Span]) -> list[list[tuple[Member, Span]]]:
    """The units with their spans, those together that took each other's place."""
    places: list[list[tuple[Member, Span]]] = []
    for history, span in zip(histories, spans, strict=True):
        place = next(
            (
                one
                for one in places
                if all(_exchanged(history, other) or _exchanged(other, history) for other, _ in one)
            ),
            None,
        )
        if place is None:
            places.append([(history, span)])
        else:
            place.append((history, span))
    return places


def _peer_gaps(history: Member, end: int, criteria: Criteria) -> tuple[Ints, Ints]:
    """It did not while this unit was active, as far back as this unit says since when."""
    before_at = np.concatenate(([EVER], history.read_at))
    until = np.append(history.read_at, end)
    alone = np.append((history.role == Role.active) & (history.role_since != NONE), False)
    since = np.append(history.role_since, NONE) + np.where(alone, criteria.clock_tolerance_s, 0)
    gap_to = np.where(alone, np.clip(since, before_at, until), until)
    return before_at, gap_to
