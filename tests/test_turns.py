"""Turns: a device serves one session at a time across processes, a site so many; none is stale."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from agent.turns import Turns
from evidence.device import Device
from evidence.errors import Unreachable

ROOT = Path(__file__).resolve().parent.parent
HOLDER = """
import sys, time
from pathlib import Path
from agent.turns import Turns
from evidence.device import Device
limits = {name: 1 for name in sys.argv[2:]}
with Turns(Path(sys.argv[1]), **limits).of(Device(id="fw-1", platform="asa")):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def held(folder: Path, *limits: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has fw-1 for itself, under limits of one."""
    command = [sys.executable, "-c", HOLDER, str(folder), *limits]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            yield holder
        finally:
            holder.kill()


def test_another_process_waits_for_the_device_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    turns = Turns(tmp_path, device_wait_s=0.2)
    device = Device(id="fw-1", platform="asa")
    with held(tmp_path) as holder:
        with pytest.raises(Unreachable) as caught, turns.of(device):
            pass
        assert caught.value.code == "device_busy"
        with turns.of(Device(id="fw-2", platform="asa")):
            pass
        os.kill(holder.pid, signal.SIGKILL)
    with turns.of(device):
        pass


@pytest.mark.parametrize(
    ("limit", "turns", "beside"),
    [
        ("per_site", partial(Turns, per_site=1), Device(id="fw-2", platform="asa", site="colo")),
        ("per_platform", partial(Turns, per_platform=1), Device(id="fw-2", platform="fortios")),
    ],
)
def test_places_are_counted_across_processes(
    tmp_path: Path, limit: str, turns: Callable[..., Turns], beside: Device
) -> None:
    ours = turns(tmp_path, place_wait_s=0.2)
    alike = Device(id="fw-3", platform="asa")
    with held(tmp_path, limit):
        with pytest.raises(Unreachable) as caught, ours.of(alike):
            pass
        assert caught.value.code == "device_busy"
        with ours.of(beside):
            pass
    with ours.of(alike):
        pass


def at_once(turns: Turns, devices: list[Device]) -> int:
    """The most sessions that were open at the same time."""
    open_now, most, counted = 0, 0, threading.Lock()

    def session(device: Device) -> None:
        nonlocal open_now, most
        with turns.of(device):
            with counted:
                open_now += 1
                most = max(most, open_now)
            time.sleep(0.05)
            with counted:
                open_now -= 1

    threads = [threading.Thread(target=session, args=(device,)) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return most


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (lambda folder: Turns(folder, per_site=2), 2),
        (lambda folder: Turns(folder, per_platform=1), 1),
        (lambda folder: Turns(folder, per_site=3, per_platform=2), 2),
    ],
)
def test_a_site_and_a_platform_bear_so_many_sessions(
    tmp_path: Path, make: Callable[[Path], Turns], most: int
) -> None:
    devices = [Device(id=f"fw-{n}", platform="asa", site="../taipei") for n in range(6)]
    assert at_once(make(tmp_path), devices) <= most
    assert all(path.parent == tmp_path for path in tmp_path.rglob("*"))


def test_one_device_is_never_read_twice_at_once(tmp_path: Path) -> None:
    assert at_once(Turns(tmp_path), [Device(id="fw-1", platform="asa")] * 4) == 1
