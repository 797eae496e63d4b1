"""Configurations that Oxidized or RANCID kept: second evidence, never fresh and never a proof."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.assess import judge
from agent.config import Config, load_config
from agent.past import Outcome, import_past
from agent.wired import agent_of, make_keys
from evidence.capture import IMPORTED
from evidence.errors import ConfigurationError
from evidence.facts import FirewallRule
from evidence.reading import Reading
from evidence.tape import read_tape
from tests.by_hand import read
from tests.test_cases import CASES, read_case

OWN = datetime(2026, 11, 20, tzinfo=UTC)
CONFIGURATION = """\
: Saved
hostname edge-fw
interface GigabitEthernet0/0
 nameif outside
access-list outside_in extended permit tcp any host 10.0.0.5 eq https
{more}access-list outside_in extended deny ip any any
access-group outside_in in interface outside
username admin password canary-kept-password pbkdf2 privilege 15
snmp-server community canary-kept-community
: end
"""
SSH = "access-list outside_in extended permit tcp 10.9.0.0 255.255.0.0 any eq ssh\n"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "agent.yaml").write_text("id: agent-1\nstate: state\n")
    (tmp_path / "devices.yaml").write_text(
        "devices:\n"
        "  - {id: fw-01, platform: asa, host: 192.0.2.1, subjects: [firewall]}\n"
        "  - {id: sw-01, platform: iosxr, host: 192.0.2.2, subjects: [firmware]}\n"
    )
    make_keys(tmp_path / "state")
    return load_config(tmp_path / "agent.yaml")


def read_itself(config: Config) -> None:
    """The device was read by the agent, at OWN."""
    reading = Reading(
        device="fw-01", subject="firewall", at=OWN, facts=(FirewallRule(key="own", policy="in"),)
    )
    with agent_of(config) as agent:
        agent.ledger.keep_bundle(reading.digest, b"x", [reading], "run", False)


def repository(folder: Path, *versions: tuple[str, str, int]) -> Path:
    """A git repository of (file, content, days before OWN), committed by Oxidized's author."""
    folder.mkdir()
    _git(folder, "init", "-q")
    for file, content, days in versions:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(content)
        _git(folder, "add", "-A")
        _git(folder, "commit", "-qm", "update", at=OWN - timedelta(days=days))
    return folder


def _git(folder: Path, *words: str, at: datetime = OWN) -> None:
    who = {"NAME": "Oxidized", "EMAIL": "o@example", "DATE": at.isoformat()}
    environment = {f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in who.items()}
    command = ["git", "-C", str(folder), *words]
    subprocess.run(command, check=True, env={**os.environ, **environment})


def entered(config: Config, path: Path, kind: str = "oxidized") -> dict[str, Outcome]:
    with agent_of(config) as agent:
        return {one.device: one for one in import_past(agent, config.devices, kind, path)}


def imported(config: Config) -> list[Reading]:
    with agent_of(config) as agent:
        readings = agent.ledger.readings("fw-01", "firewall")
        return [one for one in readings if one.provenance == IMPORTED]


def test_each_commit_before_the_own_readings_becomes_a_reading_of_its_time(
    config: Config, tmp_path: Path
) -> None:
    read_itself(config)
    repo = repository(
        tmp_path / "kept.git",
        ("dc/fw-01", CONFIGURATION.format(more=""), 30),
        ("dc/fw-01", CONFIGURATION.format(more=SSH), 10),
        ("dc/fw-01", CONFIGURATION.format(more=""), -2),
        ("dc/unknown", "x", 5),
    )
    one = entered(config, repo)["fw-01"]
    assert (one.found, one.entered, one.later, one.why) == (3, 2, 1, "")
    first, second = imported(config)
    assert [first.at, second.at] == [OWN - timedelta(days=30), OWN - timedelta(days=10)]
    written = [[r for r in x.of(FirewallRule) if not r.implicit] for x in (first, second)]
    assert [len(rules) for rules in written] == [2, 3]
    again = entered(config, repo)["fw-01"]
    assert (again.entered, again.known) == (0, 2)


def test_secrets_of_a_kept_configuration_are_redacted_like_all_else(
    config: Config, tmp_path: Path
) -> None:
    read_itself(config)
    repo = repository(tmp_path / "kept", ("fw-01", CONFIGURATION.format(more=""), 3))
    assert entered(config, repo)["fw-01"].entered == 1
    left = [
        path.name
        for path in config.state.rglob("*")
        if path.is_file() and b"canary-kept" in path.read_bytes()
    ]
    assert not left


