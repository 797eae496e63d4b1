"""Is every device reached by algorithms that nobody has broken?

What counts is what was settled when it was last read. A device that takes nothing but old ones
is a finding whether or not it is read under a recorded exception. Devices that are not read over
a network log-in, and readings that do not say how they came, show nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from evidence.device import Device
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.text import Text
from evidence.way import parts

CHECK = "device_is_reached_by_current_algorithms"
TRANSPORTS = ("ssh", "https", "snmp", "winrm", "winreg")
# Codes of visits that failed because the device has nothing better to offer.
OLD_ONLY = ("ssh_legacy_only", "ssh_dss_only")
# Patterns by part of a way (`evidence.way`): SHA-1, MD5, DES, RC4, CBC in SSH, TLS before 1.2.
OLD: Mapping[str, Sequence[str]] = {
    "kex": ("*-sha1",),
    "key": ("ssh-rsa", "ssh-dss"),
    "cipher": ("*-cbc", "*arcfour*", "*3DES*", "*DES-CBC*", "*RC4*", "*MD5", "*NULL*"),
    "mac": ("hmac-sha1*", "hmac-md5*"),
    "version": ("SSLv*", "TLSv1", "TLSv1.1", "1", "2c"),
    "auth": ("none", "MD5"),
    "privacy": ("none", "DES", "3DES"),
    "protocol": ("http",),
}


def check(readings: Readings, *, old: Mapping[str, Sequence[str]] = OLD) -> Iterator[Observation]:
    """`old`: what counts as old, patterns by part; a part that is left out keeps its patterns."""
    patterns = {**OLD, **old}
    for device in readings.devices.values():
        if device.transport in TRANSPORTS:
            yield _observed(readings, device, patterns)


def found_old(way: str, patterns: Mapping[str, Sequence[str]] = OLD) -> list[str]:
    """The algorithms of a way that are old."""
    return [
        value
        for name, value in parts(way).items()
        if any(fnmatchcase(value, one) for one in patterns.get(name, ()))
    ]


def _observed(
    readings: Readings, device: Device, patterns: Mapping[str, Sequence[str]]
) -> Observation:
    last = _last_that_tells(readings, device)
    ways = last.ways if last else ()
    old = list(dict.fromkeys(name for way in ways for name in found_old(way, patterns)))
    result, state, words = _answer(device, last, old)
    return Observation(
        check=CHECK,
        device=device.id,
        subject=f"{device.id}/way in",
        result=result,
        state=state,
        description=Text(f"{device.id} {words.en}", f"{device.id}：{words.zh}"),
        at=readings.at,
        evidence=(last.digest,) if last else (),
        measures={"ways": list(ways), "old": old, "exceptions": dict(device.exceptions)},
        scope=(f"site:{device.site}", "about:management"),
    )


def _last_that_tells(readings: Readings, device: Device) -> Reading | None:
    """The newest reading that says how it came, or that there was no way but an old one."""
    known = (*readings.newest.values(), *readings.newest_good.values())
    telling = [one for one in known if one.device == device.id and (one.ways or _refused(one))]
    return max(telling, key=lambda one: one.at, default=None)


def _refused(reading: Reading) -> bool:
    return reading.failure is not None and reading.failure.code in OLD_ONLY


def _answer(device: Device, last: Reading | None, old: Sequence[str]) -> tuple[Result, str, Text]:
    if last is None:
        words = Text("has no reading that says how it came", "讀取紀錄未載明連線演算法")
        return Result.not_assessed, "way_unknown", words
    if last.failure is not None and _refused(last):
        words = Text(
            f"takes old algorithms only, and was not read ({last.failure.code})",
            f"僅接受過時演算法，未讀取（{last.failure.code}）",
        )
        return Result.not_satisfied, "old_algorithms_only", words
    if old:
        names = ", ".join(old)
        why = "; ".join(f"{name}: {reason}" for name, reason in device.exceptions.items())
        words = Text(
            f"is reached by old algorithms ({names}); recorded exception: {why or 'none'}",
            f"以過時演算法連線（{names}）；登錄例外：{why or '無'}",
        )
        return Result.not_satisfied, "old_algorithms", words
    ways = "; ".join(last.ways)
    return (
        Result.satisfied,
        "current_algorithms",
        Text(f"is reached by {ways}", f"連線演算法為 {ways}"),
    )
