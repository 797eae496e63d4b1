"""The heartbeat of an SSH connection: whoever says nothing is asked, and then given up.

A device that thinks about a command is silent too, but answers a question of the protocol.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread

from paramiko import SSHException, Transport

from agent import line
from agent.gate.ssh import Heard

# Looks at a silent line until it is asked, and until it is given up. They are counted, and no time
# is compared: where the agent's own machine stood still (paused, moved, starved), that was one
# look, and no device is blamed for it.
_ASKED, _GIVEN_UP = 3, 9


class Heartbeat:
    """Watches a connection from the log-in to `stop`. `gone`: nothing came any more, and it was
    cut."""

    def __init__(self, wire: Transport, heard: Heard, cut: Callable[[], object]) -> None:
        self.gone = False
        self._wire, self._heard, self._cut = wire, heard, cut
        self._over = Event()
        Thread(target=self._watch, name="heartbeat", daemon=True).start()

    def stop(self) -> None:
        self._over.set()

    def _watch(self) -> None:
        silent, last_s = 0, self._heard.last_s
        while not self._over.wait(line.SILENCE_S / _GIVEN_UP):
            if self._heard.last_s != last_s:
                silent, last_s = 0, self._heard.last_s
                continue
            silent += 1
            if silent == _ASKED:
                Thread(target=self._ask, name="heartbeat-question", daemon=True).start()
            if silent == _GIVEN_UP:
                self.gone = self._wire.is_active()
                self._cut()
                return

    def _ask(self) -> None:
        """Returns with the answer, whatever that is, or when the line is cut; and fails where the
        session is being closed just now."""
        with suppress(SSHException, OSError, EOFError):
            if self._wire.is_active():
                self._wire.global_request("keepalive@lag.net", wait=True)
