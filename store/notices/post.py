"""Rounds: what is new is written down, and told on each way until that way took it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import version

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, select, update

from evidence.errors import EvidenceError
from evidence.text import Text
from store.custody import Custody
from store.notices.found import Kind, Notice, notices
from store.notices.settings import Ways
from store.notices.tables import notice, siem_mark
from store.notices.ways import Lines, post, send_mail
from store.people.tables import audit_event
from store.rounds import repeated
from store.workdays import work_days

EVERY_S = 300.0
_MOST_EVENTS = 1000
_LOG = logging.getLogger("evidence.store")


class Messenger:
    """Tells people and machines of what the read model shows, while the store serves.

    At least once: what was sent when the store died is sent again.
    """

    def __init__(self, custody: Custody, ways: Ways) -> None:
        self._custody, self._ways = custody, ways

    def rounds(self) -> AbstractContextManager[None]:
        """A round every five minutes, for as long as the block runs."""
        return repeated("messenger", self._round, "a round of notices failed", every_s=EVERY_S)

    def round(self) -> list[EvidenceError]:
        """One round; what did not go out, a way each."""
        self._notice()
        now, origin, ways = self._custody.now(), self._custody.origin, self._ways
        failed: list[EvidenceError] = []

        def tell(way: str, send: Callable[[Sequence[Notice]], None]) -> None:
            try:
                self._tell(way, send)
            except EvidenceError as error:
                failed.append(error)

        if (mail := ways.mail) is not None:
            tell("mailed_at", lambda all: send_mail(mail, all, origin, ways.language))
        if (webhook := ways.webhook) is not None:
            tell("posted_at", lambda all: post(webhook, all, origin, self._custody.key, now))
        if (siem := ways.siem) is not None:
            lines = Lines(siem, origin, version("evidence-agent"))
            tell("logged_at", lambda all: lines.send([lines.of_notice(one, now) for one in all]))
            try:
                self._trail(lines)
            except EvidenceError as error:
                failed.append(error)
        return failed

    def _notice(self) -> None:
        """Rows for what is new, and an end for what is over."""
        now, days = self._custody.now(), work_days(self._custody.state)
        with self._custody.database.transaction() as rows:
            known = {
                (one.kind, one.agent, one.about): one
                for one in rows.execute(select(notice).where(notice.c.ended_at.is_(None)))
            }
            found = {one.key: one for one in notices(rows, now, days)}
            for key in known.keys() - found.keys():
                mark = update(notice).where(_of(known[key])).values(ended_at=now)
                rows.execute(mark)
            for key in found.keys() - known.keys():
                kind, agent, about = key
                text = found[key].text
                row = {"kind": kind, "agent": agent, "about": about, "found_at": now}
                rows.execute(insert(notice), {**row, "en": text.en, "zh": text.zh})

    def _tell(self, way: str, send: Callable[[Sequence[Notice]], None]) -> None:
        """What this way did not tell yet, in the order it was found; what is over by then is not
        worth a word."""
        column = notice.c[way]
        wanted = select(notice).where(column.is_(None), notice.c.ended_at.is_(None))
        with self._custody.database.reading() as rows:
            found = rows.execute(wanted.order_by(*notice.primary_key)).all()
        if not found:
            return
        send([_notice_of(one) for one in found])
        with self._custody.database.transaction() as rows:
            for one in found:
                mark = update(notice).where(_of(one)).values({way: self._custody.now()})
                rows.execute(mark)

    def _trail(self, lines: Lines) -> None:
        """The audit trail's new events; of the time before the first round, none."""
        while True:
            with self._custody.database.transaction() as rows:
                seq = _mark(rows)
                wanted = select(audit_event).where(audit_event.c.seq > seq)
                events = rows.execute(wanted.order_by(audit_event.c.seq).limit(_MOST_EVENTS)).all()
            if not events:
                return
            lines.send(
                [
                    lines.of_event(
                        *(one.action, one.result, one.actor, one.object, one.address),
                        one.happened_at,
                    )
                    for one in events
                ]
            )
            with self._custody.database.transaction() as rows:
                rows.execute(update(siem_mark).values(seq=events[-1].seq))

    def _round(self) -> float:
        for error in self.round():
            _LOG.warning("%s", error)
        return EVERY_S


def _mark(rows: Connection) -> int:
    seq = rows.scalar(select(siem_mark.c.seq))
    if seq is None:
        last = select(audit_event.c.seq).order_by(audit_event.c.seq.desc()).limit(1)
        seq = rows.scalar(last) or 0
        rows.execute(insert(siem_mark), {"one": 1, "seq": seq})
    return int(seq)


def _of(one: Row[object]) -> ColumnElement[bool]:
    of = notice.c
    return and_(
        of.kind == one.kind,
        of.agent == one.agent,
        of.about == one.about,
        of.found_at == one.found_at,
    )


def _notice_of(one: Row[object]) -> Notice:
    return Notice(Kind(one.kind), one.agent, one.about, Text(one.en, one.zh))
