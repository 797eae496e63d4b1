"""Rule listings of Linux hosts that nobody here wrote."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from evidence.facts import FirewallRule, RuleUsage
from evidence.reading import Reading
from tests.by_hand import read

# A listing with sets and no chain at all says nothing of rules: it is doubted, not taken as none.
WITHOUT_CHAINS = {"nft_nft-f_0025empty_dynset_0", "nft_sets_0063set_catchall_0"}
# Files of commands, not of a saved rule set; and profiles of programs.
NO_RULE_LIST = {"batfish_unsupported_command"}


def rules(reading: Reading) -> list[FirewallRule]:
    """The rules somebody wrote."""
    return [rule for rule in reading.of(FirewallRule) if not rule.implicit]


def expected(folder: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((folder / "expected.json").read_text("utf-8"))
    return found


def rule_lines(listing: str) -> list[str]:
    """The lines of an nft listing that are rules, by their indent and first word."""
    blocks: list[str] = []
    found = []
    for line in listing.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words == ["}"]:
            blocks.pop()
            continue
        in_chain = "chain" in blocks or "jump" in blocks
        about = words[0] in ("type", "policy") and blocks[-1] == "chain"
        if in_chain and not about:
            found.append(line.strip())
        if words[-1] == "{":
            blocks.append("jump" if in_chain else words[0])
    return found


def test_every_rule_of_an_nft_listing_is_told_with_its_count(conformance: Path) -> None:
    folder = conformance / "firewall" / "nftables"
    for path in sorted(folder.glob("*.nft")):
        listing = path.read_text("utf-8")
        reading = read("linux", "firewall", ("nft list ruleset", path.read_bytes()))
        if path.stem in WITHOUT_CHAINS:
            assert reading.failure and reading.failure.code == "result_empty_suspicious"
            continue
        assert reading.failure is None, (path.name, reading.failure)
        lines = rule_lines(listing)
        assert len(rules(reading)) == len(lines), path.name
        outside_sets = [re.sub(r"\{[^{}]*\}", "", line) for line in lines]
        counts = [
            int(found[1])
            for line in outside_sets
            if (found := re.search(r"\bcounter packets (\d+)", line))
        ]
        assert sorted(usage.count or 0 for usage in reading.of(RuleUsage)) == sorted(counts)
        implicit = [rule for rule in reading.of(FirewallRule) if rule.implicit]
        assert len(implicit) == len(re.findall(r"\bhook \w+ ", listing)), path.name
        keys = [rule.key for rule in reading.of(FirewallRule)]
        assert len(set(keys)) == len(keys), path.name


def test_iptables_listings_are_read_as_another_parser_reads_them(conformance: Path) -> None:
    folder = conformance / "firewall" / "iptables"
    for name, case in expected(folder).items():
        if case["parsed"] is None:
            continue
        raw = (folder / f"{name}.raw").read_bytes()
        reading = read("linux", "firewall", ("iptables -L", raw))
        assert reading.failure is None, (name, reading.failure)
        found = Counter(rule.policy for rule in rules(reading))
        wanted = {chain["chain"]: chain["rules"] for chain in case["parsed"]}
        assert found == Counter({chain: len(listed) for chain, listed in wanted.items() if listed})
        counts = {usage.key: usage.count for usage in reading.of(RuleUsage)}
        for chain, listed in wanted.items():
            here = [rule for rule in rules(reading) if rule.policy == chain]
            assert [counts[rule.key] for rule in here] == [one.get("pkts") for one in listed]
            targets = [one["target"] for one in listed]
            assert [rule.text and rule.text.split()[0] for rule in here] == targets


def test_saved_rule_sets_are_read_whole(conformance: Path) -> None:
    for path in sorted((conformance / "firewall" / "iptables").glob("*.cfg")):
        reading = read("linux", "firewall", ("iptables-save", path.read_bytes()))
        if path.stem in NO_RULE_LIST:
            assert reading.failure and reading.failure.code == "output_unexpected"
            continue
        assert reading.failure is None, (path.name, reading.failure)
        lines = re.findall(r"(?m)^-A ", path.read_text("utf-8"))
        assert len(rules(reading)) == len(lines), path.name
        assert not any(usage.count == 0 for usage in reading.of(RuleUsage)), (
            "a dump without -c shows no count: it is unknown, not 0"
        )


def test_ufw_is_read_as_another_parser_reads_it(conformance: Path) -> None:
    folder = conformance / "firewall" / "ufw"
    for name, case in expected(folder).items():
        raw = (folder / f"{name}.raw").read_bytes()
        reading = read("linux", "firewall", ("ufw status", raw))
        if "appinfo" in name:
            assert reading.failure and reading.failure.code == "output_unexpected"
            continue
        assert reading.failure is None, (name, reading.failure)
        found = [(rule.action, rule.family, rule.comment) for rule in rules(reading)]
        families = {"ipv4": "ip", "ipv6": "ip6"}
        assert found == [
            (one["action"].lower(), families[one["network_protocol"]], one["comment"])
            for one in case["parsed"]["rules"]
        ], name
        assert not reading.of(RuleUsage)
