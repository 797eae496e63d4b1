"""Did a firewall's counters run on all month: not zeroed by hand, counting not switched off?

A restart zeroes counters and is told by the proof of each rule. What is asked here is whether
somebody zeroed them without a restart, or stopped the counting: that is no breach by itself, but
it takes away what shows use, and somebody has to say why it was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from checks._rule import MOST_NAMED, RULES
from evidence.clock import month_bounds
from evidence.device import Device
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text
from evidence.usage import Criteria, UnitHistory
from evidence.usage.pairs import Pairs, pair
from evidence.usage.snapshot import NOT_COUNTED, Bools, Ints
from evidence.usage.words import minute

CHECK = "counters_run_on"

# A state, its words, and (reading, rule definition) of each place where it was seen.
Found = tuple[str, Text, Ints]


def check(readings: Readings) -> Iterator[Observation]:
    """One observation a unit: from its last reading before the month to the newest."""
    yield from unread(readings, "firewall", CHECK, RULES)
    since = int(month_bounds(readings.period)[0].timestamp())
    for group, devices in readings.groups().items():
        for history in readings.usage(group):
            known = history.until(int(readings.at.timestamp()))
            device = next((one for one in devices if one.id == history.device), devices[0])
            yield _observed(readings, group, device, known, since)


def _observed(
    readings: Readings, group: str, device: Device, history: UnitHistory, since: int
) -> Observation:
    compared = pair(history, Criteria())
    of_month = compared.at >= since
    found = [
        (state, said, np.argwhere(where & of_month))
        for state, said, where in _disturbances(history, compared)
        if (where & of_month).any()
    ]
    result, state, said = _answer(history, found, bool((compared.same & of_month).any()))
    first = int(np.searchsorted(history.read_at, since))
    cited = history.digests[max(first - 1, 0) :]
    rules = {history.columns[column][0] for _, _, places in found for _, column in places}
    return Observation(
        check=CHECK,
        device=device.id,
        subject=f"{group}/{history.unit}/counters",
        result=result,
        state=state,
        description=Text(f"{history.unit}: {said.en}", f"{history.unit}：{said.zh}"),
        at=readings.at,
        evidence=cited,
        measures={"unit": history.unit, "readings": len(cited), "rules": sorted(rules)},
        scope=(f"site:{device.site}", "zone:?"),
    )


def _disturbances(history: UnitHistory, compared: Pairs) -> Iterator[tuple[str, Text, Bools]]:
    """(state, words, where): the last a table of readings by rule definitions."""
    zeroed = Text("counters were zeroed without a restart", "計數器於未重新啟動下歸零")
    yield "zeroed_without_restart", zeroed, compared.fell & ~compared.restarted
    stopped = Text("counting was switched off", "計數功能遭關閉")
    yield "counting_stopped", stopped, (compared.before >= 0) & (history.count == NOT_COUNTED)


def _answer(
    history: UnitHistory, found: Sequence[Found], could_compare: bool
) -> tuple[Result, str, Text]:
    """What it comes to; what happened first gives the state."""
    if found:
        told = [_told(history, said, places) for _, said, places in found]
        words = Text("; ".join(one.en for one in told), "；".join(one.zh for one in told))
        return Result.partly, found[0][0], words
    if not could_compare:
        few = Text("too few readings with counters to compare", "可比對之計數讀取不足")
        return Result.not_assessed, "not_compared", few
    return Result.satisfied, "ran_on", Text("counters ran on all month", "計數器整月持續累計")


def _told(history: UnitHistory, said: Text, places: Ints) -> Text:
    """What happened, to which rules, and when it was seen first."""
    rules = sorted({history.columns[column][0] for _, column in places})
    at = minute(datetime.fromtimestamp(int(history.read_at[places[:, 0].min()]), UTC))
    some, more = rules[:MOST_NAMED], len(rules) > MOST_NAMED
    rest = Text(f" and {len(rules) - len(some)} more", f"等共 {len(rules)} 條")
    rest = rest if more else Text("", "")
    return Text(
        f"{said.en}, seen first at {at}: {', '.join(some)}{rest.en}",
        f"{said.zh}（最早發現於 {at}）：{'、'.join(some)}{rest.zh}",
    )
