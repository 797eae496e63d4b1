"""What a management server says of the devices it manages, and a mail gateway of what it scanned.

Exports of Intune, Jamf and their like name their columns as they please and have dozens of them:
the usual titles are known, others the configuration maps (`endpoint_columns`). A cell that a
server writes in a way that is not known is not told; a register kept by hand is refused instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from collectors.folder._cells import day, plain, word
from collectors.folder._table import Row, Table
from evidence.clock import zone_named
from evidence.errors import Unexpected, shown
from evidence.facts import MailScan, ManagedEndpoint

ENDPOINT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": (
        *("device name", "computer name", "設備名稱", "裝置名稱", "電腦名稱", "主機名稱"),
        *("hostname", "display name", "management name"),
    ),
    "serial": ("serial number", "serialnumber", "序號", "設備序號", "service tag"),
    "owner": (
        *("primary user upn", "primary user email address", "user principal name", "username"),
        *("使用者", "主要使用者", "主要使用者 upn", "email address", "full name"),
    ),
    "managed": (
        "managed by",
        "managed",
        "management state",
        "受管理者",
        "管理者",
        "納管",
        "是否納管",
    ),
    "compliant": (
        "compliance",
        "compliance state",
        "compliance status",
        "合規性",
        "合規",
        "符合性",
    ),
    "encrypted": (
        *("encrypted", "is encrypted", "encryption status", "filevault status"),
        *("filevault 2 status", "filevault 2 enabled", "已加密", "加密", "加密狀態"),
    ),
    "system": ("os", "operating system", "作業系統", "platform"),
    "version": ("os version", "operating system version", "os 版本", "作業系統版本"),
    "seen": (
        *(
            "last check-in",
            "last sync",
            "last sync date time",
            "last contact",
            "last inventory update",
        ),
        *("最近一次簽入", "上次簽入", "最後簽入", "最後連線時間"),
    ),
}
MAIL_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "product": ("產品", "郵件閘道", "閘道", "gateway", "name"),
    "scanned_from": ("起日", "統計起日", "from", "start date"),
    "scanned_until": ("迄日", "統計迄日", "until", "to", "end date"),
    "messages": ("掃描數", "掃描郵件數", "郵件數", "scanned", "messages scanned"),
    "found": ("惡意數", "病毒數", "攔截數", "malicious", "viruses", "malware"),
    "signatures_on": ("病毒碼日期", "特徵碼日期", "signature date", "pattern date"),
}
# What only a management server tells of a device: a list without any of it is some other list.
_OF_MANAGEMENT = ("managed", "compliant", "encrypted", "seen")
# What servers write of one they do not manage, or no longer.
_UNMANAGED = re.compile(
    r"(?i)(?:.*(?:unmanaged|not managed|retir|wip(?:e|ing)|delet|未納管|未受管).*|否|no|false)"
)
_UNKNOWN = ("unknown", "不明", "未知")
_TRUE = re.compile(
    r"(?i)true|yes|y|1|compliant|encrypted|on|enabled|all partitions encrypted"
    r"|boot partitions encrypted|valid|是|已加密|符合|合規|相容"
)
_FALSE = re.compile(
    r"(?i)false|no|n|0|non-?compliant|not compliant|noncompliant|not encrypted|unencrypted|off"
    r"|disabled|no partitions encrypted|in grace period|否|未加密|不符合|不合規|不相容"
)


def columns_of(mapped: str | None, who: str) -> Mapping[str, tuple[str, ...]]:
    """The titles by our field, those of the configuration first (`serial=Asset S/N; name=Host`).
    Raises Unexpected: a field that is none."""
    found = dict(ENDPOINT_COLUMNS)
    for pair in filter(None, (one.strip() for one in (mapped or "").split(";"))):
        name, _, title = (part.strip() for part in pair.partition("="))
        if name not in found or not title:
            raise Unexpected(
                f"{who}: option endpoint_columns: {shown(pair)} maps nothing",
                code="import_row",
                next_step=f"write field=title, parted by semicolons; fields: {', '.join(found)}",
            )
        # Where a title is mapped, the usual ones are of other things.
        found[name] = (title,)
    return found


def check_management(found: Table) -> None:
    """Raises Unexpected `import_row` for a list that says nothing of management: whoever stands in
    it would pass as managed."""
    titles = found.rows[0].titles if found.rows else {}
    if not any(name in titles for name in _OF_MANAGEMENT):
        usual = ", ".join(ENDPOINT_COLUMNS[name][0] for name in _OF_MANAGEMENT)
        raise Unexpected(
            f"{found.who}: no column that a management server has ({usual})",
            code="import_row",
            next_step="export its list of devices, or map a column with endpoint_columns",
        )


def endpoint(row: Row, timezone: str) -> ManagedEndpoint:
    """One row. A device that stands in the list without a word on it is managed: that is what
    the list is of."""
    managed = _text(row, "managed")
    return ManagedEndpoint(
        name=_text(row, "name") or _text(row, "serial") or "",
        serial=_text(row, "serial"),
        owner=_text(row, "owner"),
        managed=_managed(managed),
        manager=managed,
        compliant=_flag(row, "compliant"),
        encrypted=_flag(row, "encrypted"),
        system=_text(row, "system"),
        version=_text(row, "version"),
        last_seen_at=_moment(_text(row, "seen"), timezone),
    )


def _managed(said: str | None) -> bool | None:
    if said is None:
        return True
    return None if said.casefold() in _UNKNOWN else not _UNMANAGED.fullmatch(said)


def mail_scan(row: Row) -> MailScan:
    return MailScan(
        product=row.read("product", word) or "",
        scanned_from=row.read("scanned_from", day),
        scanned_until=row.read("scanned_until", day),
        messages=row.read("messages", _count),
        found=row.read("found", _count),
        signatures_on=row.read("signatures_on", day),
    )


def _count(text: str) -> int | None:
    found = (plain(text) or "").replace(",", "")
    if found and not found.isdigit():
        raise ValueError(f"{shown(text, 20)} is no number")
    return int(found) if found else None


def _text(row: Row, name: str) -> str | None:
    """A cell as it stands; None where it says nothing. A formula is no cell of a server's."""
    said = row.cells.get(name, "").strip()
    return None if said.casefold() in ("", "-", "n/a", "none", "null") else said


def _flag(row: Row, name: str) -> bool | None:
    said = _text(row, name) or ""
    return True if _TRUE.fullmatch(said) else False if _FALSE.fullmatch(said) else None


def _moment(text: str | None, timezone: str) -> datetime | None:
    """ISO 8601 with more digits than Python takes, too; a form with two readings is not told."""
    plain_ = re.sub(r"(\.\d{6})\d+", r"\1", text or "").replace("/", "-")
    zone = zone_named(timezone)
    with suppress(ValueError):
        at = datetime.fromisoformat(plain_)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
        return at.replace(tzinfo=zone).astimezone(UTC) if zone else None
    return None
