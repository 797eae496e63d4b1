"""An agent that collects and pushes without end, to be killed: `python -m tests.agent_loop`.

Arguments: state folder, store address. Prints each digest the store acknowledged, as it comes.
"""

from __future__ import annotations

import sys
from functools import partial
from itertools import count
from pathlib import Path

from agent.collect import Agent, Job, collect
from agent.config import StoreModel
from agent.ledger import Ledger
from agent.push import StoreClient, push
from agent.redact import SiteKey
from agent.transports.tape import TapeTransport
from agent.wired import make_keys, system_clock
from evidence.device import Device
from evidence.tape import TapeAnswer

DEVICES = [Device(id=f"host-{n}", platform="linux", subjects=("firmware",)) for n in range(3)]
JOBS = [Job(device, device.subjects) for device in DEVICES]


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


def main() -> None:
    state, url = Path(sys.argv[1]), sys.argv[2]
    agent = agent_in(state)
    client = client_of(agent, url, state)
    for turn in count():
        body = f'ID=debian\nVERSION_ID="12"\nTURN={turn}.{agent.clock().timestamp()}\n'.encode()
        tape = [TapeAnswer("os_release", body)]
        collect(agent, JOBS, partial(_transport, tape))
        push(agent.ledger, client, lambda digest: print(digest, flush=True))


if __name__ == "__main__":
    main()
