"""NetBox as the asset register: devices, virtual machines and sites, by its REST API.

An entry's number is its asset tag, else NetBox's own id. Owner, grade, version and the day of
leaving are custom fields, which each site names as it likes: the device's options say how. What
is planned or in store is an entry too, and says so in its status.

From NetBox's documentation; not confirmed on a server of our own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from collectors._managed.answer import document, who
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import Asset, Fact

VENDOR = "NetBox"
TRANSPORTS = ("https",)
HTTP_AUTH = "token"
# It refuses a token with status 403, as it does what an account may not see.
HTTP_KEY_REFUSED = rb'"detail": ?"(?:Invalid|Token|Authentication credentials|No active)'

Flow = Generator[Ask, Capture, Iterable[Fact]]
Row = Mapping[str, Any]

_SECRETS = tuple(
    Secret("json", f"**.{name}")
    for name in ("password", "secret", "psk", "community", "snmp_community", "token", "api_key")
)
_HOLES = {"offset": r"[0-9]{1,7}"}


def _list(name: str, path: str, fields: str) -> Ask:
    # Without `fields` (before 4.0) whole objects come; the rendered context is never wanted.
    query = f"fields={fields}&exclude=config_context&ordering=id&limit=200"
    target = f"GET /api/{path}/?{query}&offset={{offset}}"
    return Ask(name, target, "http", secrets=_SECRETS, holes=_HOLES)


_COMMON = "id,display,name,status,tenant,platform,site,role,custom_fields,primary_ip4,primary_ip6"
DEVICES = _list(
    "devices",
    "dcim/devices",
    f"{_COMMON},device_type,serial,asset_tag,location,rack,position,oob_ip",
)
MACHINES = _list("virtual_machines", "virtualization/virtual-machines", f"{_COMMON},cluster")
SITES = _list("sites", "dcim/sites", "id,display,name,slug,status,tenant,physical_address")

OPTIONS = {
    "owner_field": "owner",
    "core_field": "core",
    "version_field": "version",
    "decommissioned_field": "decommissioned_on",
}
_YES = frozenset(("true", "yes", "core", "核心", "是"))
_NO = frozenset(("false", "no", "non-core", "非核心", "否"))


def assets(device: Device) -> Flow:
    """Every device, virtual machine and site. Raises Incomplete where pages do not fit."""
    fields = {name: device.options.get(name, usual) for name, usual in OPTIONS.items()}
    found: list[Fact] = []
    for ask, asset in ((DEVICES, _device), (MACHINES, _machine), (SITES, _site)):
        rows = yield from _pages(ask)
        found += _each(ask, rows, asset, fields, device)
    return found


def _pages(ask: Ask) -> Generator[Ask, Capture, list[Row]]:
    """Every row of a list; pages that repeat one, or count anew, are no list."""
    found: list[Row] = []
    while True:
        capture = yield ask(offset=str(len(found)))
        said = document(capture)
        rows = said.get("results") if isinstance(said, Mapping) else None
        total = said.get("count") if isinstance(said, Mapping) else None
        if not isinstance(rows, list) or not isinstance(total, int):
            raise Unexpected(f"{who(capture)}: not the form of a list")
        known = {row["id"] for row in found}
        for row in rows:
            if not isinstance(row, Mapping) or row.get("id") in known or "id" not in row:
                raise Incomplete(
                    f"{who(capture)}: the page at row {len(found)} repeats a row",
                    next_step="read again when nobody is entering devices",
                )
        found += rows
        if len(found) == total and said.get("next") is None:
            return found
        if not rows or len(found) >= total:
            raise Incomplete(f"{who(capture)}: {len(found)} of {total} rows were given")


Made = Callable[[Row, Mapping[str, str]], Asset]


def _each(
    ask: Ask, rows: Iterable[Row], asset: Made, fields: Mapping[str, str], device: Device
) -> Iterator[Asset]:
    for row in rows:
        try:
            yield asset(row, fields)
        except (TypeError, ValueError, AttributeError) as error:
            raise Unexpected(
                f"{device.id}: {ask.name}: {shown(str(row.get('display') or row['id']))!r}: "
                f"{shown(str(error))}",
                code="import_row",
                next_step="correct the entry in NetBox; no entry was taken",
            ) from None


def _device(row: Row, fields: Mapping[str, str]) -> Asset:
    kind = row.get("device_type") or {}
    places = (_name(row, "location"), _name(row, "rack"), _position(row))
    return Asset(
        asset_id=_text(row.get("asset_tag")) or f"device {row['id']}",
        category="hardware",
        location=" ".join(filter(None, places)) or None,
        vendor=_text((kind.get("manufacturer") or {}).get("name")),
        model=_text(kind.get("model")),
        serial=_text(row.get("serial")),
        **_shared(row, fields),
    )


def _machine(row: Row, fields: Mapping[str, str]) -> Asset:
    return Asset(
        asset_id=f"virtual machine {row['id']}",
        category="virtual",
        location=_name(row, "cluster"),
        **_shared(row, fields),
    )


def _site(row: Row, fields: Mapping[str, str]) -> Asset:
    return Asset(
        asset_id=f"site {row['id']}",
        name=_text(row.get("name")) or "",
        category="premises",
        owner=_name(row, "tenant"),
        location=_text(row.get("physical_address")),
        site=_text(row.get("slug")),
        status=_status(row),
    )


def _shared(row: Row, fields: Mapping[str, str]) -> dict[str, Any]:
    """What devices and virtual machines tell alike."""
    custom = row.get("custom_fields") or {}

    def held(name: str) -> Any:
        value = custom.get(fields[name])
        return value.get("label") or value.get("display") if isinstance(value, Mapping) else value

    addresses = [row.get(name) or {} for name in ("primary_ip4", "primary_ip6", "oob_ip")]
    left_on = held("decommissioned_field")
    site = row.get("site") or {}
    return {
        "name": _text(row.get("name")) or _text(row.get("display")) or "",
        "addresses": tuple(
            dict.fromkeys(one["address"].partition("/")[0] for one in addresses if one)
        ),
        "owner": _text(held("owner_field")) or _name(row, "tenant"),
        "core": _grade(held("core_field")),
        "version": _text(held("version_field")),
        "decommissioned_on": date.fromisoformat(left_on) if left_on else None,
        "site": _text(site.get("slug")),
        "status": _status(row),
    }


def _grade(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word not in _YES | _NO:
        raise ValueError(f"{shown(str(value), 20)} is neither core nor non-core")
    return word in _YES


def _position(row: Row) -> str | None:
    value = row.get("position")
    return None if value is None else f"U{float(value):g}"


def _status(row: Row) -> str | None:
    status = row.get("status")
    return _text(status.get("value")) if isinstance(status, Mapping) else _text(status)


def _name(row: Row, key: str) -> str | None:
    return _text((row.get(key) or {}).get("name"))


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
