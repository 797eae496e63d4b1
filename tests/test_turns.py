"""Turns: a device serves one session at a time across processes, a site so many; none is stale."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
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
with Turns(Path(sys.argv[1])).of(Device(id="fw-1", platform="asa")):
    print("held", flush=True)
    time.sleep(60)
"""


def test_another_process_waits_for_the_device_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    turns = Turns(tmp_path, device_wait_s=0.2)
    device = Device(id="fw-1", platform="asa")
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Unreachable) as caught, turns.of(device):
            pass
        assert caught.value.code == "device_busy"
        with turns.of(Device(id="fw-2", platform="asa")):
            pass
        os.kill(holder.pid, signal.SIGKILL)
    with turns.of(device):
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
