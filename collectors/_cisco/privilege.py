"""Privilege levels of Cisco's command lines: who stands at which, and what was lowered to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evidence.errors import Unexpected
from evidence.facts import AccountPrivilege

_LEVEL = re.compile(r"(?im)^[ \t]*Current privilege level(?: is|[ \t]*:)[ \t]*(-?\d+)")
_USER = re.compile(r"(?im)^[ \t]*User ?name[ \t]*:[ \t]*(\S+)")
# `privilege show level 5 mode exec command version`; IOS: `privilege exec level 5 show version`.
_LOWERED = re.compile(
    r"(?im)^[ \t]*privilege[ \t]+(?:(?P<kind>show|clear|cmd)[ \t]+)?(?:\w+[ \t]+(?=level))?"
    r"level[ \t]+(?P<level>\d+)[ \t]+(?:mode[ \t]+\S+[ \t]+command[ \t]+)?(?P<words>\S.*?)[ \t]*$"
)
# What leaves a session or looks at something, whoever may say it.
_HARMLESS = ("show", "exit", "logout", "quit", "help", "ping", "traceroute", "terminal", "login")
ALL = 15
LEAST = 1


def level(text: str, who: str) -> int:
    """The session's level. Raises Unexpected where none is told."""
    found = _LEVEL.search(text)
    if found is None:
        raise Unexpected(f"{who}: tells no privilege level")
    return int(found[1])


def user(text: str) -> str | None:
    found = _USER.search(text)
    return found[1] if found else None


def at_level(account: str | None, own: int, configured: str | None) -> AccountPrivilege:
    """What level `own` may do: 15 anything, 0 and 1 nothing, between them what was lowered.

    `configured` are the lines that lower commands; None: not read, so a level between is unknown.
    """
    can_write: bool | None
    if own >= ALL:
        can_write, detail = True, "level 15 may do everything"
    elif configured is not None:
        changing = list(_changing(configured, own))
        can_write = bool(changing)
        detail = f"lowered to it: {', '.join(changing[:5])}" if changing else "may only show"
    elif own <= LEAST:
        can_write, detail = False, "may only show"
    else:
        can_write, detail = None, "what was lowered to this level was not told"
    return AccountPrivilege(
        account=account, level=f"level {own}", can_write=can_write, detail=detail
    )


def _changing(configured: str, own: int) -> Iterator[str]:
    for match in _LOWERED.finditer(configured):
        words = match["words"]
        harmless = match["kind"] == "show" or words.split()[0].casefold() in _HARMLESS
        if int(match["level"]) <= own and not harmless:
            yield words
