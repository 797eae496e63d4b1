"""Answers that break off (B16): never parsed as complete, and half a list of rules is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evidence.facts import WirelessNetwork
from evidence.tape import Tape, TapeAnswer, read_tape
from lab.devices import Mischief
from tests.conftest import DRILL
from tests.fixtures_lab import ASA, ASA_TERMINAL, Site, failure_of, rules_of, tape_of
from tests.test_cases import CASES, read_case

pytestmark = pytest.mark.whole

GOOD = [
    path
    for path in sorted(CASES.rglob("*.tape"))
    if ".failure" not in path.name and not path.name.startswith("tickets")
]


# Places all over an answer, and as many ends of lines.
PLACES = 20 if DRILL else 4


def cuts(body: bytes) -> list[int]:
    """Places to cut: all over, and at the ends of lines."""
    lines = [place for place, byte in enumerate(body) if byte == 0x0A]
    all_over = range(0, len(body), max(1, len(body) // PLACES))
    return sorted({*all_over, *lines[:: len(lines) // PLACES + 1]})


def cut_tapes(tape: Tape) -> Iterator[tuple[TapeAnswer, int, Tape]]:
    """(answer, place, tape) for every answer of a tape, cut at each place."""
    for number, answer in enumerate(tape.answers):
        for place in cuts(answer.body):
            short = replace(answer, body=answer.body[:place])
            yield (
                answer,
                place,
                replace(tape, answers=(*tape.answers[:number], short, *tape.answers[number + 1 :])),
            )


def ends_well(answer: TapeAnswer, place: int) -> bool:
    """Whether what stands before the cut is whole by itself, so that nothing shows the cut.

    A text without an end mark shows no cut: `iptables -L`, `ufw status`, a dump after a COMMIT,
    an ASA's listing before its next list, its configuration without `: Saved`, one of Junos, the
    access lists of other Ciscos and the groups they name. The transports see to those: by prompt
    and comment line, exit status, Content-Length.
    """
    body = answer.body[:place].rstrip()
    if answer.ask == "show access-list":
        rest = answer.body[place:].lstrip()
        return rest.startswith(b"access-list ") and b";" in rest.split(b"\n")[0]
    if "save" in answer.ask:
        return not body or body.endswith(b"COMMIT") or body.rpartition(b"\n")[2].startswith(b"#")
    return answer.ask.startswith(WITHOUT_END)


WITHOUT_END = (
    *("iptables -L", "ip6tables -L", "ufw status"),
    *("show running-config", "show run", "show configuration", "show firewall"),
    *("/ip firewall", "/ipv6 firewall", "sudo -n /sbin/pfctl"),
    "/opt/vyatta/bin/vyatta-op-cmd-wrapper show firewall",
    *("show ip access-lists", "show ipv6 access-list", "show access-lists"),
)
# A rule is several lines, or its count a sum of several: a cut between two of them shows nowhere
# in the text. What is left must still be read, and nothing at all must never read as a clean list.
RULE_OF_LINES = (
    *("show configuration", "show firewall", "/ip firewall", "/ipv6 firewall"),
    *("sudo -n /sbin/pfctl", "/opt/vyatta/bin/vyatta-op-cmd-wrapper show configuration"),
)
# What a name stands for, and where a filter applies: a name that is not told stays a name.
NAMES_OF_JUNOS = re.compile(r"show configuration (?!security policies|firewall)")
GROUPS = ("show object-group",)
# A count that is no longer told says less, never something else: which machine counts, another
# answer tells.
UNTOLD = (None, None)
# Asks that tell of a rule list only what surrounds it: without them a rule is still a rule.
BESIDE = ("show running-config access-group", "brief")


@pytest.mark.parametrize(
    "path",
    [path for path in GOOD if path.name.startswith("firewall")],
    ids=lambda path: str(path.relative_to(CASES)),
)
def test_a_rule_list_that_breaks_off_is_none(path: Path) -> None:
    tape = read_tape(path)
    whole = rules_of(read_case(tape, "firewall"))
    for answer, place, cut in cut_tapes(tape):
        reading = read_case(cut, "firewall")
        if reading.failure is not None:
            assert failure_of(reading) != "parser_failed", reading.failure
            continue
        found = rules_of(reading)
        within_a_line = answer.body[place : place + 1].strip() and answer.body[:place].strip()
        if answer.ask.startswith(WITHOUT_END) and within_a_line:
            continue  # nobody can tell port 44 from half of 443
        if answer.ask.startswith(RULE_OF_LINES) and answer.body[:place].strip():
            continue
        if NAMES_OF_JUNOS.match(answer.ask):
            continue
        if answer.ask.startswith(GROUPS):
            assert found.keys() == whole.keys()
            continue  # nobody can tell a group's last member from its end
        changed = {name for name, said in found.items() if said not in (UNTOLD, whole.get(name))}
        assert not changed, f"{answer.ask} cut at {place} changes a rule"
        beside = any(word in answer.ask for word in BESIDE)
        if not (beside or ends_well(answer, place)):
            assert found.keys() == whole.keys(), (
                f"{answer.ask} cut at {place} loses a rule without a word"
            )


@pytest.mark.parametrize(
    "path",
    [path for path in GOOD if not path.name.startswith("firewall")],
    ids=lambda path: str(path.relative_to(CASES)),
)
def test_no_cut_crashes_a_parser(path: Path) -> None:
    subject = path.name.split(".")[0]
    for answer, place, cut in cut_tapes(read_tape(path)):
        reading = read_case(cut, subject)
        assert reading.failure is None or reading.failure.code != "parser_failed", (
            f"{answer.ask} cut at {place}: {reading.failure}"
        )


def test_a_daemons_word_that_breaks_off_does_not_fall_back_on_its_file() -> None:
    """The file says WPA3, the daemon runs TKIP: half of the daemon's word must not read WPA3."""
    tape = read_tape(CASES / "hostapd" / "wireless.edited_since.tape")
    for answer, _, cut in cut_tapes(tape):
        reading = read_case(cut, "wireless")
        if answer.ask.endswith("get_config") and reading.failure is None:
            assert all("sae" not in one.akm for one in reading.of(WirelessNetwork))


