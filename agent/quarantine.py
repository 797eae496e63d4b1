"""Quarantine: what the agent died of twice is not read again at once.

While a subject of a device is read, a locked file says so. The kernel lets go of the lock when
its holder ends, however it ends: a file that nobody holds was left by an agent that was killed,
or hung until it was. Whoever runs next counts that in the ledger.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from agent.ledger import Ledger
from agent.visit import Visit
from evidence.clock import Clock
from evidence.device import Device
from evidence.errors import EnvironmentProblem, VisitError

log = logging.getLogger(__name__)
# So often in a row it must have been the end of the agent.
DEATHS = 2
# Less than a day: a daily reading tries it once a day.
PAUSE = timedelta(hours=20)


class Quarantine:
    """The suspects at the beginning of a scheduled run, and the marks of what it is reading."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._setbacks = ledger.setbacks
        self._clock = clock
        self._folder = ledger.folder / "underway"
        self._folder.mkdir(exist_ok=True, mode=0o700)
        self._marks: set[Path] = set()
        self._count()
        self._suspects = self._setbacks.suspects()

    def suspects(self, device: Device) -> bool:
        """Whether something of this device may have been the agent's end."""
        return any(one == device.id for one, _ in self._suspects)

    @contextmanager
    def around(self, device: Device, subject: str) -> Iterator[None]:
        """Within the block the subject is marked as being read. Raises VisitError
        (`quarantined`)."""
        suspect = self._suspects.get((device.id, subject))
        if suspect and suspect.times >= DEATHS and self._clock() - suspect.last_at < PAUSE:
            raise VisitError(
                f"{device.id}: the agent ended {suspect.times} times in the middle of reading "
                f"{subject}; it was not read again",
                code="quarantined",
                next_step=f"`evidence-agent collect {device.id} -s {subject}` reads it all the "
                "same; it is tried by itself once a day; report this",
            )
        with self._marked(device.id, subject):
            yield

    def acquit(self, visit: Visit) -> None:
        """The agent is still there: what this visit read was not its end."""
        for reading in visit.readings:
            if reading.failure is None or reading.failure.code != "quarantined":
                key = reading.device, reading.subject
                if self._suspects.pop(key, None):
                    self._setbacks.acquit(*key)

    def forgive(self) -> None:
        """Nothing that is still being read is to be suspected: the agent ends because it is
        told to."""
        for mark in tuple(self._marks):
            mark.unlink(missing_ok=True)

    def _count(self) -> None:
        for mark in sorted(self._folder.iterdir()):
            with suppress(FileNotFoundError):
                self._judge(mark)

    def _judge(self, mark: Path) -> None:
        file = os.open(mark, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.fstat(file).st_nlink:
                return  # another agent has just counted it
            # It is empty after a loss of power, and just as it is made: nobody died of that.
            if content := mark.read_bytes().strip(b"\0"):
                device, subject = json.loads(content)
                log.warning("the agent ended in the middle of reading %s %s", device, subject)
                self._setbacks.suspect(device, subject, self._clock())
            mark.unlink()
        except BlockingIOError:
            return  # somebody is reading it
        finally:
            os.close(file)

    @contextmanager
    def _marked(self, device: str, subject: str) -> Iterator[None]:
        try:
            mark, file = _held(self._folder, json.dumps([device, subject]).encode())
        except OSError as error:
            raise EnvironmentProblem(
                f"nothing can be written in {self._folder}: {error.strerror}",
                code="env_state",
                next_step="make room, or look at the disk",
            ) from None
        self._marks.add(mark)
        try:
            yield
        finally:
            mark.unlink(missing_ok=True)
            self._marks.discard(mark)
            os.close(file)


def _held(folder: Path, content: bytes) -> tuple[Path, int]:
    """A new file of that content, and the descriptor by which it is locked. Raises OSError."""
    while True:
        path = folder / uuid4().hex
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file).st_nlink:
            os.write(file, content)
            return path, file
        # Between the two lines somebody found it unlocked, and took it away.
        os.close(file)
