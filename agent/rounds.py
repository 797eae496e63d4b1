"""The rounds of a run: who is visited beside whom, and who is visited once more.

Devices are visited side by side. One that broke off is visited again when the others are done
and its pause is over; one that the agent may have died of comes last, and alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice

from agent.brake import Brake
from agent.visit import Budget, Visit
from evidence.device import Device

# The connection was there, and was lost.
_BROKE_OFF = frozenset({"device_disconnected", "device_restarted", "device_silent"})
# Visits begun or done for each worker that are not sealed yet. More would pile up in memory, and
# come to a disk that is full by then.
_AHEAD = 2
# What a device that restarts says next. Never a refused log-in, an identity or a denial.
_AGAIN = _BROKE_OFF | {"device_unreachable", "via_unreachable"}


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a run spends: visits side by side, and further attempts at what broke off.

    `retry_after_s` is how long a device is left alone before each: most restarts take a minute
    or two. `budget` is what one connection may take.
    """

    workers: int = 16
    retry_after_s: Sequence[float] = (20.0, 120.0)
    budget: Budget = field(default_factory=Budget)


@dataclass(eq=False)
class Errand:
    """A device to be visited. `go` makes an attempt at these subjects, beside what was read before.

    `visit` is what came of all attempts; None while there was none.
    """

    device: Device
    subjects: tuple[str, ...]
    go: Callable[[Sequence[str]], Visit]
    alone: bool = False
    visit: Visit | None = None
    ended_s: float = 0.0

    def attempt(self) -> Visit:
        return self.go(self.subjects if self.visit is None else broken_off(self.visit))


def broken_off(visit: Visit) -> tuple[str, ...]:
    """The subjects that were lost with the connection, and may be read by another one."""
    if not any(one.error and one.error.code in _BROKE_OFF for one in visit.exchanges):
        return ()  # it was never reached, and others wait
    failed = ((reading.subject, reading.failure) for reading in visit.readings)
    return tuple(subject for subject, failure in failed if failure and failure.code in _AGAIN)


def rounds(
    errands: Sequence[Errand], effort: Effort, brake: Brake, halted: Callable[[], bool]
) -> Generator[Errand, None, None]:
    """Each errand once nothing more is done for it.

    When the brake is pulled, or it is `halted`, no attempt begins any more; what was attempted
    stands as it is.
    """
    lost: list[Errand] = []
    beside = [one for one in errands if not one.alone]
    # Each of the others is sealed before the next begins: it must not be lost with the agent.
    for group in (beside, *([one] for one in errands if one.alone)):
        for errand in _attempted(group, effort.workers, brake, halted):
            if errand.visit is not None and broken_off(errand.visit):
                lost.append(errand)
            else:
                yield errand
    for pause_s in effort.retry_after_s:
        over_s = max((one.ended_s for one in lost), default=0.0) + pause_s
        if not lost or halted() or brake.wait(over_s - time.monotonic()):
            break
        again, lost = lost, []
        for errand in _attempted(again, effort.workers, brake, halted):
            assert errand.visit is not None
            if broken_off(errand.visit):
                lost.append(errand)
            else:
                yield errand
    yield from lost


def _attempted(
    errands: Sequence[Errand], workers: int, brake: Brake, halted: Callable[[], bool]
) -> Iterator[Errand]:
    """Each errand as its attempt ends; at the end those for which there was no time."""
    if not errands or brake.pulled or halted():
        yield from errands
        return
    workers = max(1, min(workers, len(errands)))
    pool = ThreadPoolExecutor(max_workers=workers)
    queue, waiting = iter(errands), dict[Future[Visit], Errand]()

    def send(count: int) -> None:
        waiting.update((pool.submit(one.attempt), one) for one in islice(queue, count))

    send(workers * _AHEAD)
    patient = False
    try:
        for done in _done(waiting, brake, halted):
            errand = waiting.pop(done)
            errand.visit, errand.ended_s = done.result(), time.monotonic()
            yield errand
            if not (brake.pulled or halted()):
                send(1)
        patient = not brake.spent
    finally:
        # One that is given up ends by its own time limit; nothing waits for it.
        pool.shutdown(wait=patient, cancel_futures=True)
    yield from waiting.values()
    yield from queue


def _done(
    waiting: Mapping[Future[Visit], Errand], brake: Brake, halted: Callable[[], bool]
) -> Iterator[Future[Visit]]:
    """Those of the growing `waiting` that ended; one that never began is none of them."""
    cancelled: set[Future[Visit]] = set()
    while (running := waiting.keys() - cancelled) and not brake.spent:
        if brake.pulled or halted():
            cancelled |= {one for one in running if one.cancel()}
            running -= cancelled
        yield from wait(running, timeout=0.5, return_when=FIRST_COMPLETED).done
