"""The daemon: reads what is due, once; obeys its signals; and tells systemd how it is."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Timer

import pytest

from agent.brake import Brake
from agent.collect import Job, collect
from agent.config import load_config
from agent.rounds import Effort
from agent.timetable import due
from agent.transports import Answer
from agent.wired import agent_of, make_keys
from agent.work import tick
from evidence.ask import Ask
from evidence.device import Device
from evidence.runs import RunRecord
from evidence.statement import RUN, Statement

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parent.parent
DEVICES = """\
devices:
  - {id: this-host, platform: linux, subjects: [firmware], transport: local}
"""


def configuration(folder: Path) -> Path:
    path = folder / "agent.yaml"
    path.write_text("id: agent-1\nstate: state\nschedule: daily at 02:30\n", "utf-8")
    (folder / "devices.yaml").write_text(DEVICES, "utf-8")
    make_keys(folder / "state")
    return path


@contextmanager
def daemon_of(path: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A running daemon that has read its device once."""
    with subprocess.Popen(
        [sys.executable, "-c", "from agent.cli import main; main()", "run", "--config", str(path)],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
    ) as daemon:
        try:
            wait_for(daemon, lambda: any((path.parent / "state/bundles").rglob("*.zip")))
            yield daemon
        finally:
            daemon.kill()


def wait_for(daemon: subprocess.Popen[str], holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert daemon.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)


def ended(daemon: subprocess.Popen[str]) -> list[str]:
    """What a daemon that is told to end has said, line by line."""
    daemon.send_signal(signal.SIGTERM)
    _, said = daemon.communicate(timeout=30)
    assert daemon.returncode == 0
    return [json.loads(line)["message"] for line in said.splitlines()]


def test_what_is_due_is_read_once(tmp_path: Path) -> None:
    config = load_config(configuration(tmp_path))
    # 02:31 in Taipei on 24 November.
    now = datetime(2026, 11, 23, 18, 31, tzinfo=UTC)
    with agent_of(config) as agent:
        at_night = replace(agent, clock=lambda: now)
        assert [job.device.id for job in due(config, agent.ledger, now)] == ["this-host"]
        tick(config, at_night)
        assert due(config, agent.ledger, now) == []
        assert due(config, agent.ledger, now + timedelta(hours=23)) == []
        # Three days without power: one reading is due, not three.
        later = now + timedelta(days=3)
        assert len(due(config, agent.ledger, later)) == 1
        tick(config, replace(agent, clock=lambda: later))
        assert due(config, agent.ledger, later) == []
        assert len(list(agent.ledger.readings("this-host", "firmware"))) == 2


def test_the_daemon_reads_and_ends_cleanly(tmp_path: Path) -> None:
    with daemon_of(configuration(tmp_path)) as daemon:
        assert ended(daemon)[-1] == "stopped"


def test_systemd_hears_of_readiness_progress_and_the_end(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        with daemon_of(configuration(tmp_path), NOTIFY_SOCKET=str(tmp_path / "notify")) as daemon:
            heard = [manager.recv(4096).decode()]
            while "WATCHDOG=1" not in heard:
                heard.append(manager.recv(4096).decode())
            ended(daemon)
        while "STOPPING=1" not in heard:
            heard.append(manager.recv(4096).decode())
    assert heard[0] == "READY=1"
    assert "STATUS=1 devices, waiting for what is due" in heard


def test_sighup_takes_the_new_configuration_or_keeps_the_old(tmp_path: Path) -> None:
    path, said = configuration(tmp_path), []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        with daemon_of(path, NOTIFY_SOCKET=str(tmp_path / "notify")) as daemon:

            def status_after(text: str, words: str) -> None:
                path.write_text(text, "utf-8")
                daemon.send_signal(signal.SIGHUP)
                while words not in manager.recv(4096).decode():
                    pass

            good = path.read_text("utf-8")
            status_after(good + "limits: {wrkers: 3}\n", "configuration kept: config_syntax")
            status_after(good.replace("agent-1", "agent-2"), "configuration kept: restart_needed")
            devices = tmp_path / "devices.yaml"
            devices.write_text(DEVICES + DEVICES.splitlines()[1].replace("this", "that") + "\n")
            status_after(good, "2 devices")
            said = ended(daemon)
    assert any("key `wrkers` is unknown" in one for one in said)
    assert any("`id` cannot change while the agent runs" in one for one in said)


class Silent:
    """A transport whose device never answers."""

    def __init__(self) -> None:
        self.let_go = Event()

    def ask(self, ask: Ask) -> Answer:
        self.let_go.wait()
        return Answer(b"")

    def close(self) -> None:
        pass


def test_a_run_that_is_stopped_records_what_it_did_not_read(tmp_path: Path) -> None:
    config, silent, brake = load_config(configuration(tmp_path)), Silent(), Brake(budget_s=0.5)
    hosts = [Device(id=f"host-{n}", platform="linux", subjects=("firmware",)) for n in range(3)]
    with agent_of(config) as agent:
        Timer(0.2, brake.pull).start()
        jobs = [Job(host, host.subjects) for host in hosts]
        run = collect(agent, jobs, lambda device: silent, effort=Effort(workers=1), brake=brake)
        assert not silent.let_go.is_set(), "nobody waited for the device"
        silent.let_go.set()
        record = RunRecord.of(Statement.parse(run.record.payload))
        assert run.visits == ()
        assert agent.ledger.newest_record(RUN) == run.record.digest
    assert {gap.device for gap in record.gaps} == {"host-0", "host-1", "host-2"}
    assert {gap.failure.code for gap in record.gaps} == {"run_stopped"}


@pytest.mark.drill
def test_a_silent_device_does_not_hold_the_end_up(tmp_path: Path) -> None:
    path = configuration(tmp_path)
    (tmp_path / "credentials").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        secret = tmp_path / "credentials" / "password"
        secret.write_text("username: reader\npassword: not-a-secret\n", "utf-8")
        secret.chmod(0o600)
        (tmp_path / "devices.yaml").write_text(
            DEVICES + f"  - {{id: silent, platform: linux, subjects: [firmware], transport: ssh,"
            f" host: 127.0.0.1, port: {port}, secret: cred:password}}\n",
            "utf-8",
        )
        with daemon_of(path) as daemon:
            began = time.monotonic()
            said = ended(daemon)
    assert time.monotonic() - began < 30
    assert said[-1] == "stopped"
