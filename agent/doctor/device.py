"""A device by what is configured for it, and by what it said when it was last read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module

from agent.config import Config
from agent.connect import Connector
from agent.credentials import Keyring
from agent.doctor.condition import Condition, failed
from agent.logins import Logins
from agent.platforms import platform
from agent.secret import Credential
from agent.work import turns_in
from evidence.ask import Ask
from evidence.clock import stamp
from evidence.device import Device
from evidence.errors import ConfigurationError, EvidenceError, LoginRefused, NotAnswered
from evidence.facts import AccountPrivilege, Unit
from evidence.reading import Reading
from evidence.rulebase import unmapped

# A device whose clock is further off loses its times for the window at 300 s.
CLOCK_IS_OFF_S = 60.0
_KINDS = {"https": "http", "snmp": "snmp", "winrm": "command", "winreg": "command"}
_NOBODY_LOGS_IN = ("wire", "folder", "local")


def account(device: Device, keyring: Keyring, logins: Logins | None) -> Iterator[Condition]:
    """Whether the secret is there and could be used, and is not held; recorded exceptions."""
    if device.credential is not None:
        try:
            credential = keyring.get(device.credential)
            _usable(device, credential)
            yield Condition("ok", device.id, f"{device.credential} is there", about="secret")
            yield from _held(device, credential, logins)
        except EvidenceError as error:
            yield failed(device.id, error, "secret")
    elif device.transport in ("ssh", "https", "snmp", "winrm", "winreg"):
        yield Condition(
            "warn",
            device.id,
            "no secret is named for it: only --ask-password can log in",
            f"put `secret: cred:{device.id}` behind it in devices.yaml",
            about="secret",
        )
    for name, why in device.exceptions.items():
        yield Condition(
            "warn",
            device.id,
            f"exception {name}: {why}",
            "it is a finding until the device is updated",
            about="exception",
        )


def told(config: Config, device: Device, readings: Sequence[Reading]) -> Iterator[Condition]:
    """What its last readings leave to be done: failures, clock, zones without a place."""
    newest = {reading.subject: reading for reading in readings}
    for reading in newest.values():
        if (failure := reading.failure) is not None:
            said = f"{reading.subject} failed at {stamp(reading.at)}: {failure.code}"
            yield Condition("warn", device.id, said, failure.next_step, about="last reading")
    good = {one.subject: one for one in readings if one.failure is None}
    yield from _clock(device, good.values())
    yield from _privileges(device, good.get("account"))
    if "firewall" in good:
        yield from _zones(config, device, good["firewall"])


def logged_in(config: Config, device: Device, connector: Connector) -> list[Condition]:
    """One log-in, as a collection does it, and its first ask where that is what logs in."""
    if device.transport in _NOBODY_LOGS_IN:
        return []
    try:
        with turns_in(config).of(device):
            transport = connector(device)
            try:
                if (ask := _first(device)) is not None:
                    transport.ask(ask)
            finally:
                transport.close()
    except NotAnswered as error:
        if error.code != "privilege_missing":
            return [Condition("ok", device.id, "logged in", about="log-in")]
        return [failed(device.id, error, "log-in")]
    except EvidenceError as error:
        return [failed(device.id, error, "log-in")]
    return [Condition("ok", device.id, "logged in", about="log-in")]


def _first(device: Device) -> Ask | None:
    """What is asked where a connection alone shows nothing of the account."""
    kind = _KINDS.get(device.transport)
    asks = (one for one in platform(device.platform).asks if one.kind == kind and not one.holes)
    return next((one for one in asks if "{" not in one.text), None)


def _held(device: Device, credential: Credential, logins: Logins | None) -> Iterator[Condition]:
    """Whether an earlier refusal keeps the schedule from trying this credential."""
    try:
        if logins is not None:
            logins.admit(device, credential)
    except LoginRefused as error:
        yield replace(failed(device.id, error, "log-in"), state="warn", exit_code=0)


def _usable(device: Device, credential: Credential) -> None:
    """Raises what would be raised before anything is sent: no key, too weak, unreadable."""
    if device.transport == "ssh":
        from agent.transports.ssh.keys import private_key

        if private_key(device, credential) is None and credential.password is None:
            raise ConfigurationError(
                f"{device.credential} holds neither password nor private_key",
                code="secret_invalid",
            )
    elif device.transport == "https":
        from agent.transports.https import open_https

        open_https(device, credential, platform(device.platform)).close()
    elif device.transport == "snmp":
        from agent.transports.snmp.security import security

        security(device, credential)
    elif device.transport in ("winrm", "winreg"):
        # Opened, it says what an installation lacks; it connects at its first ask.
        way = import_module(f"agent.transports.{device.transport}")
        opened = getattr(way, f"open_{device.transport}")
        opened(device, credential, platform(device.platform)).close()


def _clock(device: Device, readings: Iterable[Reading]) -> Iterator[Condition]:
    """The units' clocks against ours, as of the last readings."""
    offsets: dict[str, float] = {}
    for reading in sorted(readings, key=lambda one: one.at):
        for unit in reading.of(Unit):
            if unit.clock_offset_s is not None:
                offsets[unit.subject_unit or unit.hostname or device.id] = unit.clock_offset_s
    for name, offset_s in offsets.items():
        off = abs(offset_s) > CLOCK_IS_OFF_S
        yield Condition(
            "warn" if off else "ok",
            device.id,
            f"clock of {name}: {offset_s:+.0f} s from ours",
            "correct its NTP and time zone; beyond 300 s its times are not used" if off else "",
            about="clock",
        )


def _privileges(device: Device, reading: Reading | None) -> Iterator[Condition]:
    """Whether the account could write, as the device said when it was asked."""
    mend = f"see `A read-only account` in docs/platforms/{device.platform}.md"
    if device.transport == "snmp":
        said = "SNMP does not tell whether its account may write; the device's configuration does"
        yield Condition("ok", device.id, said, about="privilege")
    for one in reading.of(AccountPrivilege) if reading is not None else ():
        what = f"{one.level or 'not told'}: {one.detail or ''}".rstrip(": ")
        if one.can_write:
            said = f"privilege_too_high: the account could write ({what})"
            yield Condition("warn", device.id, said, mend, about="privilege")
        elif one.can_write is None:
            said = f"whether the account could write is not known ({what})"
            yield Condition("warn", device.id, said, mend, about="privilege")
        else:
            yield Condition("ok", device.id, f"the account only reads ({what})", about="privilege")


def _zones(config: Config, device: Device, reading: Reading) -> Iterator[Condition]:
    names = unmapped(config.zones, device.id, reading)
    if not names:
        yield Condition("ok", device.id, "every zone of its rules is mapped", about="zones")
        return
    yield Condition(
        "warn",
        device.id,
        f"not mapped, so zone questions cannot be assessed: {', '.join(names)}",
        f"put them under devices.{device.id} in zones.yaml",
        about="zones",
    )
