"""The index: reads the log's new statements into the read model, and folds the months they touch.

What was read is noted in the same transaction, and so are the months that have to be folded: a
process that is killed goes on where it was.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, delete, func, insert, literal, select, union_all, update

from evidence.errors import EvidenceError
from evidence.reading import canonical
from store.database import Database, insert_all_missing, insert_missing
from store.month import look
from store.month.fold import Folded, Folder
from store.month.look import COUNTS
from store.month.records import Found, read_statement
from store.month.restated import KEPT
from store.month.restated import found as restated_of
from store.month.rows import control_rows, finding_rows, static_rows
from store.month.tables import (
    READ_MODEL,
    assessment,
    coverage,
    disposition,
    finding,
    indexed,
    made_section,
    month,
    month_control,
    observation,
    reading,
    rule,
    run,
    unsettled,
    visit,
)
from store.said.tables import said
from store.schema import statement
from store.shelf import Shelf

log = logging.getLogger("evidence.store.index")

_BATCH = 200
# How long to wait for more, and how many times as long to rest as the last work took.
_TOGETHER_S, _REST = 0.5, 4
_ROWS_AT_ONCE = 2_000
# What records that are signed, but are not what they should be, can raise.
_MALFORMED = (EvidenceError, OSError, KeyError, TypeError, ValueError, AttributeError)
_FOLDED = (month_control, finding)
_STATIC = (observation, rule, made_section)


class Index:
    """The read model of one store, and whoever keeps it up with the log. One at a time works."""

    def __init__(self, database: Database, shelf: Shelf) -> None:
        self._database = database
        self._shelf = shelf
        self.folder = Folder(shelf)
        self._lock = threading.RLock()

    def catch_up(self) -> int:
        """Read every statement of the log that was not read yet, then fold the months they touch.
        Returns how many statements were read."""
        read = 0
        with self._lock:
            while count := self._read_batch():
                read += count
            self._settle_all()
        return read

    def rebuild(self) -> int:
        """Throw the read model away and make it again."""
        with self._lock:
            self._shelf.forget()
            self.folder.forget()
            with self._database.transaction() as rows:
                for table in READ_MODEL:
                    rows.execute(delete(table))
            return self.catch_up()

    # Reading statements

    def _read_batch(self) -> int:
        with self._database.reading() as rows:
            after = rows.scalar(select(indexed.c.position))
            new = rows.execute(_statements_after(-1 if after is None else after)).all()
        if not new:
            return 0
        found = Found()
        for digest, agent, position in new:
            try:
                read_statement(found, self._shelf.statement(digest), digest, agent, position)
            except _MALFORMED as error:
                # It was taken in, so it is kept; what it says cannot be shown.
                log.error("statement %s cannot be indexed: %s", digest, error)
        with self._database.transaction() as rows:
            for table in (visit, reading, run, assessment, disposition):
                insert_all_missing(rows, table, found.rows.get(table.name, ()))
            for (agent, period), fold in found.touched.items():
                _mark(rows, agent, period, fold)
            rows.execute(delete(indexed))
            rows.execute(insert(indexed).values(one=1, position=new[-1].position))
        return len(new)

    # Folding months

    def _settle_all(self) -> None:
        while True:
            with self._database.reading() as rows:
                one = rows.execute(
                    select(unsettled).order_by(unsettled.c.period, unsettled.c.agent).limit(1)
                ).first()
            if one is None:
                return
            self.settle(one.agent, one.period, fold=bool(one.fold))

    def settle(self, agent: str, period: str, fold: bool = True) -> None:
        """Bring a month's rows up to what is signed."""
        with self._lock:
            with self._database.reading() as rows:
                covered = list(_coverage(rows, agent, period))
            made = self._folded(agent, period, covered) if fold else None
            with self._database.transaction() as rows:
                _replace(rows, (coverage,), agent, period, {coverage.name: covered})
                if made is not None:
                    tables, values = made
                    _replace(rows, tables, agent, period, values)
                    _keep_restated(rows, agent, period, values.get(KEPT, []))
                    _keep_counts(rows, agent, period)
                    _compare_next(rows, agent, period)
                if fold or not _is_marked_to_fold(rows, agent, period):
                    rows.execute(
                        delete(unsettled).where(
                            unsettled.c.agent == agent, unsettled.c.period == period
                        )
                    )

    def _folded(
        self, agent: str, period: str, covered: list[dict[str, Any]]
    ) -> tuple[tuple[Any, ...], Mapping[str, list[dict[str, Any]]]] | None:
        """The tables to write anew and their rows; None: nothing to show of the month yet."""
        with self._database.reading() as rows:
            try:
                folded = self.folder.fold(rows, agent, period)
                if folded is None:
                    return None
                before = _before(rows, agent, period)
                known = rows.scalar(
                    select(month.c.assessment).where(
                        month.c.agent == agent, month.c.period == period
                    )
                )
                values: dict[str, list[dict[str, Any]]] = {
                    month.name: [_month_row(folded)],
                    month_control.name: list(control_rows(folded, before.controls)),
                    finding.name: list(finding_rows(folded, before.findings)),
                }
                same = known == folded.read.digest
                there = _kept_restated(rows, agent, period) if same else ()
                values[KEPT] = [
                    {"agent": agent, "period": period, "id": id, "record": record}
                    for id, record in restated_of(self.folder, rows, folded, there).items()
                ]
                if same:
                    return (month, *_FOLDED), values
                values |= static_rows(rows, self.folder, folded, covered)
                return (month, *_FOLDED, *_STATIC), values
            except _MALFORMED as error:
                log.error("%s %s cannot be folded: %s", agent, period, error)
                return (month,), {month.name: [_unfolded_row(agent, period, error)]}


