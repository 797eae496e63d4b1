"""The own host: an ask is a program with its arguments, run without a shell."""

from __future__ import annotations

import os
import selectors
import shlex
import subprocess
from contextlib import suppress
from signal import SIGKILL

from agent.gate import Gate
from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Answer
from agent.transports.deadline import Deadline
from agent.transports.status import ended
from evidence.ask import Ask
from evidence.capture import check_size
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered

# Nothing of the agent's own environment reaches the program.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
_CHUNK = 256 * 1024


class Local:
    """Runs declared commands on the own host."""

    def __init__(self, device: Device, gate: Gate) -> None:
        self._who = device.id
        self._gate = gate

    def ask(self, ask: Ask) -> Answer:
        """The command's output. Raises Denied, NotAnswered, TooMuch or Incomplete."""
        self._gate.command(ask.text)
        try:
            process = subprocess.Popen(
                shlex.split(ask.text),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=ENVIRONMENT,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise NotAnswered(
                f"{self._who}: {ask.text!r} cannot be run: {error.strerror}",
                code="command_failed",
            ) from None
        with process, Deadline(ask.limit_s, lambda: _kill(process)) as deadline:
            output, errors = self._read(process, ask)
            status = process.wait()
        if deadline.passed:
            raise Incomplete(f"{self._who}: {ask.text!r} took over {ask.limit_s:g} s")
        return Answer(ended(self._who, ask, output, errors, status))

    def close(self) -> None:
        """Nothing is held open."""

    def _read(self, process: subprocess.Popen[bytes], ask: Ask) -> tuple[bytes, bytes]:
        output, errors = bytearray(), bytearray()
        with selectors.DefaultSelector() as ready:
            for stream, bytes_ in ((process.stdout, output), (process.stderr, errors)):
                assert stream is not None
                ready.register(stream, selectors.EVENT_READ, bytes_)
            while ready.get_map():
                for key, _ in ready.select():
                    chunk = os.read(key.fd, _CHUNK)
                    key.data.extend(chunk)
                    if not chunk:
                        ready.unregister(key.fileobj)
                if len(output) + len(errors) > ask.limit_bytes:
                    _kill(process)
                    check_size(self._who, ask, bytes(output + errors))
        return bytes(output), bytes(errors)


def open_local(device: Device, platform: Platform) -> Local:
    """The way to the own host, where nobody logs in."""
    return Local(device, Gate(device, platform, Credential()))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the program and all it started; they share a session of their own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, SIGKILL)
