"""A month folded from what was signed: the newest assessment, its inputs, what people said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Connection, func, select

from evidence.capture import IMPORTED
from evidence.collection import device_of
from evidence.control import Disposition, Judgement
from evidence.errors import SealError
from evidence.judged import Assessed
from evidence.lifecycle import Catalogue
from evidence.observation import Observation
from evidence.reading import Reading
from evidence.readings import Readings, Zones
from evidence.refold import Basis, first_found_of, observations_of, refold
from evidence.runs import Assessment
from evidence.sign_off import judgement_digest
from evidence.statement import Statement
from store.month.tables import assessment as assessments
from store.month.tables import disposition, reading, visit
from store.shelf import Shelf

# Assessments kept parsed: one of a hundred thousand observations takes seconds to read.
_AT_HAND = 3
_NO_END = 2**62


@dataclass(frozen=True)
class Read:
    """An assessment as parsed, with the basis it was judged on. What it says of each thing stands
    in `observations` and `first_found_at` alone: as records it is a hundred megabytes."""

    digest: str
    assessment: Assessment
    basis: Basis
    observations: tuple[Observation, ...]
    first_found_at: Mapping[str, datetime]
    inputs: Mapping[str, Any]
    bodies: Mapping[str, bytes]


@dataclass(frozen=True)
class Folded:
    """A month as it stands: what it came to, as of when, and what was said. `accounts`: of whom
    everything that bears their name was said in this store. What an agent's file names may be
    anybody."""

    read: Read
    judged_at: datetime
    dispositions: tuple[Disposition, ...]
    judgement: Judgement
    accounts: frozenset[str]

    @cached_property
    def digest(self) -> str:
        return judgement_digest(self.judgement)


class Folder:
    """Folds months of one store."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._read = lru_cache(_AT_HAND)(self._read_assessment)

    def forget(self) -> None:
        """Read every assessment anew."""
        self._read.cache_clear()

    def fold(
        self, rows: Connection, agent: str, period: str, log_size: int | None = None
    ) -> Folded | None:
        """The month by its newest assessment; None: there is none yet. With `log_size` only what
        was among that many first entries of the log: the month as it was signed.

        Raises SealError, ConfigurationError, OSError, KeyError, TypeError or ValueError for
        records that do not hold together.
        """
        end = _NO_END if log_size is None else log_size
        newest = rows.scalar(
            select(assessments.c.digest)
            .where(assessments.c.agent == agent, assessments.c.period == period)
            .where(assessments.c.position < end)
            .order_by(assessments.c.revision.desc(), assessments.c.position.desc())
            .limit(1)
        )
        if newest is None:
            return None
        read = self._read(newest)
        one = disposition.c
        answered_at = rows.scalar(
            select(func.max(one.entered_at)).where(
                one.agent == agent, one.period == period, one.here == 1, one.position < end
            )
        )
        judged_at = max(filter(None, (read.assessment.assessed_at, answered_at)))
        said: dict[str, Disposition] = {}
        by: tuple[set[str], set[str]] = (set(), set())
        for record, here in rows.execute(
            select(one.record, one.here)
            .where(one.agent == agent, one.said_at <= judged_at, one.position < end)
            .order_by(one.position)
        ):
            found = Disposition.of_record(json.loads(record))
            said[found.id] = found
            by[here].update(filter(None, (found.by, found.approver)))
        dispositions = tuple(sorted(said.values(), key=lambda one: (one.at, one.id)))
        judgement = refold(
            period, read.basis, read.observations, dispositions, read.first_found_at, judged_at
        )
        elsewhere, in_store = by
        return Folded(read, judged_at, dispositions, judgement, frozenset(in_store - elsewhere))

    def assessed(self, rows: Connection, folded: Folded) -> Assessed:
        """The month with the readings it was judged by, for what the report is made of.

        Counter histories are not among them: whoever needs one asks for it by itself.
        """
        read = folded.read
        devices = {one.id: one for one in map(device_of, read.inputs["devices"])}
        newest = list(self._newest(rows, read.assessment.agent, read.assessment.assessed_at))
        readings = Readings(
            at=read.assessment.assessed_at,
            period=read.assessment.period,
            all=newest,
            devices=devices,
            zones=Zones.of_record(read.inputs["zones"]),
            catalogue=Catalogue.of_record(read.inputs["catalogue"]),
        )
        return Assessed(
            period=read.assessment.period,
            at=folded.judged_at,
            book=read.basis.book,
            policy=read.basis.policy,
            profile=read.basis.profile,
            judgement=folded.judgement,
            observations=read.observations,
            dispositions=folded.dispositions,
            readings=readings,
            inputs=read.bodies,
            used=frozenset(read.assessment.readings),
            envelope=self.shelf.envelope(read.digest),
            revision=read.assessment.revision,
        )

    def _newest(self, rows: Connection, agent: str, at: datetime) -> list[Reading]:
        """Per device and subject the newest reading by then, and the newest good one."""
        one = reading.c
        by_then = (
            one.agent == agent,
            one.read_at < at + timedelta(seconds=1),
            one.provenance != IMPORTED,
        )
        places: dict[str, Any] = {}
        for also in ((), (one.failure.is_(None),)):
            last = (
                select(one.device, one.subject, func.max(one.read_at).label("read_at"))
                .where(*by_then, *also)
                .group_by(one.device, one.subject)
                .subquery()
            )
            found = rows.execute(
                select(one.digest, one.visit, one.place, one.read_at)
                .join(
                    last,
                    (one.device == last.c.device)
                    & (one.subject == last.c.subject)
                    & (one.read_at == last.c.read_at),
                )
                .where(*by_then, *also)
            )
            places |= {row.digest: row for row in found}
        in_order = sorted(places.values(), key=lambda row: (row.read_at, row.digest))
        by_visit = sorted(in_order, key=lambda row: row.visit)
        known = {row.digest: self.shelf.reading(row.visit, row.place) for row in by_visit}
        return [known[row.digest] for row in in_order]

    def _read_assessment(self, digest: str) -> Read:
        # Not by `shelf.statement`, which would keep all of it at hand.
        found = Assessment.of(Statement.parse(self.shelf.envelope(digest).payload))
        try:
            bodies = {name: self.shelf.blob(one) for name, one in found.inputs.items()}
        except FileNotFoundError as error:
            raise SealError(
                f"what assessment {digest} was judged by is not here ({error.filename})",
                code="blobs_missing",
            ) from None
        inputs = {name: json.loads(body) for name, body in bodies.items()}
        return Read(
            digest,
            replace(found, observations=(), findings=()),
            Basis.of_inputs(inputs),
            observations_of(found),
            first_found_of(found),
            inputs,
            bodies,
        )


def visits_between(
    rows: Connection, agent: str, device: str, subject: str, first: datetime, end: datetime
) -> list[tuple[str, int]]:
    """(visit, place) of a device's good readings of a subject, oldest first."""
    one = reading.c
    found = rows.execute(
        select(one.visit, one.place)
        .join(visit, visit.c.digest == one.visit)
        .where(
            one.agent == agent,
            one.device == device,
            one.subject == subject,
            one.read_at >= first,
            one.read_at < end,
            one.failure.is_(None),
        )
        .order_by(one.read_at, one.digest)
    )
    return [(row.visit, row.place) for row in found]
