"""Who may connect from outside and who did, as somebody exports it from a gateway: two tables.

For gateways that are not read themselves (Ivanti, Citrix Gateway, Check Point …). Times are of
the device's `timezone`. An export that names from when to when it is whole says so in two columns,
the same in every row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from collectors.folder._cells import day, moment, plain, word, yes
from collectors.folder._table import Row
from evidence.clock import zone_named
from evidence.facts import AccessGrant, RemoteAccess, RemoteSession, SessionsSeen

GATEWAY = "gateway"
USER_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "who": ("帳號", "使用者", "群組", "使用者帳號", "account", "user", "username", "group"),
    "kind": ("類型", "類別", "type"),
    "service": ("閘道", "服務", "連線服務", "vpn"),
    "methods": ("認證方式", "驗證方式", "authentication", "method"),
    "multi_factor": ("多因子", "多因子認證", "雙因子", "mfa", "2fa", "two factor"),
    "enabled": ("啟用", "是否啟用", "active"),
    "expires_on": ("到期日", "有效期限", "帳號到期日", "expires", "expiry date"),
    "profile": ("設定檔", "角色", "realm", "role"),
}
SESSION_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "user": ("帳號", "使用者", "使用者帳號", "account", "username"),
    "began": ("登入時間", "連線時間", "開始時間", "login time", "start time"),
    "ended": ("登出時間", "結束時間", "離線時間", "logout time", "end time"),
    "source": ("來源", "來源ip", "來源位址", "source ip", "client ip"),
    "service": ("閘道", "服務", "連線服務", "vpn"),
    "whole_from": ("匯出起日", "紀錄起日", "from"),
    "whole_until": ("匯出迄日", "紀錄迄日", "until"),
}
_GROUPS = frozenset(("群組", "group", "角色", "role"))


def grant(row: Row, timezone: str) -> AccessGrant:
    """A row of the accounts. A cell that says nothing is not told, never no."""
    kind: Literal["user", "group"] = "user"
    if (row.read("kind", plain) or "").casefold() in _GROUPS:
        kind = "group"
    last = row.read("expires_on", day)
    methods = row.read("methods", plain)
    return AccessGrant(
        service=row.read("service", word) or GATEWAY,
        who=row.read("who", plain) or "",
        kind=kind,
        profile=row.read("profile", word),
        enabled=row.read("enabled", yes),
        methods=tuple(filter(None, re.split(r"\s*[+,;、]\s*", methods or ""))),
        multi_factor=row.read("multi_factor", yes),
        # The last day is a whole one.
        expires_at=None
        if last is None
        else _utc(datetime.combine(last, time(23, 59, 59)), timezone),
    )


def ways(grants: list[AccessGrant]) -> Iterator[RemoteAccess]:
    """The gateways that the accounts are of."""
    for service in dict.fromkeys(one.service for one in grants):
        mine = [one for one in grants if one.service == service]
        yield RemoteAccess(
            service=service,
            enabled=True,
            methods=tuple(dict.fromkeys(name for one in mine for name in one.methods)),
        )


def session(row: Row, timezone: str) -> RemoteSession:
    began, ended = row.read("began", moment), row.read("ended", moment)
    if began and ended and ended < began:
        row.wrong("ended", "is before the beginning")
    return RemoteSession(
        service=row.read("service", word) or GATEWAY,
        user=row.read("user", plain) or "",
        began_at=None if began is None else _utc(began, timezone),
        ended_at=None if ended is None else _utc(ended, timezone),
        source=row.read("source", plain),
    )


def whole(rows: list[Row], timezone: str) -> tuple[datetime | None, datetime | None]:
    """From when to when the export says it is whole: the narrowest of what its rows say."""
    begins = [one for row in rows if (one := row.read("whole_from", day))]
    ends = [one for row in rows if (one := row.read("whole_until", day))]
    if len(begins) != len(rows) or len(ends) != len(rows) or not rows:
        return None, None
    first, last = max(begins), min(ends) + timedelta(days=1)
    return _utc(datetime.combine(first, time()), timezone), _utc(
        datetime.combine(last, time()), timezone
    )


def seen(
    sessions: list[RemoteSession], span: tuple[datetime | None, datetime | None]
) -> Iterator[SessionsSeen]:
    for service in dict.fromkeys(one.service for one in sessions):
        count = sum(one.service == service for one in sessions)
        yield SessionsSeen(service=service, from_at=span[0], until_at=span[1], sessions=count)


def _utc(naive: datetime, timezone: str) -> datetime | None:
    zone = zone_named(timezone)
    return None if zone is None else naive.replace(tzinfo=zone).astimezone(UTC)
