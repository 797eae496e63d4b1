"""An agent that dies of one device: `python -m tests.dying_agent STATE [together]`.

A scheduled run over three devices of tapes. To read `poison` is the end of the process. With
`together` the others do not end before it is being read, so that they die with it. Prints each
device that was read or refused, with the code of its failure.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from signal import SIGKILL

from agent.collect import Job, collect
from agent.transports import Answer, Transport
from agent.transports.tape import TapeTransport
from evidence.ask import Ask
from evidence.device import Device
from evidence.tape import TapeAnswer
from tests.agent_loop import agent_in

DEVICES = ("fw-01", "poison", "fw-02")
BODY = b'ID=debian\nVERSION_ID="12"\n'


class Poison:
    """A transport of the device whose answer is the agent's end."""

    def __init__(self, underway: Path, together: bool) -> None:
        self._underway, self._together = underway, together

    def ask(self, ask: Ask) -> Answer:
        while self._together and self._marks() < len(DEVICES):
            time.sleep(0.01)
        os.kill(os.getpid(), SIGKILL)
        raise AssertionError("it is dead")

    def close(self) -> None:
        """It was never open."""

    def _marks(self) -> int:
        # A mark that is not yet written would be blamed on nobody.
        return sum(mark.stat().st_size > 0 for mark in self._underway.iterdir())


class Slow(TapeTransport):
    """Answers only after the agent's death, which is never."""

    def ask(self, ask: Ask) -> Answer:
        time.sleep(60)
        raise AssertionError("it is dead")


def main() -> None:
    state, together = Path(sys.argv[1]), "together" in sys.argv
    agent = agent_in(state)

    def opened(device: Device) -> Transport:
        if device.id == "poison":
            return Poison(state / "underway", together)
        tape = [TapeAnswer("os_release", BODY)]
        return Slow(tape) if together else TapeTransport(tape)

    devices = [Device(id=name, platform="linux", subjects=("firmware",)) for name in DEVICES]
    run = collect(agent, [Job(device, device.subjects) for device in devices], opened)
    for visit in run.visits:
        failure = visit.readings[0].failure
        print(visit.device.id, failure.code if failure else "read", flush=True)


if __name__ == "__main__":
    main()
