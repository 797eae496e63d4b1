"""A configuration that is written as statements within braces (Junos, PAN-OS).

security {
    policies {
        from-zone trust to-zone untrust {
            inactive: policy web {
                match {
                    source-address [ office branch ];
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from evidence.errors import Incomplete, Unexpected, shown

Words = tuple[str, ...]

# A comment begins where a word could: `a#b` is one word. `<ge-[0-9]*>` names what a group fits.
_TOKEN = re.compile(
    r'(?P<space>\s+)|(?P<comment>/\*.*?\*/|#[^\n]*)|"(?P<quoted>(?:[^"\\]|\\.)*)"'
    r"|(?P<sign>[{};\[\]])|(?P<word><[^>\s]*>[^\s{};\[\]\"]*|[^\s{};\[\]\"]+)",
    re.DOTALL,
)
_OPENED = re.compile(r"(?m)^[ \t]*[^\s#{][^{\n]*\{[ \t]*(?:#.*)?$")
_SET = re.compile(r"(?m)^[ \t]*(?:set|deactivate) ")
_INACTIVE = "inactive:"
_TAGS = ("protect:", "active:")  # they say nothing of what is in force


def in_braces(text: str) -> bool:
    """Whether a text opens a block, and sets nothing."""
    return _OPENED.search(text) is not None and _SET.search(text) is None


def statements(text: str, who: str) -> tuple[list[Words], set[Words]]:
    """Every statement in order, as a line of `display set` would have it, and the paths that are
    deactivated. Raises Incomplete where a block or statement does not end, Unexpected for another
    text."""
    found: list[Words] = []
    inactive: set[Words] = set()
    path: list[Words] = []  # the words of each open block
    empty = [False]  # of each open block: nothing stood in it yet
    words: list[str] = []
    values: list[str] | None = None  # of an open list in square brackets

    def ended(text_: str) -> Words:
        """The path of the statement or block that is named; it notes whether it is off."""
        own = tuple(word for word in words if word not in (_INACTIVE, *_TAGS))
        if not own:
            raise Unexpected(f"{who}: a {text_!r} that belongs to nothing")
        whole = (*(word for block in path for word in block), *own)
        if _INACTIVE in words:
            inactive.add(whole)
        words.clear()
        empty[-1] = False
        return whole

    lists: list[str] | None = None
    for token in _tokens(text, who):
        kind, said = token
        if kind == "word" and values is not None:
            values.append(said)
        elif kind == "word":
            words.append(said)
        elif said == "[":
            values = []
        elif said == "]":
            values, lists = None, values
        elif said == "{":
            own = len([one for block in path for one in block])
            path.append(ended("{")[own:])
            empty.append(True)
        elif said == ";":
            whole = ended(";")
            found += [(*whole, one) for one in lists] if lists is not None else [whole]
            lists = None
        else:
            if words or not path:
                raise Incomplete(f"{who}: a block ends within a statement, or none is open")
            if empty.pop():
                found.append(tuple(word for block in path for word in block))
            path.pop()
    if path or words or values is not None:
        open_ = " ".join((*(word for block in path for word in block), *words))
        raise Incomplete(f"{who}: {shown(open_)!r} does not end")
    return found, inactive


def _tokens(text: str, who: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        said = _TOKEN.match(text, at)
        if said is None:
            raise Incomplete(f"{who}: a quoted text does not end: {shown(text[at : at + 60])!r}")
        at = said.end()
        if said["quoted"] is not None:
            yield "word", said["quoted"]
        elif said["word"] is not None:
            if said["word"].startswith("/*"):
                raise Incomplete(f"{who}: a comment does not end")
            yield "word", said["word"]
        elif said["sign"] is not None:
            yield "sign", said["sign"]
