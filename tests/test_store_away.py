"""The store is away, silent, or its answer is lost: the agent reads on; each thing goes once."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

import pytest
from pytest_mock import MockerFixture

from agent.collect import collect
from agent.push import BATCH, push
from agent.push import client as pushing
from agent.transports.tape import TapeTransport
from agent.wired import system_clock
from evidence.device import Device
from evidence.errors import EnvironmentProblem
from evidence.receipt import Receipt
from evidence.seal import Envelope
from evidence.statement import Statement
from evidence.tape import TapeAnswer
from tests.agent_loop import JOBS, client_of
from tests.fixtures_relay import Relay
from tests.fixtures_scene import Scene


def line_to(scene: Scene, relay: Callable[[int], Relay]) -> tuple[Relay, str]:
    """A line to the store, and the store's address at its near end."""
    line = relay(urlsplit(scene.url).port or 0)
    return line, f"http://127.0.0.1:{line.port}"


def index_of(receipt: bytes | None) -> int:
    """The place in the store's log that a receipt gives."""
    assert receipt is not None
    return Receipt.of(Statement.parse(Envelope.parse(receipt).payload)).index


def played(tape: list[TapeAnswer], device: Device) -> TapeTransport:
    return TapeTransport(tape)


def test_an_answer_that_is_lost_comes_again_the_same(
    scene: Scene, relay: Callable[[int], Relay]
) -> None:
    """Whatever the store has just made, the agent does not hear of it the first time."""
    line, url = line_to(scene, relay)
    with scene.agent() as (agent, client):
        collect(agent, JOBS, lambda device: TapeTransport([TapeAnswer("os_release", b"ID=x\n")]))
        collected = {one.digest for one in agent.ledger.bundles_in("spooled")}
        through = client_of(agent, url, scene.state)
        line.drops = b"HTTP/1.1 201 "
        while agent.ledger.bundles_in("spooled") or agent.ledger.records(state="spooled"):
            with suppress(EnvironmentProblem):
                push(agent.ledger, through)
        assert line.dropped > len(JOBS), "the store made each of them, and was not heard"
        stored = {one.digest: one.receipt for one in agent.ledger.bundles_in("stored")}
        assert stored == {one: client.receipt(one).to_json() for one in collected}
        assert sorted(one for _, one in client.listed("bundles")) == sorted(collected)
        assert len(list(client.listed("records"))) == 1


def test_a_connection_that_fell_silent_is_given_up_within_a_minute(
    scene: Scene, relay: Callable[[int], Relay], mocker: MockerFixture
) -> None:
    """As where a firewall forgot it: nothing is refused, nothing comes back. In short minutes."""
    assert sum(pushing.TIMEOUT_S) <= 60
    line, url = line_to(scene, relay)
    with scene.agent() as (agent, _):
        through = client_of(agent, url, scene.state)
        push(agent.ledger, through)
        collect(agent, JOBS, lambda device: TapeTransport([]))
        line.freeze()
        whole_s = pushing.TIMEOUT_S
        mocker.patch.object(pushing, "TIMEOUT_S", tuple(one / 50 for one in whole_s))
        began_s = time.monotonic()
        with pytest.raises(EnvironmentProblem) as caught:
            push(agent.ledger, through)
        assert time.monotonic() - began_s < max(whole_s)
        mocker.stopall()
        assert caught.value.code == "store_unreachable"
        assert len(agent.ledger.bundles_in("spooled")) == len(JOBS)
        line.thaw()
        assert push(agent.ledger, through).stored == len(JOBS) + 1


def test_after_days_without_the_store_the_oldest_goes_first_and_half_the_link_is_left(
    scene: Scene, drill_count: Callable[[int, int], int]
) -> None:
    now, days = system_clock(), drill_count(25, 90)
    with scene.agent() as (made, client):
        agent = replace(made, clock=lambda: now)
        away = client_of(agent, "http://127.0.0.1:9", scene.state)
        began_at = now - timedelta(days=days)
        for day in range(days):
            now = began_at + timedelta(days=day)
            tape = [TapeAnswer("os_release", b"ID=debian\nDAY=%d\n" % day)]
            collect(agent, JOBS, partial(played, tape))
            if day % 10 == 0:
                with pytest.raises(EnvironmentProblem):
                    push(agent.ledger, away)
        waiting = agent.ledger.bundles_in("spooled")
        assert len(waiting) == days * len(JOBS)
        rested: list[float] = []
        began_s = time.monotonic()
        push(agent.ledger, client, rest=rested.append)
        took_s = time.monotonic() - began_s
        places = [index_of(one.receipt) for one in agent.ledger.bundles_in("stored")]
    # Those under way together may overtake each other, nothing else may.
    late = [place - nth for nth, place in enumerate(places, start=min(places))]
    assert max(map(abs, late)) < BATCH
    assert len(rested) == (len(waiting) - 1) // BATCH
    assert sum(rested) <= took_s
