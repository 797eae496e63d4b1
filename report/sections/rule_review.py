"""The reviewer's forms: DMZ rules each half-year, all rules each year, by the zones they join.

What the program knows of each rule stands in its row; the decision is left to a person, or stands
there once one was entered (`evidence-agent decide`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from evidence.clock import taipei_day
from evidence.control import ClockState, Decision
from evidence.rulebase import UNKNOWN
from evidence.text import Text
from report.codes import STATES, ZONES, word
from report.month import Month
from report.review import CHANGED, DECIDED, TRAFFIC, View, views
from report.section import Cell, Column, Kind, Row, Section, Table
from report.words import NO, UNTOLD, YES, both_calendars, joined, minute, shortened

REVIEW = "CC-17010.b.f"
_MOST_LINES = 8

COLUMNS = (
    Column("way", Text("From > to", "區域（來源 > 目的）"), 18),
    Column("firewall", Text("Firewall", "防火牆"), 10),
    Column("number", Text("No.", "序號"), 6, Kind.number),
    Column("rule", Text("Rule", "防火牆規則"), 22),
    Column("sources", Text("Sources", "來源"), 20),
    Column("destinations", Text("Destinations", "目的"), 20),
    Column("services", Text("Services", "服務"), 14),
    Column("action", Text("Action", "動作"), 8),
    Column("traffic", Text("Traffic", "流量狀態"), 14),
    Column("last", Text("Last traffic", "最後流量"), 12),
    Column("risk", Text("Risks", "風險"), 22),
    Column("owner", Text("Ticket, owner", "單號、負責人"), 14),
    Column("reviewed", Text("Last decision", "上次檢視決定"), 18),
    Column("changed", Text("Changed since the month before", "上月以來變動"), 16),
    Column("verdict", Text("Result", "查核結果"), 9, Kind.verdict),
    Column("due", Text("Due", "應決定期限"), 12),
    Column(
        "decision",
        Text("Decision: keep, adjust, disable", "決定：保留／調整／停用"),
        11,
        Kind.person,
    ),
    Column("why", Text("Reason", "理由"), 16, Kind.person),
    Column("until", Text("Due date", "完成期限"), 11, Kind.person),
    Column("by", Text("Decided by, on", "決定人、日期"), 11, Kind.person),
    Column("approver", Text("Approved by, on", "核准主管、日期"), 11, Kind.person),
)

WAYS = (
    Column("way", Text("From > to", "區域（來源 > 目的）"), 24),
    Column("rules", Text("Rules", "規則數"), 9, Kind.number),
    Column("used", Text("With traffic", "有流量"), 9, Kind.number),
    Column("idle", Text("No traffic in six months, proven", "六個月內無流量"), 12, Kind.number),
    Column("unproven", Text("Not provable yet", "尚無法證明"), 12, Kind.number),
    Column("risky", Text("With risks", "有風險"), 9, Kind.number),
    Column("open", Text("To be decided", "待決定"), 9, Kind.number),
    Column("last", Text("Last review", "上次檢視"), 22),
    Column("by", Text("By", "檢視人"), 14),
    Column("next", Text("Next due", "下次期限"), 22),
    Column("overdue", Text("Overdue", "逾期"), 8),
    Column("done", Text("Reviewed on, by", "本次檢視日期、檢視人"), 18, Kind.person),
    Column("signed", Text("Approved by", "權責主管核准"), 16, Kind.person),
)


def dmz(month: Month) -> Section:
    """Rules into and out of the DMZ; one whose place is not mapped may be one of them."""
    return _form(
        month,
        "dmz_review",
        Text("DMZ rule review", "DMZ 規則半年檢視表"),
        Text("DMZ review, by zones", "DMZ 檢視區域彙總"),
        lambda view: view.touches("dmz") or UNKNOWN in view.held.sources | view.held.destinations,
    )


def yearly(month: Month) -> Section:
    """Every rule of every firewall."""
    return _form(
        month,
        "yearly_review",
        Text("Yearly firewall review", "防火牆存取控管年度檢視表"),
        Text("Yearly review, by zones", "年度檢視區域彙總"),
        lambda view: True,
    )


def _form(
    month: Month, activity: str, title: Text, by_zones: Text, wanted: Callable[[View], bool]
) -> Section:
    chosen = [view for view in views(month.assessed) if view.held.rule.enabled and wanted(view)]
    chosen.sort(key=lambda view: view.way)
    clock = _clock(month, activity)
    ways = Table(
        id=f"{activity}_zones",
        title=by_zones,
        columns=WAYS,
        rows=tuple(_ways(month, chosen, clock)),
        pinned=1,
    )
    rules = Table(
        id=activity,
        title=title,
        columns=COLUMNS,
        rows=tuple(row_of(view, month.called) for view in chosen),
        pinned=4,
    )
    return Section(id=activity, title=title, tables=(ways, rules))


def _clock(month: Month, activity: str) -> ClockState | None:
    clocks = (
        clock
        for result in month.results
        if result.control.id == REVIEW
        for clock in result.clocks
        if clock.activity.id == activity
    )
    return next(clocks, None)


# Where no traffic is known although it was looked for, that is what the form says.
_COUNTED = ("no_traffic_6m_proven", "insufficient_history")
_NONE_KNOWN = Text("none known", "查無")
_UNPROVEN = ("insufficient_history", "not_measurable", "not_understood")


def _ways(month: Month, chosen: Sequence[View], clock: ClockState | None) -> Iterable[Row]:
    """One row for each way between zones, with the review's own clock."""
    ways: dict[str, list[View]] = {}
    for view in chosen:
        ways.setdefault(view.way, []).append(view)
    for way, mine in ways.items():
        traffic = Counter(view.state(TRAFFIC) for view in mine)
        yield {
            "way": _way(way),
            "rules": len(mine),
            "used": traffic["has_traffic"],
            "idle": traffic["no_traffic_6m_proven"],
            "unproven": sum(traffic[state] for state in _UNPROVEN),
            "risky": sum(bool(view.risk_words) for view in mine),
            "open": sum(view.finding is not None and bool(view.finding.due_on) for view in mine),
            **_reviewed(month, clock),
        }


