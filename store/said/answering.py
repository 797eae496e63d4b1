"""What people may answer, and what an answer has to say to count."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, insert, select

from evidence.clock import moment_of, taipei_day
from evidence.control import Decision, Disposition, Kind, Verdict
from evidence.follow_up import SUBJECT
from evidence.reading import canonical
from evidence.text import Text
from store.database import insert_missing
from store.month import look
from store.month.tables import finding
from store.people.accounts import principals
from store.problems import Refused
from store.said.keep import Actor, Desk, Upload
from store.said.signing import Signing, Standing
from store.said.tables import proposal, settled

_LONGEST = 2_000
_PROPOSED = (Kind.plan.value, Kind.exception.value)
_GIVEN = (
    *(Verdict.satisfied, Verdict.partly, Verdict.not_satisfied),
    Verdict.not_applicable,
)


def decide_rules(
    desk: Desk,
    signing: Signing,
    actor: Actor,
    agent: str,
    period: str,
    chosen: Sequence[Any],
    *,
    decision: str,
    reason: str,
    until: str,
) -> int:
    """One decision about each of these rules (rows with `subject` and `match_digest`), signed
    together. Returns how many. Raises Refused: `answer_incomplete`, `month_signed`."""
    _check_open(signing, agent, period)
    if decision not in tuple(Decision) or not chosen:
        raise _incomplete("choose rules and a decision", "請選取規則，並選擇決定。")
    made = [
        Disposition(
            kind=Kind.decision,
            subject=one.subject,
            by=actor.known.account,
            at=desk.clock(),
            reason=_reason(reason),
            decision=Decision(decision),
            until=_day(until, desk),
            # A rule that matches something else later needs a new decision.
            digest=one.match_digest or None,
        )
        for one in chosen
    ]
    desk.answer(actor, agent, period, made)
    return len(made)


def give_evidence(
    desk: Desk,
    signing: Signing,
    actor: Actor,
    agent: str,
    period: str,
    control: str,
    subject: str,
    *,
    verdict: str,
    reason: str,
    until: str,
    uploads: Sequence[Upload],
) -> None:
    """Evidence by hand about a clause (`subject` empty) or one thing under it.

    Raises Refused: `answer_incomplete`, `month_signed`.
    """
    _check_open(signing, agent, period)
    if verdict not in [one.value for one in _GIVEN]:
        raise _incomplete("say what it comes to", "請選擇查核結果。")
    said = Disposition(
        kind=Kind.manual_evidence,
        subject=subject,
        control=control,
        by=actor.known.account,
        at=desk.clock(),
        reason=_reason(reason),
        verdict=Verdict(verdict),
        until=_day(until, desk),
        digest=uploads[0].attachment.digest if uploads else None,
    )
    desk.answer(actor, agent, period, [said], uploads)


def record_review(
    desk: Desk,
    signing: Signing,
    actor: Actor,
    agent: str,
    period: str,
    control: str,
    known: Sequence[str],
    *,
    activity: str,
    done_on: str,
    reason: str,
) -> None:
    """That an activity was done on a day, which may lie before this store was there.

    Raises Refused: `answer_incomplete`, `month_signed`.
    """
    _check_open(signing, agent, period)
    day = _parsed(done_on)
    if activity not in known or day is None or day > taipei_day(desk.clock()):
        raise _incomplete(
            "which activity, and on which day that has been",
            "請選擇作業與辦理日期；辦理日期不得為未來日期。",
        )
    said = Disposition(
        kind=Kind.review,
        subject=activity,
        control=control,
        by=actor.known.account,
        at=moment_of(day, desk.clock()),
        reason=_reason(reason),
    )
    desk.answer(actor, agent, period, [said])


def reply(
    desk: Desk,
    signing: Signing,
    actor: Actor,
    agent: str,
    period: str,
    found: Any,
    known: Sequence[str],
    *,
    to: str,
    reason: str,
) -> None:
    """A word about a finding; `to` the id of what it answers, among `known`, or nothing.

    Raises Refused: `answer_incomplete`, `reason_missing`, `month_signed`.
    """
    _check_open(signing, agent, period)
    if to and to not in known:
        raise _incomplete("nobody said that of this finding", "查無所回覆之內容。")
    said = Disposition(
        kind=Kind.reply,
        subject=found.subject,
        control=found.control,
        by=actor.known.account,
        at=desk.clock(),
        reason=_reason(reason),
        digest=to or None,
    )
    desk.answer(actor, agent, period, [said])


def follow_up(
    desk: Desk,
    signing: Signing,
    actor: Actor,
    agent: str,
    period: str,
    controls: Sequence[str],
    *,
    reason: str,
) -> None:
    """Where open deficiencies stand, said of each of these clauses.

    Raises Refused: `answer_incomplete`, `reason_missing`, `month_signed`.
    """
    _check_open(signing, agent, period)
    if not controls:
        raise _incomplete("choose deficiencies that are open", "請勾選欲追蹤之缺失。")
    said = [
        Disposition(
            kind=Kind.follow_up,
            subject=SUBJECT,
            control=control,
            by=actor.known.account,
            at=desk.clock(),
            reason=_reason(reason),
        )
        for control in controls
    ]
    desk.answer(actor, agent, period, said)


def propose(
    desk: Desk,
    signing: Signing,
    actor: Actor,
    agent: str,
    period: str,
    found: Any,
    *,
    kind: str,
    reason: str,
    until: str,
) -> None:
    """A plan, measure or exception about a finding, for somebody else to approve.

    Raises Refused: `answer_incomplete`, `month_signed`.
    """
    _check_open(signing, agent, period)
    ends_on = _day(until, desk)
    if kind not in _PROPOSED or ends_on is None:
        raise _incomplete("say what it is and when it ends", "請選擇類別，並填寫到期日。")
    now = desk.clock()
    said = Disposition(
        kind=Kind(kind),
        subject=found.subject,
        control=found.control if kind == Kind.exception.value else "",
        by=actor.known.account,
        at=now,
        reason=_reason(reason),
        until=ends_on,
    )
    record = canonical(said.record()).decode()
    with desk.database.transaction() as rows:
        insert_missing(
            rows,
            proposal,
            id=sha256(f"{agent} {period} {record}".encode()).hexdigest(),
            agent=agent,
            period=period,
            finding=found.id,
            proposed_by=actor.known.account,
            proposed_at=now,
            record=record,
        )
        desk.note(rows, actor, "proposed", f"{kind} {agent} {period} {found.subject}", now)


def proposals_waiting(rows: Connection, agent: str, period: str) -> int:
    """How many proposals for a month nobody has approved or refused yet."""
    chosen = (
        select(func.count())
        .select_from(proposal)
        .outerjoin(settled, settled.c.proposal == proposal.c.id)
        .where(proposal.c.agent == agent, proposal.c.period == period)
        .where(settled.c.proposal.is_(None))
    )
    return rows.scalar(chosen) or 0


def proposals(desk: Desk, agent: str, period: str) -> Sequence[Any]:
    """What was proposed for a month, the newest first, with its finding and what became of it."""
    with desk.database.reading() as rows:
        return rows.execute(
            select(
                proposal,
                settled.c.settled_by,
                settled.c.settled_at,
                settled.c.approved,
                settled.c.comment,
                finding.c.checked,
                finding.c.record.label("found"),
                look.RULE,
            )
            .outerjoin(settled, settled.c.proposal == proposal.c.id)
            .outerjoin(
                finding,
                (finding.c.agent == proposal.c.agent)
                & (finding.c.period == proposal.c.period)
                & (finding.c.id == proposal.c.finding),
            )
            .where(proposal.c.agent == agent, proposal.c.period == period)
            .order_by(proposal.c.proposed_at.desc())
        ).all()


def settle(
    desk: Desk,
    signing: Signing,
    actor: Actor,
    agent: str,
    period: str,
    id: str,
    *,
    approve: bool,
    comment: str,
) -> None:
    """Approve or refuse what somebody else proposed. What is approved counts from now on.

    Raises Refused: `not_found`, `four_eyes`, `reason_missing`, `month_signed`.
    """
    _check_open(signing, agent, period)
    with desk.database.reading() as rows:
        found = rows.execute(
            select(proposal).where(
                proposal.c.id == id, proposal.c.agent == agent, proposal.c.period == period
            )
        ).first()
        done = rows.scalar(select(settled.c.proposal).where(settled.c.proposal == id))
        people = {actor.known.account, *([found.proposed_by] if found else [])}
        alone = len(principals(rows, people)) == 1
    if found is None or done is not None:
        raise Refused("nothing of that name waits", code="not_found")
    if alone:
        desk.refuse(actor, "approved", f"{agent} {period}", "four_eyes")
        raise Refused("another person has to approve it", code="four_eyes")
    if not approve and not comment.strip():
        raise Refused("a reason is missing", code="reason_missing")

    def within(rows: Connection, digest: str | None) -> None:
        rows.execute(
            insert(settled).values(
                proposal=id,
                proposed_by=found.proposed_by,
                settled_by=actor.known.account,
                settled_at=desk.clock(),
                approved=int(approve),
                comment=comment.strip()[:_LONGEST],
                statement=digest,
            )
        )

    if approve:
        record = {**json.loads(found.record), "approver": actor.known.account}
        desk.answer(actor, agent, period, [Disposition.of_record(record)], also=within)
        return
    with desk.database.transaction() as rows:
        within(rows, None)
        desk.note(rows, actor, "refused", f"{agent} {period} {found.finding}", desk.clock())


def _check_open(signing: Signing, agent: str, period: str) -> None:
    if signing.state(agent, period).standing is Standing.signed:
        raise Refused(f"{period} is signed; two people can open it again", code="month_signed")


def _reason(said: str) -> str:
    reason = " ".join(said.split())
    if not reason:
        raise Refused("a reason is missing", code="reason_missing")
    return reason[:_LONGEST]


def _day(said: str, desk: Desk) -> date | None:
    """A day to come, or none. Raises Refused `answer_incomplete`."""
    if not said:
        return None
    day = _parsed(said)
    if day is None or day < taipei_day(desk.clock()):
        raise _incomplete("that day is no day to come", "期限須為今日或以後之日期。")
    return day


def _incomplete(en: str, zh: str) -> Refused:
    return Refused(en, code="answer_incomplete", said=Text(f"{en[0].upper()}{en[1:]}.", zh))


def _parsed(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
