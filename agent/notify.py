"""Talking to systemd (sd_notify): ready, status, stopping, and a watchdog fed by real progress."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from threading import Lock

# What must have moved since the last ping before there is another one.
PARTS = frozenset({"scheduler", "spool"})


class Notifier:
    """The service manager's datagram socket (`NOTIFY_SOCKET`); silent where there is none.

    `progress` is told when a part did something real. The watchdog is pinged once every part
    has: a ping from a bare timer would hide a collector that hangs, or a disk that does.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._span_s = int(environment.get("WATCHDOG_USEC", "0")) / 1e6
        self._moved: set[str] = set()
        self._lock = Lock()

    def ready(self) -> None:
        self._send("READY=1")

    def still_starting(self) -> None:
        """The start takes long because there is much to do: do not give it up for a minute."""
        self._send(f"EXTEND_TIMEOUT_USEC={60_000_000}")

    def status(self, words: str) -> None:
        """One line for `systemctl status`."""
        self._send("STATUS=" + words.replace("\n", " "))

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def progress(self, part: str) -> None:
        """A part (of PARTS) did something; pings when all of them have since the last ping."""
        with self._lock:
            self._moved.add(part)
            if not self._moved >= PARTS:
                return
            self._moved.clear()
        self._send("WATCHDOG=1")

    def pace_s(self, seconds: float) -> float:
        """A wait between two turns: as long as that, and shorter where the watchdog's span is."""
        return min(seconds, self._span_s / 4) if self._span_s else seconds

    def _send(self, message: str) -> None:
        if not self._address:
            return
        # A leading @ stands for the zero byte of an abstract address.
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
            try:
                way.connect(address)
                way.send(message.encode("utf-8"))
            except OSError:
                # A manager that does not listen takes nothing away from the evidence; one that
                # misses its ping acts by itself.
                return
