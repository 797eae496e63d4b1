"""Check Point's management API as others recorded it: packages, layers, rules. None holds hits."""

import json
from pathlib import Path
from typing import Any

import pytest

from collectors.checkpoint._objects import dictionary
from evidence.facts import FirewallRule
from evidence.reading import Reading
from tests.by_hand import read

FOLDER = "firewall/checkpoint_mgmt"


def recorded(conformance: Path, name: str) -> Any:
    return json.loads((conformance / FOLDER / f"batfish_{name}.json").read_text("utf-8"))


def rules_of(packages: Any, layers: list[Any], *more: tuple[str, bytes]) -> Reading:
    """The reading of one package, its layers delivered in the order they stand in it."""
    answers = [(name, json.dumps(body).encode()) for name, body in (("packages", packages),)]
    answers += [("rulebase", json.dumps(layer).encode()) for layer in layers]
    return read("checkpoint", "firewall", *answers, *more)


@pytest.mark.parametrize("package", ["Standard", "test1"])
def test_every_recorded_rule_is_read(conformance: Path, package: str) -> None:
    layers = recorded(conformance, f"{package}__show-access-rulebase")
    if package == "Standard":
        listed = recorded(conformance, "show-packages")[0]["packages"]
        one = next(row for row in listed if row["name"] == package)
    else:
        one = recorded(conformance, "test1__show-package")[0]
    reading = rules_of({"packages": [one], "from": 1, "to": 1, "total": 1}, layers)
    assert reading.failure is None, reading.failure
    written = [rule for rule in reading.of(FirewallRule) if not rule.implicit]
    ends = [rule for rule in reading.of(FirewallRule) if rule.implicit]
    entries = [(layer, row) for layer in layers for row in layer["rulebase"]]
    assert len(written) == len(entries) == sum(layer["total"] for layer in layers)
    assert [rule.action for rule in ends] == ["drop"] * len(layers)
    for rule, (layer, row) in zip(written, entries, strict=True):
        names = {o["uid"]: o for o in layer["objects-dictionary"]}
        wanted = [
            names[uid].get("ipv4-address", names[uid]["name"]).replace("Any", "any")
            for uid in row["source"]
        ]
        assert (rule.vendor_id, rule.name, rule.policy) == (row["uid"], row["name"], layer["name"])
        assert list(rule.sources) == wanted
        assert rule.action == names[row["action"]]["name"].lower()
        assert rule.logged == (names[row["track"]["type"]]["name"] != "None")
        assert rule.not_understood == ()
        assert rule.created_at is not None


def test_groups_and_services_of_the_recording_are_understood(conformance: Path) -> None:
    rows = [
        row
        for name in ("groups", "address-ranges", "service-groups", "services-udp")
        for page in recorded(conformance, f"show-{name}")
        for row in page["objects"]
    ]
    found = dictionary(rows)
    by_name = {row["name"]: row["uid"] for row in rows}
    assert found.resolve([by_name["All_Internet"]]) == ("any",)
    assert found.resolve([by_name["archie"]]) == ("udp/1525",)
    group = next(row for row in rows if row["type"] == "group")
    assert len(found.resolve([group["uid"]])) == len(group["members"])
