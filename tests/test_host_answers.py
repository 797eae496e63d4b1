"""What the own host's root unit writes for the agent: named as asked, whole, and not too old."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.collect import Job, Run, collect
from agent.config import load_config
from agent.ledger import Ledger
from agent.platforms import platform
from agent.redact import SiteKey
from agent.sealing import Agent
from agent.timetable import due
from agent.transports.folder import open_folder
from agent.wired import make_keys
from collectors import linux
from evidence.device import Device

SCRIPT = Path(__file__).resolve().parent.parent / "systemd" / "evidence-agent-host.sh"
AT = datetime(2026, 11, 23, 18, 40, tzinfo=UTC)
RULESET = """{"nftables": [
{"metainfo": {"json_schema_version": 1}},
{"table": {"family": "inet", "name": "fw", "handle": 1}},
{"chain": {"family": "inet", "table": "fw", "name": "in", "handle": 1, "type": "filter",
 "hook": "input", "prio": 0, "policy": "drop"}},
{"rule": {"family": "inet", "table": "fw", "chain": "in", "handle": 2,
 "expr": [{"counter": {"packets": 3, "bytes": 180}}, {"accept": null}]}}
]}"""


def device(folder: Path) -> Device:
    options = {"folder": str(folder / "current"), "oldest_hours": "2"}
    return Device(
        id="rules",
        platform="linux",
        subjects=("firewall",),
        transport="folder",
        options=options,
    )


def programs(folder: Path, **scripts: str) -> Path:
    """A folder of programs, and of those the script needs itself."""
    place = folder / "bin"
    place.mkdir(exist_ok=True)
    for name in ("cat", "chmod", "date", "ln", "mktemp", "mv", "rm", "uname"):
        if not (place / name).exists():
            (place / name).symlink_to(f"/usr/bin/{name}")
    for name, script in scripts.items():
        (place / name.replace("_", "-")).write_text(f"#!/bin/sh\n{script}\n")
        (place / name.replace("_", "-")).chmod(0o755)
    return place


def write(folder: Path, place: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": str(place),
        "RUNTIME_DIRECTORY": str(folder),
        "INVOCATION_ID": "run-1",
    }
    return subprocess.run(["/bin/sh", str(SCRIPT)], env=environment, capture_output=True, text=True)


def named(folder: Path) -> set[str]:
    return {path.name for path in (folder / "current").iterdir()}


def test_every_answer_is_one_that_is_asked_for(tmp_path: Path) -> None:
    """Name and command as the platform declares them: nothing is kept in two ways."""
    noting = f'echo "$0 $*" >> {tmp_path}/asked'
    names = ("iptables_save", "ip6tables_save", "iptables_legacy_save", "ip6tables_legacy_save")
    place = programs(
        tmp_path,
        nft=f"{noting}; echo '{RULESET}'",
        systemctl=noting,
        **dict.fromkeys(names, noting),
    )
    assert write(tmp_path, place).returncode == 0
    asks = {ask.name: ask for ask in platform("linux").all_asks}
    assert named(tmp_path) - {"written_by"} < set(asks)
    asked = {line.rsplit("/", 1)[1] for line in (tmp_path / "asked").read_text().splitlines()}
    declared = {ask.text.removeprefix("sudo -n ") for ask in asks.values()}
    assert asked <= declared
    # What the platform asks of a firewall and is not here may be done without.
    wanted = {linux.NFT, linux.IPTABLES, linux.IP6TABLES, linux.IPTABLES_LEGACY}
    wanted |= {linux.IP6TABLES_LEGACY, linux.UNAME, linux.UPTIME, linux.CLOCK, linux.SERVICES}
    assert {ask.name for ask in wanted} == named(tmp_path) - {"written_by"}


def test_a_program_that_is_missing_is_an_answer_and_one_that_fails_is_none(tmp_path: Path) -> None:
    done = write(tmp_path, programs(tmp_path, nft="echo half; exit 7"))
    assert done.returncode == 0
    assert "status 7" in done.stderr
    assert "nft_ruleset" not in named(tmp_path)
    assert (tmp_path / "current" / "iptables_rules").read_text() == (
        "sh: iptables-save: not found\n"
    )


def test_a_run_that_is_cut_off_leaves_the_set_before_it(tmp_path: Path) -> None:
    place = programs(tmp_path, nft=f"echo '{RULESET}'")
    write(tmp_path, place)
    before = (tmp_path / "current").resolve()
    programs(tmp_path, nft="kill -9 $PPID")
    assert write(tmp_path, place).returncode == -9
    assert (tmp_path / "current").resolve() == before
    programs(tmp_path, nft=f"echo '{RULESET}'")
    assert write(tmp_path, place).returncode == 0
    assert (tmp_path / "current").resolve() != before
    assert len(list(tmp_path.glob("set.*"))) == 1


@contextmanager
def agent_at(folder: Path, now: datetime) -> Iterator[Agent]:
    ledger = Ledger(folder / "state")
    key = make_keys(folder / "state")
    yield Agent("agent-1", "main", ledger, key, SiteKey(b"k" * 32), clock=lambda: now)
    ledger.close()


def read(folder: Path, now: datetime) -> Run:
    one = device(folder)
    with agent_at(folder, now) as agent:
        way = open_folder(one, platform("linux"))
        return collect(agent, [Job(one, one.subjects)], lambda device: way)


def set_of(folder: Path, at: datetime) -> None:
    write(folder, programs(folder, nft=f"echo '{RULESET}'"))
    for path in (folder / "current").iterdir():
        os.utime(path, (at.timestamp(), at.timestamp()))


def test_a_reading_says_which_unit_wrote_its_answers_and_when(tmp_path: Path) -> None:
    set_of(tmp_path, AT - timedelta(minutes=20))
    (visit,) = read(tmp_path, AT).visits
    assert visit.readings[0].failure is None
    assert visit.readings[0].at == AT - timedelta(minutes=20)
    captures = [one.capture for one in visit.exchanges if one.capture]
    assert {one.provenance.delivered_by for one in captures} == {
        "evidence-agent-host.service, run run-1"
    }
    assert {one.provenance.captured_at for one in captures} == {AT - timedelta(minutes=20)}


def test_answers_of_a_unit_that_stopped_are_a_failed_reading(tmp_path: Path) -> None:
    set_of(tmp_path, AT - timedelta(hours=2, seconds=1))
    ((reading,),) = (visit.readings for visit in read(tmp_path, AT).visits)
    assert reading.failure is not None
    assert reading.failure.code == "answer_stale"
    assert reading.facts == ()


def test_one_answer_left_behind_from_an_older_set_spoils_the_reading(tmp_path: Path) -> None:
    set_of(tmp_path, AT)
    old = (AT - timedelta(days=3)).timestamp()
    os.utime(tmp_path / "current" / "iptables_rules", (old, old))
    ((reading,),) = (visit.readings for visit in read(tmp_path, AT).visits)
    assert reading.failure is not None
    assert reading.failure.code == "answer_stale"


def test_what_was_written_before_it_was_due_is_read_once(tmp_path: Path) -> None:
    """Due at 02:30, written at 02:20, read at 02:40: the visit settles it, not the file's time."""
    (tmp_path / "agent.yaml").write_text("id: a\nstate: state\nschedule: daily at 02:30\n")
    (tmp_path / "devices.yaml").write_text(
        "devices:\n  - {id: rules, platform: linux, subjects: [firewall], transport: folder,"
        f" options: {{folder: {tmp_path}/current}}}}\n"
    )
    config = load_config(tmp_path / "agent.yaml")
    set_of(tmp_path, AT - timedelta(minutes=20))
    with agent_at(tmp_path, AT) as agent:
        assert len(due(config, agent.ledger, AT)) == 1
    read(tmp_path, AT)
    with agent_at(tmp_path, AT) as agent:
        assert due(config, agent.ledger, AT + timedelta(minutes=1)) == []
