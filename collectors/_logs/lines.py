"""The forms of logs that name the rule of each line, one function a form.

Each takes a line and says: an `Entry`; None, where the line is of the form but tells of no
traffic; or `Foreign`, where it is not of this form or cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from collectors._logs.entry import Entry, moment

Told = Entry | None


class Foreign(ValueError):
    """The line is not of this form."""


Form = Callable[[str, str, datetime], Told]  # line, time zone, when the log was taken

_PAIR = re.compile(r'([A-Za-z_][\w.-]*)\s*[=:]\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;|"\]]+))')
# The time that syslog puts before a line, of RFC 3164 or 5424.
BSD = (
    r"(?:<\d+>)?(?P<at>[A-Z][a-z]{2} +\d+(?: \d{4})? \d\d:\d\d:\d\d"
    r"|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)"
)
_ASA = re.compile(BSD + r".*?%(?:ASA|FTD)-(?:[\w]+-)?\d-(?P<code>\d{6}): (?P<said>.*)")
_ASA_RULE = {
    "106100": re.compile(
        r"access-list (?P<acl>\S+) \S+ .* hit-cnt (?P<count>\d+) .*"
        r"\[(?P<one>0x[0-9a-f]+), (?P<other>0x[0-9a-f]+)\]"
    ),
    "106023": re.compile(
        r'.* by access-group "(?P<acl>[^"]+)" \[(?P<one>0x[0-9a-f]+), (?P<other>0x[0-9a-f]+)\]'
    ),
}
_KERNEL = re.compile(BSD + r".*?kernel: (?:\[[ \d.]+\] ?)?(?P<prefix>.*?)IN=\S* OUT=\S* .*SRC=")


def fortigate(line: str, zone: str, until: datetime) -> Told:
    """FortiGate's own log and FortiAnalyzer's export: `policyid=`, `poluuid=`, `policyname=`."""
    said = pairs(line)
    if "policyid" not in said or not ("date" in said or "eventtime" in said):
        raise Foreign
    if said.get("type", "traffic") != "traffic" or said["policyid"] == "0":
        return None
    if "date" in said and "time" in said:
        at = moment(f"{said['date']} {said['time']}", zone, until, said.get("tz"))
    else:
        at = moment(said.get("eventtime", ""), zone, until)
    if at is None:
        raise Foreign
    names = (said.get("poluuid", ""), said["policyid"], said.get("policyname", ""))
    return Entry(at, tuple(filter(None, names)), context=said.get("vd", ""))


def checkpoint(line: str, zone: str, until: datetime) -> Told:
    """Check Point's Log Exporter: `rule_uid`, `rule_name`, `layer_name`, `time`."""
    said = pairs(line)
    if "rule_uid" not in said and "match_id" not in said:
        raise Foreign
    at = moment(said.get("time", ""), zone, until)
    if at is None:
        raise Foreign
    names = tuple(filter(None, (said.get("rule_uid", ""), said.get("rule_name", ""))))
    return Entry(at, names, policy=said.get("layer_name", ""))


def panos(line: str, zone: str, until: datetime) -> Told:
    """PAN-OS traffic logs as syslog sends them: fields in the documented order, with commas."""
    cells = line.split(",")
    if cells[3:4] != ["TRAFFIC"] or len(cells) < 16:
        raise Foreign
    generated = moment(cells[6], zone, until)
    if generated is None:
        raise Foreign
    uuids = [one for one in cells[40:] if _UUID.fullmatch(one)]
    return Entry(generated, (*uuids[:1], cells[11]), context=cells[15])


def asa(line: str, zone: str, until: datetime) -> Told:
    """ASA and FTD: 106100 and 106023 name the entry by its hash; others name no rule."""
    found = _ASA.match(line.strip())
    if found is None:
        raise Foreign
    rule = _ASA_RULE.get(found["code"])
    said = None if rule is None else rule.match(found["said"])
    at = moment(found["at"], zone, until)
    if at is None:
        raise Foreign
    if said is None:
        # A connection that was built (302013) is traffic, but nobody says by which rule.
        return Entry(at, ()) if found["code"].startswith("3020") else None
    hashes = (said["one"], said["other"])
    names = tuple(one.removeprefix("0x") for one in hashes if int(one, 16))
    count = int(said.groupdict().get("count") or 1)
    return Entry(at, names, policy=said["acl"], entries=count)


def netfilter(line: str, zone: str, until: datetime) -> Told:
    """The kernel's LOG of nftables and iptables: the rule is named by its prefix."""
    found = _KERNEL.match(line.strip())
    if found is None:
        raise Foreign
    at = moment(found["at"], zone, until)
    if at is None:
        raise Foreign
    prefix = found["prefix"].strip()
    return Entry(at, (prefix,) if prefix else ())


_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FORMS: Mapping[str, Form] = {
    "fortigate": fortigate,
    "checkpoint": checkpoint,
    "panos": panos,
    "asa": asa,
    "netfilter": netfilter,
}


def pairs(line: str) -> dict[str, str]:
    """`name=value` and `name: \"value\"` of a line, names in lower case."""
    return {name.lower(): quoted or plain for name, quoted, plain in _PAIR.findall(line)}
