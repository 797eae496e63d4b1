"""What limits a remote desktop: group policy, listener, users, and what of it is in force.

Precedence as Microsoft documents it: a computer policy stands before the listener's own
setting; where the policy is silent the listener's holds, unless it leaves the limit to each
user's account (`fInherit…` 1, the default), which these keys do not tell. Redirections that
nobody forbids are allowed, save Plug and Play devices. A value of another type than Windows
writes is named under `unreadable`: nothing is taken to be in force in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from collectors.windows._registry import Key
from evidence.facts import RemoteDesktopPolicy

# Attribute of the fact → the registry value. Limits are in milliseconds, 0: never; the third
# name is the value that leaves a limit to the user's account.
_LIMITS = {
    "idle_limit_s": ("idle", "MaxIdleTime", "fInheritMaxIdleTime"),
    "disconnected_limit_s": (
        "disconnected",
        "MaxDisconnectionTime",
        "fInheritMaxDisconnectionTime",
    ),
    "session_limit_s": ("session", "MaxConnectionTime", "fInheritMaxSessionTime"),
}
# Attribute → registry value, and the number that makes it true.
_SWITCHES = {
    "nla_required": ("UserAuthentication", 1),
    "asks_password": ("fPromptForPassword", 1),
    "secure_rpc": ("fEncryptRPCTraffic", 1),
    "ends_at_limit": ("fResetBroken", 1),
    "drive": ("fDisableCdm", 0),
    "clipboard": ("fDisableClip", 0),
    "printer": ("fDisableCpm", 0),
    "com_port": ("fDisableCcm", 0),
    "lpt_port": ("fDisableLPT", 0),
    "pnp_device": ("fDisablePNPRedir", 0),
    "smart_card": ("fEnableSmartCard", 1),
    "password_saving": ("DisablePasswordSaving", 0),
    # Remote Assistance: by whoever offers, by whoever asks, and whether the helper may take over.
    "help_offered": ("fAllowUnsolicited", 1),
    "help_offered_control": ("fAllowUnsolicitedFullControl", 1),
    "help_requested": ("fAllowToGetHelp", 1),
    "help_requested_control": ("fAllowFullControl", 1),
}
# Set by policy, else for the whole machine; a listener has none of its own.
_MACHINE_SWITCHES = {
    "single_session": ("fSingleSessionPerUser", 1),
    "temp_per_session": ("PerSessionTempDir", 1),
    "temp_deleted": ("DeleteTempDirsOnExit", 1),
}
# Allowed where nobody says anything. Plug and Play devices are not, since Server 2008 R2.
_ALLOWED = ("drive", "clipboard", "printer", "com_port", "lpt_port", "smart_card")
_WORDS = {
    "security_layer": ("SecurityLayer", {0: "rdp", 1: "negotiate", 2: "tls"}),
    "encryption_level": (
        "MinEncryptionLevel",
        {1: "low", 2: "client-compatible", 3: "high", 4: "fips"},
    ),
}
ACCOUNTS = "accounts"  # who decides a limit that the listener leaves to each user's account


@dataclass(frozen=True, slots=True)
class _Sources:
    """Keys by the source they are, the strongest first."""

    keys: Mapping[str, Key]

    def number(self, name: str) -> tuple[str | None, int | None]:
        """The strongest source that holds a value, and its number: None is of another type."""
        for source, key in self.keys.items():
            if key.holds(name):
                return source, key.number(name)
        return None, None

    def limit(self, value: str, inherit: str) -> tuple[str | None, int | None]:
        """The same of a limit: the listener's own holds only if it is not left to accounts."""
        for source, key in self.keys.items():
            if source == "listener" and key.exists and key.number(inherit) != 0:
                return ACCOUNTS, None
            if key.holds(value):
                return source, key.number(value)
        return None, None


def policies(
    policy: Key | None, listener: Key | None, machine: Key | None, system: Key | None
) -> list[RemoteDesktopPolicy]:
    """Facts by source. None is a key that was not read: what depends on it stays unsaid."""
    found = []
    if policy or system:
        own = _said("policy", {"policy": policy or Key()}, system=system)
        found.append(replace(own, enabled=_denied((policy or Key()).number("fDenyTSConnections"))))
    if machine or (listener and listener.exists):
        of = listener or Key()
        said = _said("listener", {"listener": of}, machine=machine)
        found.append(replace(said, enabled=_open(of, machine)))
    # Without the policy nobody knows what is in force: it would stand before the listener.
    return [*found, _effective(policy, listener, machine, system)] if policy else found


def intended(machine: Mapping[str, Key], policy: str, system: str) -> RemoteDesktopPolicy:
    """What a group policy object orders for every computer it applies to."""
    key = machine.get(policy.casefold(), Key())
    said = _said("domain", {"domain": key}, system=machine.get(system.casefold()))
    return replace(said, enabled=_denied(key.number("fDenyTSConnections")))


