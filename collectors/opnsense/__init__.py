"""OPNsense 25.7 and later by its API: the rules that stand in pf with their counters, the unit.

A rule is known by its uuid, under which pf counts too; one rule may be several of pf's, which
are counted together. Counts are packets of states a rule made and of those it stopped, since
the rules were last loaded or the unit booted; no time of any hit is kept.

From the source of OPNsense's API, not confirmed on a unit of our own: what a load of the rules
does to counters that stay (a fall shows as one), and in which language an account hears words.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable

from collectors._managed.answer import who
from collectors._pf.kept import SECRETS
from collectors.opnsense import _kept
from collectors.opnsense._answer import Row, mapping, rows
from collectors.opnsense._rules import aliases, counted, default, interface_groups, rules
from collectors.opnsense._unit import release, unit
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unexpected
from evidence.facts import Fact, Unit

VENDOR = "OPNsense"
TRANSPORTS = ("https",)
HTTP_AUTH = "basic"

Flow = Generator[Ask, Capture, Iterable[Fact]]


def _get(name: str, path: str) -> Ask:
    return Ask(name, f"GET /api/{path}", "http")


RULES = _get("rules", "firewall/filter/search_rule?show_all=1")
HITS = _get("rule_statistics", "firewall/filter_util/rule_stats")
# Read from what somebody delivers, and never asked for: it holds every secret of the unit.
KEPT = Ask("configuration", "config.xml", secrets=SECRETS)
ALIASES_HELD = _get("aliases", "firewall/alias/search_item")
GROUPS = _get("interface_groups", "firewall/group/search_item")
SYSTEM = _get("system_information", "diagnostics/system/system_information")
TIME = _get("system_time", "diagnostics/system/system_time")
CARP = _get("carp_status", "diagnostics/interface/get_vip_status")


def firewall(device: Device) -> Flow:
    """Every rule in pf's order of deciding, what each counted, the unit."""
    try:
        capture = yield RULES
    except NotAnswered as error:
        kept = yield from _optional(KEPT)
        if kept is None or error.code != NotAnswered.code:
            raise
        return _written(kept)
    told = rows(capture)
    if not any(row.get("is_automatic") for row in told):
        raise Incomplete(
            f"{who(capture)}: no rule that OPNsense makes itself is in the list",
            next_step="read a release from 25.7 on: older ones list only a part of the rules",
        )
    known = aliases((yield from _rows(ALIASES_HELD)))
    groups = interface_groups((yield from _rows(GROUPS)))
    found = rules(told, known, who(capture), groups)
    hits = yield from _optional(HITS)
    facts: list[Fact] = [(yield from _unit(device))]
    if hits is None:
        return [*facts, *found]
    return [*facts, *counted(found, mapping(hits), hits.answered_at)]


def _written(kept: Capture) -> list[Fact]:
    """The rules of a kept configuration. Raises Unexpected where there is none."""
    told, named, groups = _kept.tables(kept)
    if not told:
        raise Unexpected(
            f"{who(kept)}: no rule that anybody wrote",
            code="result_empty_suspicious",
            next_step="deliver the whole configuration",
        )
    found = rules(told, aliases(named), who(kept), interface_groups(groups), whole=True)
    return [*found, default(found)]


def firmware(device: Device) -> Flow:
    """The release, and the unit."""
    capture = yield SYSTEM
    return [release(capture), (yield from _unit(device, capture))]


def _unit(device: Device, system: Capture | None = None) -> Generator[Ask, Capture, Unit]:
    system = system or (yield from _optional(SYSTEM))
    time = yield from _optional(TIME)
    carp = yield from _optional(CARP)
    return unit(system, time, carp, device.timezone)


def _rows(ask: Ask) -> Generator[Ask, Capture, list[Row]]:
    """The rows of a list that can be done without; none when it is not answered."""
    capture = yield from _optional(ask)
    return [] if capture is None else rows(capture)


def _optional(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    try:
        return (yield ask)
    except NotAnswered:
        return None
