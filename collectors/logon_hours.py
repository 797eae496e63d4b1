"""Logon hours of a directory's accounts (Active Directory), from an export in LDIF.

Anybody in the domain may read them; `ldifde` is on every domain controller, `ldapsearch` on any
Linux. `logonHours` is 21 bytes: a bit an hour of the week, from Sunday 00:00 in UTC, the lowest
bit first (MS-ADA1). An account without it may log on at any hour.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Generator, Iterable, Iterator, Mapping

from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import Fact, LogonHours

TRANSPORTS = ("folder",)
VENDOR = "Microsoft"

Flow = Generator[Ask, Capture, Iterable[Fact]]
Entry = Mapping[str, list[bytes]]

EXPORT = Ask(
    "export",
    "users.ldf",
    "file",
    # What nobody needs to export, and some export all the same.
    secrets=(
        Secret(
            "regex",
            r"(?i)^(?:(?:user|unixUser)?Password|unicodePwd|ms-Mcs-AdmPwd|msLAPS-\w*Password)::? *"
            r"(?P<secret>[^\r\n]+(?:\r?\n [^\r\n]+)*)",
        ),
    ),
    also=("ldifde", "ldapsearch"),
    encodings=("utf-8", "cp950"),
    limit_bytes=256 * 1024 * 1024,
)
_DISABLED = 0x2
_HOURS_BYTES, _WEEK = 21, 168
_COUNTED = re.compile(r"(?m)^# numEntries: (\d+)")


def logon_hours(device: Device) -> Flow:
    """Each person's account, and the hours it may log on in. Raises Incomplete, Unexpected: no
    account in it, or none of which hours are told."""
    capture = yield EXPORT
    who = f"{device.id}: {capture.ask.text!r}"
    found = [_account(one, who) for one in _entries(capture, who) if _is_person(one)]
    if not found:
        raise Unexpected(
            f"{who} holds no account",
            next_step="export the users with sAMAccountName, userAccountControl and logonHours",
        )
    if all(one.hours_utc is None for one in found):
        raise Unexpected(
            f"{who} tells logon hours of no account",
            code="result_empty_suspicious",
            next_step="export the attribute logonHours, too; where no account has it, nobody's "
            "hours are limited: say so by hand",
        )
    return found


def _entries(capture: Capture, who: str) -> Iterator[Entry]:
    text = capture.text().removeprefix("\ufeff")
    if not re.search(r"(?mi)^dn:", text):
        raise Unexpected(f"{who} is no LDIF; it starts {shown(text)!r}")
    if not text.endswith("\n"):
        raise Incomplete(f"{who} breaks off within a line")
    read = 0
    for block in re.split(r"\n(?:[ \t]*\n)+", text.replace("\n ", "")):
        entry: dict[str, list[bytes]] = {}
        for line in block.splitlines():
            name, colon, value = line.partition(":")
            if colon and not line.startswith("#"):
                entry.setdefault(name.casefold(), []).append(_value(value, who))
        if "dn" in entry:
            read += 1
            yield entry
    counted = _COUNTED.search(text)
    if counted and int(counted[1]) != read:
        raise Incomplete(f"{who}: {read} entries read, it says {counted[1]}")


def _value(written: str, who: str) -> bytes:
    if not written.startswith(":"):
        return written.strip().encode("utf-8", "surrogateescape")
    try:
        return base64.b64decode(written[1:].strip(), validate=True)
    except binascii.Error:
        raise Incomplete(f"{who}: a value is no whole base64") from None


def _is_person(entry: Entry) -> bool:
    """Computers and trusts are users, too, whose names end in `$`."""
    kinds = {one.lower() for one in entry.get("objectclass", ())}
    return (not kinds or b"user" in kinds) and not _text(entry, "samaccountname").endswith("$")


def _account(entry: Entry, who: str) -> LogonHours:
    name = _text(entry, "samaccountname") or _text(entry, "dn")
    control = _text(entry, "useraccountcontrol")
    domain = re.findall(r"(?i)(?:^|,)\s*DC=([^,]+)", _text(entry, "dn"))
    return LogonHours(
        account=name,
        domain=".".join(domain).casefold() or None,
        enabled=not int(control) & _DISABLED if control.isdecimal() else None,
        hours_utc=_hours(entry.get("logonhours"), f"{who}: {shown(name)}"),
    )


def _hours(told: list[bytes] | None, who: str) -> tuple[int, ...] | None:
    """The hours of the week, 0 is Sunday 00:00 to 01:00 in UTC; None: every one of them."""
    if not told or not told[0]:
        return None
    if len(told[0]) != _HOURS_BYTES:
        raise Unexpected(f"{who}: logonHours has {len(told[0])} bytes, not {_HOURS_BYTES}")
    bits = int.from_bytes(told[0], "little")
    return tuple(hour for hour in range(_WEEK) if bits >> hour & 1)


def _text(entry: Entry, name: str) -> str:
    return next((one.decode("utf-8", "replace") for one in entry.get(name, ())), "")
