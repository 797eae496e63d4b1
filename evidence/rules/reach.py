"""Whether each rule of a list is reached: first match decides, so earlier rules may take it all.

Three answers. *Covered* is certain: whatever the names stand for, nothing of the rule is left.
*Reached* is certain, too, but for one assumption: what a device cannot resolve (a name, a user, a
condition) never stands for everything. In between nobody can tell, and what it hangs on is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from evidence.facts import FirewallRule
from evidence.rules.addresses import FAMILIES, WHOLE, Numbers
from evidence.rules.cover import Box, covered
from evidence.rules.match import APART, WORDS, Match, match_of, open_word, unresolved
from evidence.rules.services import WHOLE as EVERY_SERVICE
from evidence.rules.spans import Spans, joined, within

# Actions that let the list go on: the next rules see the same traffic.
_GOES_ON = frozenset(("log", "nflog", "ulog", "count", "continue", "mark", "connmark", "notrack"))
_NAMES_FROM = 1 << 129  # places of names, beyond every address and service


class State(StrEnum):
    reached = "reached"
    shadowed = "shadowed"  # covered, and some of it decided otherwise
    redundant = "redundant"  # covered, and decided the same
    unless = "unless"  # hangs on what nobody can resolve
    not_understood = "not_understood"  # words of its own that nobody understood
    matches_nothing = "matches_nothing"


@dataclass(frozen=True, slots=True)
class Reach:
    """What became of one rule. `by`: places in the list of the rules that take all of it (unless:
    that may). `hangs_on`: the words nobody can resolve."""

    state: State
    by: tuple[int, ...] = ()
    hangs_on: tuple[str, ...] = ()


def lists(rules: Iterable[FirewallRule]) -> Iterator[list[FirewallRule]]:
    """The rules by the list in which the first match decides, each in order.

    A policy's entries for IPv4, IPv6 and both are one list where no position stands twice among
    them. One context's policies are one list where each carries on with the numbers of the one
    before (a manager's rules before and after a device's own).
    """
    contexts: dict[str, dict[str, dict[str, list[FirewallRule]]]] = {}
    for rule in rules:
        policy = contexts.setdefault(rule.context, {}).setdefault(rule.policy, {})
        policy.setdefault(rule.family, []).append(rule)
    for policies in contexts.values():
        apart = [one for families in policies.values() for one in _families(families)]
        everything = sorted((rule for one in apart for rule in one), key=_position)
        places = sorted(rule.position for rule in everything)
        if places == list(range(places[0], places[0] + len(places))):
            yield everything
        else:
            yield from (sorted(one, key=_position) for one in apart)


def _families(families: Mapping[str, list[FirewallRule]]) -> Iterable[list[FirewallRule]]:
    together = [rule for one in families.values() for rule in one]
    alone = len({rule.position for rule in together}) == len(together)
    return [together] if alone else families.values()


def _position(rule: FirewallRule) -> tuple[bool, int]:
    """What nobody wrote comes last, wherever the device lists it."""
    return rule.implicit, rule.position


def reach(rules: Sequence[FirewallRule]) -> list[Reach | None]:
    """What becomes of each rule of one list, in order; None for those that are not judged: rules
    switched off, that decide nothing, or that nobody wrote."""
    found = {place: _Found() for place, rule in enumerate(rules) if _judged(rule)}
    for family in FAMILIES:
        _family(rules, found, family)
    return [
        None if place not in found else found[place].reach(rules, place)
        for place in range(len(rules))
    ]


def _judged(rule: FirewallRule) -> bool:
    return rule.enabled and rule.permits is not None and not rule.implicit


@dataclass(slots=True)
class _Found:
    """What was found of one rule, over both families: how many `parts` it has, how many of them
    lie under others for certain, and by whom; how many may, and by whom. `open_` are the rest,
    `surely` those of them that are there whatever the names stand for."""

    parts: int = 0
    under: int = 0
    by: set[int] = field(default_factory=set)
    maybe_by: set[int] = field(default_factory=set)
    open_: int = 0
    surely: int = 0

    def reach(self, rules: Sequence[FirewallRule], place: int) -> Reach:
        rule = rules[place]
        if rule.not_understood:
            return Reach(State.not_understood, (), rule.not_understood)
        if not self.parts:
            return Reach(State.matches_nothing)
        by = tuple(sorted(self.by))
        if self.under == self.parts:
            same = all(rules[one].permits == rule.permits for one in by)
            return Reach(State.redundant if same else State.shadowed, by)
        # A name's address may all be of the other family: such a part is none for certain.
        if self.surely or self.open_ == self.parts:
            return Reach(State.reached)
        by = tuple(sorted(self.by | self.maybe_by))
        words = [
            word
            for one in (*by, place)
            for word in hangs_on(rules[one], match_of(rules[one], 4) or match_of(rules[one], 6))
        ]
        return Reach(State.unless, by, tuple(dict.fromkeys(words)))


def hangs_on(rule: FirewallRule, match: Match | None) -> tuple[str, ...]:
    """What of a rule nobody can resolve; a jump hangs on what its target decides."""
    more = (f"{rule.action} {rule.text or ''}".strip(),) if _may_decide(rule) else ()
    return (*unresolved(rule, match), *more)


def _may_decide(rule: FirewallRule) -> bool:
    goes_on = rule.action in _GOES_ON and not rule.not_understood
    return rule.permits is None and not goes_on


def _family(rules: Sequence[FirewallRule], found: Mapping[int, _Found], family: int) -> None:
    matches = [match_of(rule, family) if rule.enabled else None for rule in rules]
    code = _Code(matches, family)
    needs: list[Box | None] = []
    gives: list[Box | None] = []
    for place, (rule, match) in enumerate(zip(rules, matches, strict=True)):
        judged = match is not None and place in found and not rule.not_understood
        takes = match is not None and rule.permits is not None and not rule.not_understood
        need = code.need(match) if match is not None and (judged or takes) else None
        give = code.give(match) if match is not None and takes else None
        needs.append(need if judged else None)
        gives.append(need if give == need else give)
    certain = covered(needs, gives)
    asked = [need is not None and not by for need, by in zip(needs, certain, strict=True)]
    maybe = _perhaps(rules, matches, code, asked)
    for place, by in enumerate(certain):
        if needs[place] is None:
            continue
        one, match = found[place], matches[place]
        one.parts += 1
        one.under += bool(by)
        one.by.update(by)
        one.maybe_by.update(maybe[place])
        if match is not None and not by and not maybe[place]:
            one.open_ += 1
            one.surely += bool(match.sources.spans and match.destinations.spans)


def _perhaps(
    rules: Sequence[FirewallRule],
    matches: Sequence[Match | None],
    code: _Code,
    asked: Sequence[bool],
) -> list[tuple[int, ...]]:
    """The rules under which each of those asked may lie, if names stand for as much as they can."""
    open_ = [
        match is not None and bool(hangs_on(rule, match))
        for rule, match in zip(rules, matches, strict=True)
    ]
    if not any(open_):
        return [() for _ in rules]
    first = open_.index(True)
    needs: list[Box | None] = []
    gives: list[Box | None] = []
    for place, (rule, match) in enumerate(zip(rules, matches, strict=True)):
        needs.append(code.least(match) if match and asked[place] and place >= first else None)
        takes = match is not None and (rule.permits is not None or _may_decide(rule))
        gives.append(code.most(match, rule) if match is not None and takes else None)
    return covered(needs, gives)


class _Code:
    """Matches of one list and family as boxes of numbers: a name, a word is a number of its own."""

    def __init__(self, matches: Iterable[Match | None], family: int) -> None:
        self._wholes = ((WHOLE[family],), (WHOLE[family],), (EVERY_SERVICE,))
        self._names: list[dict[str, tuple[int, Spans]]] = [{}, {}, {}]
        self._words: list[dict[str, int]] = [{} for _ in WORDS]
        self._made: dict[tuple[int, Numbers], Spans] = {}
        for match in matches:
            if match is None:
                continue
            for names, numbers in zip(self._names, _numbers(match), strict=True):
                for name, most in numbers.names:
                    names.setdefault(name, (_NAMES_FROM + len(names), most))
            for known, words in zip(self._words, match.words, strict=True):
                for word in words or ():
                    known.setdefault(word, len(known) + 1)

    def need(self, match: Match) -> Box:
        """Everything the rule takes, with its names as numbers of their own."""
        numbers = (
            self._with(one.spans, (self._names[at][name][0] for name, _ in one.names))
            for at, one in enumerate(_numbers(match))
        )
        words = (
            self._all(at) if words is None else self._of(at, words)
            for at, words in enumerate(match.words)
        )
        return (*numbers, *words)

    def give(self, match: Match) -> Box:
        """Everything the rule takes for certain: also names that lie in its numbers whatever they
        stand for, and conditions that add to its own."""
        numbers = []
        for at, one in enumerate(_numbers(match)):
            if (at, one) not in self._made:
                mine = {name for name, _ in one.names}
                places = [
                    place
                    for name, (place, most) in self._names[at].items()
                    if name in mine or (one.spans and within(most, one.spans))
                ]
                self._made[at, one] = self._with(one.spans, places)
            numbers.append(self._made[at, one])
        words = (
            self._all(at) if words is None else self._of(at, self._stricter(at, words))
            for at, words in enumerate(match.words)
        )
        return (*numbers, *words)

    def least(self, match: Match) -> Box:
        """What the rule needs at least: its numbers. Where it has names only, any one place."""
        numbers = (
            self._with(one.spans, self._whole(at, one)) or None
            for at, one in enumerate(_numbers(match))
        )
        words = (
            self._all(at) if words is None else self._of(at, words)
            for at, words in enumerate(match.words)
        )
        return (*numbers, *words)

    def most(self, match: Match, rule: FirewallRule) -> Box:
        """The most the rule can take: names for all they can stand for, words nobody can compare
        for every other. Of what was not understood, everything."""
        if rule.not_understood:
            return (*((_EVERY,) for _ in self._names), *map(self._all, range(len(WORDS))))
        numbers = (
            self._with(
                joined((*one.spans, *(span for _, most in one.names for span in most))),
                self._whole(at, one),
            )
            for at, one in enumerate(_numbers(match))
        )
        words = []
        for at, mine in enumerate(match.words):
            if mine is None:
                words.append(self._all(at))
            elif WORDS[at] in APART and not any(map(open_word, mine)):
                others = [word for word in self._words[at] if open_word(word)]
                words.append(self._of(at, (*mine, *others)))
            else:
                words.append(((1, len(self._words[at])),))
        return (*numbers, *words)

    def _whole(self, at: int, numbers: Numbers) -> tuple[int, ...]:
        """A place of its own for what has every number: names together never have it."""
        return (_NAMES_FROM - 1,) if numbers.spans == self._wholes[at] else ()

    @staticmethod
    def _with(spans: Spans, places: Iterable[int]) -> Spans:
        return (*spans, *joined((place, place) for place in places))

    def _all(self, at: int) -> Spans:
        return ((0, len(self._words[at])),)

    def _of(self, at: int, words: Iterable[str]) -> Spans:
        return joined((place, place) for place in (self._words[at][word] for word in words))

    def _stricter(self, at: int, words: Iterable[str]) -> Iterable[str]:
        if WORDS[at] != "condition":
            return words
        mine = {part for word in words for part in word.split("; ")}
        return [word for word in self._words[at] if mine <= set(word.split("; "))]


_EVERY = (0, 1 << 131)


def _numbers(match: Match) -> tuple[Numbers, Numbers, Numbers]:
    return match.sources, match.destinations, match.services
