"""What PAN-OS prints at its command line, recorded by others; of its XML API none is public."""

import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from evidence.facts import FirewallRule
from tests.by_hand import read

POLICY = "ntc_paloalto_panos_show_running_security-policy"


def told(value: Any) -> list[str]:
    """The other parser keeps the brackets of a list."""
    return str(value).strip("[] ").split()


def test_the_policy_in_force_is_what_another_parser_reads(conformance: Path) -> None:
    folder = conformance / "firewall" / "paloalto_panos"
    case = json.loads((folder / "expected.json").read_text("utf-8"))[POLICY]
    reading = read("panos", "firewall", (case["command"], (folder / f"{POLICY}.raw").read_bytes()))
    assert reading.failure is None, reading.failure
    rules = reading.of(FirewallRule)
    assert len(rules) == len(case["parsed"])
    for rule, other in zip(rules, case["parsed"], strict=True):
        assert rule.name == other["name"].strip('"')
        assert rule.action == other["action"]
        assert list(rule.source_zones) == told(other["from"])
        assert list(rule.destination_zones) == told(other["to"])
        for mine, theirs in (
            (rule.sources, other["source"]),
            (rule.destinations, other["destination"]),
        ):
            wanted = [one if one == "any" else str(ip_network(one)) for one in told(theirs)]
            assert list(mine) == wanted
        assert rule.implicit == bool(other["type"])
    web = rules[0]
    assert (web.applications, web.services) == (("any",), ("tcp/8000", "tcp/80", "tcp/8080"))
    assert rules[1].services == ("icmp",)


def test_other_answers_are_no_policy(conformance: Path) -> None:
    folder = conformance / "firewall" / "paloalto_panos"
    for path in sorted(folder.iterdir()):
        if path.stem == POLICY or path.suffix == ".json":
            continue
        reading = read("panos", "firewall", ("show running security-policy", path.read_bytes()))
        assert reading.failure is not None, path.name
    licences = conformance / "show_version" / "paloalto_panos"
    for path in licences.glob("*.raw"):
        reading = read("panos", "firmware", ("show system info", path.read_bytes()))
        assert reading.failure is not None, "licences name no release"
