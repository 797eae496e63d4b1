"""Access lists of Cisco devices that nobody here wrote: every entry, every count, nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence.facts import FirewallRule, RuleUsage
from evidence.reading import Reading
from tests.by_hand import read

COMMANDS = re.compile(r"show (?:ip |ipv6 )?access[- ]lists?(?: (?:inbound|outbound))?")
ENTRY = re.compile(r"(?m)^\s*(?:\d+ +)?(?:permit|deny) .*")
COUNT = re.compile(r"\((\d+) match(?:es)?\)|\[match=(\d+)\]")
OTHER_KIND = re.compile(r"(?m)^ *[\w ]*MAC access list .*\n(?: +(?:\d+ )?(?:permit|deny).*\n?)*")


def cases(folder: Path) -> Iterator[tuple[str, str, Reading]]:
    """Every recorded listing, without its lists of other kinds, as its platform reads it."""
    platform = {"cisco_iosxe": "ios", "cisco_ios": "ios"}.get(folder.name, "nxos")
    ask = {"ios": "show ip access-lists"}.get(platform, "show access-lists")
    for name, case in json.loads((folder / "expected.json").read_text("utf-8")).items():
        if COMMANDS.fullmatch(case["command"]):
            text = (folder / f"{name}.raw").read_text("utf-8") + "\n"
            reading = read(platform, "firewall", (ask, text.encode()))
            yield name, OTHER_KIND.sub("", text), reading


@pytest.mark.parametrize("platform", ["cisco_ios", "cisco_iosxe", "cisco_nxos"])
def test_every_entry_is_a_rule_with_the_count_that_is_printed(
    conformance: Path, platform: str
) -> None:
    for name, text, reading in cases(conformance / "firewall" / platform):
        assert reading.failure is None, (name, reading.failure)
        usages = {one.key: one.count for one in reading.of(RuleUsage)}
        printed = [COUNT.search(line) for line in ENTRY.findall(text)]
        assert [usages[one.key] for one in reading.of(FirewallRule)] == [
            int(count[1] or count[2]) if count else None for count in printed
        ], name


@pytest.mark.parametrize("platform", ["cisco_ios", "cisco_iosxe", "cisco_nxos"])
def test_only_entries_between_tags_are_not_understood(conformance: Path, platform: str) -> None:
    for name, text, reading in cases(conformance / "firewall" / platform):
        strange = [one for one in reading.of(FirewallRule) if one.not_understood]
        assert not strange or "Role-based" in text, name
