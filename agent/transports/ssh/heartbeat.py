"""The heartbeat of an SSH connection: whoever says nothing is asked, and then given up.

A device that thinks about a command is silent too, but answers a question of the protocol.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread

from paramiko import SSHException, Transport

from agent import line
from agent.gate.ssh import Heard
from agent.transports.deadline import Deadline


class Heartbeat:
    """Watches a connection from the log-in to `stop`. `gone`: nothing came any more, and it was
    cut."""

    def __init__(self, wire: Transport, heard: Heard, cut: Callable[[], object]) -> None:
        self.gone = False
        self._wire, self._heard, self._cut = wire, heard, cut
        self._beat_s = line.SILENCE_S / 3
        self._over = Event()
        Thread(target=self._watch, name="heartbeat", daemon=True).start()

    def stop(self) -> None:
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(self._beat_s):
            if self._is_quiet and self._wire.is_active():
                # It returns with the answer, whatever that is, or when the line is cut; and it
                # fails where the session is being closed just now.
                ended = suppress(SSHException, OSError, EOFError)
                with Deadline(2 * self._beat_s, self._give_up), ended:
                    self._wire.global_request("keepalive@lag.net", wait=True)

    @property
    def _is_quiet(self) -> bool:
        return time.monotonic() - self._heard.last_s >= self._beat_s

    def _give_up(self) -> None:
        if self._is_quiet and not self._over.is_set():
            self.gone = True
            self._cut()
