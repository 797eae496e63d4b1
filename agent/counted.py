"""What counters show of every rule at any time: states and dates, without the stories.

Joined from the marks that the ledger keeps of each reading; a group whose units tell more than
marks can hold is judged from its full history, with the same answers. So is one of which traffic
logs were delivered: an entry is traffic, whatever the counters show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from agent.ledger import Ledger
from evidence.device import Device
from evidence.facts import FirewallRule
from evidence.logged import SUBJECT, told_by
from evidence.usage import HISTORY, Criteria, State, UnitHistory, prove
from evidence.usage.glance import Glance, glance
from evidence.usage.logged import LoggedRules
from evidence.usage.marks import never_read


@dataclass(frozen=True, slots=True)
class Counted:
    """The rules of a group or single device; `provable_on` of those with too short a history."""

    group: str
    states: Mapping[str, State]
    provable_on: Mapping[str, date | None]


def counted(
    ledger: Ledger, devices: Mapping[str, Device], at: datetime, criteria: Criteria
) -> Iterator[Counted]:
    """Every group of firewalls, judged by what was read of it until `at`."""
    groups: dict[str, list[str]] = {}
    beside: dict[str, list[str]] = {}  # a folder of logs is a device of the group, too
    for device in devices.values():
        group = device.ha_group or device.id
        beside.setdefault(group, []).append(device.id)
        if "firewall" in device.subjects:
            groups.setdefault(group, []).append(device.id)
    start, end = at - HISTORY, at + timedelta(seconds=1)
    for group, members in groups.items():
        logged = _logged(ledger, members, beside[group], end)
        found = None if logged else _glanced(ledger, members, at, criteria)
        if found is not None:
            yield Counted(group, found.states(), found.provable_on())
            continue
        histories = [
            history
            for member in members
            for history in ledger.histories(member, start, end)
            or [UnitHistory.of_snapshots([], member, member)]
        ]
        proofs = prove(histories, at, criteria=criteria, logged=logged)
        states = proofs.states()
        short = [key for key, state in states.items() if state is State.insufficient]
        yield Counted(group, states, {key: proofs[key].provable_on for key in short})


def _glanced(
    ledger: Ledger, members: Sequence[str], at: datetime, criteria: Criteria
) -> Glance | None:
    start, end = at - HISTORY, at + timedelta(seconds=1)
    units = [
        unit
        for member in members
        for unit in ledger.marks(member, start, end) or [never_read(member)]
    ]
    return glance(units, at, criteria)


def _logged(
    ledger: Ledger, members: Sequence[str], beside: Sequence[str], end: datetime
) -> LoggedRules:
    """What traffic logs of these devices, delivered before `end`, say of the rules held then."""
    delivered = tuple(
        reading
        for member in beside
        for reading in ledger.readings(member, SUBJECT, end=end)
        if reading.failure is None
    )
    if not delivered:
        return {}
    # A jump or a log decides nothing, and is not what an entry speaks of.
    held = {
        rule.key: rule
        for member in members
        for reading in ledger.newest_good(member, "firewall", until=end)
        for rule in reading.of(FirewallRule)
        if rule.permits is not None and not rule.implicit
    }
    return told_by(delivered, held.values()).by_rule
