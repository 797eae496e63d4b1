"""What the agent dies of is found, left alone and said; what died with it is not blamed."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGKILL

import pytest

from agent.brake import Brake
from agent.collect import Job, Run, collect
from agent.ledger import Ledger
from agent.quarantine import PAUSE, Quarantine
from agent.transports import Answer
from agent.transports.tape import TapeTransport
from agent.visit import SCHEDULE
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import VisitError
from evidence.tape import TapeAnswer
from tests.agent_loop import agent_in
from tests.dying_agent import BODY, DEVICES

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parent.parent
AT = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
POISON = Device(id="poison", platform="linux", subjects=("firmware",))


def die(state: Path, *more: str) -> tuple[int, dict[str, str]]:
    """An agent's end, and what it said of each device."""
    command = [sys.executable, "-m", "tests.dying_agent", str(state), *more]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in ended.stderr
    return ended.returncode, dict(line.split() for line in ended.stdout.splitlines())


def read(state: Path, at: datetime, requester: str = SCHEDULE, brake: Brake | None = None) -> Run:
    """The device read by an agent that does not die of it."""
    agent = replace(agent_in(state), clock=lambda: at)
    try:
        tape = [TapeAnswer("os_release", BODY)]
        jobs = [Job(POISON, POISON.subjects)]
        return collect(agent, jobs, lambda _: TapeTransport(tape), requester, brake=brake)
    finally:
        agent.ledger.close()


def code(run: Run) -> str | None:
    failure = run.visits[0].readings[0].failure
    return failure.code if failure else None


def suspects(state: Path) -> dict[str, int]:
    ledger = Ledger(state)
    found = {device: one.times for (device, _), one in ledger.setbacks.suspects().items()}
    ledger.close()
    return found


def test_two_deaths_are_enough_and_the_restarts_end(tmp_path: Path) -> None:
    """The first death takes two others with it; the second run reads each of the three alone."""
    assert die(tmp_path, "together") == (-SIGKILL, {})
    assert len(list((tmp_path / "underway").iterdir())) == len(DEVICES)
    ended, said = die(tmp_path)
    assert ended == -SIGKILL
    assert suspects(tmp_path) == {"poison": 1, "fw-02": 1}  # fw-01 was read, and sealed
    ended, said = die(tmp_path)
    assert (ended, said) == (0, {"fw-01": "read", "poison": "quarantined", "fw-02": "read"})
    assert suspects(tmp_path) == {"poison": 2}
    assert list((tmp_path / "underway").iterdir()) == []


def died(state: Path, times: int, at: datetime) -> None:
    """As a ledger stands after so many deaths."""
    ledger = Ledger(state)
    for _ in range(times):
        ledger.setbacks.suspect(POISON.id, "firmware", at)
    ledger.close()


def test_it_is_tried_again_after_a_day_or_when_an_operator_asks(tmp_path: Path) -> None:
    died(tmp_path, 2, AT)
    failure = read(tmp_path, AT).visits[0].readings[0].failure
    assert failure is not None and failure.code == "quarantined"
    assert "ended 2 times in the middle of reading firmware" in failure.message
    assert "evidence-agent collect poison -s firmware" in failure.next_step
    assert code(read(tmp_path, AT + timedelta(minutes=1), "lin")) is None
    assert code(read(tmp_path, AT + PAUSE - timedelta(minutes=5))) == "quarantined"
    assert code(read(tmp_path, AT + PAUSE)) is None
    assert suspects(tmp_path) == {}
    assert code(read(tmp_path, AT + PAUSE + timedelta(hours=1))) is None


def test_one_death_is_no_quarantine(tmp_path: Path) -> None:
    died(tmp_path, 1, AT)
    assert code(read(tmp_path, AT)) is None
    assert suspects(tmp_path) == {}


def test_who_is_still_reading_is_not_counted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with Quarantine(ledger, lambda: AT).around(POISON, "firmware"):
        Quarantine(ledger, lambda: AT)
        assert ledger.setbacks.suspects() == {}
    ledger.close()


def test_a_death_is_counted_once_by_many(tmp_path: Path) -> None:
    ledgers = [Ledger(tmp_path) for _ in range(8)]
    (tmp_path / "underway").mkdir()
    for number in range(5):
        (tmp_path / "underway" / str(number)).write_text(f'["fw-{number}", "firmware"]')
    (tmp_path / "underway" / "lost-power").touch()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: Quarantine(one, lambda: AT), ledgers))
    for ledger in ledgers:
        ledger.close()
    assert suspects(tmp_path) == {f"fw-{number}": 1 for number in range(5)}
    assert list((tmp_path / "underway").iterdir()) == []


def test_an_agent_that_is_told_to_stop_leaves_no_suspect(tmp_path: Path) -> None:
    """Its visit is given up in the middle, and goes on until the process ends."""
    agent, brake, silence = agent_in(tmp_path), Brake(budget_s=0.1), threading.Event()

    class Silent(TapeTransport):
        def ask(self, ask: Ask) -> Answer:
            brake.pull()
            silence.wait(30)
            raise VisitError("at last")

    collect(agent, [Job(POISON, POISON.subjects)], lambda _: Silent([]), brake=brake)
    assert list((tmp_path / "underway").iterdir()) == []
    silence.set()
    agent.ledger.close()
    assert suspects(tmp_path) == {}
