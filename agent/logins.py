"""Log-ins: one refusal per device and run, whoever asks, so that no account is ever locked.

A refusal is remembered in the ledger under a keyed digest of the credential: other agents of
this state and later runs leave the device, or jump host, alone until the pause is over or the
credential has changed. What an operator asks for is tried once all the same.

Many devices may ask one directory about one account. So a credential is tried at one device at a
time until one takes it, and no more in this run once two have refused it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from threading import Lock

from agent.ledger import Ledger
from agent.ledger.setbacks import Hold
from agent.redact import SiteKey
from agent.sealing import Agent, turns_of
from agent.secret import Credential, Secret
from agent.transports import Answer, Transport
from agent.visit import SCHEDULE
from evidence.ask import Ask
from evidence.clock import TAIPEI
from evidence.device import Device
from evidence.errors import LoginRefused, Unreachable

# Less than a day: a daily reading tries once a day, an hourly one no oftener.
PAUSE = timedelta(hours=20)


# A directory locks an account after three refusals or more.
REFUSALS = 2


@dataclass
class _Account:
    """How a credential has fared in this run."""

    turn: Lock = field(default_factory=Lock)
    taken: bool = False
    refused: int = 0


class Logins:
    """The log-ins of one run."""

    def __init__(self, agent: Agent, requester: str) -> None:
        self.ledger = agent.ledger
        self._agent = agent
        self._expressly = requester != SCHEDULE
        self._began_at = agent.clock()
        self._turns = turns_of(agent)
        self._refused: set[tuple[str, str]] = set()
        self._accounts: defaultdict[str, _Account] = defaultdict(_Account)

    def admit(self, device: Device, credential: Credential) -> None:
        """Raise LoginRefused (`auth_held`) where a refusal forbids to try this now."""
        key = device.id, account_of(credential, self._agent.site_key)
        now = self._agent.clock()
        hold = self.ledger.setbacks.hold(*key)
        # One from the future was written while the clock was wrong.
        if hold is None or hold.refused_at > now:
            if key not in self._refused:
                return
            said = "in this run"
        else:
            of_this_time = key in self._refused or hold.refused_at >= self._began_at
            if not of_this_time and (self._expressly or now >= hold.until_at):
                return
            said = f"at {_local(hold.refused_at)} ({hold.code}), held to {_local(hold.until_at)}"
        raise LoginRefused(
            f"{device.id}: this credential's log-in was refused {said}; it was not tried again, "
            "so that the account is not locked",
            code="auth_held",
            next_step="correct the credential: another one is tried at once; or try this one once "
            f"with `evidence-agent collect {device.id}`",
        )

    @contextmanager
    def attempt(self, device: Device, credential: Credential) -> Iterator[None]:
        """One attempt to log in, within the block: nobody else tries this device meanwhile, nor
        this credential elsewhere before it was taken.

        Raises LoginRefused (`auth_held`) without an attempt; one that leaves the block is
        remembered, and success ends an earlier hold. An attempt that was cut off counts in this
        run: nobody knows what the device made of it.
        """
        name = account_of(credential, self._agent.site_key)
        account = self._accounts[name]
        with nullcontext() if account.taken else account.turn:
            self._spare(device, name, account)
            try:
                with self.at_device(device, credential):
                    yield
            except LoginRefused as error:
                account.refused += error.code != "auth_held"
                raise
            account.taken = True

    def _spare(self, device: Device, name: str, account: _Account) -> None:
        """Raise LoginRefused where one more refusal could lock an account that devices share."""
        # Who refused it in an earlier run may be the only one: others are asked first.
        refusals = 1 if self.ledger.setbacks.hold(device.id, name) else REFUSALS
        if account.taken or account.refused < refusals:
            return
        raise LoginRefused(
            f"{device.id}: this credential was refused {account.refused} times in this run and "
            "taken nowhere; it was not tried here, so that an account that devices share is not "
            "locked",
            code="auth_held",
            next_step="correct the credential, or try this device alone with "
            f"`evidence-agent collect {device.id}`",
        )

    @contextmanager
    def at_device(self, device: Device, credential: Credential) -> Iterator[None]:
        """The same for this device alone."""
        account = account_of(credential, self._agent.site_key)
        with self._turns.alone(f"login-{device.id}"):
            self.admit(device, credential)
            try:
                yield
            except LoginRefused as error:
                self._refused.add((device.id, account))
                now = self._agent.clock()
                hold = Hold(device.id, account, now, now + PAUSE, error.code)
                with _opened(self.ledger) as own:
                    own.setbacks.keep_hold(hold)
                raise
            except Unreachable as error:
                if error.code == "auth_cut_off":
                    self._refused.add((device.id, account))
                raise
            if self.ledger.setbacks.hold(device.id, account) is not None:
                with _opened(self.ledger) as own:
                    own.setbacks.end_hold(device.id, account)


class AtFirstAsk:
    """A transport that logs in with its first ask: that one is the attempt."""

    def __init__(
        self, carried: Transport, logins: Logins, device: Device, credential: Credential
    ) -> None:
        self._carried = carried
        self._logins = logins
        self._whose = device, credential
        self._tried = False

    def ask(self, ask: Ask) -> Answer:
        if self._tried:
            return self._carried.ask(ask)
        # Not in the credential's turn: a first ask waits for devices that are away.
        with self._logins.at_device(*self._whose):
            self._tried = True
            return self._carried.ask(ask)

    def close(self) -> None:
        self._carried.close()


def account_of(credential: Credential, key: SiteKey) -> str:
    """A keyed digest of everything a credential holds, but for what is good only once."""
    held = {
        one.name: value.reveal() if isinstance(value, Secret) else value
        for one in fields(credential)
        if one.name != "otp" and (value := getattr(credential, one.name)) is not None
    }
    return key.replace(json.dumps(held, sort_keys=True))


def _local(at: datetime) -> str:
    return f"{at.astimezone(TAIPEI):%Y-%m-%d %H:%M}"


@contextmanager
def _opened(ledger: Ledger) -> Iterator[Ledger]:
    """The same ledger by a connection of its own: a visit's thread may write while others do."""
    own = Ledger(ledger.folder)
    try:
        yield own
    finally:
        own.close()
