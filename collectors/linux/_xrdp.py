"""xrdp's settings: what its listener accepts, and when a session ends.

What the values mean, and what holds where one is missing: the manual pages of `xrdp.ini` and
`sesman.ini`. xrdp knows no network-level authentication. A session is limited by `sesman.ini`:
`IdleTimeLimit` in seconds disconnects an idle one, 0 never; `DisconnectedTimeLimit` counts only
with `KillDisconnected`. Clipboard and devices go through channels that both files may close.
Printers and ports are redirected by none of its releases that are known here.
"""

from __future__ import annotations

import re
from configparser import Error, RawConfigParser

from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown
from evidence.facts import RemoteDesktopPolicy

PORT = 3389
_YES = frozenset(("1", "true", "yes", "on"))
_VERSIONS = "TLSv1.2, TLSv1.3"  # where `ssl_protocols` says nothing


def settings(capture: Capture | None) -> RawConfigParser | None:
    """The file's sections; None where there is no such file or nobody delivered it.

    Raises NotAnswered (`privilege_missing`), Incomplete, or Unexpected for no file of xrdp's.
    """
    if capture is None:
        return None
    text = capture.text()
    who = f"{capture.device}: {capture.ask.text!r}"
    if text.startswith("cat: "):
        if "No such file or directory" in text:
            return None
        raise NotAnswered(
            f"{who}: {shown(text.strip())}",
            code="privilege_missing",
            next_step="let the account read the file",
        )
    if not text.endswith("\n"):
        raise Incomplete(f"{who}: breaks off within a line")
    parser = RawConfigParser(
        delimiters=("=",), comment_prefixes=("#", ";"), strict=False, allow_no_value=True
    )
    try:
        # A blank before a name would make it the value above's second line.
        parser.read_string("\n".join(_plain(line) for line in text.splitlines()))
    except Error:
        raise Unexpected(f"{who}: no file of xrdp's; it starts {shown(text)!r}") from None
    if not parser.has_section("globals"):
        raise Unexpected(f"{who}: has no section [Globals]; it starts {shown(text)!r}")
    return parser


def policy(
    server: RawConfigParser | None, sessions: RawConfigParser | None, ports: set[int] | None
) -> RemoteDesktopPolicy:
    """What is in force. Without a server's file there is no xrdp: nothing to log in to.

    `ports` are those that something listens on; None: not read.
    """
    if server is None:
        return RemoteDesktopPolicy(source="xrdp", enabled=False)
    port = _port(_of(server, "globals", "port", str(PORT)))
    channels = _is(_of(server, "globals", "allow_channels", "true"))
    devices = channels and _is(_of(server, "channels", "rdpdr", "false"))
    clipboard = channels and _is(_of(server, "channels", "cliprdr", "false"))
    idle_s = _seconds(sessions, "IdleTimeLimit")
    kills = sessions is not None and _is(_of(sessions, "sessions", "KillDisconnected", "false"))
    gone_s = _seconds(sessions, "DisconnectedTimeLimit") if kills else 0
    return RemoteDesktopPolicy(
        source="xrdp",
        enabled=None if ports is None or port is None else port in ports,
        port=port,
        nla_required=False,
        security_layer=_of(server, "globals", "security_layer", "negotiate").casefold(),
        encryption_level=_of(server, "globals", "crypt_level", "high").casefold(),
        idle_limit_s=idle_s or None,
        disconnected_limit_s=gone_s or None,
        unlimited=() if sessions is None else _never(idle=idle_s, disconnected=gone_s),
        unknown=("disconnected", "idle") if sessions is None else (),
        unreadable=_odd(sessions, idle_s, gone_s),
        drive=devices,
        clipboard=clipboard if sessions is None else clipboard and not _closed(sessions),
        printer=None if devices else False,
        com_port=False,
        lpt_port=False,
        pnp_device=False,
        smart_card=devices,
        certificate=_of(server, "globals", "certificate", "") or None,
        root_login=_security(sessions, "AllowRootLogin", "true"),
        login_attempts=_attempts(sessions),
        only_a_group=_security(sessions, "AlwaysGroupCheck", "false"),
        tls_versions=tuple(
            re.split(r"[\s,]+", _of(server, "globals", "ssl_protocols", _VERSIONS).strip(" ,"))
        ),
    )


def _security(sessions: RawConfigParser | None, name: str, default: str) -> bool | None:
    return None if sessions is None else _is(_of(sessions, "security", name, default))


def _attempts(sessions: RawConfigParser | None) -> int | None:
    """How often a connection may try to log in; None where it was not read or is no number."""
    said = "" if sessions is None else _of(sessions, "security", "MaxLoginRetry", "4")
    return int(said) if said.isdecimal() else None


def _never(**limits: float | None) -> tuple[str, ...]:
    return tuple(word for word, limit_s in limits.items() if limit_s == 0)


def _odd(
    sessions: RawConfigParser | None, idle_s: float | None, gone_s: float | None
) -> tuple[str, ...]:
    """Limits that are set to something else than a number."""
    limits = {"IdleTimeLimit": idle_s, "DisconnectedTimeLimit": gone_s} if sessions else {}
    return tuple(name for name, limit_s in limits.items() if limit_s is None)


def _closed(sessions: RawConfigParser) -> bool:
    """Whether the clipboard is closed both ways; one way open is open."""
    ways = [
        _of(sessions, "security", name, "none").casefold()
        for name in ("RestrictOutboundClipboard", "RestrictInboundClipboard")
    ]
    return all(way in {"all"} | _YES for way in ways)


def _plain(line: str) -> str:
    """A line without blanks around it; names of sections are the same in any case."""
    line = line.strip()
    return line.casefold() if line.startswith("[") else line


def _of(parser: RawConfigParser, section: str, name: str, default: str) -> str:
    """A value without blanks and quotes; the default where it is missing."""
    value = parser.get(section, name, fallback=default)
    return (default if value is None else value).strip().strip('"')


def _is(value: str) -> bool:
    return value.casefold() in _YES


def _seconds(sessions: RawConfigParser | None, name: str) -> float | None:
    """A time limit; None where it was not read or is no number."""
    if sessions is None:
        return None
    value = _of(sessions, "sessions", name, "0")
    return float(value) if value.isdecimal() else None


def _port(value: str) -> int | None:
    """The first TCP port of `3389`, `tcp://:3389`, `tcp://127.0.0.1:3389` or a list of these."""
    for word in re.split(r"[\s,]+", value):
        if found := re.fullmatch(r"(?:tcp6?://.*[:.]|tcp6?:)?(\d{1,5})", word):
            return int(found[1])
    return None
