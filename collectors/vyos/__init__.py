"""VyOS by SSH: firewall rules of every generation of its syntax with their counters, the unit.

Counts are packets since the unit booted or a commit last loaded the rules; no time of either is
kept, nor of any hit.

From the source of VyOS: the tables of `show firewall` since 1.4. From documentation, not
confirmed on a unit of our own: the table before, and that a commit zeroes the counters.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable

from collectors._managed.openers import openers
from collectors.vyos._config import Statement, groups, statements, value
from collectors.vyos._counters import counted, counters
from collectors.vyos._rules import rules
from collectors.vyos._unit import VENDOR, hardware, release, unit
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact, FirewallRule

__all__ = ["VENDOR"]
ALIASES = ("vyos_vyos", "vyatta_vyos")
TRANSPORTS = ("ssh",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

# The firewall itself holds none; the rest of the configuration does.
_SECRET = Secret(
    "regex",
    r"(?m)^set (?!firewall |zone-policy )[^\n]*?(?:password|secret|key|passphrase|psk|community"
    r"|private|token|md5)[a-z0-9-]* '?(?P<secret>[^\s']+)",
)
_SECRET_IN_BRACES = Secret(
    "regex",
    r"(?m)^[ \t]+[a-z0-9-]*(?:password|secret|key|passphrase|psk|community|private|token|md5)"
    r"[a-z0-9-]* [\"']?(?P<secret>[^\s\"'{]+)",
)


def _show(name: str, line: str, secrets: tuple[Secret, ...] = (), *also: str) -> Ask:
    """The ask, as its line is typed too; `also`: other forms of it that are delivered by hand."""
    wrapped = f"/opt/vyatta/bin/vyatta-op-cmd-wrapper {line}"
    return Ask(name, wrapped, secrets=secrets, also=(line, f"{line} | no-more", *also))


CONFIGURATION = _show(
    "configuration",
    "show configuration commands",
    (_SECRET, _SECRET_IN_BRACES),
    *("show configuration", "show configuration | no-more", "config.boot"),
)
COUNTERS = _show("counters", "show firewall")
VERSION = _show("version", "show version")
UPTIME = _show("uptime", "show system uptime")
VRRP = _show("vrrp", "show vrrp")


def firewall(device: Device) -> Flow:
    """Every rule with what it counted, the default of each list, the unit."""
    capture = yield CONFIGURATION
    told = statements(capture)
    found = list(rules(told, groups(told)))
    if not any(isinstance(one, FirewallRule) and not one.implicit for one in found):
        raise Unexpected(
            f"{device.id}: no firewall rule in the configuration",
            code="result_empty_suspicious",
            next_step="check that the account may see the whole configuration",
        )
    shown = yield from _optional(COUNTERS)
    facts: list[Fact] = list((yield from _unit(device, told)))
    if shown is None:
        return [*facts, *found]
    policy = any(one[-4:-2] == ("state-policy", "established") for one in told)
    return openers([*facts, *counted(found, counters(shown), shown)], carried=policy)


def firmware(device: Device) -> Flow:
    """Release, model and serial number, the unit."""
    capture = yield VERSION
    return [release(capture), *(yield from _unit(device, (), capture))]


def _unit(
    device: Device, told: Iterable[Statement], version: Capture | None = None
) -> Generator[Ask, Capture, list[Fact]]:
    version = version or (yield from _optional(VERSION))
    uptime = yield from _optional(UPTIME)
    vrrp = yield from _optional(VRRP)
    named = value(told, "system", "host-name")
    items = list(hardware(version)) if version else []
    return [*items, unit(named, items, version, uptime, vrrp)]


def _optional(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """What can be done without; None when it is refused, or nobody delivered it."""
    try:
        return (yield ask)
    except NotAnswered:
        return None
