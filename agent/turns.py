"""Turns: one session per device at a time, and so many per site and platform, across processes.

A turn is a lock on a file in the state folder. The kernel lets go of it when its holder ends,
however it ends, so no lock is ever stale.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from evidence.device import Device
from evidence.errors import Unreachable

# Between two looks at a lock that somebody else holds.
LOOK_EVERY_S = 0.05


@dataclass(frozen=True)
class Turns:
    """Where the locks lie, how many sessions a site or platform bears (None: any number).

    `device_wait_s` bounds the wait for a device, `place_wait_s` that for a free place at its
    site and platform, where others only have to finish.
    """

    folder: Path
    per_site: int | None = None
    per_platform: int | None = None
    device_wait_s: float = 60.0
    place_wait_s: float = 3600.0

    @contextmanager
    def of(self, device: Device) -> Iterator[None]:
        """The device is ours within the block, and its host where it is only probed.

        Raises Unreachable (`device_busy`). Places are taken before the device and always in this
        order: nobody waits in a circle.
        """
        places = [(f"site-{device.site}", self.per_site)]
        places.append((f"platform-{device.platform}", self.per_platform))
        with ExitStack() as held:
            for name, limit in places:
                if limit is not None:
                    names = [f"{name}.{number}" for number in range(limit)]
                    held.enter_context(self._one_of(names, self.place_wait_s, device))
            held.enter_context(self._one_of([f"device-{device.id}"], self.device_wait_s, device))
            if device.transport == "wire":
                # Several listeners of one host are several devices, and still one host.
                name = f"wire-{device.address.casefold()}"
                held.enter_context(self._one_of([name], self.place_wait_s, device))
            yield

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Nobody else is in a block of this name; waits as long as it takes."""
        with self._open(name) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _one_of(self, names: list[str], wait_s: float, device: Device) -> Iterator[None]:
        until = time.monotonic() + wait_s
        with ExitStack() as opened:
            descriptors = [opened.enter_context(self._open(name)) for name in names]
            while not any(_locked(descriptor) for descriptor in descriptors):
                if time.monotonic() >= until:
                    raise Unreachable(
                        f"{device.id}: another session held {names[0]} for {wait_s:.0f} s",
                        code="device_busy",
                        next_step="let the other collection end; this one is tried again when due",
                    )
                time.sleep(LOOK_EVERY_S)
            yield

    @contextmanager
    def _open(self, name: str) -> Iterator[int]:
        """The lock file of a name; closing it lets go. A name never becomes a path."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self.folder / f"{quote(name, safe='')}.lock", flags, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
