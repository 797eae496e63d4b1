"""Clauses and findings, down to the observations they stand on."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from starlette.responses import Response

from evidence.control import Decision, Kind
from evidence.control.decided import Row
from evidence.text import Text
from store.console.guard import Call, Console
from store.console.pages import month_of, number, shown
from store.month import look
from store.month.look import PAGE_ROWS, Wanted
from store.month.tables import disposition, rule
from store.problems import Refused
from store.said.tables import proposal, settled

DECISIONS = {one.value: one.text for one in Decision}
KINDS = {
    Kind.decision.value: Text("decision", "決定"),
    Kind.plan.value: Text("plan", "計畫"),
    Kind.exception.value: Text("measure or exception", "補償性措施或例外"),
    Kind.review.value: Text("review", "檢視"),
    Kind.manual_evidence.value: Text("evidence", "人工佐證"),
    Kind.reply.value: Text("reply", "回覆"),
    Kind.follow_up.value: Text("follow-up", "追蹤"),
    Kind.sign_off.value: Text("sign-off", "簽核"),
}
_ROWS = frozenset(row.value for row in Row)
TOPICS = {
    "wireless": Text("wireless", "無線網路"),
    "remote": Text("remote desktop and access", "遠端桌面與遠端連線"),
    "crypto": Text("algorithms", "加密演算法"),
}
_TOPIC_WORDS = {
    "wireless": ("wireless",),
    "remote": ("remote", "rdp"),
    "crypto": ("algorithm", "certificate", "cipher", "tls", "crypto"),
}


def clause(console: Console, call: Call) -> Response:
    values = month_of(console, call)
    agent, period, control = values["agent"], values["period"], call.path["control"]
    first = number(call, "first")
    with console.custody.database.reading() as rows:
        found = look.clause(rows, agent, period, control)
        if found is None:
            raise Refused(f"no clause {control}", code="not_found")
        wanted = Wanted(control=control, first=first)
        page, total = look.counted_findings(rows, agent, period, wanted)
        values |= {
            "clause": found,
            "rows": page,
            "total": total,
            "given": _given(rows, agent, control),
        }
    return shown(console, call, "clause.html", first=first, size=PAGE_ROWS, **values)


def _given(rows: Any, agent: str, control: str) -> list[Any]:
    """What people said of a whole clause, or recorded of its activities, the newest first."""
    found = rows.execute(
        select(disposition)
        .where(disposition.c.agent == agent)
        .where(disposition.c.kind.in_((Kind.manual_evidence.value, Kind.review.value)))
        .order_by(disposition.c.position.desc())
        .limit(500)
    )
    return [one for one in found if json.loads(one.record)["control"] == control][:20]


def findings(console: Console, call: Call) -> Response:
    """The list of findings; its rows alone where htmx asks for them."""
    values = month_of(console, call)
    agent, period = values["agent"], values["period"]
    wanted = Wanted(
        control=call.asked("control"),
        verdict=call.asked("verdict"),
        device=call.asked("device"),
        word=call.asked("word")[:100],
        changed=call.asked("changed"),
        bad=bool(call.asked("bad")),
        unanswered=bool(call.asked("unanswered")),
        overdue=bool(call.asked("overdue")),
        first=number(call, "first"),
    )
    with console.custody.database.reading() as rows:
        page, total = look.counted_findings(rows, agent, period, wanted)
        values |= {
            "rows": page,
            "total": total,
            "controls": [one.control for one in look.clauses(rows, agent, period) if one.findings],
        }
    marks = ("bad", "unanswered", "overdue")
    told = {
        "control": wanted.control,
        "verdict": wanted.verdict,
        "device": wanted.device,
        "word": wanted.word,
        "changed": wanted.changed,
        **{mark: "1" for mark in marks if getattr(wanted, mark)},
    }
    template = "_findings.html" if call.partial else "findings.html"
    return shown(
        console,
        call,
        template,
        here="findings",
        wanted=wanted,
        values=told,
        size=PAGE_ROWS,
        **values,
    )


def finding(console: Console, call: Call) -> Response:
    values = month_of(console, call)
    agent, period = values["agent"], values["period"]
    with console.custody.database.reading() as rows:
        found = found_finding(rows, agent, period, call.path["finding"])
        said = json.loads(found.record)
        observations = look.observations(rows, agent, period, said["observations"])
        cited = {
            digest for one in observations for digest in json.loads(one.record)["evidence"][:12]
        }
        values |= {
            "finding": found,
            "observations": observations,
            "readings": look.readings_of(rows, agent, sorted(cited)),
            "about": look.dispositions_about(rows, agent, found.subject),
            "is_rule": _is_rule(rows, agent, period, found),
            "waiting": rows.scalar(
                select(proposal.c.id)
                .outerjoin(settled, settled.c.proposal == proposal.c.id)
                .where(
                    proposal.c.agent == agent,
                    proposal.c.period == period,
                    proposal.c.finding == found.id,
                    settled.c.proposal.is_(None),
                )
            ),
        }
    return shown(
        console, call, "finding.html", here="findings", decisions=DECISIONS, kinds=KINDS, **values
    )


def found_finding(rows: Any, agent: str, period: str, id: str) -> Any:
    """Raises Refused `not_found`."""
    found = look.one_finding(rows, agent, period, id)
    if found is None:
        raise Refused("no such finding", code="not_found")
    return found


def _is_rule(rows: Any, agent: str, period: str, found: Any) -> bool:
    """Whether a decision about a rule answers it."""
    return (
        found.state in _ROWS
        and rows.scalar(
            select(rule.c.subject).where(
                rule.c.agent == agent, rule.c.period == period, rule.c.subject == found.subject
            )
        )
        is not None
    )


def topic(console: Console, call: Call) -> Response:
    """Findings of one field, whichever clause they stand under, each thing once."""
    values = month_of(console, call)
    name = call.path["topic"]
    if name not in TOPICS:
        raise Refused("no such page", code="not_found")
    with console.custody.database.reading() as rows:
        every = [
            one
            for word in _TOPIC_WORDS[name]
            for one in _checked(rows, values["agent"], values["period"], word)
        ]
    seen: dict[tuple[str, str, str], Any] = {}
    for one in sorted(every, key=lambda row: (row.rank, row.number)):
        seen.setdefault((one.device, one.subject, one.checked), one)
    return shown(
        console,
        call,
        "topics.html",
        here="topics",
        topic=name,
        topics=TOPICS,
        title=TOPICS[name],
        rows=list(seen.values()),
        **values,
    )


def _checked(rows: Any, agent: str, period: str, word: str) -> list[Any]:
    from store.month.tables import finding as table

    return list(
        rows.execute(
            select(table, look.RULE)
            .where(table.c.agent == agent, table.c.period == period)
            .where(table.c.checked.contains(word, autoescape=True))
            .order_by(table.c.rank, table.c.number)
            .limit(PAGE_ROWS * 3)
        )
    )
