"""Is nothing reachable from outside by a management port or a clear-text protocol?

Which ports and applications those are is the company's criterion (公司判定準則). A service that is
only a name may be one of them, so a rule with such a name is not assessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from checks._rule import Answer, each_rule, lets_in, listed
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import EVERYWHERE, UNKNOWN, HeldRule
from evidence.rules.services import services
from evidence.rules.spans import Spans, joined, overlapping
from evidence.text import Text

CHECK = "no_cleartext_or_management_from_outside"
FINE = Text("open no such port to the outside", "未對外開放管理埠或明文協定")
MANAGEMENT_PORTS = (22, 23, 161, 3389, 5900, 5985, 5986)
CLEAR_TEXT_PORTS = (21, 23, 69, 80, 110, 143, 161, 389, 513, 514)
MANAGEMENT_APPLICATIONS = ("ssh", "telnet", "ms-rdp", "snmp", "vnc", "winrm")
CLEAR_TEXT_APPLICATIONS = ("ftp", "tftp", "telnet", "web-browsing", "pop3", "imap", "snmp", "ldap")
_TRANSPORTS = (6, 17)


def check(
    readings: Readings,
    *,
    management_ports: Sequence[int] = MANAGEMENT_PORTS,
    clear_text_ports: Sequence[int] = CLEAR_TEXT_PORTS,
    management_applications: Sequence[str] = MANAGEMENT_APPLICATIONS,
    clear_text_applications: Sequence[str] = CLEAR_TEXT_APPLICATIONS,
) -> Iterator[Observation]:
    """Ports of TCP and UDP; applications by the names of firewalls that tell them apart."""
    kinds = {
        "management": (_places(management_ports), set(management_applications)),
        "clear_text": (_places(clear_text_ports), set(clear_text_applications)),
    }

    def judge(held: HeldRule) -> Answer | None:
        if not lets_in(held):
            return None
        from_outside = bool(held.sources & {"external", EVERYWHERE})
        if not from_outside and UNKNOWN not in held.sources:
            return Answer(Result.satisfied, "not_exposed", FINE, {})
        return _exposed(held, from_outside, kinds)

    return each_rule(CHECK, readings, judge, FINE)


def _places(ports: Sequence[int]) -> Spans:
    """Where the ports lie among all services, for TCP and UDP."""
    return joined((one << 16 | port,) * 2 for one in _TRANSPORTS for port in ports)


def _exposed(
    held: HeldRule, from_outside: bool, kinds: Mapping[str, tuple[Spans, set[str]]]
) -> Answer:
    named = {name.casefold() for name in held.rule.applications} - {"any", "all"}
    told = services(held.rule.services)
    found, unclear = [], list[str]()
    for kind, (ports, applications) in kinds.items():
        if named:
            # The firewall looks at the application, whatever the port.
            found += [kind] if named & applications else []
        elif overlapping(told.spans, ports):
            found.append(kind)
        else:
            unclear += [name for name, most in told.names if overlapping(most, ports)]
    measures = {"found": found, "unclear": list(dict.fromkeys(unclear))}
    words = listed(held.rule.services if not named else sorted(named))
    if found and from_outside:
        kind_words = [_WORDS[kind] for kind in found]
        said = Text(
            f"open to the outside: {' and '.join(one.en for one in kind_words)} ({words.en})",
            f"對外開放{'與'.join(one.zh for one in kind_words)}（{words.zh}）",
        )
        return Answer(Result.not_satisfied, "exposed", said, measures)
    if found or unclear:
        hangs = listed(unclear) if unclear else Text("where it comes from", "來源所在區域不明")
        said = Text(f"cannot be told: {hangs.en}", f"無法判斷：{hangs.zh}")
        return Answer(Result.not_assessed, "exposure_unknown", said, measures)
    return Answer(Result.satisfied, "not_exposed", FINE, measures)


_WORDS = {
    "management": Text("management ports", "管理埠"),
    "clear_text": Text("clear-text protocols", "明文協定"),
}
