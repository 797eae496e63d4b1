r"""A configuration that somebody exported: `/export`, as a file or on the terminal.

    /interface wifi security
    add authentication-types=wpa2-psk,wpa3-psk name=staff
    /interface wifi
    set [ find default-name=wifi1 ] configuration=office disabled=no

A line that ends in a backslash goes on in the next. What stands at its default is left out, so
the defaults of the documentation are put back: a physical interface is off until it is switched
on, and the older package's is a station that has WPS. CAPsMAN makes interfaces as access points
join, which no export shows: a configuration is carried where a provisioning rule names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from collectors._managed.answer import who
from collectors.mikrotik import _wireless
from collectors.mikrotik._answer import Row, answered, settings
from evidence.capture import Capture
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import Fact

_HEAD = re.compile(r"(?m)^# .*RouterOS|^# (?:software id|model) *=")
_LINE = re.compile(r"(?:add|set)(?: \[ *find ([^\]]*)\]| (?!\S+=)\S+)?(?: (.*))?$")
_RULES = ("filter", "raw", "nat", "address-list")
_LAYERED = {"interface wifi": "", "interface wifiwave2": "", "caps-man": " interface"}
_PARTS = ("configuration", "security", "datapath", "channel")
_OLDER = {"disabled": "yes", "mode": "station", "ssid": "MikroTik", "wps-mode": ""}
_OLDER |= {"security-profile": "default"}
# An interface that was added beside a physical one.
_VIRTUAL = {"mode": "ap-bridge"}
_PROFILE = {"mode": "none", "unicast-ciphers": "aes-ccm", "group-ciphers": "aes-ccm"}
_PROFILE |= {"management-protection": "disabled", "authentication-types": ""}

Sections = Mapping[str, Sequence[Row]]


def rules(capture: Capture) -> Mapping[tuple[str, str], Sequence[Row]]:
    """The rows of each firewall's menu (`filter`, `address-list` …) by IP version, in order, as
    `print` would give them. Raises Unexpected: it is no export; Incomplete."""
    sections = _sections(capture)
    found: dict[tuple[str, str], list[Row]] = {}
    for path, rows in sections.items():
        match path.split():
            case ["ip" | "ipv6" as ip, "firewall", name] if name in _RULES:
                found[ip, name] = [
                    row | {one: "true" for one in ("disabled",) if row.get(one) == "yes"}
                    for row in map(dict, rows)
                ]
    return found


def wireless(capture: Capture) -> Iterator[Fact]:
    """The SSIDs of every wireless package. Raises Unexpected: it is no export; Incomplete."""
    sections = _sections(capture)
    for path, interfaces in _LAYERED.items():
        parts = {part: sections.get(f"{path} {part}", ()) for part in _PARTS}
        rows = [_named({"disabled": "yes"}, row) for row in sections.get(f"{path}{interfaces}", ())]
        rows += _provisioned(sections.get(f"{path} provisioning", ()))
        menus = _wireless.Menus(
            interfaces=rows,
            passphrases=sections.get(f"{path} security multi-passphrase", ()),
            **{part: _wireless.named(found) for part, found in _by_part(parts)},
        )
        yield from _wireless.layered(menus, capture.device)
    profiles = [
        {**_PROFILE, "name": "default" if row.get("default") == "yes" else "", **row}
        for row in ({"default": "yes"}, *sections.get("interface wireless security-profiles", ()))
    ]
    older = [
        _named(_OLDER | (_VIRTUAL if "master-interface" in row else {}), row)
        for row in sections.get("interface wireless", ())
    ]
    yield from _wireless.older(older, _wireless.named(profiles), capture.device)


def _named(defaults: Row, row: Row) -> dict[str, str]:
    """An interface with what is left out of it; a physical one goes by the name it came with."""
    return {**defaults, "name": row.get("default-name", ""), **row}


def _by_part(parts: Mapping[str, Sequence[Row]]) -> Iterator[tuple[str, Sequence[Row]]]:
    for part, rows in parts.items():
        yield ("configurations" if part == "configuration" else part), rows


def _provisioned(rules: Sequence[Row]) -> list[dict[str, str]]:
    """One interface for each configuration that access points get as they join."""
    names = {
        name: None
        for rule in rules
        if rule.get("action", "").startswith("create") and rule.get("disabled", "no") == "no"
        for key in ("master-configuration", "slave-configurations")
        for name in rule.get(key, "").split(",")
        if name
    }
    return [{"name": name, "configuration": name, "disabled": "no"} for name in names]


def _sections(capture: Capture) -> Sections:
    """The rows of each menu. A later `set` of one found by its name changes that row."""
    text = re.sub(r"\\\r?\n *", "", answered(capture))
    if not _HEAD.search(text):
        raise Unexpected(f"{who(capture)}: no export of RouterOS")
    if not text.endswith("\n"):
        raise Incomplete(f"{who(capture)}: the export breaks off within a line")
    found: dict[str, list[dict[str, str]]] = {}
    rows: list[dict[str, str]] = []
    path = ""
    for line in text.splitlines():
        if line.startswith("/"):
            path, _, rest = line[1:].rstrip().partition(" add ")
            path = path.replace("/", " ")
            rows = found.setdefault(path, [])
            line = f"add {rest}" if rest else ""  # terse: the menu stands before each row
        if (told := _LINE.match(line.rstrip())) is None:
            continue
        if re.sub(r"\\.", "", line).count('"') % 2 or line.rstrip().endswith("\\"):
            raise Incomplete(f"{who(capture)}: a row breaks off")
        if not line.startswith("add") and path.split()[-1] in _RULES:
            raise Unexpected(f"{who(capture)}: changes rules that it does not hold: {shown(line)}")
        rows.append(settings(told[1] or "")[0] | settings(told[2] or "")[0])
    return found
