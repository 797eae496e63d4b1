"""Remote access: who may come in from outside and by which factors, and the month's sessions."""

from __future__ import annotations

from collections.abc import Iterator

from evidence.clock import taipei_day
from evidence.facts import AccessGrant, RemoteAccess
from evidence.text import Text
from report.month import Month
from report.section import Column, Kind, Row, Section, Table
from report.words import NO, UNTOLD, YES, both_calendars, taipei

_SESSIONS = "remote_sessions_are_reviewed"
_KINDS = {
    "user": Text("user", "使用者"),
    "group": Text("group", "群組"),
    "everybody": Text("everybody", "所有人"),
}
NOTHING = Text("none", "無")

GRANTS = (
    Column("device", Text("Device", "設備"), 18),
    Column("service", Text("Way in", "連入方式"), 28),
    Column("profile", Text("Profile or rule", "設定檔或規則"), 20),
    Column("who", Text("Who", "使用者或群組"), 28),
    Column("kind", Text("Kind", "類別"), 12),
    Column("enabled", Text("May come in", "可連入"), 12),
    Column("methods", Text("Shown by", "認證方式"), 28),
    Column("factors", Text("More than one factor", "多因子"), 14),
    Column("ends", Text("Ends", "到期日"), 22),
    Column("limits", Text("Limited to", "限制"), 28),
    Column("read", Text("Read at", "讀取時間"), 26),
    Column("reviewed", Text("Reviewed by, on", "覆核人、日期"), 24, Kind.person),
)
SESSIONS = (
    Column("device", Text("Device", "設備"), 18),
    Column("sessions", Text("Sessions seen", "讀得連線數"), 14, Kind.number),
    Column("complete", Text("The log is whole", "紀錄完整"), 14),
    Column("users", Text("Users, with their sessions", "使用者（次數）"), 44),
    Column("sources", Text("Sources, with their sessions", "來源（次數）"), 44),
    Column("refused", Text("Refused log-ins", "遭拒之登入"), 14, Kind.number),
    Column("odd", Text("Out of hours", "非上班時段"), 44),
    Column("strangers", Text("Of nobody who is let in now", "非現行授權使用者"), 32),
    Column("explained", Text("Explained", "說明"), 32, Kind.person),
    Column("reviewed", Text("Reviewed by, on", "覆核人、日期"), 24, Kind.person),
)


def section(month: Month) -> Section:
    title = Text("Remote access from outside", "外部遠端連入")
    tables = (
        Table(
            id="remote_access",
            title=title,
            columns=GRANTS,
            rows=tuple(_grants(month)),
            empty=Text("no way in was read", "本月無讀得之連入方式"),
            pinned=2,
        ),
        Table(
            id="remote_sessions",
            title=Text("Remote sessions to review", "遠端連線紀錄覆核表"),
            columns=SESSIONS,
            rows=tuple(_sessions(month)),
            empty=Text("no session was read", "本月無讀得之連線紀錄"),
            pinned=1,
        ),
    )
    return Section(id="remote_access", title=title, tables=tables)


def _grants(month: Month) -> Iterator[Row]:
    for device, reading in month.assessed.readings.each("remote_access"):
        if reading is None:
            continue
        off = {one.service for one in reading.of(RemoteAccess) if one.enabled is False}
        for one in reading.of(AccessGrant):
            let_in = False if one.service in off else one.enabled
            yield {
                "device": device.id,
                "service": one.service,
                "profile": one.profile or UNTOLD,
                "who": one.who,
                "kind": _KINDS[one.kind],
                "enabled": _said(let_in),
                "methods": " + ".join(one.methods) or UNTOLD,
                "factors": _said(one.multi_factor),
                "ends": both_calendars(taipei_day(one.expires_at)) if one.expires_at else UNTOLD,
                "limits": "、".join(one.restricted) or UNTOLD,
                "read": taipei(reading.at),
            }


def _sessions(month: Month) -> Iterator[Row]:
    for one in month.assessed.observations:
        if one.check != _SESSIONS or "sessions" not in one.measures:
            continue
        yield {
            "device": one.device,
            "sessions": one.measures["sessions"],
            "complete": _said(one.measures["complete"]),
            "users": _counted(one.measures["users"]),
            "sources": _counted(one.measures["sources"]),
            "refused": UNTOLD if (said := one.measures.get("refused")) is None else said,
            "odd": "\n".join(one.measures["out_of_hours"]) or NOTHING,
            "strangers": "\n".join(one.measures["not_granted"]) or NOTHING,
        }


def _said(value: bool | None) -> Text:
    return UNTOLD if value is None else YES if value else NO


def _counted(counts: dict[str, int]) -> str | Text:
    return "\n".join(f"{name} ({count})" for name, count in counts.items()) or NOTHING
