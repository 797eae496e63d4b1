"""`show access-lists` of IOS, IOS XE, NX-OS and EOS: lists, and their entries with their counts.

A list of another kind than IP (MAC) is passed over; one that holds entries of sessions only
(reflexive) too: nobody wrote them. Nothing ends such a listing but the terminal's prompt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from collectors._cisco.ace import Ace, Groups, ace
from evidence.errors import Incomplete, Unexpected, shown

_HEADER = re.compile(
    r"(?P<kind>(?:[\w-]+ )*?)(?:access list|ACL) (?P<name>\S+?)(?P<note>(?: ?[(\[].*)?)"
)
# A numbered line, or one that ends in its number, is an entry whatever it does.
_ENTRY = re.compile(
    r"(?:(?P<number>\d+) +)?(?P<action>permit|deny|remark|evaluate|Dynamic"
    r"|(?<=\d )[a-z][\w-]*|[a-z][\w-]*(?=.* sequence \d+\b))(?: +(?P<rest>.*))?"
)
_COUNT = re.compile(
    r"\((?P<ios>\d+) (?:estimate )?match(?:es)?\)|\[match=(?P<nxos>\d+)\]"
    r"|\[match (?:\d+ bytes in )?(?P<eos>\d+)(?: packets?)?"
    r"(?:, (?:(?P<days>\d+) days?, )?(?P<hours>\d+):(?P<minutes>\d\d):(?P<seconds>\d\d) ago)?\]"
)
_STATE = re.compile(r"\((?:active|inactive|(?:tag|hash) = [^)]*|time left \d+)\)")
_SEQUENCE = re.compile(r" sequence (\d+)\b")
# What stands around a listing: prompt and echo, load and clock of `terminal exec prompt`.
_BESIDE = re.compile(
    r"[\w.\-/:@()]+[>#].*|sh(?:ow?)? .*|!.*|Load for .*|Time source .*|No time source.*"
)
_SESSION_NOTE = re.compile(r"\((per-user|downloaded)\)")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as printed; `count` None: none is printed. `ago_s`: since its last match."""

    ace: Ace
    count: int | None
    remark: str | None
    text: str
    ago_s: float | None = None


@dataclass(slots=True)
class AccessList:
    """A list. `owner` is `policy`, or how a session brought it; `counts`: it says so itself."""

    name: str
    family: str
    owner: str = "policy"
    counts: bool = False
    entries: list[Entry] = field(default_factory=list)


def lists(text: str, who: str, addresses: Groups, services: Groups) -> list[AccessList]:
    """The IP lists in order, each once.

    Raises Unexpected for a line that is not a listing's, Incomplete for a last one without its end.
    """
    last = text.rpartition("\n")[2].strip()
    if last and not _BESIDE.fullmatch(last):
        raise Incomplete(f"{who}: the last line breaks off: {shown(last)!r}")
    found: dict[tuple[str, str], AccessList] = {}
    current: AccessList | None = None
    kind, known, remarks = "", False, list[str]()
    for raw in text.splitlines():
        line = " ".join(raw.split())
        if not line:
            continue
        if header := _HEADER.fullmatch(line):
            kind, known, remarks = header["kind"].strip().casefold(), True, []
            current = _begun(kind, header["name"], header["note"])
            # What was resolved of a list with host names stands under the same name again.
            current = found.setdefault((current.family, current.name), current) if current else None
        elif known and line.startswith(("statistics per-entry", "counters per-entry")):
            if current:
                current.counts = True
        elif known and (said := _ENTRY.fullmatch(line)):
            if said["action"] == "remark":
                remarks.append(said["rest"] or "")
            elif current:
                remark = " ".join(remarks) or None
                current.entries.append(_entry(current, said, kind, remark, addresses, services))
                remarks = []
        elif known and current is None:
            continue  # an entry of a list that is passed over
        elif not _BESIDE.fullmatch(line):
            raise Unexpected(f"{who}: not a line of an access list: {shown(line)!r}")
    return list(found.values())


def _begun(kind: str, name: str, note: str) -> AccessList | None:
    if "mac" in kind.split() or kind.startswith("reflexive"):
        return None
    session = _SESSION_NOTE.search(note)
    return AccessList(
        name=name,
        family="ip6" if "ipv6" in kind.split() else "ip",
        owner=session[1] if session else "policy",
    )


def _entry(
    of: AccessList,
    said: re.Match[str],
    kind: str,
    remark: str | None,
    addresses: Groups,
    services: Groups,
) -> Entry:
    rest = said["rest"] or ""
    counted = _COUNT.search(rest)
    plain = _STATE.sub("", _COUNT.sub("", rest))
    sequence = _SEQUENCE.search(plain)
    plain = _SEQUENCE.sub("", plain).replace(", wildcard bits ", " ")
    number = said["number"] or (sequence[1] if sequence else None)
    words = plain.split()
    return Entry(
        ace=ace(
            said["action"],
            words,
            family=of.family,
            standard=kind.startswith("standard"),
            addresses=addresses,
            services=services,
        ),
        count=int(counted["ios"] or counted["nxos"] or counted["eos"]) if counted else None,
        remark=remark,
        text=" ".join((*([number] if number else []), said["action"], *words)),
        ago_s=_ago(counted) if counted and counted["hours"] else None,
    )


def _ago(counted: re.Match[str]) -> float:
    days, hours, minutes, seconds = (
        int(counted[name] or 0) for name in ("days", "hours", "minutes", "seconds")
    )
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
