"""Reading devices at a terminal: visits as the agent makes them, and nornir with netmiko.

The same devices are read by both in turn, each in a process of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from statistics import median

from benchmarks.result import Result
from benchmarks.scratch import packages
from benchmarks.ssh.devices import Site, devices
from benchmarks.ssh.reader import Outcome, Reader, reader

NORNIR = ("nornir==3.6.0", "nornir-netmiko==1.0.1", "ruamel.yaml==0.18.16")
_GROUP16 = "diffie-hellman-group16-sha512"


def run(
    *, count: int = 200, rules: int = 2000, workers: int = 50, rounds: int = 3, peer: bool = True
) -> Iterator[Result]:
    """Each device is logged in to, asked for its version and access list, and left.

    Where devices are slow, ours is given twice the `workers`: they cost it less than the peer's.
    """
    found = packages(*NORNIR) if peer else "not asked for"
    with ExitStack() as stack:
        sides = [stack.enter_context(reader("ours"))]
        if not isinstance(found, str):
            sides.append(stack.enter_context(reader("nornir", found)))
        for what, site, times, at_once in (
            ("20 ms", Site(count, rules), rounds, workers),
            ("100 ms", Site(count, rules, wait_ms=100), 1, 2 * workers),
            ("group16", Site(count, rules, kex=_GROUP16), 1, workers),
            ("prompts in it", Site(count, rules, planted=True), 1, workers),
        ):
            outcomes = _measured(sides, site, (at_once, workers), times)
            wrong = [one.wrong for one in outcomes]
            note = f"{count} devices, {at_once} at once, peer {workers}; wrong answers of "
            note += f"{times * count * len(site.answers()):,}: ours {wrong[0]}"
            note += f", peer {wrong[1]}" if len(wrong) > 1 else f"; no peer: {found}"
            rates = [count / one.wall_s for one in outcomes]
            work = [1000 * one.cpu_s / count for one in outcomes]
            peaks = [one.peak_mb for one in outcomes]
            for name, unit, figures in (
                ("devices read", "devices/s", rates),
                ("work a device", "CPU ms", work),
                ("memory", "MB", peaks),
            ):
                yield Result(
                    name=f"ssh: {name}, {what}",
                    ours=figures[0],
                    peer=figures[1] if len(figures) > 1 else None,
                    unit=unit,
                    against="nornir with netmiko",
                    truth=not wrong[0],
                    more_is_better=unit == "devices/s",
                    note=note if figures is rates else "of the reader's process",
                )


def _measured(
    sides: Sequence[Reader], site: Site, workers: Sequence[int], times: int
) -> list[Outcome]:
    """What each side took, the medians of so many times in turn; wrong answers are all counted."""
    with devices(site) as shown:
        for side in sides:  # the first visit of each imports what it needs, and is not measured
            side.read(shown[:1], 1, site)
        rounds = [
            [side.read(shown, many, site) for side, many in zip(sides, workers, strict=False)]
            for _ in range(times)
        ]
    return [
        Outcome(
            wall_s=median(one.wall_s for one in outcomes),
            cpu_s=median(one.cpu_s for one in outcomes),
            peak_mb=max(one.peak_mb for one in outcomes),
            wrong=sum(one.wrong for one in outcomes),
        )
        for outcomes in zip(*rounds, strict=True)
    ]
