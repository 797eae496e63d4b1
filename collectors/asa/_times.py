"""When the time ranges of an ASA end, as its configuration says.

time-range SUPPLIER
 absolute start 00:00 01 January 2026 end 23:59 30 June 2026
 periodic weekdays 8:00 to 18:00
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from evidence.facts import FirewallRule

_END = re.compile(r"absolute\b.*\bend \d\d?:\d\d (\d{1,2}) (\w{3})\w* (\d{4})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
RECURRING = "recurring"


def time_ranges(texts: Iterable[str]) -> dict[str, str]:
    """What each time range says of its end: a day, or that it comes again and again."""
    found: dict[str, str] = {}
    for text in texts:
        name = ""
        for line in text.splitlines():
            words = line.split()
            if not line.startswith(" "):
                name = words[1] if words[:1] == ["time-range"] and len(words) == 2 else ""
            elif name and (end := _END.fullmatch(line.strip())) and end[2] in _MONTHS:
                month = _MONTHS.index(end[2]) + 1
                found[name] = f"until {end[3]}-{month:02}-{int(end[1]):02}"
            elif name and words[:1] == ["periodic"]:
                found.setdefault(name, RECURRING)
    return found


def with_end(rule: FirewallRule, ends: Mapping[str, str]) -> FirewallRule:
    """The rule with its schedule's end beside the name."""
    end = ends.get(rule.schedule or "")
    return rule if end is None else replace(rule, schedule=f"{rule.schedule} {end}")
