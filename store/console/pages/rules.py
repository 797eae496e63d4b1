"""The rule review: filter, choose, decide about many at once; and one rule's traffic."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from starlette.responses import RedirectResponse, Response

from evidence.control import Kind
from store.console.guard import Call, Console
from store.console.pages import month_of, number, shown
from store.console.pages.findings import DECISIONS
from store.month import look, rules, stories
from store.month.rules import PAGE_RULES, SORTS, Which
from store.month.tables import disposition
from store.problems import Refused
from store.said.answering import decide_rules

_SVG = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}


def review(console: Console, call: Call) -> Response:
    values = month_of(console, call)
    agent, period = values["agent"], values["period"]
    which = _which(lambda name: call.asked(name), number(call, "first"))
    with console.custody.database.reading() as rows:
        control = rules.review_control(rows, agent, period) or ""
        found = rules.rules(rows, agent, period, control, which)
        total, counts = rules.counts(rows, agent, period, control, which)
        values |= {
            "control": control,
            "rows": found,
            "total": total,
            "counts": counts,
            "firewalls": rules.firewalls(rows, agent, period),
            "decided": _decided(rows, agent, found, values["month"].judged_at),
        }
    done = call.asked("done")
    return shown(
        console,
        call,
        "_rules.html" if call.partial else "rules.html",
        here="rules",
        which=which,
        values=_told(which),
        decisions=DECISIONS,
        size=PAGE_RULES,
        done=int(done) if done.isdigit() and len(done) < 7 else None,
        **values,
    )


def decide(console: Console, call: Call) -> Response:
    """One decision about every chosen rule, or about all that fit the filter."""
    values = month_of(console, call)
    agent, period = values["agent"], values["period"]
    with console.custody.database.reading() as rows:
        control = rules.review_control(rows, agent, period)
        if control is None:
            raise Refused("no clause reviews rules", code="not_found")
        if call.form.get("everything"):
            which = _which(lambda name: call.form.get(f"f_{name}"), 0)
            chosen = rules.every(rows, agent, period, control, which)
        else:
            named = call.form.all("subject")
            chosen = list(rules.named(rows, agent, period, control, named).values())
    count = decide_rules(
        console.desk,
        console.signing,
        call.actor,
        agent,
        period,
        chosen,
        decision=call.form.get("decision"),
        reason=call.form.get("reason"),
        until=call.form.get("until"),
    )
    back = _told(_which(lambda name: call.form.get(f"f_{name}"), 0))
    address = console.html.path("/a", agent, period, "rules")
    return RedirectResponse(f"{address}{console.html.query({**back, 'done': count})}", 303)


def rule(console: Console, call: Call) -> Response:
    values = month_of(console, call)
    agent, period, subject = values["agent"], values["period"], call.asked("subject")
    with console.custody.database.reading() as rows:
        found = look.one_rule(rows, agent, period, subject)
        if found is None:
            raise Refused("no such rule", code="not_found")
        values |= {
            "rule": found,
            "story": stories.story(rows, agent, period, subject),
            "rows": look.findings_about(rows, agent, period, subject),
        }
    return shown(console, call, "rule.html", here="rules", **values)


def picture(console: Console, call: Call) -> Response:
    """The rule's counter, drawn."""
    agent, period, subject = call.path["agent"], call.path["period"], call.asked("subject")
    folder = console.custody.index.folder
    with console.custody.database.reading() as rows:
        found = look.one_rule(rows, agent, period, subject)
        told = stories.story(rows, agent, period, subject)
        folded = folder.fold(rows, agent, period) if found and told else None
        if found is None or told is None or folded is None:
            raise Refused("no picture", code="not_found")
        svg = stories.drawn(
            rows,
            folder,
            folded,
            told,
            json.loads(found.record),
            found.firewall,
            call.language,
        )
    return Response(svg, media_type="image/svg+xml", headers=_SVG)


def _which(asked: Any, first: int) -> Which:
    sort = asked("sort")
    return Which(
        pack=asked("pack"),
        state=asked("state"),
        traffic=asked("traffic"),
        firewall=asked("firewall"),
        word=asked("word")[:100],
        risky=bool(asked("risky")),
        sort=sort if sort in SORTS else "order",
        first=first,
    )


def _told(which: Which) -> dict[str, str]:
    return {
        "pack": which.pack,
        "state": which.state,
        "traffic": which.traffic,
        "firewall": which.firewall,
        "word": which.word,
        "risky": "1" if which.risky else "",
        "sort": "" if which.sort == "order" else which.sort,
    }


def _decided(rows: Any, agent: str, found: Any, judged_at: datetime) -> dict[str, Any]:
    """The newest decision about each rule of a page; `later`: taken after the month was judged, so
    that the verdict beside it does not know of it yet."""
    subjects = [one.subject for one in found]
    said = rows.execute(
        select(disposition.c.subject, disposition.c.record, disposition.c.said_at)
        .where(disposition.c.agent == agent, disposition.c.subject.in_(subjects))
        .where(disposition.c.kind == Kind.decision.value)
        .order_by(disposition.c.position)
    )
    return {
        row.subject: {**json.loads(row.record), "later": row.said_at > judged_at} for row in said
    }
