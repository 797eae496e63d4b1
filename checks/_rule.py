"""What the checks of firewall rules share: whom they ask, and what they say of one and of the rest.

A rule list has thousands of rules, and most are as they should be. So what is good is told once a
firewall, as a count; what is not, or cannot be told, is told rule by rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import HeldRule, held_rules, unread
from evidence.text import Text

RULES = Text("its rules", "規則")
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check says of one rule. `evidence`: further readings it rests on."""

    result: Result
    state: str
    said: Text
    measures: Mapping[str, Any]
    evidence: tuple[str, ...] = ()


Judge = Callable[[HeldRule], Answer | None]


def each_rule(check: str, readings: Readings, judge: Judge, fine: Text) -> Iterator[Observation]:
    """Devices that were not read, what `judge` says of each rule (None: it is not asked about it),
    and how many of each firewall's are `fine`, in words that follow their number."""
    yield from unread(readings, "firewall", check, RULES)
    for group, rules in by_group(readings).items():
        good = 0
        for held in rules:
            answer = judge(held)
            if answer is None:
                continue
            answer = as_understood(held, answer)
            if answer.result is Result.satisfied:
                good += 1
            else:
                yield rule_observed(check, readings, held, answer)
        if good:
            yield summed_up(check, readings, group, rules, good, fine)


def as_understood(held: HeldRule, answer: Answer) -> Answer:
    """The answer, but that a rule with words nobody understood is never as it should be.

    What is not as it should be whatever they mean stays so, and says them.
    """
    words = held.rule.not_understood
    if not words or answer.result is Result.not_applicable:
        return answer
    said = not_understood(words)
    measures = {**answer.measures, "not_understood": list(words)}
    if answer.result is Result.satisfied:
        return Answer(Result.not_assessed, "not_understood", said, measures)
    said = Text(f"{answer.said.en}; {said.en}", f"{answer.said.zh}；{said.zh}")
    return replace(answer, said=said, measures=measures)


def not_understood(words: Iterable[str]) -> Text:
    """What a rule says that nobody understood."""
    told = listed(words)
    return Text(f"not understood: {told.en}", f"規則含無法解讀之內容：{told.zh}")


def by_group(readings: Readings) -> Mapping[str, Sequence[HeldRule]]:
    """The rules of each firewall, its units together."""
    found: dict[str, list[HeldRule]] = {}
    for held in held_rules(readings):
        found.setdefault(held.group, []).append(held)
    return found


def lets_in(held: HeldRule) -> bool:
    """Whether somebody wrote it, it is on, and lets traffic pass, or may: nobody knows its
    action."""
    rule = held.rule
    may = rule.permits is None and any(map(_UNKNOWN_ACTION.match, rule.not_understood))
    return rule.enabled and not rule.implicit and (bool(rule.permits) or may)


_UNKNOWN_ACTION = re.compile(r"(?:no )?action\b")


def rule_observed(check: str, readings: Readings, held: HeldRule, answer: Answer) -> Observation:
    """One rule's observation; its name is put before the words."""
    return Observation(
        check=check,
        device=held.device.id,
        subject=held.subject,
        result=answer.result,
        state=answer.state,
        description=Text(f"{held.title}: {answer.said.en}", f"{held.title}：{answer.said.zh}"),
        at=readings.at,
        evidence=tuple(dict.fromkeys((held.evidence, *answer.evidence))),
        measures={
            "rule": held.rule.key,
            "match_digest": held.rule.match_digest,
            **answer.measures,
        },
        scope=held.scope,
    )


def summed_up(
    check: str,
    readings: Readings,
    group: str,
    rules: Iterable[HeldRule],
    count: int,
    fine: Text,
) -> Observation:
    """How many rules of a firewall are as they should be."""
    held = next(iter(rules))
    return Observation(
        check=check,
        device=held.device.id,
        subject=f"{group}/{check}",
        result=Result.satisfied,
        state="others_fine",
        description=Text(f"{group}: {count} rules {fine.en}", f"{group}：{count} 條規則{fine.zh}"),
        at=readings.at,
        evidence=tuple(dict.fromkeys(one.evidence for one in rules)),
        measures={"rules": count},
        scope=(f"site:{held.device.site}", "zone:?"),
    )


def listed(words: Iterable[str]) -> Text:
    """A few words in a row, and how many more there are."""
    found = list(dict.fromkeys(words))
    shown, more = found[:MOST_NAMED], len(found) - MOST_NAMED
    tail = Text(f" and {more} more", f"等共 {len(found)} 項") if more > 0 else Text("", "")
    return Text(", ".join(shown) + tail.en, "、".join(shown) + tail.zh)
