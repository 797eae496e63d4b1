"""Is each permitting rule specific? High risk is what the company's criteria say it is.

No regulation lists high-risk settings, so every detector is a company criterion (公司判定準則):
`detectors` names those in force, and the other settings are their limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from checks._dates import last_day
from checks._rule import RULES, Answer, as_understood, lets_in, rule_observed
from evidence.clock import taipei_day
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.risks import RISKS
from evidence.rulebase import EVERYWHERE, UNKNOWN, HeldRule, held_rules, unread
from evidence.services import Service, is_any, networks, service
from evidence.text import Text

CHECK = "rule_is_specific"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the detectors compare with. Prefixes shorter, and port ranges wider, are too wide."""

    management: Sequence[int]
    clear_text: Sequence[int]
    shortest_prefix: Mapping[int, int]
    widest_ports: int
    on: date


# True: it is so. False: it is not. None: it cannot be told, because a place is not mapped, a
# service is only a name, or the device does not say.
Detector = Callable[[HeldRule, Limits], bool | None]


def check(
    readings: Readings,
    *,
    detectors: Sequence[str] | None = None,
    management_ports: Sequence[int] = (22, 23, 161, 3389, 5900, 5985, 5986),
    clear_text_ports: Sequence[int] = (21, 23, 69, 80, 110, 143, 161, 389, 513, 514),
    shortest_prefix_ipv4: int = 16,
    shortest_prefix_ipv6: int = 48,
    widest_ports: int = 1024,
) -> Iterator[Observation]:
    """`detectors`: those in force, by name; None: all of them."""
    limits = Limits(
        management_ports,
        clear_text_ports,
        {4: shortest_prefix_ipv4, 6: shortest_prefix_ipv6},
        widest_ports,
        taipei_day(readings.at),
    )
    wanted = {name: DETECTORS[name] for name in detectors or DETECTORS}
    yield from unread(readings, "firewall", CHECK, RULES)
    for held in filter(lets_in, held_rules(readings)):
        answer = as_understood(held, _judged(held, wanted, limits))
        yield rule_observed(CHECK, readings, held, answer)


def _judged(held: HeldRule, detectors: Mapping[str, Detector], limits: Limits) -> Answer:
    answers = {name: detector(held, limits) for name, detector in detectors.items()}
    found = [name for name, answer in answers.items() if answer]
    unclear = [name for name, answer in answers.items() if answer is None]
    named = [RISKS[name] for name in found or unclear]
    if found:
        result, state = Result.not_satisfied, "high_risk"
        said = Text("high risk by company criteria: ", "依公司判定準則屬高風險：")
    elif unclear:
        result, state = Result.not_assessed, "risk_unknown"
        said = Text("cannot be told: ", "無法判斷：")
    else:
        result, state, said = Result.satisfied, "specific", Text("specific", "未見高風險設定")
    said = Text(
        said.en + ", ".join(one.en for one in named), said.zh + "、".join(one.zh for one in named)
    )
    return Answer(result, state, said, {"found": found, "unclear": unclear})


# --- detectors ---


def _any_source(held: HeldRule, limits: Limits) -> bool:
    return is_any(held.rule.sources)


def _any_destination(held: HeldRule, limits: Limits) -> bool:
    return is_any(held.rule.destinations)


def _any_service(held: HeldRule, limits: Limits) -> bool:
    # On an application firewall the application narrows what the port leaves open.
    return not _applications(held) and any(one.any for one in _services(held))


def _management_from_external(held: HeldRule, limits: Limits) -> bool | None:
    return _ports_from_external(held, limits.management)


def _clear_text_from_external(held: HeldRule, limits: Limits) -> bool | None:
    return _ports_from_external(held, limits.clear_text)


def _inbound_any(held: HeldRule, limits: Limits) -> bool | None:
    """From outside to DMZ or inside, with any service or any destination."""
    if not (_any_service(held, limits) or _any_destination(held, limits)):
        return False
    inside = held.destinations & {"dmz", "internal", EVERYWHERE}
    if not inside:
        return None if UNKNOWN in held.destinations else False
    return _from_external(held)


def _logging_off(held: HeldRule, limits: Limits) -> bool | None:
    return None if held.rule.logged is None else not held.rule.logged


def _wide_range(held: HeldRule, limits: Limits) -> bool:
    addresses = (*held.rule.sources, *held.rule.destinations)
    parts = [part for address in addresses for part in networks(address) or ()]
    wide = any(0 < part.prefixlen < limits.shortest_prefix[part.version] for part in parts)
    return wide or any(
        not one.any and one.name is None and one.ports > limits.widest_ports
        for one in _services(held)
    )


def _expired(held: HeldRule, limits: Limits) -> bool:
    """A schedule that ended, or a rule called temporary whose date has passed."""
    ended_on = last_day(held.rule)
    return ended_on is not None and ended_on < limits.on


DETECTORS: Mapping[str, Detector] = {
    "any_source": _any_source,
    "any_destination": _any_destination,
    "any_service": _any_service,
    "management_from_external": _management_from_external,
    "clear_text_from_external": _clear_text_from_external,
    "inbound_any": _inbound_any,
    "logging_off": _logging_off,
    "wide_range": _wide_range,
    "expired": _expired,
}


def _services(held: HeldRule) -> list[Service]:
    return [service(one) for one in held.rule.services]


def _applications(held: HeldRule) -> bool:
    return any(name.casefold() not in ("any", "all") for name in held.rule.applications)


def _from_external(held: HeldRule) -> bool | None:
    if held.sources & {"external", EVERYWHERE}:
        return True
    return None if UNKNOWN in held.sources else False


def _ports_from_external(held: HeldRule, ports: Sequence[int]) -> bool | None:
    services = _services(held)
    reaches = any(one.covers(port) for one in services for port in ports)
    if not reaches and all(one.name is None for one in services):
        return False
    outside = _from_external(held)
    # A service that is only a name may be one of these; from inside it does not matter.
    return outside if reaches or outside is False else None
