"""What stands wrong with the store itself: a file that rotted, a witness that refuses the log, a
bucket that does not lock.

Each is an event of the audit trail when it begins and another when it is over, so the log binds
both, and the trail alone tells what stands now.
"""

from __future__ import annotations

import threading
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from evidence.clock import Clock
from evidence.text import Text
from store.database import Database
from store.people import audit
from store.people.audit import Event
from store.people.tables import audit_event

OVER = "done"


class Alarm(StrEnum):
    """The word of the trail. `text` says what to do about `object`."""

    scrub = "scrub"
    witness = "witness"
    lock = "lock"

    def text(self, object_: str) -> Text:
        en, zh = _TEXTS[self]
        return Text(en.format(object_), zh.format(object_))


_TEXTS = {
    Alarm.scrub: (
        "{} rotted or was changed: `evidence-store heal --from BACKUP` puts it back",
        "{} 已毀損或遭更動：請執行 evidence-store heal --from 備份資料夾 還原",
    ),
    Alarm.witness: (
        "witness {} refuses this log: keep everything as it is, sign nothing, and look at its"
        " refused-*.json",
        "見證者 {} 拒絕此日誌：請保持現狀、暫停簽核，並查閱見證主機上之 refused-*.json",
    ),
    Alarm.lock: (
        "the lock of bucket {} failed or could not be tried: nothing is taken in until it holds",
        "儲存貯體 {} 之鎖定失效或無法驗證：恢復前暫停收件",
    ),
}


class Standing(NamedTuple):
    """An alarm that is not over. `code`: what was found."""

    alarm: Alarm
    object: str
    code: str


class Alarms:
    """Follows the trail, reading of it what is new."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._read_to = -1
        self._last: dict[tuple[Alarm, str], str] = {}
        self._lock = threading.Lock()

    def standing(self) -> list[Standing]:
        of = audit_event.c
        with self._lock, self._database.reading() as rows:
            newest = rows.scalar(select(func.max(of.seq)))
            self._last |= _last(rows, self._read_to)
            self._read_to = self._read_to if newest is None else newest
            return _not_over(self._last)

    def tell(self, alarm: Alarm, object_: str, code: str, actor: str = "store") -> None:
        """What was found now; OVER: nothing any more. It is an event where it was not so before."""
        self.standing()
        if self._last.get((alarm, object_), OVER) == code:
            return
        with self._database.transaction() as rows:
            event = Event(
                at=self._clock(),
                actor=actor,
                action=alarm.value,
                object=object_,
                address="",
                result=code,
            )
            audit.note(rows, event)


def standing(rows: Connection) -> list[Standing]:
    """What stands, by the whole trail."""
    return _not_over(_last(rows, -1))


def _last(rows: Connection, after: int) -> dict[tuple[Alarm, str], str]:
    """What was said last of each thing since that event."""
    of = audit_event.c
    said = select(of.action, of.object, of.result).where(of.seq > after, of.action.in_([*Alarm]))
    return {
        (Alarm(one.action), one.object): one.result for one in rows.execute(said.order_by(of.seq))
    }


def _not_over(last: dict[tuple[Alarm, str], str]) -> list[Standing]:
    return [Standing(*about, code) for about, code in last.items() if code != OVER]
