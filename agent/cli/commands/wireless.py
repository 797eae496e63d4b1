"""`wireless`: each network, what is set, what is on the air, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from agent.cli.commands.topic import show_topic
from agent.cli.options import ConfigOption, JsonOption, LanguageOption, PeriodOption
from evidence.control import Verdict
from evidence.judged import Judged
from evidence.observation import Observation, Result
from evidence.text import Text, visible
from evidence.wireless import (
    CHECKS,
    Held,
    heard_of,
    held_networks,
    protection,
    standing,
    surveyed,
)

HEADINGS = {
    "ssid": Text("network", "網路名稱"),
    "device": Text("device", "設備"),
    "standing": Text("where", "啟用情形"),
    "set": Text("set", "設定"),
    "air": Text("on the air", "空中訊號"),
    "verdict": Text("verdict", "結果"),
    "why": Text("why", "說明"),
}


def wireless(
    period: PeriodOption = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Wireless networks: set, and heard on the air. Exit 1 when something is not satisfied."""
    show_topic(
        _rows,
        HEADINGS,
        "no device is read for its wireless networks",
        "wireless",
        period=period,
        language=language,
        config=config,
        json=json,
        named=("ssid", "device", "verdict"),
    )


def _rows(judged: Judged, language: str) -> Iterator[dict[str, Any]]:
    yield from _networks(judged, language)
    yield from _rest(judged, language)


def _said(judged: Judged) -> dict[str, list[Observation]]:
    """What the checks of wireless say, by network; a supplier's approval is its network's."""
    found: dict[str, list[Observation]] = {}
    for one in judged.observations:
        # A clause's own settings stand behind the check's name.
        if one.check.startswith(CHECKS):
            subject = one.subject.partition("/supplier ")[0].removesuffix("/air")
            found.setdefault(subject, []).append(one)
    return found


def _networks(judged: Judged, language: str) -> Iterator[dict[str, Any]]:
    said = _said(judged)
    for held in held_networks(judged.readings):
        yield {
            "ssid": held.name,
            "device": held.device.id,
            "standing": standing(held).in_(language),
            "set": protection(held.network).in_(language),
            "air": _air(judged, held, language),
            **_judged(judged, said.get(held.subject, []), language, held),
        }


def _air(judged: Judged, held: Held, language: str) -> str:
    if not surveyed(judged.readings):
        return Text("not captured", "未擷取").in_(language)
    heard = heard_of(judged.readings, held)
    words = dict.fromkeys(protection(one.seen).in_(language) for one in heard)
    return "\n".join(words) or Text("not heard", "未偵測到").in_(language)


def _rest(judged: Judged, language: str) -> Iterator[dict[str, Any]]:
    """Access points that are not ours, and devices that were not read."""
    known = {held.subject for held in held_networks(judged.readings)}
    for subject, found in _said(judged).items():
        one = found[0]
        if subject in known or one.result is Result.satisfied:
            continue
        yield {
            "ssid": visible(str(one.measures.get("ssid") or "")),
            "device": one.device,
            "standing": visible(str(one.measures.get("bssid") or "")),
            "set": "",
            "air": "",
            **_judged(judged, found, language),
        }


def _judged(
    judged: Judged, said: list[Observation], language: str, held: Held | None = None
) -> dict[str, str]:
    """The worst verdict, and the words of what is not as it should be, worst first. The network's
    own name, which stands before them, is in the row."""
    verdicts = {Verdict.of(one.result) for one in said}
    worst = judged.policy.worst(verdicts) if verdicts else Verdict.not_assessed
    order = judged.policy.order
    ranked = sorted(said, key=lambda one: order.index(Verdict.of(one.result)))
    wrong = [one for one in ranked if Verdict.of(one.result) is not Verdict.satisfied]
    named = (
        ("",)
        if held is None
        else (f"{held.name} on {held.device.id}: ", f"{held.device.id} 之 {held.name}：")
    )
    why = dict.fromkeys(_without(one.description.in_(language), named) for one in wrong)
    return {"verdict": worst.text.in_(language), "why": "\n".join(why)}


def _without(text: str, beginnings: Sequence[str]) -> str:
    for one in beginnings:
        text = text.removeprefix(one)
    return text
