"""The agent on a disk that fails, fills or lies: nothing acknowledged is lost or hidden."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest
from pytest_mock import MockerFixture

from agent.collect import Job, collect
from agent.config import load_config
from agent.daemon import Daemon
from agent.ledger import DATABASE, Ledger
from agent.notify import Notifier
from agent.push import push
from agent.room import HELD_BYTES, RESERVED_BYTES, no_room
from agent.rounds import Effort
from agent.sealing import Agent
from agent.start import mend_ledger, take_in
from agent.transports.tape import TapeTransport
from agent.wired import agent_of
from agent.work import keep_spool
from evidence.bundle import load_bundle
from evidence.collection import Gap
from evidence.device import Device
from evidence.errors import EnvironmentProblem
from evidence.runs import RunRecord
from evidence.seal import Envelope, SigningKey
from evidence.statement import RUN, Statement
from evidence.tape import TapeAnswer
from store.app import make_app
from store.serve import serving
from tests.agent_loop import JOBS
from tests.fixtures_disk import DiskFault
from tests.fixtures_program import Run
from tests.fixtures_scene import Scene
from tests.test_daemon import ROOT, configuration, daemon_of, ended, wait_for

AT = datetime(2026, 12, 1, tzinfo=UTC)
PROGRAM = [sys.executable, "-c", "from agent.cli import main; main()"]


def gaps_of(agent: Agent) -> list[Gap]:
    """The gaps of every run record, in the order they were recorded."""
    records = [Envelope.parse(bytes(one)) for _, _, one in agent.ledger.records(RUN)]
    runs = [RunRecord.of(Statement.parse(one.payload)) for one in records]
    return [gap for run in runs for gap in run.gaps]


def rows(state: Path) -> int:
    """How many bundles the ledger acknowledges."""
    with closing(sqlite3.connect(state / DATABASE)) as db:
        (count,) = db.execute("SELECT count(*) FROM bundle").fetchone()
        return int(count)


def read_all(agent: Agent, number: int, devices: int = 3) -> None:
    """A run over lab hosts whose answers were never given before."""
    body = f'ID=debian\nVERSION_ID="12"\nTURN={number}\n'.encode()
    hosts = [
        Device(id=f"host-{n}", platform="linux", subjects=("firmware",)) for n in range(devices)
    ]
    jobs = [replace(JOBS[0], device=host) for host in hosts]
    collect(agent, jobs, lambda device: TapeTransport([TapeAnswer("os_release", body)]))


# A sync that fails


@pytest.mark.part("cc")
@pytest.mark.parametrize("under", ["/bundles/", f"/{DATABASE}-wal"])
def test_a_failed_sync_ends_the_daemon_and_the_next_start_goes_on(
    tmp_path: Path, disk_fault: DiskFault, under: str
) -> None:
    path = configuration(tmp_path)
    Ledger(tmp_path / "state").close()
    disk_fault.turn_on()
    done = subprocess.run(
        [*PROGRAM, "run", "--config", str(path)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **disk_fault.environment("eio", under)},
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert done.returncode == 3
    assert "env_disk" in done.stderr
    assert len(disk_fault.struck()) == 1, "no second sync after the one that failed"
    assert rows(tmp_path / "state") == 0, "nothing was acknowledged"
    with daemon_of(path) as daemon:
        wait_for(daemon, lambda: rows(tmp_path / "state") > 0)
        assert ended(daemon)[-1] == "stopped"
    with agent_of(load_config(path)) as agent:
        assert agent.ledger.bundles_in("spooled")
        assert all(load_bundle(one.path) for one in agent.ledger.bundles_in("spooled") if one.path)


@pytest.mark.part("cc")
def test_short_and_interrupted_writes_are_finished(tmp_path: Path, disk_fault: DiskFault) -> None:
    path = configuration(tmp_path)
    disk_fault.turn_on()
    with daemon_of(path, **disk_fault.environment("short", "/state/")) as daemon:
        assert ended(daemon)[-1] == "stopped"
    struck = " ".join(disk_fault.struck())
    assert "/bundles/" in struck or DATABASE in struck
    with agent_of(load_config(path)) as agent:
        (kept,) = agent.ledger.bundles_in("spooled")
        assert kept.path is not None
        assert load_bundle(kept.path, [agent.signing_key.public]).digest == kept.digest
    with closing(sqlite3.connect(tmp_path / "state" / DATABASE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# A damaged ledger


def overwritten(database: Path, first: int, last: int, random: Random) -> None:
    """Random bytes over these pages, in per cent of the file."""
    size = database.stat().st_size
    start, end = size * first // 100, size * last // 100
    with database.open("r+b") as file:
        file.seek(start)
        file.write(random.randbytes(end - start))


@pytest.mark.parametrize(
    ("first", "last", "keeps"),
    [(0, 100, set()), (0, 5, set()), (90, 100, {"host_key"})],
    ids=["all of it", "its head", "its end"],
)
def test_a_damaged_ledger_is_moved_aside_and_built_anew_from_its_files(
    scene: Scene, first: int, last: int, keeps: set[str]
) -> None:
    with scene.agent() as (agent, client):
        agent.ledger.accept_host_key("fw-1", "SHA256:abc", "alice", agent.clock())
        for number in range(5):
            read_all(agent, number)
        push(agent.ledger, client)
        read_all(agent, 5)
        receipts = {one.digest: one.receipt for one in agent.ledger.bundles_in("stored")}
        readings = {one.digest for one in agent.ledger.readings()}
        records = agent.ledger.records()
    overwritten(scene.state / DATABASE, first, last, Random(17010))
    damaged = (scene.state / DATABASE).read_bytes()

    repaired = mend_ledger(scene.state, AT)
    assert repaired is not None
    assert repaired.aside.read_bytes() == damaged
    assert {name for name, count in repaired.rows.items() if count} >= keeps
    with scene.agent() as (agent, client):
        found = repaired.rows["record"] + take_in(agent, repaired, Notifier({}))
        assert found == len(scene.files()) + len(records) == 18 + 6
        assert {one.digest for one in agent.ledger.readings()} == readings
        assert agent.ledger.records()[:6] == records
        (gap,) = gaps_of(agent)
        assert gap.failure.code == "ledger_rebuilt"
        assert f"{found - repaired.rows['record']} bundles and records" in gap.failure.message
        assert bool(agent.ledger.host_keys("fw-1")) == ("host_key" in keeps)
        push(agent.ledger, client)
        again = {one.digest: one.receipt for one in agent.ledger.bundles_in("stored")}
        assert receipts.items() <= again.items(), "the store gave the same receipts"
        kept = [digest for _, digest in client.listed("bundles")]
        assert len(kept) == len(set(kept)) == 18
    assert mend_ledger(scene.state, AT) is None


def test_a_sound_ledger_is_left_alone_whatever_the_log_beside_it(scene: Scene) -> None:
    with scene.agent() as (agent, _):
        read_all(agent, 1)
        assert mend_ledger(scene.state, AT) is None, "while it is open"
    assert mend_ledger(scene.state, AT) is None
    assert mend_ledger(scene.state / "none", AT) is None


# A full disk


def fill(folder: Path, leaving_bytes: int = 0) -> Path:
    """A file of somebody else's that takes all but so many bytes."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        while (more := shutil.disk_usage(folder).free - leaving_bytes) > 0:
            file.write(bytes(min(more, 1 << 20)))
            file.flush()
    return filler


