"""Answers of FortiGates that nobody here wrote: REST recordings and the command line."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from evidence.facts import FirewallRule, HardwareItem, RuleUsage, SoftwareRelease, Unit
from evidence.reading import Reading
from tests.by_hand import read

METRIC = re.compile(r"fortigate_policy_(\w+)\{([^}]*)\} (\S+)")


def rest(conformance: Path, subject: str, *names: str) -> Reading:
    """A subject read from these recordings, each under the request it was the answer to."""
    folder = conformance / "firewall" / "fortinet"
    cases: dict[str, dict[str, Any]] = json.loads((folder / "expected.json").read_text("utf-8"))
    answers = [
        (cases[name]["command"].split(" ")[0], (folder / f"{name}.jsonnet").read_bytes())
        for name in names
    ]
    return read("fortios", subject, *answers)


def metrics(conformance: Path, name: str, protocol: str) -> dict[tuple[str, ...], float]:
    """What the upstream exporter must print: (metric, vdom, number, uuid) → value."""
    folder = conformance / "firewall" / "fortinet"
    text = json.loads((folder / "expected.json").read_text("utf-8"))[name]["parsed"]
    found: dict[tuple[str, ...], float] = {}
    for metric, labels, value in METRIC.findall(str(text["prometheus_text"][0])):
        label = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        if label["protocol"] == protocol:
            found[metric, label["vdom"], label["id"], label["uuid"]] = float(value)
    return found


@pytest.mark.parametrize(
    ("name", "protocol", "family"),
    [("fgtexp_fw-policy-v4", "ipv4", "ip"), ("fgtexp_fw-policy6-pre64", "ipv6", "ip6")],
)
def test_statistics_are_what_the_exporter_prints(
    conformance: Path, name: str, protocol: str, family: str
) -> None:
    reading = rest(conformance, "firewall", name)
    assert reading.failure is None
    assert not reading.of(FirewallRule), "statistics are no rule list"
    usages = {one.key: one for one in reading.of(RuleUsage)}
    config = name.replace("pre64", "config-pre64") if "policy6" in name else name
    printed = metrics(conformance, config, protocol)
    assert len(usages) == len([one for one in printed if one[0] == "hit_count_total"])
    for (metric, vdom, number, uuid), value in printed.items():
        usage = usages[f"{vdom}/{family}/{uuid or number}"]
        if metric == "bytes_total":
            assert usage.size_bytes == value
        if metric == "active_sessions":
            assert usage.open_sessions == value
        # The exporter prints 0 for the implicit denial, of which the device tells no hits.
        if metric == "hit_count_total" and not (number == "0" and usage.count is None):
            assert usage.count == value


def test_a_list_before_6_4_meets_its_statistics(conformance: Path) -> None:
    reading = rest(
        conformance, "firewall", "fgtexp_fw-policy6-config-pre64", "fgtexp_fw-policy6-pre64"
    )
    written = [rule for rule in reading.of(FirewallRule) if not rule.implicit]
    usages = {one.key: one for one in reading.of(RuleUsage)}
    assert [(one.name, one.context, one.family) for one in written] == [
        ("ipv6 policy", "FG-traffic", "ip6")
    ]
    assert usages[written[0].key].count == 0, "in the answer, and never hit since boot"
    implicit = {one.context: one.key for one in reading.of(FirewallRule) if one.implicit}
    assert usages[implicit["root"]].count == 8
    assert usages[implicit["FG-traffic"]].count is None


def test_the_envelope_tells_release_and_serial(conformance: Path) -> None:
    for name, version, build, serial in (
        ("fgtexp_status", "v6.2.4", "1112", "FGVMEVZFNTS3OAC8"),
        ("fgtexp_ha-statistics", "v6.2.3", "1066", "FGT61E4QXXXXXXXX1"),
        ("fgtexp_system-time", "v6.0.10", "365", "FGT61FT000000000"),
    ):
        reading = rest(conformance, "firmware", name)
        (release,) = reading.of(SoftwareRelease)
        assert (release.product, release.version, release.build) == ("fortios", version, build)
        assert serial in {one.serial for one in reading.of(HardwareItem)}


def test_members_of_a_cluster(conformance: Path) -> None:
    own, other = rest(conformance, "firmware", "fgtexp_ha-statistics").of(Unit)
    assert (own.subject_unit, own.hostname, own.ha_peer) == (
        None,
        "member-name-1",
        "FGT61E4QXXXXXXXX2",
    )
    assert (other.subject_unit, other.hostname) == ("FGT61E4QXXXXXXXX2", "member-name-2")


def test_a_shortened_answer_is_not_standalone(conformance: Path) -> None:
    (unit,) = rest(conformance, "firmware", "fgtexp_ha-config-no-access").of(Unit)
    assert (unit.ha_mode, unit.ha_role) == (None, None)


def test_other_answers_are_no_policies(conformance: Path) -> None:
    folder = conformance / "firewall" / "fortinet"
    for name in ("fgtexp_license-61f-full", "fgtexp_interface"):
        raw = (folder / f"{name}.jsonnet").read_bytes()
        reading = read("fortios", "firewall", ("GET /api/v2/cmdb/firewall/policy?vdom=*", raw))
        assert reading.failure is not None, name
        assert not reading.facts


def test_the_command_line_says_what_another_parser_says(conformance: Path) -> None:
    folder = conformance / "show_version" / "fortinet"
    cases: dict[str, dict[str, Any]] = json.loads((folder / "expected.json").read_text("utf-8"))
    for name, case in cases.items():
        raw = (folder / f"{name}.raw").read_bytes()
        reading = read("fortinet", "firmware", (case["command"], raw))
        assert reading.failure is None, (name, reading.failure)
        (said,) = case["parsed"]
        if case["command"] == "get system status":
            (release,) = reading.of(SoftwareRelease)
            (hardware,) = reading.of(HardwareItem)
            assert f"{hardware.model} {release.version},build{release.build}," in said["version"]
            assert hardware.serial == said["serial_number"]
            assert reading.of(Unit)[0].hostname == said["hostname"]
            continue
        roles = {one.ha_role: one for one in reading.of(Unit)}
        for role, word in (("active", "master"), ("standby", "slave")):
            if said[f"ha_{word}_unit_serial"]:
                assert roles[role].serial == said[f"ha_{word}_unit_serial"], name
                assert roles[role].hostname == said[f"ha_{word}_unit_name"], name
        assert {one.model for one in reading.of(HardwareItem)} == {said["model"]}
