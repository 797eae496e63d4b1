"""The IEEE's list of MAC address blocks, as a file the site keeps up: `agent.yaml` names it.

Of it only the blocks of vendors on the company's list are taken, into the policy by which a month
is judged: so the month can be judged again without the file.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evidence.errors import ConfigurationError, shown

_COLUMNS = ("Assignment", "Organization Name")
_BLOCK = re.compile(r"[0-9A-F]{6}(?:[0-9A-F]{1,3})?")


def with_prefixes(policy: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """The policy whose `suspects` have the blocks that the file gives to a name of theirs.

    The file is the registry's CSV (`oui.csv`, or with `mam.csv` and `oui36.csv` appended).
    Raises ConfigurationError: `file_missing`, `oui_invalid`.
    """
    blocks = list(_blocks(path))
    suspects = policy.get("suspects")
    if not isinstance(suspects, list):
        return policy
    return {**policy, "suspects": [_filled(one, blocks) for one in suspects]}


def _filled(suspect: Any, blocks: list[tuple[str, str]]) -> Any:
    """An entry with its blocks; one that is no entry is left for whoever reads the policy."""
    if not isinstance(suspect, Mapping) or not isinstance(suspect.get("names"), list):
        return suspect
    names = [re.escape(str(name)) for name in suspect["names"] if str(name).isascii()]
    if not names:
        return suspect
    wanted = re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(names)})(?![0-9A-Za-z])", re.IGNORECASE)
    found = [block for block, name in blocks if wanted.search(name)]
    said = suspect.get("mac_prefixes") or []
    return {**suspect, "mac_prefixes": sorted({*said, *found})}


def _blocks(path: Path) -> Iterator[tuple[str, str]]:
    """(block in lower-case hexadecimal digits, organization) of each row."""
    try:
        file = path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise ConfigurationError(
            f"the list of MAC address blocks {path} cannot be read: {error.strerror}",
            code="file_missing",
            next_step="take oui.csv from the IEEE's registry, or leave `oui` out of agent.yaml",
        ) from None
    with file:
        rows = csv.DictReader(file)
        try:
            if not set(_COLUMNS) <= set(rows.fieldnames or ()):
                raise _invalid(path, 1, f"no columns {' and '.join(_COLUMNS)}")
            for row in rows:
                block, name = (row[column] for column in _COLUMNS)
                # A second file appended brings its own head line.
                if block == _COLUMNS[0]:
                    continue
                if not _BLOCK.fullmatch(block or "") or name is None:
                    raise _invalid(path, rows.line_num, f"{shown(str(block), 20)} is no block")
                yield block.lower(), name
        except (csv.Error, UnicodeDecodeError) as error:
            raise _invalid(path, rows.line_num, shown(str(error))) from None


def _invalid(path: Path, line: int, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path}:{line}: {what}: this is not the IEEE's list of MAC address blocks",
        code="oui_invalid",
        next_step="take oui.csv from the IEEE's registry whole",
    )
