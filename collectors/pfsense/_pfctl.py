"""What `pfctl -vvsr` prints: each rule as pf holds it, and below it what it counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from collectors._managed.answer import who
from collectors._managed.match import with_digest
from collectors._pf.order import in_order
from collectors._pf.words import FAMILIES, PERMITS, services
from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown
from evidence.facts import Fact, FirewallRule, RuleUsage

_RULE = re.compile(r"^@(?P<number>\d+)(?:\((?P<tracker>\d+)\))? (?P<text>\S.*)$")
_COUNTED = re.compile(
    r"^\s*\[ Evaluations: \d+\s+Packets: (?P<packets>\d+)\s+Bytes: (?P<bytes>\d+)"
    r"\s+States: (?P<states>\d+)\s*\]$"
)
_REFUSED = re.compile(r"Permission denied|a password is required|not allowed to execute|not found")
_TOKEN = re.compile(
    r'"[^"]*"|\([^)]*\)|\{[^}]*\}|<>|<[^<>\s]+>|><|[<>]=?|[^\s"(){}<>]+(?:\([^)]*\))?|\S'
)
_SCHEDULED = re.compile(r"^id:\S+$|^gw:\S+$|^tracker:\S+$")
# What pf does with what matched; each takes so many words behind it.
_DONE = {
    **dict.fromkeys(("no", "route-to", "reply-to"), 1),
    **dict.fromkeys(("dup-to", "tag", "dnpipe", "dnqueue", "queue", "rtable", "set"), 1),
    **dict.fromkeys(("allow-opts", "fastroute", "drop", "return", "return-rst", "state"), 0),
    **dict.fromkeys(("return-icmp", "return-icmp6"), 0),
}
# What narrows a rule and has no field of its own.
_CONDITIONS = {
    "code": 1,
    "tagged": 1,
    "tos": 1,
    "os": 1,
    "prio": 1,
    "probability": 1,
    "received-on": 1,
}


@dataclass(slots=True)
class Loaded:
    """One rule of pf while its lines are read."""

    text: str
    tracker: str | None
    count: tuple[int, int, int] | None = None


@dataclass(slots=True)
class _Words:
    """The words of one rule, taken one by one from the left."""

    left: list[str]
    values: dict[str, str] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)

    def take(self, wanted: int = 1) -> str:
        """The next words; fewer where the rule has no more."""
        taken, self.left = self.left[:wanted], self.left[wanted:]
        return " ".join(taken)


def loaded(capture: Capture) -> list[Loaded]:
    """The rules in pf's order, without those that only put packets together (`scrub`).

    Raises NotAnswered where the account may not ask pf, Incomplete where rules are missing or
    the last one has no counter.
    """
    found: list[Loaded] = []
    scrubs = 0
    scrubbing = False
    for line in capture.text().splitlines():
        rule = _RULE.match(line)
        if rule and rule["text"].startswith(("scrub", "no scrub")):
            scrubbing, scrubs = True, scrubs + 1
        elif rule:
            scrubbing = False
            if int(rule["number"]) != len(found):
                raise Incomplete(f"{who(capture)}: rule {len(found)} is missing")
            found.append(Loaded(rule["text"], rule["tracker"]))
        elif (counted := _COUNTED.match(line)) and found and not scrubbing:
            numbers = (int(counted[one]) for one in ("packets", "bytes", "states"))
            found[-1].count = (next(numbers), next(numbers), next(numbers))
        elif line.strip() and not (line.lstrip().startswith("[ ") and line.rstrip().endswith("]")):
            raise _trouble(capture, line, begun=bool(found or scrubs))
    if not found:
        raise Unexpected(f"{who(capture)}: no rule of pf", code="result_empty_suspicious")
    if any(one.count is None for one in found):
        raise Incomplete(f"{who(capture)}: a rule is without its counter")
    return found


def facts(rules: list[Loaded], at: datetime) -> Iterator[Fact]:
    """The rules in the order in which the first match decides, then what was counted."""
    seen: Counter[str] = Counter()
    pairs: list[tuple[FirewallRule, bool]] = []
    usages = []
    for one in rules:
        rule, quick = _rule(one)
        seen[rule.key] += 1
        key = rule.key if seen[rule.key] == 1 else f"{rule.key}#{seen[rule.key]}"
        pairs.append((replace(rule, key=key), quick))
        if one.count:
            packets, size_bytes, states = one.count
            usages.append(
                RuleUsage(
                    key=key,
                    reset_domain="pf",
                    count=packets,
                    count_unit="packets",
                    size_bytes=size_bytes,
                    open_sessions=states,
                    persistent=False,
                    read_at=at,
                )
            )
    yield from in_order(pairs)
    yield from usages


def _trouble(capture: Capture, line: str, begun: bool) -> Exception:
    if not begun and _REFUSED.search(line):
        return NotAnswered(
            f"{who(capture)}: refused: {shown(line)}",
            code="privilege_missing",
            next_step="let the account run this one command by sudo; see the platform's page",
        )
    kind = Incomplete if begun else Unexpected
    return kind(f"{who(capture)}: not what pfctl prints: {shown(line)}")


def _rule(one: Loaded) -> tuple[FirewallRule, bool]:
    """A rule, and whether it is quick."""
    words = _Words(_TOKEN.findall(one.text))
    action = words.take()
    if action == "anchor":
        action = f"anchor {words.take().strip(chr(34))}"
    while words.left:
        _next(words)
    values = words.values
    written = [label for label in words.labels if label.startswith("USER_RULE")]
    plain = [label for label in words.labels if not _SCHEDULED.match(label)]
    name = (written or plain or [""])[0].removeprefix("USER_RULE").removeprefix(":").strip()
    way, place = values.get("way", "any"), values.get("on", "")
    zones = (place,) if place and not place.startswith("!") else ()
    if place and (way == "any" or not zones):
        words.conditions.append(f"on {place}")
    rule = with_digest(
        FirewallRule(
            key="",
            family=FAMILIES[values.get("family", "")],
            policy=way,
            vendor_id=values.get("ridentifier") or one.tracker,
            name=name or None,
            action=action,
            permits=PERMITS.get(action),
            source_zones=zones if way == "in" else (),
            destination_zones=zones if way == "out" else (),
            sources=(values.get("from", "any").removeprefix("! "),),
            sources_negated=values.get("from", "").startswith("! "),
            destinations=(values.get("to", "any").removeprefix("! "),),
            destinations_negated=values.get("to", "").startswith("! "),
            services=tuple(_services(values)),
            logged="log" in values,
            counted=True,
            owner="policy" if written else "pfsense",
            conditions=tuple(words.conditions),
            not_understood=tuple(_strange(action, words)),
            text=one.text,
        )
    )
    bare = rule.sources == rule.destinations == rule.services == ("any",)
    narrowed = bool(place or rule.conditions or rule.not_understood)
    default = bare and not narrowed and rule.permits is False and "quick" not in values
    key = f"pf/{rule.vendor_id or 'unnumbered'}/{rule.match_digest[:12]}"
    return replace(rule, key=key, implicit=default and not written), "quick" in values


def _strange(action: str, words: _Words) -> Iterator[str]:
    if action not in PERMITS and action != "match" and not action.startswith("anchor "):
        yield f"action {action}"
    yield from words.strange


def _next(words: _Words) -> None:
    """Take the next part of a rule, whatever it is."""
    word = words.take()
    bare = word.split("(", 1)[0]
    match word:
        case "in" | "out":
            words.values["way"] = word
        case "quick" | "all":
            words.values[word] = word
        case "inet" | "inet6":
            words.values["family"] = word
        case "log":
            words.values["log"] = word
            if words.left[:1] and words.left[0].startswith("("):
                words.take()
        case "on":
            words.values["on"] = words.take(2 if words.left[:1] == ["!"] else 1)
        case "proto" | "ridentifier" | "icmp-type" | "icmp6-type":
            words.values[word] = words.take()
        case "from" | "to":
            words.values[word] = words.take(2 if words.left[:1] == ["!"] else 1)
            if words.left[:1] == ["-"]:  # a range of addresses
                words.values[word] += words.take(2).replace(" ", "")
            if words.left[:1] == ["port"]:
                words.take()
                words.values[f"{word} port"] = _port(words)
        case "label":
            words.labels.append(words.take().strip('"'))
        case "user" | "group":
            words.conditions.append(f"{word} {words.take(2)}")
        case "flags":
            # S/SA is how pf sees every first packet of TCP.
            if (flags := words.take()) not in ("S/SA", "any"):
                words.conditions.append(f"flags {flags}")
        case "keep" | "modulate" | "synproxy":
            words.take(2 if words.left[1:2] and words.left[1].startswith("(") else 1)
        case _ if word in _CONDITIONS:
            words.conditions.append(f"{word} {words.take(_CONDITIONS[word])}")
        case _ if bare in _DONE:
            words.take(_DONE[bare] if bare == word else 0)
        case _:
            words.strange.append(word)


def _port(words: _Words) -> str:
    """`= https`, `!= 80`, `> 1023`, `8000:8100`, `1 >< 9` as a service writes its port."""
    first = words.take()
    if first in ("=", "!=", "<", ">"):
        return {"=": "", "!=": "!"}.get(first, first) + words.take()
    if first in ("<=", ">="):
        port = words.take()
        beside = int(port) + (1 if first == "<=" else -1) if port.isdigit() else port
        return f"{first[0]}{beside}" if port.isdigit() else f"{first}{port}"
    if words.left[:1] in (["><"], ["<>"]):
        sign, last = words.take(), words.take()
        if sign == "><" and first.isdigit() and last.isdigit():  # the ports between the two
            return f"{int(first) + 1}-{int(last) - 1}"
        return f"{first}{sign}{last}"
    return first


def _services(values: dict[str, str]) -> Iterator[str]:
    control = [values[one] for one in ("icmp-type", "icmp6-type") if one in values]
    ports = [values["to port"]] if "to port" in values else []
    senders = [values["from port"]] if "from port" in values else []
    yield from services(values.get("proto", ""), ports, senders, control)