def of_users(keys: Mapping[str, Key], policy: str, desktop: str) -> list[RemoteDesktopPolicy]:
    r"""What policies say of single users: limits, and the screen saver as a lock.

    `keys` have paths below `hku\SID\…` or `hkcu\…` (the account that exported them).
    """
    found = []
    for user in dict.fromkeys(filter(None, map(_user, keys))):
        limits = keys.get(f"{user}\\{policy}".casefold(), Key())
        saver = keys.get(f"{user}\\{desktop}".casefold(), Key())
        name = user.partition("\\")[2].upper() or "current user"
        found.append(replace(_locking(_said("user", {"user": limits}), saver), user=name))
    return found


def _user(path: str) -> str | None:
    hive, _, rest = path.partition("\\")
    if hive == "hku":
        return f"hku\\{rest.partition(chr(92))[0]}"
    return hive if hive == "hkcu" else None


def _locking(said: RemoteDesktopPolicy, saver: Key) -> RemoteDesktopPolicy:
    """With the screen saver's lock: it must be on, ask for the password, and have its time."""
    switches = (saver.text("ScreenSaveActive"), saver.text("ScreenSaverIsSecure"))
    time = saver.text("ScreenSaveTimeOut") or ""
    if "0" in switches or time == "0":
        return replace(said, unlimited=(*said.unlimited, "screen_lock"))
    if switches != ("1", "1") or not time.isdecimal():
        return said
    return replace(said, screen_lock_s=float(time))


def _effective(
    policy: Key, listener: Key | None, machine: Key | None, system: Key | None
) -> RemoteDesktopPolicy:
    """The policy's value where it has one, else the listener's."""
    keys = {"policy": policy} | ({"listener": listener} if listener else {})
    said = _said(
        "effective", keys, system=system, machine=machine, default=True if listener else None
    )
    switch = _denied(policy.number("fDenyTSConnections"))
    opened = _open(listener or Key(), machine)
    # A listener that is switched off is off whatever the policy allows.
    enabled = False if opened is False and switch is not False else _first(switch, opened)
    decided = {name for name, _ in said.decided_by}
    unread = (
        [] if listener else [word for name, (word, *_) in _LIMITS.items() if name not in decided]
    )
    unread += [] if system else ["screen_lock"]
    return replace(said, enabled=enabled, unknown=tuple(unread))


def _said(
    source: str,
    keys: Mapping[str, Key],
    system: Key | None = None,
    machine: Key | None = None,
    default: bool | None = None,
) -> RemoteDesktopPolicy:
    """`default`: whether a redirection is allowed of which nothing is said."""
    sources = _Sources(keys)
    of_machine = _Sources(
        {name: key for name, key in keys.items() if name != "listener"}
        | ({"machine": machine} if machine else {})
    )
    values: dict[str, Any] = {}
    decided: dict[str, str | None] = {}
    odd: list[str] = []
    unlimited: list[str] = []
    for name, (word, value, inherit) in _LIMITS.items():
        decided[name], ms = sources.limit(value, inherit)
        odd += [value] if decided[name] not in (None, ACCOUNTS) and ms is None else []
        unlimited += [word] if ms == 0 else []
        values[name] = ms / 1000 if ms else None
    for name, (value, true) in (_SWITCHES | _MACHINE_SWITCHES).items():
        held_by = of_machine if name in _MACHINE_SWITCHES else sources
        decided[name], number = held_by.number(value)
        silent = default if name in _ALLOWED and decided[name] is None else None
        values[name] = silent if number is None else number == true
        odd += [value] if decided[name] and number is None else []
    for name, (value, words) in _WORDS.items():
        decided[name], number = sources.number(value)
        values[name] = None if number is None else words.get(number)
        odd += [value] if decided[name] and values[name] is None else []
    lock_s = system.number("InactivityTimeoutSecs") if system else None
    if system and system.holds("InactivityTimeoutSecs"):
        decided["screen_lock_s"] = "policy"
        odd += ["InactivityTimeoutSecs"] if lock_s is None else []
    listener = keys.get("listener")
    return RemoteDesktopPolicy(
        source=source,
        port=listener.number("PortNumber") if listener else None,
        unlimited=(*unlimited, *(["screen_lock"] if lock_s == 0 else [])),
        screen_lock_s=float(lock_s) if lock_s else None,
        certificate=listener.text("SSLCertificateSHA1Hash") if listener else None,
        unreadable=tuple(odd),
        decided_by=_pairs(decided) if source == "effective" else (),
        **values,
    )


def _pairs(decided: Mapping[str, str | None]) -> tuple[tuple[str, str], ...]:
    return tuple((name, source) for name, source in decided.items() if source)


def _open(listener: Key, machine: Key | None) -> bool | None:
    """Whether the machine takes connections and this listener is switched on."""
    if listener.number("fEnableWinStation") == 0:
        return False
    return _denied(machine.number("fDenyTSConnections")) if machine else None


def _denied(value: int | None) -> bool | None:
    return None if value is None else value == 0


def _first(*values: bool | None) -> bool | None:
    return next((value for value in values if value is not None), None)
