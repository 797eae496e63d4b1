"""The audit trail: who did what, from where, and what came of it; each event bound to the last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, insert, select

from evidence.clock import stamp
from evidence.reading import canonical
from evidence.text import Text
from store.people.tables import audit_event

_FIRST = "0" * 64
# What an action is called where people read the trail; its code is what the log and a SIEM have.
ACTIONS = {
    "login": Text("log-in", "登入"),
    "logout": Text("log-out", "登出"),
    "account_added": Text("account made", "新增帳號"),
    "account_disabled": Text("account disabled", "停用帳號"),
    "password_set": Text("password set", "設定密碼"),
    "granted": Text("role granted", "授予角色"),
    "withdrawn": Text("role withdrawn", "撤銷角色"),
    "deputised": Text("deputy entered", "登錄職務代理"),
    "joined": Text("accounts joined", "併入帳號"),
    "join_agreed": Text("joining agreed to", "同意併入帳號"),
    "were_one_person": Text("signed as two, was one person", "二人簽核實為同一人"),
    "answers": Text("answers signed", "答覆並簽章"),
    "proposed": Text("proposed", "提案"),
    "refused": Text("proposal refused", "不核准提案"),
    "sign_off": Text("sign-off", "簽核"),
    "prepared": Text("prepare", "編製"),
    "reviewed": Text("review", "覆核"),
    "returned": Text("return", "退回"),
    "reopen_asked": Text("ask to open again", "申請重新開啟"),
    "reopened": Text("open again", "核准重新開啟"),
    "pack": Text("pack taken", "產製查核包"),
    "run_asked": Text("run asked for", "要求即時採集"),
    "retention": Text("retention", "保存與銷毀"),
    "held": Text("hold set", "設定法律保全"),
    "lift_asked": Text("ask to lift the hold", "申請解除法律保全"),
    "lifted": Text("hold lifted", "解除法律保全"),
    "deletion_asked": Text("ask to delete", "申請銷毀"),
    "deleted": Text("deleted", "核准銷毀"),
    "retention_class": Text("retention lengthened", "延長保存期限"),
    "scrub": Text("bytes read again", "重讀保存檔案"),
    "heal": Text("file put back", "還原保存檔案"),
    "witness": Text("witness heard", "見證者回報"),
    "lock": Text("bucket lock tried", "驗證貯體鎖定"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`object` is what was acted on, `result` `done` or the code of the refusal."""

    at: datetime
    actor: str
    action: str
    object: str
    address: str
    result: str = "done"

    def record(self, seq: int, previous: str) -> dict[str, Any]:
        return {
            "seq": seq,
            "happened_at": stamp(self.at),
            "actor": self.actor,
            "action": self.action,
            "object": self.object,
            "address": self.address,
            "result": self.result,
            "previous": previous,
        }


def note(rows: Connection, event: Event) -> None:
    """Add an event within the caller's write transaction."""
    last = rows.execute(
        select(audit_event.c.seq, audit_event.c.digest).order_by(audit_event.c.seq.desc()).limit(1)
    ).first()
    seq, previous = (0, _FIRST) if last is None else (last.seq + 1, last.digest)
    record = event.record(seq, previous)
    digest = sha256(canonical(record)).hexdigest()
    rows.execute(insert(audit_event).values(**{**record, "happened_at": event.at}, digest=digest))


def broken_event(rows: Connection) -> int | None:
    """The first event that is not what it was, or is missing; None: the trail is whole."""
    expected, previous = 0, _FIRST
    for row in rows.execute(select(audit_event).order_by(audit_event.c.seq)):
        record = {**row._mapping, "happened_at": stamp(row.happened_at)}
        digest = record.pop("digest")
        if (row.seq, row.previous, digest) != (
            expected,
            previous,
            sha256(canonical(record)).hexdigest(),
        ):
            return expected
        expected, previous = expected + 1, digest
    return None


def events(rows: Connection, before: int | None, most: int) -> Iterator[Any]:
    """The newest events first, those before `before` if it is given."""
    wanted = select(audit_event).order_by(audit_event.c.seq.desc()).limit(most)
    if before is not None:
        wanted = wanted.where(audit_event.c.seq < before)
    yield from rows.execute(wanted)
