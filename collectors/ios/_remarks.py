"""Remarks of access lists, which only the configuration holds: each stands before its entry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from collectors._cisco.access_list import AccessList

_NAMED = re.compile(r"(?:ip access-list (?:standard|extended)|(ipv6) access-list) (\S+)")
_NUMBERED = re.compile(r"access-list (\d+) (.*)")
_NUMBER = re.compile(r"(?:sequence )?\d+ ")


def with_remarks(found: Iterable[AccessList], configured: str) -> Iterator[AccessList]:
    """The lists, each entry with what the configuration remarks on it."""
    remarked = _remarks(configured)
    for one in found:
        entries = [
            replace(entry, remark=remarked.get(_key(one.family, one.name, entry.text)))
            for entry in one.entries
        ]
        yield replace(one, entries=entries)


def _remarks(configured: str) -> dict[tuple[str, str, str], str]:
    """Remarks by family, list and entry."""
    found: dict[tuple[str, str, str], str] = {}
    family, name, said = "ip", "", list[str]()
    for raw in configured.splitlines():
        line = " ".join(raw.split())
        if header := _NAMED.fullmatch(line):
            family, name, said = "ip6" if header[1] else "ip", header[2], []
            continue
        if numbered := _NUMBERED.fullmatch(line):
            said = said if numbered[1] == name else []
            family, name, line = "ip", numbered[1], numbered[2]
        line = _NUMBER.sub("", line, count=1) if _NUMBER.match(line) else line
        if line.startswith("remark "):
            said.append(line.removeprefix("remark "))
        elif said and line.startswith(("permit", "deny")):
            found[_key(family, name, line)] = " ".join(said)
            said = []
    return found


def _key(family: str, name: str, text: str) -> tuple[str, str, str]:
    return family, name, _NUMBER.sub("", text, count=1) if text[:1].isdigit() else text
