"""A session with a Windows host: opened with the first ask, one command after another."""

from __future__ import annotations

from contextlib import suppress

from pypsrp.exceptions import WinRMError, WSManFaultError

from agent.gate.winrm import WinrmGate
from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Answer
from agent.transports.deadline import Deadline
from agent.transports.status import ended
from agent.transports.winrm import HTTP
from agent.transports.winrm.carrier import WAIT_S, Carrier
from agent.transports.winrm.shells import CommandShell, Endpoint, Shell, Wsman
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import (
    Incomplete,
    NotAnswered,
    TooMuch,
    Unexpected,
    Unreachable,
    VisitError,
    shown,
)

_DENIED, _QUOTA = "5", frozenset(("2150859173", "2150859174"))


class Winrm:
    """One log-in and one shell a visit. What ends either ends them all."""

    def __init__(
        self,
        device: Device,
        credential: Credential,
        platform: Platform,
        auth: str,
        endpoint: str | None,
    ) -> None:
        self._who = device.id
        self._account = credential.username or None
        gate = WinrmGate(device, platform, credential, endpoint)
        self._carrier = Carrier(device, credential, gate, auth, HTTP in device.exceptions)
        words = Wsman(self._carrier, device)
        self._shell: Shell = (
            Endpoint(words, endpoint, self._who) if endpoint else CommandShell(words, self._who)
        )
        self._trouble: VisitError | None = None

    def ask(self, ask: Ask) -> Answer:
        """The command's output. Raises NotAnswered for an exit status that is no answer."""
        if self._trouble is not None:
            raise self._trouble
        if ask.kind != "command":
            raise NotAnswered(f"{self._who}: {ask.text!r} is not asked over WinRM")
        try:
            output, errors, status = self._run(ask)
        except (NotAnswered, TooMuch) as error:
            if not self._shell.opened:
                self._trouble = error
            raise
        except VisitError as error:
            self._trouble = error
            raise
        body = ended(self._who, ask, output, errors, status)
        return Answer(body, peer=self._carrier.peer, account=self._account, way=self._carrier.way)

    def close(self) -> None:
        """Close the shell, where one is open and the way is whole."""
        try:
            if self._trouble is None:
                with suppress(WinRMError, VisitError), Deadline(WAIT_S, self._carrier.cut):
                    self._shell.close()
        finally:
            self._carrier.close()

    def _run(self, ask: Ask) -> tuple[bytes, bytes, int]:
        with Deadline(ask.limit_s, self._carrier.cut) as deadline:
            try:
                found = self._shell.run(ask)
            except WSManFaultError as error:
                raise self._fault(error, ask) from None
            except VisitError as error:
                if deadline.passed:
                    raise self._late(ask) from None
                raise error
            except (WinRMError, ValueError, LookupError, AttributeError, TypeError) as error:
                # pypsrp takes a message apart without looking whether its parts are there.
                raise Unexpected(
                    f"{self._who}: {ask.text!r}: no answer of WinRM "
                    f"({type(error).__name__}: {shown(str(error))})"
                ) from None
        if deadline.passed:
            raise self._late(ask)
        return found

    def _late(self, ask: Ask) -> Incomplete:
        return Incomplete(f"{self._who}: {ask.text!r} took over {ask.limit_s:g} s")

    def _fault(self, error: WSManFaultError, ask: Ask) -> VisitError:
        """What WinRM's own refusal means, by its number: its words are in the host's language."""
        said = f"{self._who}: {ask.text!r}: WinRM fault {error.code}: {shown(str(error.reason))}"
        if str(error.code) == _DENIED:
            return NotAnswered(
                said,
                code="privilege_missing",
                next_step="put the account into the groups that the platform's page names",
            )
        if str(error.code) in _QUOTA:
            return Unreachable(said, code="device_busy")
        return NotAnswered(said, code="command_failed")
