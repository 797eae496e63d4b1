"""Registers that people keep as files: assets with the day they left, and change tickets.

A CSV file or an Excel sheet whose first row names the columns, in Chinese or English. Every
row must be right, or none is taken: a register that lost its bad rows would look complete.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import TypeVar

from collectors.folder import _access, _devices
from collectors.folder._cells import address, category, day, decision, plain, site, word, yes
from collectors.folder._table import Row, Table, table
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Asset, Fact, Ticket

TRANSPORTS = ("folder",)
BY_NAME = ("remote_access", "endpoints", "mail_scans")
MOST_NAMED = 20  # mistakes in one message

F = TypeVar("F", bound=Fact)
Flow = Generator[Ask, Capture, Iterable[Fact]]


def _register(name: str, *also: str) -> tuple[Ask, Ask]:
    """The file as CSV, and as an Excel sheet where there is no CSV."""
    encodings, limit = ("utf-8", "cp950"), 32 * 1024 * 1024
    csv, sheet = f"{name}.csv", f"{name}.xlsx"
    return (
        Ask(name, csv, "file", also=also, encodings=encodings, limit_bytes=limit),
        Ask(f"{name}_sheet", sheet, "file", encodings=encodings, limit_bytes=limit),
    )


ASSETS = _register("assets", "資產清冊")
TICKETS = _register("tickets", "變更單")
REMOTE_USERS = _register("remote_users", "遠端連線帳號")
REMOTE_SESSIONS = _register("remote_sessions", "遠端連線紀錄")
ENDPOINTS = _register("endpoints", "納管設備")
MAIL_SCANS = _register("mail_scans", "郵件掃毒")

# What a column may be called: by our field, what people write.
_ASSET_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "asset_id": ("資產編號", "資產代號", "編號", "asset id", "asset", "id"),
    "name": ("名稱", "資產名稱", "系統名稱", "主機名稱", "hostname"),
    "category": ("類別", "資產類別", "分類", "種類", "type"),
    "addresses": ("位址", "ip", "ip位址", "ip 位址", "網路位址", "address", "ip address"),
    "decommissioned_on": (
        *("下線日期", "下線日", "除役日期", "停用日期", "汰除日期", "報廢日期"),
        *("decommissioned", "decommission date", "retired on", "offline date"),
    ),
    "owner": ("負責人", "保管人", "管理人", "負責單位", "擁有者", "custodian"),
    "location": ("位置", "地點", "放置地點", "機房", "機櫃", "機櫃位置", "rack"),
    "site": ("據點", "站點", "場地", "營業處所"),
    "vendor": ("廠牌", "品牌", "製造商", "manufacturer", "brand"),
    "model": ("型號", "機型", "產品型號", "規格型號", "part number"),
    "serial": ("序號", "產品序號", "機器序號", "serial number", "sn", "s/n"),
    "status": ("狀態", "使用狀態", "資產狀態", "state"),
    "version": ("版本", "軟體版本", "韌體版本", "os version", "firmware"),
    "core": ("核心", "核心系統", "是否核心", "是否為核心系統", "core system"),
}
_TICKET_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "ticket_id": ("單號", "變更單號", "申請單號", "表單編號", "ticket", "ticket id", "id"),
    "kind": ("類型", "類別", "單別", "type"),
    "target": ("對象", "標的", "規則", "防火牆規則", "申請標的", "rule"),
    "decision": ("決定", "處理方式", "處理結果", "審查結果", "結果"),
    "reason": ("理由", "原因", "說明", "申請原因", "用途"),
    "requested_by": ("申請人", "提出人", "申請單位", "requester"),
    "approved_by": ("核准人", "核准主管", "簽核人", "審核人", "approver"),
    "approved_on": ("核准日期", "核准日", "簽核日期", "approval date"),
    "expires_on": ("到期日", "有效期限", "到期日期", "使用期限", "until", "expiry date"),
}


def assets(device: Device) -> Flow:
    """Every asset of the register; one without a day of leaving is still there."""
    found = yield from _read(ASSETS, _ASSET_COLUMNS, ("asset_id", "decommissioned_on"))
    return list(_each(found, "asset_id", _asset))


def tickets(device: Device) -> Flow:
    """Every change ticket of the register."""
    found = yield from _read(TICKETS, _TICKET_COLUMNS, ("ticket_id",))
    return list(_each(found, "ticket_id", _ticket))


def remote_access(device: Device) -> Flow:
    """Who may connect from outside, and the sessions where somebody exported them, too."""
    users = yield from _read(REMOTE_USERS, _access.USER_COLUMNS, ("who",))
    zone = device.timezone
    grants = list(_checked(users, "who", lambda row: _access.grant(row, zone)))
    found: list[Fact] = [*_access.ways(grants), *grants]
    try:
        logged = yield from _read(REMOTE_SESSIONS, _access.SESSION_COLUMNS, ("user", "began"))
    except NotAnswered:
        return found
    sessions = list(_checked(logged, "user", lambda row: _access.session(row, zone)))
    span = _access.whole(list(logged.rows), zone)
    return [*found, *sessions, *_access.seen(sessions, span)]


def endpoints(device: Device) -> Flow:
    """Every device of a management server's export."""
    columns = _devices.columns_of(device.options.get("endpoint_columns"), device.id)
    found = yield from _read(ENDPOINTS, columns, ("name",), by_hand=False)
    _devices.check_management(found)
    return list(_checked(found, "name", lambda row: _devices.endpoint(row, device.timezone)))


