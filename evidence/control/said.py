"""Reasons in words, for findings and clauses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from evidence.clock import taipei_day
from evidence.control.book import Control
from evidence.control.disposition import Disposition, Kind
from evidence.control.finding import ClockState, ControlResult, Finding
from evidence.control.words import Answer, Verdict
from evidence.observation import Observation
from evidence.text import Text


def rule_reason(observations: Sequence[Observation], standing: Text | None) -> Text:
    """Why a rule's finding is what it is: what is notable about it, then where it stands."""
    notable = [one.description for one in observations if one.result != "satisfied"]
    texts = (notable or [observations[0].description]) + ([standing] if standing else [])
    return joined(texts)


def clause_reason(
    control: Control,
    binds: Answer,
    findings: Sequence[Finding],
    clocks: Sequence[ClockState],
    about: Sequence[Disposition],
) -> Text:
    """Why a clause comes to its verdict, in one line."""
    if binds is Answer.no:
        return Text("does not bind this broker, by its profile", "依公司基本資料，本項不適用")
    texts = [_unbound()] if binds is Answer.unknown else []
    texts += _counted(findings)
    if control.checks and not findings:
        texts.append(
            Text("nothing was observed that it could be judged by", "無可供判斷之觀察結果")
        )
    texts += [Text(f"{clock.activity.title.en}: {clock.reason.en}", _zh(clock)) for clock in clocks]
    if about:
        texts.append(
            Text(f"{about[-1].by}: {about[-1].reason}", f"{about[-1].by}：{about[-1].reason}")
        )
    elif control.manual and not clocks:
        texts.append(Text("manual evidence is awaited", "待人工佐證"))
    return joined(texts)


_EXCUSES = {
    Kind.plan: Text("retirement plan", "汰除計畫"),
    Kind.exception: Text("compensating measure", "補償性措施"),
    Kind.manual_evidence: Text("manual evidence", "人工佐證"),
}


def excuse_words(said: Disposition, why_not: Text | None) -> Text:
    """A plan, measure or piece of evidence beside what it is about: whose, when, until when, who
    approved it; and why it does not count, where it does not."""
    kind = _EXCUSES.get(said.kind, Text(said.kind.value, said.kind.value))
    on, until = taipei_day(said.at), said.until
    approved = Text("approved by nobody", "未經核准")
    if said.approver is not None:
        same = Text(" (the same person)", "（同一人）") if said.self_approved else Text("", "")
        approved = Text(f"approved by {said.approver}{same.en}", f"核准者 {said.approver}{same.zh}")
    term = Text(f", until {until}", f"，至 {until}") if until else Text("", "")
    mark = Text(f" [{why_not.en}]", f"〔{why_not.zh}〕") if why_not else Text("", "")
    return Text(
        f"{kind.en} of {said.by}, {on}{term.en}, {approved.en}: {said.reason}{mark.en}",
        f"{kind.zh}（{said.by}，{on}{term.zh}，{approved.zh}）：{said.reason}{mark.zh}",
    )


def clauses_reason(below: Sequence[ControlResult]) -> Text:
    """How many of a control's clauses came to each verdict."""
    counts = Counter(one.verdict for one in below)
    told = [(verdict.text, counts[verdict]) for verdict in Verdict if counts[verdict]]
    return Text(
        "its clauses: " + ", ".join(f"{count} {text.en}" for text, count in told),
        "所屬各款：" + "、".join(f"{text.zh} {count} 款" for text, count in told),
    )


def joined(texts: Sequence[Text]) -> Text:
    return Text("; ".join(one.en for one in texts), "；".join(one.zh for one in texts))


def _zh(clock: ClockState) -> str:
    return f"{clock.activity.title.zh}：{clock.reason.zh}"


def _unbound() -> Text:
    return Text("whether it binds this broker is not known", "是否適用尚未確定")


def _counted(findings: Sequence[Finding]) -> list[Text]:
    counts = Counter(finding.verdict for finding in findings)
    return [
        Text(f"{counts[verdict]} {verdict.text.en}", f"{verdict.text.zh} {counts[verdict]} 項")
        for verdict in Verdict
        if counts[verdict]
    ]
