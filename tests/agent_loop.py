"""An agent that collects and pushes without end, in a process of its own, to be killed.

One process has everything loaded and forks the others, so that a kill costs no start of Python.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from unittest.mock import patch

from agent.collect import Job, collect
from agent.config import StoreModel
from agent.ledger import Ledger
from agent.push import StoreClient, push
from agent.redact import SiteKey
from agent.sealing import Agent
from agent.transports.tape import TapeTransport
from agent.wired import make_keys, system_clock
from evidence.device import Device
from evidence.tape import TapeAnswer

DEVICES = [Device(id=f"host-{n}", platform="linux", subjects=("firmware",)) for n in range(3)]
JOBS = [Job(device, device.subjects) for device in DEVICES]
HALF_A_BODY = "half a body"
WHAT_IT_LACKS = "agent.push.client._missing"
_SEND = HTTPConnection.send
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def _transport(tape: list[TapeAnswer], device: Device) -> TapeTransport:
    return TapeTransport(tape)


def agent_in(state: Path) -> Agent:
    return Agent(
        id="agent-1",
        site="main",
        ledger=Ledger(state),
        signing_key=make_keys(state),
        site_key=SiteKey(b"k" * 32),
        clock=system_clock,
    )


def client_of(agent: Agent, url: str, state: Path) -> StoreClient:
    return StoreClient(StoreModel(url=url), agent.signing_key, agent.clock, state)


def _turn(agent: Agent, client: StoreClient, number: int, on_stored: Callable[[str], None]) -> None:
    """Read three devices, each time with an answer that was never given before, and push."""
    body = f'ID=debian\nVERSION_ID="12"\nTURN={number}.{agent.clock().timestamp()}\n'.encode()
    collect(agent, JOBS, partial(_transport, [TapeAnswer("os_release", body)]))
    push(agent.ledger, client, on_stored)


@contextmanager
def running_agent(
    state: Path, url: str, dies_before: str = ""
) -> Iterator[tuple[BaseProcess, Connection]]:
    """An agent at work, and what the store acknowledged to it, one digest a message.

    `dies_before` names what it kills itself at: the first call of this function. At HALF_A_BODY it
    has sent just that of its first upload.
    """
    ours, theirs = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=_work, args=(state, url, dies_before, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield process, ours
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


def _work(state: Path, url: str, dies_before: str, acknowledged: Connection) -> None:
    agent = agent_in(state)
    client = client_of(agent, url, state)
    if dies_before == HALF_A_BODY:
        patch.object(HTTPConnection, "send", _send_half).start()
    elif dies_before:
        patch(dies_before, side_effect=_die).start()
    if dies_before == WHAT_IT_LACKS:
        # Only of a bundle that does not go up whole does the store say what it lacks.
        patch("agent.push.client.WHOLE_BYTES", 0).start()
    for number in count():
        _turn(agent, client, number, acknowledged.send)


def _send_half(connection: HTTPConnection, sent: bytes) -> None:
    if sent.startswith(b"PUT "):
        _SEND(connection, sent)  # the head
        return
    _SEND(connection, sent[: len(sent) // 2])
    _die()


def _die(*arguments: object, **named: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
