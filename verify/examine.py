"""Examining a bundle or a pack: whatever is found is noted, and the next thing is looked at."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from evidence.answers import Answers
from evidence.bundle import Bundle, check_collection
from evidence.collection import Collection
from evidence.control import Disposition
from evidence.decisions import Decisions
from evidence.errors import SealError, shown
from evidence.pack import Pack
from evidence.receipt import Receipt
from evidence.retention import Act, RetentionStep
from evidence.runs import Assessment, RunRecord
from evidence.seal import Envelope
from evidence.sign_off import SignOff
from evidence.statement import (
    ANSWERS,
    ASSESSMENT,
    COLLECTION,
    DECISIONS,
    RECEIPT,
    RETENTION,
    RUN,
    SIGN_OFF,
    Statement,
)
from evidence.text import Text
from verify.anchored import anchor_problems
from verify.rejudge import Rejudged, rechecked, refolded
from verify.report import Level, Problem, Report, Signer
from verify.reread import Outcome, reread
from verify.shelf import Shelf
from verify.signed_off import signing_problems
from verify.trust import Trust

BUNDLES = Text("visits", "採集次數")
CAPTURES = Text("captures", "擷取檔")
RUNS = Text("runs", "執行紀錄")
ASSESSMENTS = Text("assessments", "評估紀錄")
RECEIPTS = Text("receipts", "收據")
DISPOSITIONS = Text("decisions and reviews of people", "人員之決定與檢視")
STEPS = Text("steps of signing", "簽核步驟")
SAME = Text("readings re-read with the same facts", "重新解析結果相同之讀取")
ABSENT = Text(
    "readings whose captures are not in this file", "擷取檔未收入本檔之讀取（無法重新解析）"
)
JUDGED = Text(
    "assessments re-judged: checks run again, same observations and findings",
    "重新執行檢核並判定，結果相同之評估",
)
CITED = Text("readings cited by assessments", "評估所引用之讀取")
_STANDING = Text(
    "signed off: prepared and reviewed by two people, over this set of evidence",
    "已簽核：由二人分別編製與覆核，涵蓋本檔所列紀錄集合",
)
_UNSIGNED = Text("not signed off", "尚未簽核，或簽核後佐證異動")
# What these contradict was signed all the same: digests and signatures hold.
_DEEPER = {"reread_differs", "rechecked_differs", "rejudged_differs"}
# Differences told one by one; whoever finds more looks at the assessment as a whole.
_MOST_TOLD = 20
_REPLAYED = Text(
    "replayed: its answers were played from tapes, not asked of a device",
    "重播資料：內容取自錄製檔，並非向設備實際查詢",
)
_UNVOUCHED = Text(
    "receipts were not held against a store's key: none was given",
    "未提供保存庫金鑰，收據簽章未驗證",
)


@dataclass
class Examination:
    """What one file turns out to hold. `deep` is how far to look, `wanted` what is demanded."""

    trust: Trust
    deep: Level
    signers: dict[str, Signer] = field(default_factory=dict)
    counts: Counter[Text] = field(default_factory=Counter)
    notes: list[Text] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    reread_in_full: bool = True
    rejudged_in_full: bool = True

    def bundle(self, bundle: Bundle) -> None:
        """A bundle that was read, so is whole and in agreement with itself."""
        self._signed(bundle.envelope, "the bundle")
        self.counts[CAPTURES] += len(bundle.captures)
        self._collection(bundle.collection, bundle.captures)

    def pack(self, pack: Pack) -> None:
        """A pack that was read, so holds what its manifest names."""
        of_store = "store" in pack.statement.predicate
        self._signed(pack.manifest, "the manifest", of_store)
        runs: dict[str, RunRecord] = {}
        assessments: dict[str, Assessment] = {}
        steps: dict[str, SignOff] = {}
        said: dict[str, Disposition] = {}
        receipts: dict[str, Receipt] = {}
        shelf = Shelf(pack)
        captures = _captures(pack)
        self.counts[CAPTURES] += len(captures)
        for digest, envelope in pack.records():
            try:
                statement = Statement.parse(envelope.payload)
                if statement.predicate_type == RECEIPT:
                    receipt = self._receipt(envelope, statement)
                    receipts[receipt.entry.digest] = receipt
                    continue
                by_store = statement.predicate_type in (ANSWERS, SIGN_OFF, RETENTION)
                self._signed(envelope, f"{statement.kind} {digest}", by_store)
                if statement.predicate_type == COLLECTION:
                    collection = check_collection(statement)
                    shelf.put(digest, collection)
                    self._collection(collection, captures)
                elif statement.predicate_type == RUN:
                    runs[digest] = RunRecord.of(statement)
                elif statement.predicate_type == ASSESSMENT:
                    assessments[digest] = Assessment.of(statement)
                elif statement.predicate_type in (DECISIONS, ANSWERS):
                    said.update((one.id, one) for one in _said(statement))
                elif statement.predicate_type == SIGN_OFF:
                    steps[digest] = SignOff.of(statement)
                elif statement.predicate_type == RETENTION:
                    self._retention(RetentionStep.of(statement))
            except SealError as error:
                self.problems.append(Problem.of(error, f"record {digest}"))
        self.counts[DISPOSITIONS] += len(said)
        self.counts[STEPS] += len(steps)
        self._chain(runs)
        for assessment in assessments.values():
            self._dispositions(assessment, said.keys(), pack)
            self._assessment(assessment, shelf, pack)
        if of_store:
            self.problems += signing_problems(pack, steps, assessments, list(said.values()))
            standing = pack.statement.predicate.get("standing")
            self.notes.append(_STANDING if standing == "signed" else _UNSIGNED)
            for found in anchor_problems(pack, receipts, self.trust):
                if isinstance(found, Text):
                    self.notes.append(found)
                else:
                    self.problems.append(found)

    def report(self, file: str, kind: str, digest: str, wanted: Level) -> Report:
        counts = [(text, count) for text, count in self.counts.items() if count]
        return Report(
            file=file,
            kind=kind,
            reached=self._reached(),
            wanted=wanted,
            digest=digest,
            signers=tuple(self.signers.values()),
            counts=counts,
            notes=tuple(dict.fromkeys(self.notes)),
            problems=tuple(dict.fromkeys(self.problems)),
        )

    def _reached(self) -> Level:
        if any(problem.code not in _DEEPER for problem in self.problems):
            return Level.nothing
        reread_all = self.deep >= Level.re_read and self.reread_in_full and self.counts[SAME]
        if self.problems or not reread_all:
            return Level.signatures
        judged = self.deep >= Level.re_judged and self.rejudged_in_full and self.counts[JUDGED]
        return Level.re_judged if judged else Level.re_read

    def _signed(self, envelope: Envelope, where: str, by_store: bool = False) -> None:
        trusted = self.trust.stores if by_store else self.trust.agents
        known = {key.keyid: name for key, name in trusted.items()}
        for one in envelope.signatures:
            self.signers[one.keyid] = Signer(one.keyid, known.get(one.keyid))
        try:
            envelope.verify(trusted)
        except SealError as error:
            # One sentence for a stranger's key, however many records it signed.
            self.problems.append(Problem.of(error, "" if error.code == "key_untrusted" else where))

    def _receipt(self, envelope: Envelope, statement: Statement) -> Receipt:
        receipt = Receipt.of(statement)
        if self.trust.store is None:
            self.notes.append(_UNVOUCHED)
        else:
            Receipt.check(envelope, receipt.entry.digest, self.trust.store)
        self.counts[RECEIPTS] += 1
        return receipt

    def _collection(self, collection: Collection, captures: Mapping[str, bytes]) -> None:
        self.counts[BUNDLES] += 1
        if collection.replayed:
            self.notes.append(_REPLAYED)
        if self.deep < Level.re_read:
            return
        for one in reread(collection, captures):
            where = f"{one.device} {one.subject}"
            if one.outcome is Outcome.same:
                self.counts[SAME] += 1
            elif one.outcome is Outcome.absent:
                self.counts[ABSENT] += 1
            elif one.outcome is Outcome.differs:
                self.problems.append(Problem("reread_differs", f"{where}: {one.why}"))
            else:
                self.reread_in_full = False
                self.notes.append(_NOT_RE_READ[one.outcome](where, one.why))

    def _chain(self, runs: Mapping[str, RunRecord]) -> None:
        """Each agent's runs name the one before; only the earliest may name one that is absent."""
        self.counts[RUNS] += len(runs)
        for agent in sorted({run.agent for run in runs.values()}):
            mine = [run for run in runs.values() if run.agent == agent]
            loose = [run for run in mine if run.previous is None or run.previous not in runs]
            for run in sorted(loose, key=lambda one: one.started_at)[1:]:
                self.problems.append(
                    Problem("run_missing", f"the run before run {run.run} of {agent} is missing")
                )

    def _retention(self, step: RetentionStep) -> None:
        """A tombstone: why bytes that records name are not in this pack."""
        if not step.by_two:
            said = f"{step.period}: {step.act.text.en} by {step.person.name} alone"
            self.problems.append(Problem("four_eyes", said))
            return
        if step.act is not Act.deleted or step.asked_by is None:
            return
        self.notes.append(
            Text(
                f"{step.period}: {len(step.blobs)} files were deleted on {step.at:%Y-%m-%d} at the"
                f" end of their retention, asked by {step.asked_by.name}, agreed by"
                f" {step.person.name}; what of them this pack names is not in it",
                f"{step.period}：{len(step.blobs)} 個檔案於 {step.at:%Y-%m-%d} 保存期限屆滿銷毀"
                f"（申請 {step.asked_by.name}、核准 {step.person.name}），本檔所引用者未收入",
            )
        )

    def _dispositions(self, one: Assessment, said: Set[str], pack: Pack) -> None:
        """What people are taken to have said must stand in a signed record of this pack."""
        body = pack.blob("inputs", one.inputs.get("dispositions", ""))
        where = f"{one.period} revision {one.revision}"
        try:
            taken = [] if body is None else list(map(Disposition.of_record, json.loads(body)))
        except (ValueError, KeyError, TypeError, AttributeError):
            self.problems.append(Problem("statement_invalid", f"{where}: dispositions unreadable"))
            return
        unsigned = [disposition for disposition in taken if disposition.id not in said]
        if unsigned:
            self.problems.append(
                Problem(
                    "disposition_unsigned",
                    f"{where}: no signed record says what is taken as said of "
                    f"{shown(unsigned[0].subject)} ({len(unsigned)} in all)",
                )
            )

    def _assessment(self, one: Assessment, shelf: Shelf, pack: Pack) -> None:
        self.counts[ASSESSMENTS] += 1
        self.counts[CITED] += len(one.readings)
        missing = len(set(one.readings) - shelf.digests)
        if missing:
            self.notes.append(
                Text(
                    f"{one.period} revision {one.revision}: {missing} of {len(one.readings)} "
                    "cited readings are not in this pack",
                    f"{one.period} 第 {one.revision} 版：引用之讀取 {len(one.readings)} 筆中"
                    f"有 {missing} 筆未收入本檔",
                )
            )
        if self.deep < Level.re_judged:
            return
        where = f"{one.period} revision {one.revision}"
        checks = rechecked(one, lambda digest: pack.blob("inputs", digest), shelf)
        findings = refolded(one, lambda digest: pack.blob("inputs", digest))
        self._rejudged("rechecked_differs", where, checks)
        self._rejudged("rejudged_differs", where, findings)
        if checks.outcome is findings.outcome is Outcome.same:
            self.counts[JUDGED] += 1

    def _rejudged(self, code: str, where: str, made: Rejudged) -> None:
        """Note what came of one half of judging again; one problem for each difference."""
        told = list(made.why[:_MOST_TOLD])
        if more := len(made.why) - len(told):
            told.append(f"and {more} more")
        if made.outcome is Outcome.differs:
            self.problems += (Problem(code, f"{where}: {one}") for one in told)
        elif made.outcome is not Outcome.same:
            self.rejudged_in_full = False
            self.notes.append(_NOT_RE_JUDGED[made.outcome](where, "; ".join(told)))


