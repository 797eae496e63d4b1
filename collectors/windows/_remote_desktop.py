"""What limits a remote desktop: group policy, listener, and what of both is in force.

Precedence as Microsoft documents it: a computer policy stands before the listener's own
setting; where the policy is silent the listener's holds, unless it leaves the limit to each
user's account (`fInherit…` 1, the default), which these keys do not tell. Redirections that
nobody forbids are allowed, save Plug and Play devices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from collectors.windows._registry import Key
from evidence.facts import RemoteDesktopPolicy

_LAYERS = {0: "rdp", 1: "negotiate", 2: "tls"}
_LEVELS = {1: "low", 2: "client-compatible", 3: "high", 4: "fips"}


class Limit(NamedTuple):
    """A time limit: its word in `unlimited`, its value (milliseconds, 0: never), and the value
    that leaves it to the user's account."""

    word: str
    value: str
    inherit: str


_IDLE = Limit("idle", "MaxIdleTime", "fInheritMaxIdleTime")
_DISCONNECTED = Limit("disconnected", "MaxDisconnectionTime", "fInheritMaxDisconnectionTime")
_SESSION = Limit("session", "MaxConnectionTime", "fInheritMaxSessionTime")

Number = Callable[[str], int | None]


def policies(
    policy: Key | None, listener: Key | None, machine: Key | None, system: Key | None
) -> list[RemoteDesktopPolicy]:
    """Facts by source. None is a key that was not read: what depends on it stays unsaid."""
    lock_s = system.number("InactivityTimeoutSecs") if system else None
    found = []
    if policy or system:
        number = (policy or Key()).number
        found.append(
            _said("policy", number, _own(number), _denied(number("fDenyTSConnections")), lock_s)
        )
    if machine or (listener and listener.exists):
        of = listener or Key()
        found.append(_said("listener", of.number, _listening(of), _open(of, machine), None, of))
    # Without the policy nobody knows what is in force: it would stand before the listener.
    return [*found, _effective(policy, listener, machine, lock_s)] if policy else found


def _effective(
    policy: Key, listener: Key | None, machine: Key | None, lock_s: int | None
) -> RemoteDesktopPolicy:
    """The policy's value where it has one, else the listener's."""
    above, below = policy, listener or Key()
    switch = _denied(above.number("fDenyTSConnections"))
    own, listening = _own(above.number), _listening(below)
    opened = _open(below, machine)

    def number(name: str) -> int | None:
        return _first(above.number(name), below.number(name))

    def limit(one: Limit) -> int | None:
        return _first(own(one), listening(one))

    return _said(
        "effective",
        number,
        limit,
        # A listener that is switched off is off whatever the policy allows.
        False if opened is False and switch is not False else _first_bool(switch, opened),
        lock_s,
        below,
        default=True if listener else None,
    )


def _said(
    source: str,
    number: Number,
    limit: Callable[[Limit], int | None],
    enabled: bool | None,
    lock_s: int | None,
    listener: Key | None = None,
    default: bool | None = None,
) -> RemoteDesktopPolicy:
    """`default`: whether a redirection is allowed of which nothing is said."""
    times_ms = {one.word: limit(one) for one in (_IDLE, _DISCONNECTED, _SESSION)}
    unlimited = [word for word, ms in times_ms.items() if ms == 0]
    return RemoteDesktopPolicy(
        source=source,
        enabled=enabled,
        port=listener.number("PortNumber") if listener else None,
        nla_required=_yes(number("UserAuthentication")),
        security_layer=_LAYERS.get(_code(number("SecurityLayer"))),
        encryption_level=_LEVELS.get(_code(number("MinEncryptionLevel"))),
        idle_limit_s=_seconds(times_ms["idle"]),
        disconnected_limit_s=_seconds(times_ms["disconnected"]),
        session_limit_s=_seconds(times_ms["session"]),
        unlimited=(*unlimited, *(["screen_lock"] if lock_s == 0 else [])),
        screen_lock_s=float(lock_s) if lock_s else None,
        drive=_allowed(number("fDisableCdm"), default),
        clipboard=_allowed(number("fDisableClip"), default),
        printer=_allowed(number("fDisableCpm"), default),
        com_port=_allowed(number("fDisableCcm"), default),
        lpt_port=_allowed(number("fDisableLPT"), default),
        # Not redirected by default since Server 2008 R2, where it is not set: said of no source.
        pnp_device=_allowed(number("fDisablePNPRedir"), None),
        certificate=listener.text("SSLCertificateSHA1Hash") if listener else None,
    )


def _own(number: Number) -> Callable[[Limit], int | None]:
    return lambda one: number(one.value)


def _listening(listener: Key) -> Callable[[Limit], int | None]:
    """The listener's limits, where it does not leave them to the users' accounts."""
    return lambda one: listener.number(one.value) if listener.number(one.inherit) == 0 else None


def _open(listener: Key, machine: Key | None) -> bool | None:
    """Whether the machine takes connections and this listener is switched on."""
    if listener.number("fEnableWinStation") == 0:
        return False
    return _denied(machine.number("fDenyTSConnections")) if machine else None


def _denied(value: int | None) -> bool | None:
    return None if value is None else value == 0


def _yes(value: int | None) -> bool | None:
    return None if value is None else value == 1


def _allowed(forbidden: int | None, default: bool | None) -> bool | None:
    return default if forbidden is None else forbidden == 0


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


def _first_bool(*values: bool | None) -> bool | None:
    return next((value for value in values if value is not None), None)


def _code(value: int | None) -> int:
    return -1 if value is None else value


def _seconds(milliseconds: int | None) -> float | None:
    return milliseconds / 1000 if milliseconds else None
