"""A loss of power, on a real file system: whatever was acknowledged is there when it is back."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from agent.ledger import DATABASE
from agent.push import push
from agent.sealing import adopt
from agent.wired import make_keys
from evidence.bundle import load_bundle
from evidence.seal import SigningKey
from store.app import make_app
from store.clock import system_clock
from store.custody import Custody
from store.fsck import fsck
from store.serve import serving
from tests.agent_loop import running_agent
from tests.fixtures_bundle import MakeBundle
from tests.fixtures_disk import PowerDisk
from tests.fixtures_scene import Scene
from tests.fixtures_store import StoreClient
from tests.test_kills import heard
from tests.test_store_faults import Acknowledged, send_until_dead, store_process

pytestmark = pytest.mark.part("root", "mkfs.ext4")


def lost(disk: PowerDisk) -> Path:
    """A file that nobody syncs, since nobody writes here any more; a cut that leaves it has shown
    nothing."""
    path = disk.folder / "never synced"
    path.write_bytes(b"x" * 4096)
    return path


def is_gone(path: Path) -> bool:
    return not path.exists() or path.read_bytes() != b"x" * 4096


def test_every_acknowledged_bundle_is_in_the_store_after_a_loss_of_power(
    power_disk: PowerDisk,
    signing_key: SigningKey,
    make_bundle: MakeBundle,
    drill_count: Callable[[int, int], int],
) -> None:
    state, acknowledged, random = power_disk.folder / "store", Acknowledged(), Random(6)
    custody = Custody(state, system_clock)
    custody.enrol("agent-1", ["main"], signing_key.public)
    custody.close()
    for cut in range(drill_count(1, 50)):
        with store_process(state) as (process, url):
            client = StoreClient(url, signing_key, now=None)
            acknowledged.came.clear()
            arguments = (client, make_bundle, cut, 0, acknowledged)
            sender = threading.Thread(target=send_until_dead, args=arguments)
            sender.start()
            assert acknowledged.came.wait(60)
            time.sleep(random.uniform(0.02, 0.5))
            process.send_signal(signal.SIGKILL)
            process.wait()
            control = lost(power_disk)
            power_disk.cut()
            sender.join()
        assert is_gone(control), "power was not lost"
    with store_process(state) as (_, url):
        client = StoreClient(url, signing_key, now=None)
        for digest, receipt in acknowledged.receipts.items():
            assert client.get(f"/v1/receipts/{digest}").content == receipt
    custody = Custody(state, system_clock)
    assert list(fsck(custody)) == []
    custody.close()


def test_what_an_agent_acknowledged_is_whole_after_a_loss_of_power(
    power_disk: PowerDisk, tmp_path: Path, drill_count: Callable[[int, int], int]
) -> None:
    state, random, said = power_disk.folder / "agent", Random(5), list[str]()
    key = make_keys(state)
    os.sync()  # the keys were made long ago
    app = make_app(tmp_path / "store", clock=system_clock)
    app.state.custody.enrol("agent-1", ["main"], key.public)
    with serving(app) as url:
        scene = Scene(state, url)
        for _ in range(drill_count(1, 50)):
            with running_agent(state, url) as (process, acknowledged):
                said.append(acknowledged.recv())
                time.sleep(random.uniform(0.02, 0.5))
                process.kill()
                process.join()
                said += heard(acknowledged)
                control = lost(power_disk)
                power_disk.cut()
            assert is_gone(control), "power was not lost"
            with closing(sqlite3.connect(state / DATABASE)) as rows:
                assert rows.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            with scene.agent() as (agent, client):
                adopt(agent)
                for kind in ("spooled", "stored"):
                    for one in agent.ledger.bundles_in(kind):
                        assert one.path is not None
                        assert load_bundle(one.path, [key.public]).digest == one.digest
                push(agent.ledger, client)
        with scene.agent() as (agent, client):
            kept = [digest for _, digest in client.listed("bundles")]
            stored = {one.digest for one in agent.ledger.bundles_in("stored")}
            records = {digest for _, digest in client.listed("records")}
    assert said and set(said) <= stored | records
    assert len(kept) == len(set(kept)) and stored <= set(kept)
