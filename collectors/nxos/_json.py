"""The same answers as JSON (`| json`): the inventory's rows, and a version as the text says it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from collectors._cisco.parts import inventory as inventory_of_text
from evidence.errors import Unexpected
from evidence.facts import HardwareItem


def inventory(answer: Any) -> Iterator[HardwareItem]:
    """The parts. A single row stands without its list. Raises Unexpected for another form."""
    rows = _at(answer, "TABLE_inv", "ROW_inv")
    lines = []
    for row in rows if isinstance(rows, list) else [rows]:
        name, description, model, revision, serial = (
            _word(row, key) for key in ("name", "desc", "productid", "vendorid", "serialnum")
        )
        lines.append(f'NAME: "{name}", DESCR: "{description}"')
        lines.append(f"PID: {model}, VID: {revision}, SN: {serial}")
    yield from inventory_of_text("\n".join(lines))


def version(answer: Any) -> str:
    """The lines of `show version` that are read here, made from its JSON."""
    system = _word(answer, "nxos_ver_str") or _word(answer, "sys_ver_str")
    spans = [
        f"{_word(answer, f'kern_uptm_{key}') or 0} {word}(s)"
        for key, word in (("days", "day"), ("hrs", "hour"), ("mins", "minute"), ("secs", "second"))
    ]
    image = _word(answer, "nxos_file_name") or _word(answer, "isan_file_name")
    lines = [
        f"  system: version {system}",
        f"  NXOS image file is: {image}",
        f"  cisco {_word(answer, 'chassis_id')}",
        f"  Processor Board ID {_word(answer, 'proc_board_id')}",
        f"  Device name: {_word(answer, 'host_name')}",
    ]
    if _word(answer, "kern_uptm_days"):
        lines.append(f"Kernel uptime is {', '.join(spans)}")
    return "\n".join(lines)


def _at(answer: Any, *keys: str) -> Any:
    for key in keys:
        if not isinstance(answer, dict) or key not in answer:
            raise Unexpected(f"the JSON has no {key}", next_step="deliver an inventory's JSON")
        answer = answer[key]
    return answer


def _word(row: Any, key: str) -> str:
    """The value on one line; empty where it is missing or no plain value."""
    value = row.get(key) if isinstance(row, dict) else None
    return " ".join(str(value).replace('"', " ").split()) if isinstance(value, str | int) else ""