def mail_scans(device: Device) -> Flow:
    """What a mail gateway scanned, a row a span of days."""
    found = yield from _read(MAIL_SCANS, _devices.MAIL_COLUMNS, ("product", "scanned_from"))
    return list(_checked(found, "product", _devices.mail_scan))


def _asset(row: Row) -> Asset:
    return Asset(
        asset_id=row.read("asset_id", plain) or "",
        name=row.read("name", word) or "",
        category=row.read("category", category) or "hardware",
        addresses=row.read("addresses", address) or (),
        owner=row.read("owner", word),
        location=row.read("location", word),
        core=row.read("core", yes),
        site=row.read("site", site),
        vendor=row.read("vendor", word),
        model=row.read("model", plain),
        serial=row.read("serial", plain),
        version=row.read("version", plain),
        status=row.read("status", word),
        decommissioned_on=row.read("decommissioned_on", day),
    )


def _ticket(row: Row) -> Ticket:
    return Ticket(
        ticket_id=row.read("ticket_id", plain) or "",
        kind=row.read("kind", word) or "change",
        target=row.read("target", plain),
        decision=row.read("decision", decision),
        reason=row.read("reason", word),
        requested_by=row.read("requested_by", word),
        approved_by=row.read("approved_by", word),
        approved_on=row.read("approved_on", day),
        expires_on=row.read("expires_on", day),
    )


def _read(
    asks: tuple[Ask, Ask],
    columns: Mapping[str, tuple[str, ...]],
    needed: tuple[str, ...],
    *,
    by_hand: bool = True,
) -> Generator[Ask, Capture, Table]:
    """Only a file that is missing lets the other be read, never one that cannot be."""
    try:
        capture = yield asks[0]
    except NotAnswered as error:
        try:
            capture = yield asks[1]
        except NotAnswered:
            raise error from None
    return table(capture, columns, needed, by_hand=by_hand)


def _each(found: Table, identity: str, read: Callable[[Row], F]) -> Iterator[F]:
    """The facts of all rows, each of another name. Raises as `_checked`."""
    seen: dict[str, int] = {}

    def once(row: Row) -> F:
        fact = read(row)
        name = getattr(fact, identity)
        if name and seen.setdefault(name, row.number) != row.number:
            row.wrong(identity, f"stands in row {seen[name]} too")
        return fact

    return _checked(found, identity, once)


def _checked(found: Table, identity: str, read: Callable[[Row], F]) -> Iterator[F]:
    """The facts of all rows. Raises Unexpected (`import_row`) that names what is wrong."""
    mistakes: list[str] = []
    for row in found.rows:
        fact = read(row)
        if not getattr(fact, identity) and not row.mistakes:
            row.wrong(identity, "is empty")
        mistakes += row.mistakes
        yield fact
    if mistakes:
        more = len(mistakes) - MOST_NAMED
        raise Unexpected(
            f"{found.who}: {'; '.join(mistakes[:MOST_NAMED])}"
            + (f"; and {more} more" if more > 0 else ""),
            code="import_row",
            next_step="correct the file; no row of it was taken",
        )
