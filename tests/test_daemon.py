"""The daemon: reads what is due, once; and ends when it is told to."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.config import load_config
from agent.daemon import due, tick
from agent.wired import agent_of, make_keys

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
    path = configuration(tmp_path)
    command = "from agent.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", command, "run", "--config", str(path)],
        stderr=subprocess.PIPE,
        text=True,
    ) as daemon:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "state" / "bundles").rglob("*.zip")):
            assert daemon.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        daemon.send_signal(signal.SIGTERM)
        _, said = daemon.communicate(timeout=30)
    assert daemon.returncode == 0
    assert said.splitlines()[-1] == "INFO stopped"
