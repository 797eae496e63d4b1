"""`crypto`: cryptography in use, service by service and certificate by certificate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.cli.commands.topic import Row, show_topic
from agent.cli.options import ConfigOption, JsonOption, LanguageOption, PeriodOption
from evidence.control import Verdict
from evidence.judged import Judged
from evidence.text import Text

CHECK = "cryptography_is_current"
HEADINGS = {
    "device": Text("device", "設備"),
    "what": Text("service or certificate", "服務或憑證"),
    "verdict": Text("verdict", "結果"),
    "broken": Text("broken or short", "破解或強度不足"),
    "aging": Text("on its way out", "宜汰換"),
    "unknown": Text("in no list", "未列準則"),
    "why": Text("why", "說明"),
}
_LISTED = ("broken", "aging", "unknown")


def crypto(
    period: PeriodOption = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Cryptography that is offered or allowed. Exit 1 when something is not satisfied."""
    show_topic(
        _rows,
        HEADINGS,
        "no device is read for its cryptography",
        "crypto",
        period=period,
        language=language,
        config=config,
        json=json,
        named=("device", "what", "verdict"),
        in_table=_one_a_line,
    )


def _one_a_line(row: Row) -> Row:
    """A weak service has dozens of long names."""
    return {**row, **{name: row[name].replace(", ", "\n") for name in _LISTED}}


def _rows(judged: Judged, language: str) -> Iterator[dict[str, Any]]:
    """One row an observation, the worst first; `why` is told once, where no list tells it."""
    order = judged.policy.order
    mine = [one for one in judged.observations if one.check == CHECK]
    for one in sorted(mine, key=lambda one: (order.index(Verdict.of(one.result)), one.subject)):
        lists = {name: ", ".join(one.measures.get(name, ())) for name in _LISTED}
        told = any(lists.values()) or Verdict.of(one.result) is Verdict.satisfied
        yield {
            "device": one.device,
            "what": one.subject.removeprefix(f"{one.device}/"),
            "verdict": Verdict.of(one.result).text.in_(language),
            **lists,
            "why": "" if told else one.description.in_(language),
        }
