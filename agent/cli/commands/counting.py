"""`rules counters`: what counters show of every rule, on any day, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Annotated

import typer

from agent.cli.options import ConfigOption, JsonOption, LanguageOption, configured
from agent.cli.words import say, show
from agent.counted import counted
from agent.ledger import Ledger
from agent.wired import system_clock
from evidence.clock import TAIPEI
from evidence.control import Policy
from evidence.device import Device
from evidence.errors import ConfigurationError
from evidence.facts import FirewallRule
from evidence.text import Text
from evidence.usage import Assumption, Criteria
from report.codes import STATES, word

_CHECK = "rule_carries_traffic"
_COLUMNS = {
    "firewall": Text("firewall", "防火牆"),
    "rule": Text("rule", "規則"),
    "state": Text("state", "狀態"),
    "provable_on": Text("provable on", "可證明日"),
}


def counters(
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="A day (2026-11-01) instead of now.", show_default=False),
    ] = None,
    firewall: Annotated[
        str | None, typer.Option(help="Only this firewall.", show_default=False)
    ] = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Tell what the counters show of every rule on a day: no decisions, no stories.

    By the company's criteria. An entry in a traffic log that was delivered is traffic, too.
    `rules explain` tells why, for the month.
    """
    settings = configured(config)
    said = Policy.of_record(settings.policy).settings(_CHECK)
    criteria = Criteria(
        months=said.get("months", 6),
        max_gap_s=said.get("largest_gap_h", 24) * 3600,
        accept=Assumption.named(said.get("accept", ())),
    )
    ledger, at = Ledger(settings.state), _end_of(as_of)
    try:
        found = [
            one
            for one in counted(ledger, settings.devices, at, criteria)
            if firewall in (None, one.group)
        ]
        names = {} if json else _names(ledger, settings.devices.values(), at)
    finally:
        ledger.close()
    spoken = language or settings.language
    rows = (
        {
            "firewall": one.group,
            "rule": names.get((one.group, key), key),
            "state": state.value if json else word(STATES, state.value).in_(spoken),
            "provable_on": day.isoformat() if (day := one.provable_on.get(key)) else None,
        }
        for one in found
        for key, state in one.states.items()
    )
    show(rows, {key: said.in_(spoken) for key, said in _COLUMNS.items()}, json)
    total = Counter(state for one in found for state in one.states.values())
    parts = (f"{count:,} {word(STATES, one.value).in_(spoken)}" for one, count in total.items())
    say(("; " if spoken == "en" else "；").join(parts))


def _names(ledger: Ledger, devices: Iterable[Device], at: datetime) -> dict[tuple[str, str], str]:
    """What people call the rules, by group and key, as they were read last by then."""
    return {
        (device.ha_group or device.id, rule.key): rule.name or rule.key
        for device in devices
        for reading in ledger.newest_good(device.id, "firewall", until=at)
        for rule in reading.of(FirewallRule)
    }


def _end_of(day: str | None) -> datetime:
    """The last moment of a day in Taipei, no later than now. Raises ConfigurationError."""
    now = system_clock()
    if day is None:
        return now
    try:
        return min(now, datetime.combine(date.fromisoformat(day), time.max, TAIPEI))
    except ValueError:
        raise ConfigurationError("--as-of is written 2026-11-01", code="time_invalid") from None
