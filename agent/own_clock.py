"""Our own clock: whether a time it gives can be believed, for readings are dated by it.

The kernel says whether the clock is kept right by NTP. Where it is not, the clock is still right as
long as it runs on as it did when it was: in the same boot of the machine, in step with the seconds
since boot, which nobody sets. A clock that starts with a wrong hardware clock, or that a hand has
set, is in doubt until NTP has it again.

A machine that never had NTP shows less: that its clock was set within a boot, or set back, so that
a reading is dated before an earlier one. How long it had been wrong nobody knows, so what is dated
before shows no silence any more; every later reading says so (`Reading.clock_set_at`).
"""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Lock

from agent.ledger import Ledger
from agent.steady import STEP, SteadyClock, since_boot_s
from evidence.clock import Clock, parse_at, stamp
from evidence.reading import OWN_CLOCK, Failure
from evidence.usage import HISTORY

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_FILE = "clock.json"
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 512  # more than struct timex has on any machine; all zero only asks
_NEXT = "look after NTP on the agent's host: `timedatectl`, `chronyc tracking`"


@dataclass(frozen=True, slots=True)
class Course:
    """Where the clock stands in one boot of the machine: `ahead_s` of the seconds since boot.

    `synchronised`: NTP had it. `set_at`: readings dated up to then are of another course.
    """

    boot: str
    ahead_s: float
    synchronised: bool
    set_at: datetime | None = None

    def goes_on(self, before: Course) -> bool:
        return self.boot == before.boot and not self.was_set(before)

    def tells_more(self, before: Course) -> bool:
        """Whether it is worth remembering instead."""
        same = (self.synchronised, self.set_at) == (before.synchronised, before.set_at)
        return not (same and self.goes_on(before))

    def was_set(self, before: Course) -> bool:
        """Whether somebody set the clock in between, as far as one boot can tell."""
        off_s = abs(self.ahead_s - before.ahead_s)
        return self.boot == before.boot and off_s > STEP.total_seconds()


def looked(
    at: datetime, now: Course, known: Course | None, newest_at: datetime | None
) -> tuple[Course, Failure | None]:
    """The course to remember, and what speaks against the time `at`.

    `known` is the course remembered, `newest_at` the newest time that was believed for an earlier
    reading of the same; None where there is none.
    """
    if known is None:
        return now, None
    if known.synchronised and not now.synchronised and not now.goes_on(known):
        since = "it was set" if now.was_set(known) else "the machine started"
        return known, _doubt(f"is not synchronised since {since}")
    set_at = known.set_at
    # Two processes may read one after the other by clocks a little apart.
    if newest_at is not None and newest_at - at > STEP:
        set_at = newest_at
    elif not known.synchronised and now.was_set(known):
        set_at = at
    if set_at is not None and at - set_at > HISTORY:
        set_at = None
    course = replace(known if known.synchronised and not now.synchronised else now, set_at=set_at)
    if set_at is None or at > set_at:
        return course, None
    return course, _doubt(f"was set; what is dated up to {stamp(set_at)} is of another course")


def _doubt(said: str) -> Failure:
    return Failure(OWN_CLOCK, f"our own clock {said}; this reading shows no silence", _NEXT)


class OwnClock:
    """Watches the machine's clock for an agent. `synchronised` asks the kernel."""

    def __init__(
        self,
        clock: Clock,
        ledger: Ledger,
        synchronised: Callable[[], bool | None],
        elapsed_s: Callable[[], float] = since_boot_s,
    ) -> None:
        self._clock, self._ledger = clock, ledger
        self._synchronised, self._elapsed_s = synchronised, elapsed_s
        self._one_at_a_time = Lock()

    def look(
        self, device: str, subject: str, at: datetime
    ) -> tuple[Failure | None, datetime | None]:
        """What speaks against dating a reading of the subject by `at`, which is about now, and up
        to which date readings are of another course of the clock."""
        with self._one_at_a_time:
            now = Course(
                _boot_id(),
                self._clock().timestamp() - self._elapsed_s(),
                bool(self._synchronised()),
            )
            known = self._known()
            if isinstance(self._clock, SteadyClock) and (step := self._clock.stepped):
                return _doubt(f"stepped by {step}"), known.set_at if known else None
            course, doubt = looked(at, now, known, self._newest_at(device, subject, at))
            if known is None or course.tells_more(known):
                self._keep(course)
            return doubt, course.set_at

    def _newest_at(self, device: str, subject: str, at: datetime) -> datetime | None:
        """The newest time after `at` that an earlier good reading was dated and believed."""
        later = self._ledger.readings(device, subject, start=at)
        believed = (
            one.at
            for one in later
            if one.failure is None and one.provenance == "device" and not one.clock_doubted
        )
        return max(believed, default=None)

    def _known(self) -> Course | None:
        with suppress(OSError, ValueError, TypeError):
            told = json.loads((self._ledger.folder / _FILE).read_text("utf-8"))
            set_at = told.pop("set_at")
            return Course(**told, set_at=None if set_at is None else parse_at(set_at))
        return None

    def _keep(self, course: Course) -> None:
        told = {
            "boot": course.boot,
            "ahead_s": course.ahead_s,
            "synchronised": course.synchronised,
            "set_at": None if course.set_at is None else stamp(course.set_at),
        }
        path = self._ledger.folder / _FILE
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(told), "utf-8")
        fresh.replace(path)


def _boot_id() -> str:
    """Which boot of the machine this is; empty where it is not told."""
    with suppress(OSError):
        return _BOOT.read_text("ascii").strip()
    return ""


def kernel_synchronised() -> bool | None:
    """Whether something keeps the machine's clock right; None where the kernel does not say."""
    with suppress(AttributeError, OSError):
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
        return None if state < 0 else state != _TIME_ERROR
    return None
