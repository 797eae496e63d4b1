"""pfSense by SSH: the rules that pf has loaded, each with its counter, and the unit.

pf is asked, not the configuration: a rule of the pages that stands for several of pf's is told
as those, under its tracking number. Counts are packets of the states a rule made and of those it
stopped, since the rules were last loaded (unless pf was told to keep them) or the unit booted.

From pf's own words and documentation, not confirmed on a unit of our own: which lines stand
below a rule in each release, and the labels that pfSense gives.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable

from collectors.pfsense._pfctl import facts, loaded
from collectors.pfsense._unit import VENDOR, hardware, release, unit
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact, FirewallRule, Unit

__all__ = ["VENDOR"]
TRANSPORTS = ("ssh",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

RULES = Ask(
    "pf_rules",
    "sudo -n /sbin/pfctl -vvsr",
    also=("pfctl -vvsr", "/sbin/pfctl -vvsr", "sudo pfctl -vvsr"),
)
VERSION = Ask("version", "cat /etc/version")
HOSTNAME = Ask("hostname", "hostname")
BOOT = Ask("boot_time", "sysctl -n kern.boottime")
CLOCK = Ask("clock", "date +%s")
MODEL = Ask("model", "kenv -q smbios.system.product")
SERIAL = Ask("serial", "kenv -q smbios.system.serial")
INTERFACES = Ask("interfaces", "ifconfig -a")


def firewall(device: Device) -> Flow:
    """Every rule pf holds, in its order of deciding, with what each counted; the unit."""
    capture = yield RULES
    found = list(facts(loaded(capture), capture.answered_at))
    if not any(isinstance(one, FirewallRule) and one.owner == "policy" for one in found):
        raise Unexpected(
            f"{device.id}: pf holds no rule that anybody wrote",
            code="result_empty_suspicious",
            next_step="check that the packet filter is switched on",
        )
    return [(yield from _unit()), *found]


def firmware(device: Device) -> Flow:
    """Release, model and serial number, the unit."""
    capture = yield VERSION
    found = yield from _unit()
    return [release(capture), *hardware(found), found]


def _unit() -> Generator[Ask, Capture, Unit]:
    told = []
    for ask in (HOSTNAME, BOOT, CLOCK, MODEL, SERIAL, INTERFACES):
        told.append((yield from _optional(ask)))
    return unit(*told)


def _optional(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """What can be done without; None when the account or the unit does not answer it."""
    try:
        return (yield ask)
    except NotAnswered:
        return None
