"""SIGKILL during collect and push: what the store acknowledged it has once, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from agent.collect import adopt
from agent.push import push
from agent.wired import make_keys, system_clock
from store.app import make_app
from store.serve import serving
from tests.agent_loop import agent_in, client_of

ROOT = Path(__file__).resolve().parent.parent


def test_no_kill_loses_or_doubles_a_bundle(
    tmp_path: Path, drill_count: Callable[[int, int], int]
) -> None:
    state, random = tmp_path / "agent", Random(17010)
    key = make_keys(state)
    app = make_app(tmp_path / "store", clock=system_clock)
    app.state.custody.enrol("agent-1", ["main"], key.public)
    with serving(app) as url:
        acknowledged: list[str] = []
        for _ in range(drill_count(20, 200)):
            acknowledged += killed_run(state, url, random.uniform(0.05, 0.6))
        agent = agent_in(state)
        adopt(agent)
        client = client_of(agent, url, state)
        push(agent.ledger, client)
        collected = {path.stem for path in (state / "bundles").rglob("*.zip")}
        kept = [digest for _, digest in client.listed("bundles")]
        records = [digest for _, digest in client.listed("records")]
        stored = {one.digest for one in agent.ledger.bundles_in("stored")}
        unfinished = list((state / "bundles").rglob(".*"))
        agent.ledger.close()
    assert acknowledged, "nothing was ever acknowledged: the kills came too early to show anything"
    assert set(acknowledged) <= set(kept) | set(records)
    assert len(kept) == len(set(kept))
    assert set(kept) == collected == stored
    assert not unfinished


def killed_run(state: Path, url: str, after_s: float) -> list[str]:
    """The digests acknowledged to an agent that is killed so many seconds after its first word."""
    command = [sys.executable, "-m", "tests.agent_loop", str(state), url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        time.sleep(after_s)
        os.kill(process.pid, signal.SIGKILL)
        said += process.stdout.read()
    # A line cut off by the kill is none.
    return [line for line in said.splitlines() if len(line) == 64]