@pytest.mark.part("root")
def test_on_a_disk_without_any_room_commands_say_so_and_init_leaves_no_half_file(
    small_disk: Path, run: Run
) -> None:
    run("init", small_disk / "made")
    run("devices", "--config", small_disk / "made")
    filler = fill(small_disk)
    done = run("init", small_disk / "new")
    assert done.returncode == 3 and "No space left" in done.stderr
    assert not list((small_disk / "new").glob("*.yaml")), "an empty one would be left as it is"
    done = run("devices", "--config", small_disk / "made")
    assert done.returncode == 3 and done.stderr.startswith("disk_full: ")
    filler.unlink()
    assert run("init", small_disk / "new").returncode == 0
    assert run("devices", "--config", small_disk / "new").returncode == 0


@pytest.mark.part("root")
def test_on_a_full_disk_collecting_stops_and_says_so_while_the_push_goes_on(
    small_disk: Path, tmp_path: Path
) -> None:
    path, now = configuration(small_disk), AT
    key = SigningKey.read(small_disk / "state" / "signing.pem")
    app = make_app(tmp_path / "store", clock=lambda: now)
    app.state.custody.enrol("agent-1", ["main"], key.public)
    with serving(app) as url:
        path.write_text(path.read_text("utf-8") + f"store: {{url: '{url}'}}\n")
        config = load_config(path)
        with agent_of(config) as made:
            agent = replace(made, clock=lambda: now)
            daemon = Daemon(config, agent, Notifier({}))
            daemon.turn()
            filler = fill(small_disk)
            now += timedelta(days=1)
            for _ in range(3):
                daemon.turn()
                now += timedelta(minutes=1)
            assert len(list(agent.ledger.readings("this-host"))) == 1
            (gap,) = gaps_of(agent)
            assert (gap.failure.code, gap.until_at) == ("disk_full", None)
            keep_spool(config, agent, Notifier({}))
            assert not agent.ledger.bundles_in("spooled")
            assert not agent.ledger.records(state="spooled")
            filler.unlink()
            daemon.turn()
            assert len(list(agent.ledger.readings("this-host"))) == 2
            assert gaps_of(agent)[1] == replace(gap, until_at=now)
            assert (config.state / "reserve").stat().st_size == HELD_BYTES, "for the next time"