class Indexer:
    """A thread that keeps the index up with the log while the store serves.

    What comes together is read together, and the more work it is, the longer it rests: taking in
    goes first, and a page asked for meanwhile shows a month as it was some seconds ago.
    """

    def __init__(self, index: Index, every_s: float = 30.0) -> None:
        self._index = index
        self._every_s = every_s
        self._wake, self._end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="evidence-index", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def stop(self) -> None:
        self._end.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._end.is_set():
            self._wake.clear()
            began_s = time.monotonic()
            try:
                self._index.catch_up()
            except Exception:
                # A database that is away comes back; the log is read from where it was.
                log.exception("the index could not be brought up to the log")
            took_s = time.monotonic() - began_s
            self._wake.wait(self._every_s)
            self._end.wait(min(self._every_s, max(_TOGETHER_S, _REST * took_s)))


def _statements_after(position: int) -> Any:
    kept = (
        select(table.c.digest, table.c.agent, table.c.position).where(table.c.position > position)
        for table in (statement, said)
    )
    both = union_all(*kept).subquery()
    return select(both).order_by(both.c.position).limit(_BATCH)


def _mark(rows: Connection, agent: str, period: str, fold: int) -> None:
    if not insert_missing(rows, unsettled, agent=agent, period=period, fold=fold) and fold:
        rows.execute(
            unsettled.update()
            .where(unsettled.c.agent == agent, unsettled.c.period == period)
            .values(fold=1)
        )


def _is_marked_to_fold(rows: Connection, agent: str, period: str) -> bool:
    return bool(
        rows.scalar(
            select(unsettled.c.fold).where(unsettled.c.agent == agent, unsettled.c.period == period)
        )
    )


def _coverage(rows: Connection, agent: str, period: str) -> Iterator[dict[str, Any]]:
    """How often each subject of each device was read, and how it went last."""
    one = reading.c
    mine = (one.agent == agent, one.period == period)
    counted = (
        select(
            one.device,
            one.subject,
            func.sum(case((one.failure.is_(None), 1), else_=0)).label("good"),
            func.sum(case((one.failure.is_(None), 0), else_=1)).label("failed"),
            func.max(case((one.failure.is_(None), one.read_at), else_=literal(None))).label(
                "last_good_at"
            ),
            func.max(one.read_at).label("last_at"),
        )
        .where(*mine)
        .group_by(one.device, one.subject)
        .subquery()
    )
    last = rows.execute(
        select(counted, one.digest, one.failure, one.message)
        .join(
            counted,
            (one.device == counted.c.device)
            & (one.subject == counted.c.subject)
            & (one.read_at == counted.c.last_at),
        )
        .where(*mine)
    )
    seen = set()
    for row in last:
        if (row.device, row.subject) in seen:
            continue
        seen.add((row.device, row.subject))
        yield {
            "agent": agent,
            "period": period,
            "device": row.device,
            "subject": row.subject,
            "good": row.good,
            "failed": row.failed,
            "last_good_at": row.last_good_at,
            "last_at": row.last_at,
            "failure": row.failure,
            "message": row.message,
            "newest": row.digest,
        }


