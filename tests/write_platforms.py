"""Write docs/platforms/README.md: what each platform tells, as its expected facts show.

`python -m tests.write_platforms`, after a platform, a case or a page's privilege has changed.
What no case shows stands as `not shown`: nothing is claimed that no answer has proved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from agent.platforms import Platform, platforms
from evidence.facts import Fact, FirewallRule, RuleUsage, Unit, from_record
from evidence.tape import read_tape
from tests.test_cases import CASES

PAGES = Path(__file__).parent.parent / "docs" / "platforms"
TABLE = PAGES / "README.md"
_PRIVILEGE = re.compile(r"^Least privilege: (.+)\.$", re.MULTILINE)
_TAPES = re.compile(r"^Tapes: \d+ recorded, \d+ constructed\.$", re.MULTILINE)
_HEAD = """# Platforms

What each platform is read for, and what its answers tell. Written by
`python -m tests.write_platforms` from the expected facts under `tests/cases`, and compared with
them by a test. *not shown*: no answer at hand holds it, so it is not claimed.

## Firewalls

Hits are what the platform's own counter counts. *Survives reboot* says whether that counter goes
on after one; where it does not, or where it is not known, each boot is a reset to the proof.
"""
_BETWEEN = """
## All platforms

Tapes are the answers that the tests read: recorded from real servers, or constructed from the
documented shape where no device was at hand.
"""


def table() -> str:
    """The whole page."""
    found = platforms().values()
    firewalls = [one for one in found if "firewall" in one.collectors and one.name != "folder"]
    return "\n".join(
        (
            _HEAD,
            *_rows(
                ("Platform", "Rules", "Hits", "Last hit", "Reset time", "HA", "Survives reboot"),
                (_firewall(one) for one in firewalls),
            ),
            _BETWEEN,
            *_rows(
                ("Platform", "Read for", "By", "Least privilege", "Tapes recorded", "constructed"),
                map(_platform, found),
            ),
            "",
        )
    )


def privilege(name: str) -> str | None:
    """What a platform's page says its account needs; None where it does not say."""
    said = _PRIVILEGE.search((PAGES / f"{name}.md").read_text("utf-8"))
    return said and said[1]


def _rows(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(tuple(head))
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _firewall(one: Platform) -> tuple[str, ...]:
    facts = list(_facts(one.name))
    rules = [fact for fact in facts if isinstance(fact, FirewallRule)]
    usages = [fact for fact in facts if isinstance(fact, RuleUsage) and fact.source == "device"]
    usages = usages or [fact for fact in facts if isinstance(fact, RuleUsage)]
    units = [fact for fact in facts if isinstance(fact, Unit)]
    counted = {fact.count_unit for fact in usages if fact.count is not None}
    survives = {fact.persistent for fact in usages if fact.count is not None}
    return (
        _link(one),
        _shown(bool(rules)),
        ", ".join(sorted(counted)) or _shown(False),
        _shown(any(fact.last_hit_at for fact in usages)),
        _shown(any(fact.counter_reset_at for fact in usages)),
        _shown(any(fact.ha_mode or fact.ha_role for fact in units)),
        " or ".join(word for word, kept in (("no", False), ("yes", True)) if kept in survives)
        or "not known",
    )


def _platform(one: Platform) -> tuple[str, ...]:
    origins = [read_tape(path).origin for path in (CASES / one.name).glob("*.tape")]
    recorded = origins.count("recorded")
    return (
        _link(one),
        ", ".join(subject.replace("_", " ") for subject in one.collectors),
        ", ".join(one.transports),
        privilege(one.name) or _shown(False),
        str(recorded),
        str(len(origins) - recorded),
    )


def _facts(name: str) -> Iterator[Fact]:
    for path in sorted((CASES / name).glob("firewall.*.facts.json")):
        expected = json.loads(path.read_text("utf-8"))
        yield from map(from_record, expected if isinstance(expected, list) else ())


def _link(one: Platform) -> str:
    return f"[{one.vendor or one.name} `{one.name}`]({one.name}.md)"


def _shown(is_it: bool) -> str:
    return "yes" if is_it else "not shown"


def firewalls() -> list[str]:
    """The platforms whose pages say how many of their tapes are recorded and constructed."""
    found = platforms().values()
    return [one.name for one in found if "firewall" in one.collectors and one.name != "folder"]


def counted(name: str) -> str:
    """A platform's page with the line that counts its tapes, at its end where it had none."""
    page = (PAGES / f"{name}.md").read_text("utf-8")
    origins = [read_tape(path).origin for path in (CASES / name).glob("*.tape")]
    recorded = origins.count("recorded")
    line = f"Tapes: {recorded} recorded, {len(origins) - recorded} constructed."
    if _TAPES.search(page):
        return _TAPES.sub(line, page)
    return f"{page.rstrip()}\n\n{line}\n"


if __name__ == "__main__":
    TABLE.write_text(table(), "utf-8")
    for firewall in firewalls():
        (PAGES / f"{firewall}.md").write_text(counted(firewall), "utf-8")
    print(f"{TABLE}: read it before you commit it")
