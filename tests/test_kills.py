"""SIGKILL during collect and push: what the store acknowledged it has once, and nothing is lost."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from random import Random

import pytest

from agent.push import push
from agent.sealing import adopt
from tests.agent_loop import DEVICES, HALF_A_BODY, WHAT_IT_LACKS, running_agent
from tests.fixtures_scene import Scene


def test_no_kill_loses_or_doubles_a_bundle(
    scene: Scene, drill_count: Callable[[int, int], int]
) -> None:
    random, acknowledged = Random(17010), list[str]()
    for _ in range(drill_count(10, 200)):
        acknowledged += killed_run(scene, random.uniform(0.02, 0.4))
    with scene.agent() as (agent, client):
        adopt(agent)
        push(agent.ledger, client)
        kept = [digest for _, digest in client.listed("bundles")]
        records = [digest for _, digest in client.listed("records")]
        stored = {one.digest for one in agent.ledger.bundles_in("stored")}
    assert acknowledged, "nothing was ever acknowledged: the kills came too early to show anything"
    assert set(acknowledged) <= set(kept) | set(records)
    assert len(kept) == len(set(kept))
    assert set(kept) == scene.files() == stored
    assert not scene.unfinished()


def killed_run(scene: Scene, after_s: float) -> list[str]:
    """The digests acknowledged to an agent that is killed so many seconds after its first word."""
    with running_agent(scene.state, scene.url) as (process, acknowledged):
        said = [acknowledged.recv()]
        time.sleep(after_s)
        process.kill()
        process.join()
        return said + heard(acknowledged)


def heard(acknowledged: Connection) -> list[str]:
    """What was said before the end; a word cut off by the kill is none."""
    said = []
    try:
        while True:
            said.append(acknowledged.recv())
    except (EOFError, OSError):
        return said


@pytest.mark.parametrize(
    ("dies_before", "left"),
    [
        ("pathlib.Path.rename", "a temporary file"),
        ("agent.ledger.files._sync", "a bundle without its row"),  # the rename is done
        ("agent.ledger.Ledger._keep_readings", "a bundle without its row"),
        ("agent.collect.close_run", "a bundle"),
        ("agent.push.StoreClient.put_bundle", "a bundle"),
        (HALF_A_BODY, "a bundle"),
        (WHAT_IT_LACKS, "a bundle"),  # the store has said it
        ("agent.push.StoreClient._receipt", "a bundle"),  # and now it has everything
        ("agent.ledger.Ledger.stored", "a bundle"),
    ],
)
def test_a_kill_at_this_point_loses_and_doubles_nothing(
    scene: Scene, dies_before: str, left: str
) -> None:
    with running_agent(scene.state, scene.url, dies_before) as (process, _):
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
    before = scene.files()
    with scene.agent() as (agent, client):
        known = {one.digest for one in agent.ledger.bundles_in("spooled")}
        assert bool(scene.unfinished()) == (left == "a temporary file")
        assert bool(before - known) == (left == "a bundle without its row")
        assert adopt(agent) == len(before - known)
        assert not scene.unfinished()
        push(agent.ledger, client)
        kept = [digest for _, digest in client.listed("bundles")]
        stored = {one.digest: one.receipt for one in agent.ledger.bundles_in("stored")}
        assert stored == {one: client.receipt(one).to_json() for one in kept}
    assert len(kept) == len(set(kept))
    assert set(kept) == before == scene.files()
    assert len(before) <= len(DEVICES)