@dataclass(frozen=True)
class _Before:
    """A month before: verdicts by clause, and by finding."""

    controls: Mapping[str, str]
    findings: Mapping[str, str]


def _before(rows: Connection, agent: str, period: str) -> _Before:
    previous = rows.scalar(
        select(func.max(month.c.period)).where(month.c.agent == agent, month.c.period < period)
    )
    if previous is None:
        return _Before({}, {})
    controls, findings = (
        select(key, table.c.verdict).where(table.c.agent == agent, table.c.period == previous)
        for table, key in ((month_control, month_control.c.control), (finding, finding.c.id))
    )
    return _Before(
        {row[0]: row[1] for row in rows.execute(controls)},
        {row[0]: row[1] for row in rows.execute(findings)},
    )


def _compare_next(rows: Connection, agent: str, period: str) -> None:
    """Hold the month after this one against it: it may have been folded before."""
    following = rows.scalar(
        select(func.min(month.c.period)).where(month.c.agent == agent, month.c.period > period)
    )
    if following is None:
        return
    for table, key in ((month_control, "control"), (finding, "id")):
        before = table.alias("before")
        verdict = (
            select(before.c.verdict)
            .where(before.c.agent == agent, before.c.period == period)
            .where(before.c[key] == table.c[key])
            .scalar_subquery()
        )
        rows.execute(
            update(table)
            .where(table.c.agent == agent, table.c.period == following)
            .values(was=verdict)
        )
    _keep_counts(rows, agent, following)


def _kept_restated(rows: Connection, agent: str, period: str) -> Sequence[str]:
    one = made_section.c
    mine = (one.agent == agent, one.period == period, one.id.startswith(KEPT))
    return rows.scalars(select(one.id).where(*mine)).all()


def _keep_restated(rows: Connection, agent: str, period: str, found: list[dict[str, Any]]) -> None:
    """Keep what is new, and nothing that is not asked for any more."""
    one = made_section.c
    mine = (one.agent == agent, one.period == period, one.id.startswith(KEPT))
    rows.execute(delete(made_section).where(*mine, one.id.not_in([new["id"] for new in found])))
    if new := [each for each in found if each["record"] is not None]:
        rows.execute(insert(made_section), new)


def _keep_counts(rows: Connection, agent: str, period: str) -> None:
    """Count a month's findings once, for every page that tells how many there are."""
    key = {"agent": agent, "period": period, "id": COUNTS}
    rows.execute(delete(made_section).where(*(made_section.c[name] == key[name] for name in key)))
    record = canonical(look.counted(rows, agent, period)).decode()
    rows.execute(insert(made_section).values(**key, record=record))


def _month_row(folded: Folded) -> dict[str, Any]:
    made = folded.read.assessment
    basis = folded.read.basis
    return {
        "agent": made.agent,
        "period": made.period,
        "assessment": folded.read.digest,
        "revision": made.revision,
        "assessed_at": made.assessed_at,
        "judged_at": folded.judged_at,
        "judgement": folded.digest,
        "replayed": int(made.replayed),
        "findings": sum(len(one.findings) for one in folded.judgement.results),
        "broker": basis.profile.name,
        "book": basis.book.id,
        "problem": None,
    }


def _unfolded_row(agent: str, period: str, error: Exception) -> dict[str, Any]:
    said = error.code if isinstance(error, EvidenceError) else "record_unreadable"
    return {
        "agent": agent,
        "period": period,
        "replayed": 0,
        "findings": 0,
        "broker": "",
        "book": "",
        "problem": said,
    }


def _replace(
    rows: Connection,
    tables: Iterable[Any],
    agent: str,
    period: str,
    values: Mapping[str, list[dict[str, Any]]],
) -> None:
    for table in tables:
        rows.execute(delete(table).where(table.c.agent == agent, table.c.period == period))
        new = values.get(table.name, [])
        for first in range(0, len(new), _ROWS_AT_ONCE):
            rows.execute(insert(table), new[first : first + _ROWS_AT_ONCE])
