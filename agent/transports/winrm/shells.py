"""Where a command runs: the host's command shell, or an endpoint of PowerShell that it limits."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Protocol

from pypsrp.complex_objects import PSInvocationState, RunspacePoolState
from pypsrp.exceptions import WinRMError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.shell import CommandState, Process, SignalCode, WinRS
from pypsrp.wsman import WSMan

from agent.transports.winrm.carrier import ENVELOPE_BYTES, WAIT_S, Carrier
from evidence.ask import Ask
from evidence.capture import check_size
from evidence.device import Device
from evidence.errors import Unexpected

UTF_8 = 65001  # the code page of the shell; its own would lose what it has no letters for
# An endpoint tells no exit status: an error on the way, or a pipeline that failed, stands for one.
ERRORS, FAILED = 1, 255


class Shell(Protocol):
    """Opened by the first command. `run` gives output, error output and status (-1: cut off).

    It raises VisitError, and the many kinds of errors that pypsrp raises.
    """

    @property
    def opened(self) -> bool: ...

    def run(self, ask: Ask) -> tuple[bytes, bytes, int]: ...

    def close(self) -> None: ...


class Wsman(WSMan):
    """pypsrp's words, on our carrier."""

    transport: Any

    def __init__(self, carrier: Carrier, device: Device) -> None:
        super().__init__(
            device.address,
            max_envelope_size=ENVELOPE_BYTES,
            operation_timeout=WAIT_S,
            auth="ntlm",  # of the transport that is replaced in the next line
        )
        self.transport = carrier


class CommandShell:
    """`cmd` as WinRM opens it."""

    def __init__(self, words: Wsman, who: str) -> None:
        self._who = who
        self._shell = WinRS(words, codepage=UTF_8)

    @property
    def opened(self) -> bool:
        return self._shell.opened

    def run(self, ask: Ask) -> tuple[bytes, bytes, int]:
        self._shell.open()
        process = Process(self._shell, ask.text)
        process.begin_invoke()
        if process.id is None:
            raise Unexpected(f"{self._who}: {ask.text!r}: WinRM gave the command no number")
        while process.state != CommandState.DONE:
            process.poll_invoke()
            check_size(self._who, ask, process.stdout + process.stderr)
        # A command that is done without a status was ended by somebody else.
        status = -1 if process.rc is None else process.rc
        with suppress(WinRMError):
            process.signal(SignalCode.TERMINATE)  # lets the host forget it
        return process.stdout, process.stderr, status

    def close(self) -> None:
        self._shell.close()


class Endpoint:
    """A session configuration of PowerShell (JEA): it knows the commands that the host allows."""

    def __init__(self, words: Wsman, name: str, who: str) -> None:
        self._who = who
        self._pool = RunspacePool(words, configuration_name=name)

    @property
    def opened(self) -> bool:
        return bool(self._pool.state == RunspacePoolState.OPENED)

    def run(self, ask: Ask) -> tuple[bytes, bytes, int]:
        self._pool.open()
        pipeline = PowerShell(self._pool)
        pipeline.add_script(ask.text)
        pipeline.begin_invoke()
        while pipeline.state == PSInvocationState.RUNNING:
            pipeline.poll_invoke()
            check_size(self._who, ask, _lines(pipeline.output))
        if odd := [type(one).__name__ for one in pipeline.output if not isinstance(one, str)]:
            raise Unexpected(
                f"{self._who}: {ask.text!r}: the endpoint gives {odd[0]} where text is wanted",
                next_step="have its function turn each line to text; see the platform's page",
            )
        errors = _lines([str(one) for one in pipeline.streams.error])
        with suppress(WinRMError):
            pipeline.close()
        if pipeline.state == PSInvocationState.COMPLETED:
            return _lines(pipeline.output), errors, ERRORS if errors else 0
        failed = pipeline.state == PSInvocationState.FAILED
        return _lines(pipeline.output), errors, FAILED if failed else -1

    def close(self) -> None:
        self._pool.close()


def _lines(texts: list[Any]) -> bytes:
    """Lines as a command shell would have written them."""
    return "".join(f"{one}\r\n" for one in texts).encode()
