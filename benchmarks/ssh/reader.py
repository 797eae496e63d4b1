"""A process that reads devices, and what it took: time, work, memory, wrong answers.

Each line of its input is an order, each line of its output the outcome of one. Both readers
are such processes, so that neither pays for the other.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from benchmarks.result import spent
from benchmarks.ssh.devices import Shown, Site

Read = Callable[[Sequence[Shown], int, Mapping[str, bytes]], int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one order: `wrong` is how many answers were not the device's own bytes."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    wrong: int


class Reader:
    """The other end of such a process."""

    def __init__(self, process: Popen[str]) -> None:
        self._process = process

    def read(self, shown: Sequence[Shown], workers: int, site: Site) -> Outcome:
        """Have the devices read, so many at once."""
        order = {
            "shown": [asdict(one) for one in shown],
            "workers": workers,
            "site": asdict(site),
        }
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return Outcome(**json.loads(self._process.stdout.readline()))


@contextmanager
def reader(module: str, packages: Path | None = None) -> Iterator[Reader]:
    """The reader of a module of this package, for as long as the block runs."""
    path = os.pathsep.join([*([str(packages)] if packages else []), *sys.path])
    with Popen(
        [sys.executable, "-m", f"benchmarks.ssh.{module}"],
        stdin=PIPE,
        stdout=PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    ) as process:
        assert process.stdin is not None
        yield Reader(process)
        process.stdin.close()


def serve(read: Read) -> None:
    """Follow orders until there are no more."""
    for line in sys.stdin:
        print(json.dumps(asdict(_followed(read, json.loads(line)))), flush=True)


def _followed(read: Read, order: Mapping[str, Any]) -> Outcome:
    shown = [Shown(**one) for one in order["shown"]]
    answers = Site(**order["site"]).answers()
    took, wrong = spent(lambda: read(shown, order["workers"], answers))
    return Outcome(took.wall_s, took.cpu_s, _peak_mb(), wrong)


def _peak_mb() -> float:
    """The most memory this process ever had resident."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return int(found[1]) / 1000 if found else 0.0
