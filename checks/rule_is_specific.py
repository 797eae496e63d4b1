"""Is each permitting rule specific? High risk is what the company's criteria say it is.

No regulation lists high-risk settings, so every detector is a company criterion (公司判定準則):
`detectors` names those in force, and the other settings are their limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from evidence.clock import taipei_day
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import EVERYWHERE, UNKNOWN, HeldRule, held_rules, unread
from evidence.services import Service, is_any, networks, service
from evidence.text import Text

CHECK = "rule_is_specific"
RULES = Text("its rules", "規則")


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
    rules = list(held_rules(readings))
    for held in rules:
        rule = held.rule
        if rule.implicit and rule.permits is not None and rule.enabled:
            yield _default(readings, held)
        elif rule.enabled and rule.permits and not rule.implicit:
            yield _judged(readings, held, wanted, limits)
    yield from _no_default(readings, rules)


def _judged(
    readings: Readings,
    held: HeldRule,
    detectors: Mapping[str, tuple[Detector, Text]],
    limits: Limits,
) -> Observation:
    answers = {name: detector(held, limits) for name, (detector, _) in detectors.items()}
    found = [name for name, answer in answers.items() if answer]
    unclear = [name for name, answer in answers.items() if answer is None]
    named = [detectors[name][1] for name in found or unclear]
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
    return _observation(readings, held, result, state, said, found, unclear)


def _default(readings: Readings, held: HeldRule) -> Observation:
    """What happens to traffic that no rule decided."""
    if held.rule.permits:
        said = Text("lets through what no rule denies", "未列明之流量預設放行")
        return _observation(
            readings, held, Result.not_satisfied, "default_permits", said, ["default_permits"]
        )
    said = Text("denies what no rule permits", "未列明之流量預設拒絕")
    return _observation(readings, held, Result.satisfied, "default_denies", said)


def _observation(
    readings: Readings,
    held: HeldRule,
    result: Result,
    state: str,
    said: Text,
    found: Sequence[str] = (),
    unclear: Sequence[str] = (),
) -> Observation:
    return Observation(
        check=CHECK,
        device=held.device.id,
        subject=held.subject,
        result=result,
        state=state,
        description=Text(f"{held.title}: {said.en}", f"{held.title}：{said.zh}"),
        at=readings.at,
        evidence=(held.evidence,),
        measures={
            "rule": held.rule.key,
            "match_digest": held.rule.match_digest,
            "found": list(found),
            "unclear": list(unclear),
        },
        scope=held.scope,
    )


def _no_default(readings: Readings, rules: Sequence[HeldRule]) -> Iterator[Observation]:
    """A group whose answers show no default, and no last rule that denies everything."""
    groups = {held.group: held for held in rules}
    closed = {held.group for held in rules if held.rule.implicit or _denies_everything(held)}
    for group, held in groups.items():
        if group in closed:
            continue
        yield Observation(
            check=CHECK,
            device=held.device.id,
            subject=f"{group}/default",
            result=Result.not_assessed,
            state="default_not_shown",
            description=Text(
                f"{group}: what happens to traffic that no rule decides is not shown",
                f"{group}：設備未顯示未列明流量之預設處置",
            ),
            at=readings.at,
            evidence=(held.evidence,),
            scope=(f"site:{held.device.site}", "zone:?"),
        )


def _denies_everything(held: HeldRule) -> bool:
    rule = held.rule
    return (
        rule.enabled
        and rule.permits is False
        and is_any(rule.sources)
        and is_any(rule.destinations)
        and any(service(one).any for one in rule.services)
    )


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


_DATE = re.compile(r"(20\d\d)[-/.]?(\d\d)[-/.]?(\d\d)")
_TEMPORARY = re.compile(r"臨時|暫時|暫行|測試|\btemp|\btmp|\btest", re.IGNORECASE)


def _expired(held: HeldRule, limits: Limits) -> bool:
    """A schedule that ended, or a rule called temporary whose date has passed."""
    rule = held.rule
    said = f"{rule.name or ''} {rule.comment or ''}"
    days = [*_days(rule.schedule or ""), *(_days(said) if _TEMPORARY.search(said) else ())]
    return bool(days) and max(days) < limits.on


DETECTORS: Mapping[str, tuple[Detector, Text]] = {
    "any_source": (_any_source, Text("any source", "來源為任意")),
    "any_destination": (_any_destination, Text("any destination", "目的為任意")),
    "any_service": (_any_service, Text("any service", "服務為任意")),
    "management_from_external": (
        _management_from_external,
        Text("management ports from outside", "外部可連管理埠"),
    ),
    "clear_text_from_external": (
        _clear_text_from_external,
        Text("clear-text protocols from outside", "外部可連明文協定"),
    ),
    "inbound_any": (_inbound_any, Text("inbound any to DMZ or inside", "外對內或 DMZ 任意通行")),
    "logging_off": (_logging_off, Text("not logged", "未留存紀錄")),
    "wide_range": (_wide_range, Text("over-wide addresses or ports", "位址或埠範圍過寬")),
    "expired": (_expired, Text("temporary and past its end", "臨時規則已過期")),
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


def _days(text: str) -> Iterator[date]:
    for year, month, day in _DATE.findall(text):
        try:
            yield date(int(year), int(month), int(day))
        except ValueError:
            continue