@pytest.mark.parametrize("place", [0, 1, 200, 700, 1500, 2100])
def test_a_terminal_that_closes_in_the_middle_gives_no_rules(lab_site: Site, place: int) -> None:
    mischief = Mischief(drop_after_bytes=place)
    lab_site.ssh("fw-01", ASA, "firewall", terminal=ASA_TERMINAL, mischief=mischief)
    code = failure_of(lab_site.readings()["fw-01", "firewall"])
    assert code in ("device_disconnected", "device_unreachable", "output_incomplete")


@pytest.mark.parametrize("place", [0, 1, 1000, 3776])
def test_a_host_that_closes_in_the_middle_gives_no_rules(lab_site: Site, place: int) -> None:
    mischief = Mischief(drop_after_bytes=place)
    lab_site.ssh("gw-01", tape_of("linux/firewall.nftables"), "firewall", mischief=mischief)
    code = failure_of(lab_site.readings()["gw-01", "firewall"])
    assert code in ("device_disconnected", "device_unreachable", "output_incomplete")


@pytest.mark.parametrize("place", [0, 1, 3000, 6391])
def test_a_document_that_closes_in_the_middle_gives_no_rules(lab_site: Site, place: int) -> None:
    mischief = Mischief(drop_after_bytes=place)
    lab_site.https("fw-01", tape_of("fortios/firewall.two_vdoms"), "firewall", mischief=mischief)
    code = failure_of(lab_site.readings()["fw-01", "firewall"])
    assert code in ("device_disconnected", "device_unreachable", "output_incomplete")
