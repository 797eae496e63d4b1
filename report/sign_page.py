"""The page people sign (簽章頁): each seat, who signed it electronically, and lines for ink.

An examiner looks here first, so it says by itself who prepared and who reviewed, or plainly that
nobody has. Only what still holds is named: steps that were returned, or taken back when the month
was opened again, are in the sign-off history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evidence.sign_off import EvidenceSet, Step
from evidence.text import Text
from report.month import SignedStep
from report.words import joined, taipei

TITLE = Text("Sign-off page", "簽章頁")
HEADINGS = (
    Text("Seat", "職務"),
    Text("Signed electronically", "電子簽核"),
    Text("Name", "姓名"),
    Text("Signature", "簽章"),
    Text("Date", "日期"),
)
_SEATS = (
    (Text("Prepared by", "查核人員（編製）"), Step.prepared),
    (Text("Reviewed by (another person)", "覆核主管（須為不同人員）"), Step.reviewed),
)
_AUDIT_UNIT = Text("Audit unit", "稽核單位")
_IN_INK = Text("signs in ink only", "不以電子簽核，請於右列簽章")
_NOBODY = Text("Nobody has signed electronically.", "尚無人電子簽核。")
_NO_STORE = Text(
    "Nobody: an agent's pack holds no electronic sign-off; that takes place in the store.",
    "無：本包由代理程式產製，不含電子簽核；電子簽核於保存庫辦理。",
)
_STALE = Text(
    "Evidence came after this signature, which does not cover it: to be signed again.",
    "簽核後佐證已異動，本簽核不及於現有佐證，須重新簽核。",
)
_WITHDRAWS = (Step.returned, Step.reopened)


@dataclass(frozen=True, slots=True)
class Seat:
    """A line of the page. `record`: the digest of the signed step; empty where there is none."""

    title: Text
    signed: Text
    record: str = ""


@dataclass(frozen=True, slots=True)
class SignPage:
    """`anchors` are the digests printed over the signatures: whoever signs the paper holds the
    evidence to them. `note`: the newest step where it signs nothing, but sends back, opens again or
    asks for it."""

    anchors: Sequence[tuple[Text, str]]
    seats: Sequence[Seat]
    note: Text | None = None


def sign_page(
    steps: Sequence[SignedStep],
    signable: EvidenceSet | None,
    anchors: Sequence[tuple[Text, str]],
) -> SignPage:
    """The page of a month with these steps of signing, oldest first. `signable`: what a signature
    is over, or would be now; None: no store, so nobody signs electronically."""
    held = _held(steps)
    nobody = _NO_STORE if signable is None else _NOBODY
    seats = [
        _signed(title, held[step], signable) if step in held else Seat(title, nobody)
        for title, step in _SEATS
    ]
    return SignPage(anchors, (*seats, Seat(_AUDIT_UNIT, _IN_INK)), _last(steps))


def _held(steps: Sequence[SignedStep]) -> dict[Step, SignedStep]:
    """The signatures that were not taken back, by seat."""
    held: dict[Step, SignedStep] = {}
    for one in steps:
        if one.said.step in (*_WITHDRAWS, Step.prepared):
            held.clear()
        if one.said.step in (Step.prepared, Step.reviewed):
            held[one.said.step] = one
    return held


def _signed(title: Text, one: SignedStep, signable: EvidenceSet | None) -> Seat:
    said = one.said
    parts: list[Text | str] = [said.person.called]
    if said.deputises is not None:
        whom = said.deputises.called
        parts.append(Text(f"as deputy of {whom}", f"職務代理：代 {whom} 簽核"))
    parts.append(
        Text(f"{said.step.text.en} at {taipei(said.at)}", f"{said.step.text.zh} {taipei(said.at)}")
    )
    if signable is not None and said.evidence.members_root != signable.members_root:
        parts.append(_STALE)
    return Seat(title, joined(parts), one.digest)


def _last(steps: Sequence[SignedStep]) -> Text | None:
    """The newest step, where it is none of the two that sign."""
    if not steps or steps[-1].said.step in (Step.prepared, Step.reviewed):
        return None
    said = steps[-1].said
    who, at = said.person.called, taipei(said.at)
    return Text(
        f"Last step: {said.step.text.en}, {who}, {at}: {said.comment}",
        f"最近步驟：{said.step.text.zh}，{who}，{at}：{said.comment}",
    )
