"""The configuration as `show configuration commands` prints it, and the groups in it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from collectors._managed.answer import who
from collectors._managed.names import Objects
from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown

Statement = tuple[str, ...]

_WORD = re.compile(r"'([^']*)'|(\S+)")
_REFUSED = re.compile(r"(?m)^(?:[ \t]*(?:Invalid command|Permission denied)|.*: not found)")
_MEMBERS = ("address", "network", "port", "interface", "mac-address")


def statements(capture: Capture) -> list[Statement]:
    """Every `set` line without its `set`. Raises NotAnswered, Unexpected for another form, and
    Incomplete where a line breaks off."""
    text = capture.text()
    if (refused := _REFUSED.search(text)) is not None:
        raise NotAnswered(f"{who(capture)}: refused: {shown(refused[0].strip())}")
    lines = text.splitlines()
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if not line.startswith("set "):
            raise Unexpected(f"{who(capture)}: no configuration in set form: {shown(line)}")
        if line.count("'") % 2:
            raise Incomplete(f"{who(capture)}: line {number} breaks off: {shown(line)}")
        words = [quoted or plain for quoted, plain in _WORD.findall(line)]
        found.append(tuple(words[1:]))
    if lines and not text.endswith("\n"):
        raise Incomplete(f"{who(capture)}: the last line breaks off")
    return found


def groups(told: Iterable[Statement]) -> Objects:
    """Groups as `address-group NAME`, with the groups they include."""
    found: dict[str, tuple[str, ...]] = {}
    for one in told:
        match one:
            case ("firewall", "group", kind, name, word, member):
                if word in _MEMBERS or word == "include":
                    held = f"{kind} {member}" if word == "include" else member
                    found[f"{kind} {name}"] = (*found.get(f"{kind} {name}", ()), held)
    return Objects(groups=found)


def value(told: Iterable[Statement], *path: str) -> str | None:
    """The last word behind a path; None where the configuration does not say."""
    for one in told:
        if one[:-1] == path:
            return one[-1]
    return None
