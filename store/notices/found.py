"""What is worth a notice, as the read model stands: few things, each with its next step.

A notice a device or a clause, not one a finding: a mail that lists five hundred is read by nobody.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, func, select

from evidence.clock import parse_at, taipei_day
from evidence.control import Disposition, Verdict
from evidence.text import Text, visible
from evidence.workdays import WorkDays
from report.words import both_calendars
from store.alarms import Alarm, standing
from store.month.due import What, due
from store.month.tables import coverage, disposition, finding, month
from store.schema import agent_contact, cosignature, leaf

UNREAD_AFTER = timedelta(hours=26)
"""A day, and the jitter of a daily reading."""
EXPIRES_WITHIN = timedelta(days=30)
DUE_WITHIN_DAYS_OF_WORK = 5
_DEFICIENT = (Verdict.not_satisfied.value, Verdict.partly.value)


class Kind(StrEnum):
    """What a notice is of; the word a mail, a webhook and the SIEM know it by."""

    agent_silent = "agent_silent"
    agent_locked = "agent_locked"
    collection_failed = "collection_failed"
    review_overdue = "review_overdue"
    due_soon = "due_soon"
    follow_up_overdue = "follow_up_overdue"
    deficiency_new = "deficiency_new"
    exception_expiring = "exception_expiring"
    store_damaged = "store_damaged"
    witness_refuses = "witness_refuses"
    witness_silent = "witness_silent"
    lock_failed = "lock_failed"


_OF_ALARM = {
    Alarm.scrub: Kind.store_damaged,
    Alarm.witness: Kind.witness_refuses,
    Alarm.lock: Kind.lock_failed,
}


@dataclass(frozen=True, slots=True)
class Notice:
    """`about` with kind and agent says what it is, so that it is told once while it lasts."""

    kind: Kind
    agent: str
    about: str
    text: Text

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.kind.value, self.agent, self.about)


def notices(rows: Connection, now: datetime, days: WorkDays) -> Iterator[Notice]:
    """Everything that is so at this moment. `days`: on which people work."""
    yield from _agents(rows, now)
    yield from _alarms(rows)
    yield from _unwitnessed(rows, now)
    newest = select(month.c.agent, func.max(month.c.period)).group_by(month.c.agent)
    for agent, period in rows.execute(newest).all():
        yield from _unread(rows, agent, now)
        yield from _deficiencies(rows, agent, period)
        yield from _overdue(rows, agent, period)
        yield from _due(rows, agent, period, now, days)
        yield from _expiring(rows, agent, period, now)


def _agents(rows: Connection, now: datetime) -> Iterator[Notice]:
    for one in rows.execute(select(agent_contact)):
        if one.locked_at is not None:
            yield Notice(
                Kind.agent_locked,
                one.agent,
                "",
                Text(
                    f"{one.agent} was seen twice and is locked: find the copy, revoke or unlock",
                    f"代理程式 {one.agent} 同時出現兩處，已鎖定：請查明複本後撤銷或解除鎖定",
                ),
            )
        elif now - one.contacted_at > UNREAD_AFTER:
            yield Notice(
                Kind.agent_silent,
                one.agent,
                "",
                Text(
                    f"{one.agent} has not been heard since {one.contacted_at:%F %R} UTC",
                    f"代理程式 {one.agent} 自 {one.contacted_at:%F %R} UTC 起未回報",
                ),
            )


def _alarms(rows: Connection) -> Iterator[Notice]:
    """What stands wrong with the store itself."""
    for one in standing(rows):
        yield Notice(_OF_ALARM[one.alarm], "", one.object, one.alarm.text(one.object))


def _unwitnessed(rows: Connection, now: datetime) -> Iterator[Notice]:
    """Witnesses that signed once, and did not sign what came a day ago."""
    of = cosignature.c
    newest = select(of.witness, func.max(of.size)).group_by(of.witness).order_by(of.witness)
    for witness, size in rows.execute(newest).all():
        unsigned = rows.scalar(select(leaf.c.entry).where(leaf.c.position == size))
        if unsigned is None or now - parse_at(json.loads(unsigned)["received_at"]) < UNREAD_AFTER:
            continue
        yield Notice(
            Kind.witness_silent,
            "",
            witness,
            Text(
                f"witness {witness} signed nothing of the last day: see that it runs",
                f"見證者 {witness} 逾一日未簽署日誌：請確認其運作",
            ),
        )


def _unread(rows: Connection, agent: str, now: datetime) -> Iterator[Notice]:
    """Devices of the newest month whose last attempt failed, and that were not read for a day."""
    one = coverage.c
    newest = select(func.max(one.period)).where(one.agent == agent).scalar_subquery()
    failed = (
        select(one.device, one.subject, one.failure, one.last_good_at)
        .where(one.agent == agent, one.period == newest, one.failure.is_not(None))
        .order_by(one.device, one.subject)
    )
    devices: defaultdict[str, list[str]] = defaultdict(list)
    for device, subject, failure, last_good_at in rows.execute(failed):
        if last_good_at is None or now - last_good_at > UNREAD_AFTER:
            devices[device].append(f"{subject} ({failure})")
    for device, why in devices.items():
        yield Notice(
            Kind.collection_failed,
            agent,
            device,
            Text(
                f"{visible(device)} was not read for a day: {', '.join(why)}",
                f"設備 {visible(device)} 逾一日未能讀取：{'、'.join(why)}",
            ),
        )


def _deficiencies(rows: Connection, agent: str, period: str) -> Iterator[Notice]:
    """Clauses with findings that were not deficient a month before."""
    one = finding.c
    new = (
        select(one.control, func.count())
        .where(one.agent == agent, one.period == period, one.verdict.in_(_DEFICIENT))
        .where(one.was.is_(None) | one.was.not_in(_DEFICIENT))
        .group_by(one.control)
        .order_by(one.control)
    )
    for control, count in rows.execute(new):
        yield Notice(
            Kind.deficiency_new,
            agent,
            f"{period} {control}",
            Text(
                f"{control}: {count} new deficiencies in {period}",
                f"{control}：{period} 新增缺失 {count} 項",
            ),
        )


def _overdue(rows: Connection, agent: str, period: str) -> Iterator[Notice]:
    one = finding.c
    late = (
        select(one.control, func.count(), func.min(one.due_on))
        .where(one.agent == agent, one.period == period, one.overdue == 1)
        .group_by(one.control)
        .order_by(one.control)
    )
    for control, count, first in rows.execute(late):
        due = "" if first is None else both_calendars(date.fromisoformat(first))
        yield Notice(
            Kind.review_overdue,
            agent,
            control,
            Text(
                f"{control}: {count} overdue{due and f', the first since {due}'}",
                f"{control}：逾期 {count} 項{due and f'，最早到期日 {due}'}",
            ),
        )


def _due(
    rows: Connection, agent: str, period: str, now: datetime, days: WorkDays
) -> Iterator[Notice]:
    """What is due within days of work, and follow-ups that are late."""
    today = taipei_day(now)
    for one in due(rows, agent, period, now):
        if one.what is What.ends:
            continue  # told of earlier, and only where a finding rests on it
        by = days.act_by(one.on)
        on, act_by = both_calendars(one.on), both_calendars(by.day)
        about = f"{one.what} {one.control} {one.key}"
        if one.on < today:
            if one.what is What.follow_up:
                yield Notice(
                    Kind.follow_up_overdue,
                    agent,
                    about,
                    Text(
                        f"{one.control}: open since {one.key}, to be followed up by {on}",
                        f"{one.control}：{one.key} 起之缺失，追蹤期限 {on} 已逾",
                    ),
                )
        elif days.until(today, by.day) <= DUE_WITHIN_DAYS_OF_WORK:
            unknown = "" if by.known else " (holidays not known)"
            unknown_zh = "" if by.known else "（假日資料未備）"
            yield Notice(
                Kind.due_soon,
                agent,
                f"{about} {one.on}",
                Text(
                    f"{one.control}: {one.what.text.en}, due {on}, act by {act_by}{unknown}",
                    f"{one.control}：{one.what.text.zh}，期限 {on}，最遲 {act_by} 辦理{unknown_zh}",
                ),
            )


def _expiring(rows: Connection, agent: str, period: str, now: datetime) -> Iterator[Notice]:
    """What people said that findings rest on, and that ends soon."""
    said = select(disposition.c.id, disposition.c.record).where(disposition.c.agent == agent)
    for digest, record in rows.execute(said.order_by(disposition.c.position)).all():
        one = Disposition.of_record(json.loads(record))
        if one.until is None or not now.date() <= one.until <= (now + EXPIRES_WITHIN).date():
            continue
        if _rests_on(rows, agent, period, one.subject, digest):
            subject, ends = visible(one.subject), both_calendars(one.until)
            yield Notice(
                Kind.exception_expiring,
                agent,
                digest,
                Text(
                    f"{subject}: what was decided ends on {ends}",
                    f"{subject}：處理決定將於 {ends} 屆期",
                ),
            )


def _rests_on(rows: Connection, agent: str, period: str, subject: str, digest: str) -> bool:
    """Whether a finding about the subject cites what somebody said of it."""
    one = finding.c
    mine = (one.agent == agent, one.period == period, one.subject == subject)
    records = rows.scalars(select(one.record).where(*mine))
    return any(digest in json.loads(record)["dispositions"] for record in records)
