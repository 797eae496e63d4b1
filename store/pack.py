"""The pack of a month as the store makes it: what agents signed, what people said, who signed off.

    path = make_pack(custody, "agent-1", "2026-11", folder)

The same ZIP as an agent's (`evidence/pack.py`), its manifest signed by the store. A month that
was signed is bound as it was signed; what came later is in the pack of the next signing. Beside
the records of an agent's pack it holds every answer and step of signing, each with its receipt,
the digests that the signed root is over (`members.json`), and the newest checkpoint of the log.
Bytes that were deleted at the end of their retention are not in it; their tombstones are.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

from sqlalchemy import Connection, select

from evidence.answers import Answers
from evidence.clock import stamp
from evidence.errors import EnvironmentProblem, EvidenceError
from evidence.judged import Assessed
from evidence.pack import write_pack
from evidence.receipt import Receipt
from evidence.seal import Envelope
from evidence.sign_off import MEMBERS, EvidenceSet, Step
from evidence.statement import ANSWERS, Statement
from evidence.text import Text
from evidence.usage import Recall, UnitHistory, histories
from report.binding import REPORT, add_report, bind
from report.closure import Members, take
from report.exhibits import Exhibit, Exhibits, numbered
from report.month import Month, Restated, SignedStep
from report.printable import Paper
from report.words import both_calendars
from store.anchoring import anchors
from store.custody import Custody
from store.month.due import since
from store.month.fold import Folded, Folder, visits_between
from store.month.restated import restated
from store.month.rows import month_of
from store.month.tables import assessment, coverage, disposition, reading
from store.people.accounts import names_of
from store.problems import Refused
from store.retention.tombstones import Deleted
from store.said.signing import MonthState, Signed, Standing, evidence_set, members_of, state_of
from store.said.tables import said
from store.schema import statement

_NOT_HERE = Text("the store holds no such reading", "保存庫查無此讀取紀錄")


def make_pack(
    custody: Custody,
    agent: str,
    period: str,
    out: Path,
    now: datetime,
    language: str = "zh-TW",
    *,
    paper: bool = True,
) -> tuple[Path, EnvironmentProblem | None]:
    """Write the pack of an agent's month into the folder `out`: its file, and why it has no PDF
    where one was wanted (`paper`).

    Raises Refused `month_unfolded` where there is no assessment or it does not hold together,
    EnvironmentProblem `env_pack` for a folder that cannot be written.
    """
    custody.index.catch_up()
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out, prefix=".pack-") as folder, TemporaryFile(dir=out) as kept:
            members = Members(kept)
            bound = _bound(custody, agent, period, members, now, language)
            # By now the month is gone from memory: what sets type needs as much again.
            problem = add_report(bound.paper, members) if paper else None
            name = f"evidence-pack-{agent}-{period}-r{bound.revision}-{bound.standing}.zip"
            path = Path(folder) / name
            with path.open("wb") as file:
                predicate = {**bound.predicate, "printed": REPORT in members}
                write_pack(file, predicate, members, custody.key)
                file.flush()
                os.fsync(file.fileno())
            path.rename(out / name)
    except OSError as error:
        raise EnvironmentProblem(
            f"the pack cannot be written to {out}: {error.strerror}",
            code="env_pack",
            next_step="check its owner and free space, or name another folder with --out",
        ) from None
    return out / name, problem


def agents_of(custody: Custody, period: str) -> list[str]:
    """The agents that delivered an assessment of the month. Raises Refused `month_unfolded`."""
    custody.index.catch_up()
    with custody.database.reading() as rows:
        one = assessment.c
        found = sorted(set(rows.scalars(select(one.agent).where(one.period == period))))
    if not found:
        raise Refused(f"no agent delivered an assessment of {period}", code="month_unfolded")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    """What is left to do of a month whose records and sections are among the members."""

    revision: int
    standing: Standing
    predicate: Mapping[str, Any]
    paper: Paper


def _bound(
    custody: Custody, agent: str, period: str, members: Members, now: datetime, language: str
) -> _Bound:
    """Put everything but the report among the members, and hold nothing else of the month."""
    with custody.database.reading() as rows:
        binder = _Binder.of(custody, rows, agent, period, members, language)
        month = binder.gather()
        return _Bound(
            revision=month.assessed.revision,
            standing=binder.state.standing,
            paper=bind(month, members, receipt=binder.receipt(month)),
            predicate=binder.predicate(month, now),
        )


@dataclass(frozen=True)
class _Binder:
    """Gathers one month of one agent. `evidence` is what the signatures are over, or would be."""

    custody: Custody
    rows: Connection
    folder: Folder
    folded: Folded
    state: MonthState
    evidence: EvidenceSet
    members: Members
    language: str

    @classmethod
    def of(
        cls,
        custody: Custody,
        rows: Connection,
        agent: str,
        period: str,
        members: Members,
        language: str,
    ) -> _Binder:
        state = state_of(custody.shelf, rows, agent, period)
        signed = state.last if state.standing is Standing.signed else None
        evidence = signed.step.evidence if signed else evidence_set(rows, agent, period)
        # One of its own: what it keeps at hand goes with the month.
        folder = Folder(custody.shelf)
        try:
            folded = folder.fold(rows, agent, period, evidence.log_size)
        except (EvidenceError, KeyError, TypeError, ValueError) as error:
            raise Refused(f"{period} could not be judged: {error}", code="month_unfolded") from None
        if folded is None:
            raise Refused(f"{agent} delivered no assessment of {period}", code="month_unfolded")
        return cls(custody, rows, folder, folded, state, evidence, members, language)

    @property
    def agent(self) -> str:
        return self.folded.read.assessment.agent

    @property
    def period(self) -> str:
        return self.folded.read.assessment.period

    def gather(self) -> Month:
        """Put every record, capture and input among the members; the month for the sections."""
        assessed = self._assessed()
        covered = self._covered()
        month = month_of(self.rows, self.folder, assessed, self.folded.read.assessment, covered)
        self._keep([self.folded.read.digest, *month.runs])
        for name, digest in self.folded.read.assessment.inputs.items():
            self.members.add(f"inputs/{digest}", self.folded.read.bodies[name])
        self._keep_what_was_said()
        digests = members_of(self.rows, self.agent, self.period, self.evidence.log_size)
        self.members.add(MEMBERS, json.dumps(digests, indent=0).encode())
        (signature, *_) = assessed.envelope.signatures
        exhibits = self._exhibits(assessed.used)
        for name, body in anchors(self.custody, self.rows, self._places()):
            self.members.add(name, body)
        return replace(
            month,
            keyid=signature.keyid,
            language=self.language,
            exhibits=exhibits,
            standing=_told(self.state),
            names=names_of(self.rows, self.folded.accounts),
            signable=self.evidence,
            steps=tuple(SignedStep(one.digest, one.step) for one in self.state.steps),
            open_since=since(self.rows, self.agent, self.period),
            restated=tuple(self._restated()),
        )

    def _restated(self) -> Iterator[Restated]:
        stale = self.state.standing is Standing.stale
        yield from restated(
            self.folder,
            self.rows,
            self.agent,
            self.period,
            [one.step for one in self.state.steps],
            self.evidence if stale else None,
        )

    def receipt(self, month: Month) -> Receipt:
        """The store's receipt for the newest thing people sign or, before that, the assessment."""
        digest = self.state.last.digest if self.state.last else month.assessed.envelope.digest
        return Receipt.of(Statement.parse(Envelope.parse(self._receipts([digest])[digest]).payload))

    def predicate(self, month: Month, now: datetime) -> dict[str, Any]:
        """What the manifest says of the pack, but for whether it has a report."""
        return {
            "store": self.custody.origin,
            "agent": self.agent,
            "agent_version": self.folded.read.assessment.agent_version,
            "period": self.period,
            "revision": month.assessed.revision,
            "made_at": stamp(now),
            "assessment": month.assessed.envelope.digest,
            "replayed": month.replayed,
            "provisional": self.state.standing is not Standing.signed,
            "standing": self.state.standing.value,
            "evidence": self.evidence.record(),
            "absent_readings": list(month.exhibits.absent),
        }

    def _assessed(self) -> Assessed:
        """The month with the counter histories that its pictures are drawn from."""
        found = self.folder.assessed(self.rows, self.folded)
        recall = Recall(found.readings.devices, found.readings.at, self._histories)
        return replace(found, readings=replace(found.readings, usage_of=recall))

    def _histories(self, device: str, start: datetime, end: datetime) -> list[UnitHistory]:
        places = visits_between(
            self.rows, self.agent, device, "firewall", start, end + timedelta(seconds=1)
        )
        shelf = self.custody.shelf
        return list(histories((shelf.reading(*place) for place in places), start, end))

    def _keep_what_was_said(self) -> None:
        """Every statement the fold took dispositions from, and every step of the signing."""
        one = disposition.c
        found = self.rows.scalars(
            select(one.statement)
            .where(one.agent == self.agent, one.position < self.evidence.log_size)
            .order_by(one.position)
        )
        digests = [*dict.fromkeys(found), *(step.digest for step in self.state.steps)]
        for envelope in self._keep(digests):
            said_here = Statement.parse(envelope.payload)
            if said_here.predicate_type == ANSWERS:
                for file in Answers.of(said_here).attachments:
                    body = self._blob(file.digest)
                    if body is not None:
                        self.members.add(f"attachments/{file.digest}", body)

    def _keep(self, digests: Sequence[str]) -> list[Envelope]:
        """Signed records with the store's receipts for them."""
        self._keep_receipts(digests)
        shelf = self.custody.shelf
        return [self.members.add_record(shelf.envelope(one).to_json()) for one in digests]

    def _receipts(self, digests: Sequence[str]) -> Mapping[str, bytes]:
        found: dict[str, bytes] = {}
        for table in (statement, said):
            for part in _parts(digests):
                found.update(
                    self.rows.execute(
                        select(table.c.digest, table.c.receipt).where(table.c.digest.in_(part))
                    ).all()
                )
        return found

    def _exhibits(self, used: Iterable[str]) -> Exhibits:
        """The bundles of the readings the assessment rests on, as far as they are here."""
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        readings = sorted(used)
        for part in _parts(readings):
            found = self.rows.execute(
                select(reading.c.digest, reading.c.visit).where(reading.c.digest.in_(part))
            )
            for digest, visit in found:
                wanted[visit].add(digest)
        shelf = self.custody.shelf
        exhibits: list[Exhibit] = []
        for visit in sorted(wanted):
            envelope = shelf.envelope(visit).to_json()
            exhibits += take(visit, wanted[visit], envelope, self._blob, self.members)
        self._keep_receipts(sorted(wanted))
        absent = set(readings).difference(*wanted.values())
        return Exhibits(numbered(exhibits), dict.fromkeys(sorted(absent), _NOT_HERE))

    def _blob(self, digest: str) -> bytes | None:
        """The bytes of a blob; None where they were deleted, whose tombstone is in the pack."""
        try:
            return self.custody.shelf.blob(digest)
        except Deleted as error:
            self._keep([error.tombstone])
            return None

    def _keep_receipts(self, digests: Sequence[str]) -> None:
        for receipt in self._receipts(digests).values():
            self.members.add_record(receipt)

    def _places(self) -> dict[str, int]:
        """Where in the log each record among the members is, by its digest."""
        found: dict[str, int] = {}
        for part in _parts(self.members.records):
            for table in (statement, said):
                one = table.c
                place = select(one.digest, one.position).where(one.digest.in_(part))
                found.update(self.rows.execute(place).all())
        return found

    def _covered(self) -> list[Mapping[str, Any]]:
        """How often each subject was read, as the read model counts it."""
        one = coverage.c
        found = self.rows.execute(
            select(coverage).where(one.agent == self.agent, one.period == self.period)
        )
        return [dict(row) for row in found.mappings()]


def _told(state: MonthState) -> Text:
    """What is printed on every page of where the month's signing stands."""
    if state.standing is not Standing.signed:
        return state.standing.text
    prepared = _newest(state, Step.prepared)
    reviewed = _newest(state, Step.reviewed)
    on = both_calendars(reviewed.step.at.date())
    return Text(
        f"signed: prepared by {prepared.step.person.name}, "
        f"reviewed by {reviewed.step.person.name}, {on}",
        f"已簽核：編製 {prepared.step.person.name}、覆核 {reviewed.step.person.name}，{on}",
    )


def _newest(state: MonthState, step: Step) -> Signed:
    return next(one for one in reversed(state.steps) if one.step.step is step)


def _parts(digests: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    """SQL takes no list of any length."""
    for start in range(0, len(digests), size):
        yield digests[start : start + size]