@pytest.mark.part("root")
def test_a_disk_that_fills_within_a_run_ends_it_while_there_is_room_to_say_so(
    small_disk: Path,
) -> None:
    config = load_config(configuration(small_disk))
    hosts = [Device(id=f"host-{n}", platform="linux", subjects=("firmware",)) for n in range(12)]
    jobs = [Job(host, host.subjects) for host in hosts]

    def answer(device: Device) -> TapeTransport:
        body = Random(device.id).randbytes(500_000).hex().encode()
        return TapeTransport([TapeAnswer("os_release", body)])

    with agent_of(config) as agent:
        fill(small_disk, RESERVED_BYTES + 2_000_000)
        room = partial(no_room, config, agent.ledger)
        run = collect(agent, jobs, answer, effort=Effort(workers=1), no_room=room)
        assert shutil.disk_usage(small_disk).free > RESERVED_BYTES - HELD_BYTES
        gaps = gaps_of(agent)
        kept = agent.ledger.bundles_in("spooled")
    read = {visit.device.id for visit in run.visits}
    assert 0 < len(read) == len(kept) < 12
    assert {gap.device for gap in gaps} == {host.id for host in hosts} - read
    assert {gap.failure.code for gap in gaps} == {"disk_full"}


def test_a_bundle_that_cannot_be_kept_is_a_gap_and_an_error(
    tmp_path: Path, mocker: MockerFixture
) -> None:
    """The room that was seen was not there: a quota, say."""
    full = OSError(errno.EDQUOT, "Disk quota exceeded")
    with agent_of(load_config(configuration(tmp_path))) as agent:
        mocker.patch("agent.ledger.write_once", side_effect=[full, None])
        with pytest.raises(EnvironmentProblem) as caught:
            collect(agent, JOBS[:1], lambda device: TapeTransport([]))
        assert caught.value.code == "env_state"
        (gap,) = gaps_of(agent)
        assert (gap.device, gap.failure.code) == ("host-0", "env_state")
        assert agent.ledger.last_attempt("host-0", "firmware") is None, "so it is due still"
