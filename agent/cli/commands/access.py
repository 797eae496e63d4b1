"""`remote-access`: who may connect from outside, by which factors, and who did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent.cli.commands.topic import show_topic
from agent.cli.options import ConfigOption, JsonOption, LanguageOption, PeriodOption
from evidence.control import Verdict
from evidence.judged import Judged
from evidence.observation import Observation
from evidence.text import Text

CHECKS = (
    *("remote_access_uses_mfa", "vendor_accounts_expire", "remote_sessions_are_reviewed"),
    *("administration_is_closed_to_outside", "remote_control_is_sanctioned"),
)
HEADINGS = {
    "device": Text("device", "設備"),
    "way": Text("way in", "連入方式"),
    "one_factor": Text("one factor", "單一因子"),
    "unknown": Text("not told", "未載明"),
    "multi_factor": Text("more factors", "多因子"),
    "verdict": Text("verdict", "結果"),
    "why": Text("why", "說明"),
}


def remote_access(
    period: PeriodOption = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Ways in from outside and who may take them. Exit 1 when something is not satisfied."""
    show_topic(
        _rows,
        HEADINGS,
        "no device is read for its remote access",
        "remote_access",
        period=period,
        language=language,
        config=config,
        json=json,
        named=("device", "way", "verdict"),
    )


def _rows(judged: Judged, language: str) -> Iterator[Mapping[str, Any]]:
    """One row an observation, the worst first; counts of grants where the row is of a service.
    What was not read each check says: once is enough."""
    order = judged.policy.order
    mine = [one for one in judged.observations if one.check in CHECKS]
    unread: set[str] = set()
    for one in sorted(mine, key=lambda one: (order.index(Verdict.of(one.result)), one.subject)):
        if one.state == "not_read":
            if one.subject in unread:
                continue
            unread.add(one.subject)
        yield {
            "device": one.device,
            "way": one.subject.removeprefix(f"{one.device}/"),
            "one_factor": _count(one, "one_factor"),
            "unknown": _count(one, "unknown"),
            "multi_factor": _count(one, "multi_factor", "stated"),
            "verdict": Verdict.of(one.result).text.in_(language),
            "why": one.description.in_(language).removeprefix(one.device).lstrip(":： "),
        }


def _count(one: Observation, *kinds: str) -> int | None:
    found = [one.measures[kind] for kind in kinds if kind in one.measures]
    return sum(map(len, found)) if found else None