def test_what_was_imported_is_no_reading_in_time(config: Config, tmp_path: Path) -> None:
    read_itself(config)
    repo = repository(tmp_path / "kept", ("192.0.2.1.cfg", CONFIGURATION.format(more=""), 40))
    assert entered(config, repo)["fw-01"].entered == 1
    with agent_of(config) as agent:
        judged = judge(config, agent, "2026-10", OWN)
    states = {one.state for one in judged.observations if one.subject == "fw-01/firewall reading"}
    assert states == {"not_read"}


def test_a_folder_of_files_gives_the_newest_version_of_each(config: Config, tmp_path: Path) -> None:
    read_itself(config)
    file = tmp_path / "rancid" / "routers" / "configs" / "fw-01"
    file.parent.mkdir(parents=True)
    file.write_text("!RANCID-CONTENT-TYPE: cisco\n!\n" + CONFIGURATION.format(more=""))
    kept_at = (OWN - timedelta(days=4)).timestamp()
    os.utime(file, (kept_at, kept_at))
    assert entered(config, tmp_path / "rancid", "rancid")["fw-01"].entered == 1
    assert imported(config)[0].at == OWN - timedelta(days=4)


def test_what_cannot_be_taken_says_why(config: Config, tmp_path: Path) -> None:
    repo = repository(
        tmp_path / "kept", ("fw-01", CONFIGURATION.format(more=""), 3), ("sw-01", "x", 3)
    )
    told = entered(config, repo)
    assert "once first" in told["fw-01"].why
    assert "no collector of iosxr" in told["sw-01"].why
    (tmp_path / "cvs").mkdir()
    (tmp_path / "cvs" / "fw-01,v").write_text("head 1.1;")
    for path, kind, code in (
        (tmp_path / "cvs", "rancid", "import_cvs"),
        (tmp_path / "none", "rancid", "file_missing"),
        (repo, "tarball", "import_kind"),
    ):
        with pytest.raises(ConfigurationError) as raised:
            entered(config, path, kind)
        assert raised.value.code == code


@pytest.mark.parametrize(
    ("platform", "case"),
    [
        ("fortios", "kept_configuration"),
        ("junos", "kept_configuration"),
        ("junos", "kept_braces"),
        ("ios", "kept_configuration"),
        ("panos", "kept_configuration"),
        ("pfsense", "kept_configuration"),
        ("opnsense", "kept_configuration"),
    ],
)
def test_configurations_of_other_firewalls_become_rules_of_their_time(
    config: Config, tmp_path: Path, platform: str, case: str
) -> None:
    """The rules, and none of the secrets that such a configuration holds."""
    inventory = tmp_path / "devices.yaml"
    inventory.write_text(inventory.read_text().replace("platform: asa", f"platform: {platform}"))
    config = load_config(tmp_path / "agent.yaml")
    read_itself(config)
    tape = CASES / platform / f"firewall.{case}.tape"
    (kept,) = read_tape(tape).answers
    assert b"canary" in kept.body
    repo = repository(tmp_path / "kept.git", ("fw-01", kept.body.decode(), 30))
    one = entered(config, repo)["fw-01"]
    assert (one.found, one.entered, one.why) == (1, 1, "")
    [reading] = imported(config)
    expected = json.loads(tape.with_suffix(".facts.json").read_text("utf-8"))
    rules = [record["key"] for record in expected if record["fact"] == "firewall_rule"]
    assert [rule.key for rule in reading.of(FirewallRule)] == rules
    assert not [
        path.name
        for path in config.state.rglob("*")
        if path.is_file() and b"canary" in path.read_bytes()
    ]


def test_a_rule_of_a_kept_configuration_is_the_rule_that_the_router_lists() -> None:
    kept, listed = (
        {rule.key: rule for rule in read_case(read_tape(path), "firewall").of(FirewallRule)}
        for path in (
            CASES / "ios" / "firewall.kept_configuration.tape",
            CASES / "ios" / "firewall.router.tape",
        )
    )
    same = [key for key in kept if key in listed and not kept[key].implicit]
    assert len(same) >= 4
    for key in same:
        assert kept[key].match_digest == listed[key].match_digest


def test_quotes_of_a_kept_fortigate_are_those_of_its_own_words() -> None:
    kept = """config firewall policy
    edit 1
        set name "it's \\"web\\""
        set comments 'a "b"
 second line'
        set action accept
        set srcaddr "all" "branch one"
    next
end
"""
    reading = read("fortios", "firewall", ("show", kept.encode()))
    (rule, _) = reading.of(FirewallRule)
    assert (rule.name, rule.comment) == ('it\'s "web"', 'a "b"\n second line')
    for cut in (kept[: kept.index("second line")], kept[: kept.index("    next")]):
        failed = read("fortios", "firewall", ("show", cut.encode()))
        assert failed.failure is not None and failed.failure.code == "output_incomplete"
