"""Is every rule still within its time: its schedule, its own words, and its approval?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from checks._dates import called_temporary, days, last_day
from checks._rule import Answer, each_rule, lets_in
from checks.rule_has_owner import TICKET_PATTERNS
from evidence.clock import taipei_day
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import HeldRule, unread
from evidence.text import Text
from evidence.tickets import TICKETS, Held, Tickets, compiled

CHECK = "rule_is_not_expired"
FINE = Text("are within their time", "均在有效期間內")
ALWAYS = ("always", "any", "none")
RECURRING = " recurring"  # behind the name of a schedule that comes again and again


def check(
    readings: Readings,
    *,
    ticket_patterns: Sequence[str] = TICKET_PATTERNS,
    recurring_schedules: Sequence[str] = (),
    warn_days: int = 30,
) -> Iterator[Observation]:
    """`recurring_schedules`: names of schedules that never end, in the company's words.
    `warn_days`: how long before its end a rule is listed."""
    yield from unread(readings, "tickets", CHECK, TICKETS)
    known, patterns = Tickets.of(readings), compiled(ticket_patterns)
    today = taipei_day(readings.at)
    endless = {name.casefold() for name in (*ALWAYS, *recurring_schedules)}

    def judge(held: HeldRule) -> Answer | None:
        if not lets_in(held):
            return None
        rule = held.rule
        approved = _newest([one for one in known.about(held, patterns) if one.ticket.expires_on])
        ends = [last_day(rule), None if approved is None else approved.ticket.expires_on]
        ends_on = min((day for day in ends if day is not None), default=None)
        if ends_on is not None:
            return _ending(ends_on, today, warn_days, approved)
        if called_temporary(rule):
            said = Text(
                "called temporary, and nothing says until when",
                "名稱或註解稱為臨時，但未載明期限",
            )
            return Answer(Result.not_assessed, "end_unknown", said, {})
        schedule = (rule.schedule or "").casefold()
        goes_on = schedule in endless or schedule.endswith(RECURRING)
        if schedule and not goes_on and not any(days(schedule)):
            said = Text(
                f"when its schedule {rule.schedule} ends is not told",
                f"未顯示其排程 {rule.schedule} 何時終止",
            )
            return Answer(Result.not_assessed, "end_unknown", said, {"schedule": rule.schedule})
        return Answer(Result.satisfied, "in_time", FINE, {})

    yield from each_rule(CHECK, readings, judge, FINE)


def _newest(tickets: Sequence[Held]) -> Held | None:
    """The approval that counts: a later one takes the place of an earlier."""
    return max(tickets, key=lambda one: one.ticket.approved_on or date.min, default=None)


def _ending(ends_on: date, today: date, warn_days: int, approved: Held | None) -> Answer:
    evidence = () if approved is None else (approved.evidence,)
    ticket = None if approved is None else approved.ticket.ticket_id
    measures = {"ends_on": ends_on.isoformat(), "ticket": ticket}
    if ends_on < today:
        said = Text(f"ended on {ends_on}, and is still there", f"已於 {ends_on} 到期，規則仍存在")
        return Answer(Result.not_satisfied, "expired", said, measures, evidence)
    if ends_on - today <= timedelta(days=warn_days):
        said = Text(f"ends on {ends_on}", f"將於 {ends_on} 到期")
        return Answer(Result.partly, "expires_soon", said, measures, evidence)
    return Answer(Result.satisfied, "in_time", FINE, measures, evidence)