_NOT_RE_READ = {
    Outcome.newer_reader: lambda where, why: Text(
        f"{where}: another version of the reader finds other facts ({why}); no sign of tampering",
        f"{where}：不同版本之解析程式結果不同（{why}），並非竄改跡象",
    ),
    Outcome.no_reader: lambda where, why: Text(
        f"{where}: not re-read ({why})", f"{where}：未重新解析（{why}）"
    ),
}


_NOT_RE_JUDGED = {
    Outcome.newer_reader: lambda where, why: Text(
        f"{where}: a newer check or fold differs ({why}); no sign of tampering",
        f"{where}：不同版本之檢核或判定程式結果不同（{why}），並非竄改跡象",
    ),
    Outcome.no_reader: lambda where, why: Text(
        f"{where}: not re-judged ({why})", f"{where}：未重新判定（{why}）"
    ),
    Outcome.absent: lambda where, why: Text(
        f"{where}: not re-judged ({why})", f"{where}：未重新判定（{why}）"
    ),
}


def _said(statement: Statement) -> Iterable[Disposition]:
    """What people said, entered at an agent or in the store."""
    if statement.predicate_type == DECISIONS:
        return Decisions.of(statement).dispositions
    return Answers.of(statement).dispositions


def _captures(pack: Pack) -> dict[str, bytes]:
    found = {}
    for name in pack.archive.names:
        folder, _, digest = name.partition("/")
        if folder == "captures":
            body = pack.blob(folder, digest)
            if body is not None:
                found[digest] = body
    return found