def _reviewed(month: Month, clock: ClockState | None) -> Row:
    if clock is None:
        return {}
    never = Text("no record of it yet", "尚無辦理紀錄")
    return {
        "last": never if clock.last_done_on is None else both_calendars(clock.last_done_on),
        "by": None if clock.by is None else month.called(clock.by),
        "next": both_calendars(clock.next_due_on),
        "overdue": None if clock.next_due_on is None else YES if clock.overdue else NO,
    }


def _minute(at: datetime | None) -> Cell:
    return UNTOLD if at is None else minute(at)


def _ticketed(view: View) -> Cell:
    """What an approved ticket decided of it, where nothing was entered."""
    seen = view.seen.get(DECIDED)
    if seen is None or "decision" not in seen.measures:
        return None
    said = seen.measures
    on = date.fromisoformat(said["decided_on"]) if said["decided_on"] else None
    return joined([Decision(said["decision"]).text, said["ticket"], both_calendars(on) or ""])


def row_of(view: View, called: Callable[[str], str] = str) -> Row:
    """One rule in the form: what is known of it, and what was decided. `called` tells a person."""
    rule, finding, decision = view.held.rule, view.finding, view.decision
    last_at, state = view.last_traffic_at, view.state(TRAFFIC)
    changed = view.seen.get(CHANGED)
    cells: dict[str, Cell] = {
        "way": _way(view.way),
        "firewall": view.held.group,
        "number": view.number,
        "rule": view.label,
        "sources": _listed(rule.sources, rule.sources_negated),
        "destinations": _listed(rule.destinations, rule.destinations_negated),
        "services": _listed((*rule.services, *rule.applications), False),
        "action": rule.action,
        "traffic": UNTOLD if state is None else word(STATES, state),
        "last": _NONE_KNOWN if last_at is None and state in _COUNTED else _minute(last_at),
        "risk": shortened(view.risk_words, _MOST_LINES) if view.risk_words else Text("none", "無"),
        "owner": joined(filter(None, (*view.tickets, view.owner))) if view.tickets else view.owner,
        "changed": Text("no", "無") if changed is None else word(STATES, changed.state),
        "verdict": None if finding is None else finding.verdict,
        "due": None if finding is None else both_calendars(finding.due_on),
    }
    if decision is None or decision.decision is None:
        return cells | {"reviewed": _ticketed(view) or Text("none", "無")}
    on = both_calendars(taipei_day(decision.at))
    return cells | {
        "reviewed": joined([decision.decision.text, on or ""]),
        "decision": decision.decision.text,
        "why": decision.reason,
        "until": both_calendars(decision.until),
        "by": joined([called(decision.by), on or ""]),
        "approver": None if decision.approver is None else called(decision.approver),
    }


def _way(way: str) -> Text:
    """`internal > dmz` in words."""
    sides = [[word(ZONES, zone) for zone in side.split(",")] for side in way.split(" > ")]
    return Text(
        " > ".join(", ".join(one.en for one in side) for side in sides),
        " > ".join("、".join(one.zh for one in side) for side in sides),
    )


def _listed(entries: Sequence[str], negated: bool) -> Text:
    lines = shortened([Text(one, one) for one in entries], _MOST_LINES)
    return joined([Text("all but", "以下以外"), lines]) if negated else lines
