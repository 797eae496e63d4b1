"""A configuration as statements, and which of them are deactivated.

`display set` prints one a line; in the form with braces each is where a `;` ends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from collectors._cli import braces
from collectors.junos import _tree
from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown

Words = tuple[str, ...]

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
# What stands around a configuration on a command line: the echo, a prompt, a cluster's banner.
_AROUND = re.compile(r"^(?:\{[\w:-]+\}|[\w.-]+@[\w.-]+[>%#].*|#.*|/\*.*\*/|show .*|)$")
# What stands at the top of a whole configuration, and in no part of one.
_TOP = ("version", "system", "security", "interfaces")
_REFUSED = re.compile(
    r"^[ \t]*(?:error:|syntax error|unknown command|.{0,80}permission denied)", re.M
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One `set` line without its `set`. `inactive`: how many of its words a `deactivate` names."""

    words: Words
    inactive: int = 0

    def below(self, *path: str) -> Words | None:
        """The words behind a path; `*` stands for any one word. None when it is elsewhere."""
        if len(self.words) < len(path):
            return None
        fits = all(want in ("*", word) for want, word in zip(path, self.words, strict=False))
        return self.words[len(path) :] if fits else None

    def within(self, *path: str) -> Statement:
        """The same as it stands below a path, of which it is deactivated where that is."""
        deeper = self.inactive - len(path)
        return Statement(self.words[len(path) :], max(deeper, 1) if self.inactive else 0)


def statements(capture: Capture) -> list[Statement]:
    """Every statement of an answer, in order. Empty where nothing of the kind is configured.

    Raises NotAnswered for a refusal, Unexpected for what is no configuration, Incomplete where
    the last line breaks off.
    """
    text = answered(capture)
    if text.lstrip()[:1] in ("<", "{") and not _AROUND.match(text.lstrip().splitlines()[0]):
        return _of_tree(capture, text)
    if braces.in_braces(text):
        bare = "\n".join(one for one in text.splitlines() if not _AROUND.match(one.strip()))
        found, inactive = braces.statements(bare, who(capture))
        if not any(words[0] in _TOP for words in found):
            raise Unexpected(
                f"{who(capture)}: a part of a configuration in braces does not say of what",
                next_step="deliver the whole configuration, or the part with `| display set`",
            )
        return [Statement(words, _inactive(words, inactive)) for words in found]
    made = _Made(who(capture))
    for line in (one.strip() for one in text.splitlines()):
        words = tuple(quoted or plain for quoted, plain in _WORD.findall(line))
        if words[:1] and words[0] in _VERBS:
            if line.count('"') % 2:
                raise Incomplete(f"{who(capture)}: a line breaks off: {shown(line)}")
            made.does(words[0], words[1:])
        elif words[:1] != ("protect",) and not _AROUND.match(line):
            raise Unexpected(f"{who(capture)}: no configuration in set form: {shown(line)}")
    return [Statement(words, _inactive(words, made.inactive)) for words in made.found]


def _of_tree(capture: Capture, text: str) -> list[Statement]:
    """Of XML or JSON. Raises Unexpected for a part that does not say of what it is one."""
    if text.lstrip().startswith("<"):
        root = _tree.of_xml(capture.xml())
    else:
        said = capture.json()
        root = _tree.of_json(said if isinstance(said, dict) else {})
    found, inactive = _tree.statements(root)
    if not any(words[0] in _TOP for words in found):
        raise Unexpected(
            f"{who(capture)}: no configuration of Junos, or a part that says not of what"
        )
    return [Statement(words, _inactive(words, inactive)) for words in found]


_VERBS = ("set", "deactivate", "activate", "delete", "insert")
_RULES = (("policy",), ("term",), ("filter",))


class _Made:
    """What the lines of a script make, in their order; most texts only set."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.found: list[Words] = []
        self.inactive: set[Words] = set()

    def does(self, verb: str, words: Words) -> None:
        match verb:
            case "set":
                self.found.append(words)
            case "deactivate":
                self.inactive.add(words)
            case "activate":
                self.inactive.discard(words)
            case "delete":
                self._held(verb, words)
                self.found = [one for one in self.found if one[: len(words)] != words]
            case "insert":
                self._insert(words)

    def _held(self, verb: str, path: Words) -> list[Words]:
        """The statements at and below a path. Raises Incomplete where a rule is none of them."""
        held = [one for one in self.found if one[: len(path)] == path]
        if not held and (verb == "insert" or path[-2:-1] in _RULES):
            told = f"{verb} of {shown(' '.join(path))}, which no line made"
            raise Incomplete(f"{self.who}: {told}", next_step="deliver the whole configuration")
        return held

    def _insert(self, words: Words) -> None:
        """`insert … policy A before policy B`: what stands at a path, before another's or after."""
        at = next((n for n, word in enumerate(words) if word in ("before", "after")), 0)
        path, beside = words[:at], words[at + 1 :]
        if not at or len(beside) > at:
            raise Unexpected(f"{self.who}: cannot be carried out: insert {shown(' '.join(words))}")
        moved = self._held("insert", path)
        other = (*path[: at - len(beside)], *beside)
        self._held("insert", other)
        rest = [one for one in self.found if one[:at] != path]
        places = [n for n, one in enumerate(rest) if one[: len(other)] == other]
        place = places[0] if words[at] == "before" else places[-1] + 1
        self.found = [*rest[:place], *moved, *rest[place:]]


def answered(capture: Capture) -> str:
    """The answer's text. Raises NotAnswered for a refusal, Incomplete where a pager was left on."""
    text = capture.text()
    if re.search(r"---\(more(?: \d+%)?\)---", text):
        raise Incomplete(f"{who(capture)}: the pager was left on")
    if "ACCESS-DENIED" in text:
        raise NotAnswered(
            f"{who(capture)}: a part is hidden from the account",
            code="privilege_missing",
            next_step="give the login class the permission view-configuration",
        )
    if (found := _REFUSED.search(text)) is not None:
        line = text[found.start() :].strip().splitlines()[0]
        denied = "permission" in line
        raise NotAnswered(
            f"{who(capture)}: refused: {shown(line)}",
            code="privilege_missing" if denied else "ask_refused",
            next_step="give the login class the permissions of the platform's page",
        )
    return text


def who(capture: Capture) -> str:
    return f"{capture.device}: {capture.ask.name}"


def pick(found: Iterable[Statement], *path: str) -> Iterator[tuple[Words, Words, Statement]]:
    """What `*` stood for, the words behind, and the statement, of those below a path."""
    for one in found:
        rest = one.below(*path)
        if rest is not None:
            stars = zip(path, one.words, strict=False)
            yield tuple(word for want, word in stars if want == "*"), rest, one


def active(found: Iterable[Statement]) -> list[Statement]:
    return [one for one in found if not one.inactive]


def _inactive(words: Words, inactive: set[Words]) -> int:
    """The length of the longest deactivated path above a statement; 0: it is active."""
    return max((n for n in range(1, len(words) + 1) if words[:n] in inactive), default=0)
