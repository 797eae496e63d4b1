"""The configuration as statements, and the groups in it.

`show configuration commands` prints one a line; `show configuration` and the file config.boot
write them in braces, where a line ends each:

    firewall {
        name INBOUND {
            default-action drop
            rule 20 {
                description "web in"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from collectors._managed.answer import who
from collectors._managed.names import Objects
from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown

Statement = tuple[str, ...]

_WORD = re.compile(r"'([^']*)'|(\S+)")
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|([^\s\"'{}][^\s{}]*)|([{}])", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_REFUSED = re.compile(r"(?m)^(?:[ \t]*(?:Invalid command|Permission denied)|.*: not found)")
_OPENED = re.compile(r"(?m)^[ \t]*[^\s#/'\"{}][^\n'\"]*\{[ \t]*$")
# Comments, and what stands around a configuration on a command line.
_AROUND = re.compile(r"(?m)^(?://.*|\[edit[^\]\n]*\]|\S+@\S+[:~#$].*)$|/\*.*?\*/", re.DOTALL)
_MEMBERS = ("address", "network", "port", "interface", "mac-address")
# What stands at the top of a whole configuration, and in no part of one.
_TOP = ("firewall", "interfaces", "system")


def statements(capture: Capture) -> list[Statement]:
    """Every statement of either form. Raises NotAnswered, Unexpected for another text, and
    Incomplete where a line or a block breaks off."""
    text = capture.text()
    if (refused := _REFUSED.search(text)) is not None:
        raise NotAnswered(f"{who(capture)}: refused: {shown(refused[0].strip())}")
    if _OPENED.search(text) and not re.search(r"(?m)^set ", text):
        return _of_braces(text, who(capture))
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


def _of_braces(text: str, who: str) -> list[Statement]:
    """The statements as `set` would have them; a block that holds nothing is one."""
    found: list[Statement] = []
    path: list[Statement] = []  # the words of each open block
    full = [True]  # of each open block: something stood in it
    for words in _lines(_AROUND.sub("", text), who):
        match words:
            case ("}",) if path:
                if not full.pop():
                    found.append(tuple(word for block in path for word in block))
                path.pop()
            case (*own, "{") if own:
                full[-1] = True
                path.append(tuple(own))
                full.append(False)
            case _ if words[0] not in ("{", "}") and path:
                full[-1] = True
                found.append((*(word for block in path for word in block), *words))
            case _:
                raise Unexpected(f"{who}: no configuration in braces: {shown(' '.join(words))}")
    if path:
        raise Incomplete(f"{who}: the block of {shown(' '.join(path[-1]))!r} does not end")
    if not any(one[0] in _TOP for one in found):
        raise Unexpected(
            f"{who}: a part of a configuration in braces does not say of what",
            next_step="deliver the whole configuration, or `show configuration commands`",
        )
    return found


def _lines(text: str, who: str) -> Iterator[Statement]:
    """The words of every line; a quoted text may go on in the next."""
    parts = ""
    for line in text.splitlines():
        parts = f"{parts}\n{line}" if parts else line.strip()
        if parts and not _is_open(parts):
            yield tuple(
                _ESCAPED.sub(r"\1", double) or single or plain or sign
                for double, single, plain, sign in _QUOTED.findall(parts)
            )
            parts = ""
    if parts:
        raise Incomplete(f"{who}: a quoted text does not end: {shown(parts)}")


def _is_open(text: str) -> bool:
    """Whether a quoted text of double quotes is still open."""
    return _ESCAPED.sub("", text).count('"') % 2 == 1


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
