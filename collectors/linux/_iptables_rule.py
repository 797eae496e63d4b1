"""One iptables rule: what its options select, and the draft made of it.

Every rule and every built-in chain's policy has a counter in the kernel, whether an answer
shows it or not. Outside the tables `filter` and `security`, ACCEPT only ends the table.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from collectors.linux._draft import Draft
from evidence.errors import Incomplete, shown
from evidence.facts import FirewallRule

_SHORT = {
    "-s": "source", "--source": "source", "--src": "source", "--src-range": "source",
    "-d": "destination", "--destination": "destination", "--dst": "destination",
    "--dst-range": "destination",
    "-i": "entering", "--in-interface": "entering", "-o": "leaving", "--out-interface": "leaving",
    "-p": "protocol", "--protocol": "protocol",
    "--dport": "port", "--destination-port": "port", "--dports": "port", "--ports": "port",
    "--destination-ports": "port",
    "--sport": "from_port", "--source-port": "from_port", "--sports": "from_port",
    "--icmp-type": "control", "--icmpv6-type": "control",
}  # fmt: skip
_WORD = re.compile(r'"([^"\\]*)"|([^ \t\r\n"\'\\]+)')
# Words that are bare or wholly in quotes, as iptables-save writes nearly all.
_UNESCAPED = re.compile(rf"(?:(?:{_WORD.pattern})(?:[ \t]+|\Z))*")
# Extensions that only bring options, each of which says for itself what it narrows.
_QUIET = ("tcp", "udp", "sctp", "icmp", "icmp6", "icmpv6", "multiport", "iprange", "set")
# Extensions that narrow a match by what their options say. One that is not here may do anything.
_EXTENSIONS = frozenset(
    (
        *_QUIET,
        *("addrtype", "ah", "bpf", "cgroup", "cluster", "comment", "connbytes", "connlabel"),
        *("connlimit", "connmark", "conntrack", "cpu", "dccp", "devgroup", "dscp", "dst", "ecn"),
        *("esp", "eui64", "frag", "geoip", "hashlimit", "hbh", "helper", "hl", "ipcomp"),
        *("ipv6header", "ipvs", "length", "limit", "mac", "mark", "mh", "nfacct", "osf", "owner"),
        *("physdev", "pkttype", "policy", "quota", "rateest", "realm", "recent", "rpfilter"),
        *("rt", "socket", "srh", "state", "statistic", "string", "tcpmss", "time", "tos", "ttl"),
        *("u32", "udplite", "psd", "ipp2p", "ndpi", "tcp_flags"),
    )
)
_PLAIN = ("-f", "--fragment", "-4", "--ipv4", "-6", "--ipv6", "-c", "--set-counters")
_NAT = ("DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP", "TPROXY")
_REFUSING = ("DROP", "REJECT")
_LOGGING = ("LOG", "NFLOG", "ULOG")
EVERYWHERE = ("0.0.0.0/0", "::/0", "anywhere")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule stands. `legacy` tables are apart from nf_tables' of the same name."""

    family: str
    table: str
    chain: str
    legacy: bool

    @property
    def context(self) -> str:
        return f"legacy:{self.table}" if self.legacy else self.table

    @property
    def group(self) -> str:
        """The counters that `iptables -Z CHAIN` zeroes together."""
        return f"{self.context}/{self.family}/{self.chain}"

    def permits(self, target: str) -> bool | None:
        if target in _REFUSING:
            return False
        return True if target == "ACCEPT" and self.table in ("filter", "security") else None


@dataclass(frozen=True, slots=True)
class Count:
    """What an answer shows of a counter; both None: nothing. `exact` False: it was rounded."""

    packets: int | None = None
    size_bytes: int | None = None
    exact: bool = True


@dataclass(slots=True)
class Options:
    """A rule's options by what they select, and its words without comment."""

    values: dict[str, list[str]] = field(default_factory=dict)
    negated: set[str] = field(default_factory=set)
    target: str = ""
    jumps: bool = False  # the target is a chain, not a verdict
    target_words: list[str] = field(default_factory=list)
    match_words: list[str] = field(default_factory=list)
    comment: str | None = None
    other: list[str] = field(default_factory=list)  # words that narrow the match besides
    not_understood: list[str] = field(default_factory=list)

    def of(self, name: str) -> tuple[str, ...]:
        """The values, marked `!` where they are negated."""
        values = self.values.get(name, ())
        return tuple(f"!{value}" for value in values) if name in self.negated else tuple(values)

    def addresses(self, name: str) -> tuple[str, ...]:
        found = tuple(one for one in self.values.get(name, ()) if one not in EVERYWHERE)
        return found or ("any",)

    @property
    def conditions(self) -> tuple[str, ...]:
        """What narrows the match beside the fields; several ports that are none of them, too."""
        several = [
            f"! {name} {','.join(self.values[name])}"
            for name in ("port", "from_port")
            if name in self.negated and len(self.values[name]) > 1
        ]
        said = " ".join(self.other)
        return tuple(([said] if said else []) + several)

    @property
    def services(self) -> tuple[str, ...]:
        protocol = "".join(self.of("protocol")) or "any"
        ports, from_ports = self.of("port"), self.of("from_port")
        if ports or from_ports:
            return tuple(
                f"{protocol}/{port}{sender}"
                for port in ports or ("any",)
                for sender in [f" from {one}" for one in from_ports] or [""]
            )
        if control := self.of("control"):
            return tuple(f"{protocol}/{kind}" for kind in control)
        return ("any",) if protocol in ("all", "any", "0") else (protocol,)


def options(text: str, who: str) -> Options:
    """The options of a rule as iptables-save writes it. Raises Incomplete for an open quote."""
    words = _words(text, who)
    found = Options()
    at, negated = 0, False
    while at < len(words):
        word, value = words[at], words[at + 1] if at + 1 < len(words) else ""
        if word in ("-j", "--jump", "-g", "--goto"):
            found.target, found.target_words = value, words[at + 2 :]
            return found
        if word in ("-m", "--match") and value == "comment":
            at += 2
        elif word == "--comment":
            found.comment = value
            at += 2
        elif word == "!":
            negated = True
            found.match_words.append(word)
            at += 1
        elif word in ("-m", "--match"):
            found.match_words += words[at : at + 2]
            if value in _EXTENSIONS:
                found.other += () if value in _QUIET else words[at : at + 2]
            else:
                found.not_understood.append(f"{word} {value}".strip())
            at += 2
        elif not _core(word) and word.startswith("-") and "-m" not in words[:at]:
            # No extension brought this option, and it is none of iptables' own.
            found.not_understood.append(word)
            found.match_words.append(word)
            at, negated = at + 1, False
        else:
            step = _note(found, word, value, words[at + 2 : at + 3], negated)
            found.match_words += words[at : at + step]
            at, negated = at + step, False
    return found


def _core(word: str) -> bool:
    return word in _SHORT or word in _PLAIN


def _words(text: str, who: str) -> list[str]:
    """The words as a shell would take them apart."""
    # shlex goes letter by letter, which on long lists is most of the work of all.
    if _UNESCAPED.fullmatch(text):
        return [quoted or bare for quoted, bare in _WORD.findall(text)]
    try:
        return shlex.split(text)
    except ValueError:
        raise Incomplete(f"{who}: a rule breaks off: {shown(text)!r}") from None


def _note(found: Options, word: str, value: str, beyond: Sequence[str], negated: bool) -> int:
    """Take one option; how many words it has."""
    if word == "--match-set":
        sides = (beyond[0] if beyond else "").split(",")
        for side, of in (("src", "source"), ("dst", "destination")):
            if side in sides:
                found.values.setdefault(of, []).append(f"@{value}")
                found.negated |= {of} if negated else set()
        return 3
    name = _SHORT.get(word)
    if name is None:
        found.other += ["!", word] if negated else [word]
        return 1
    if word == "--ports":  # the sender's or the receiver's: more than the field says
        found.not_understood.append(f"{word} {value}")
    found.values.setdefault(name, []).extend(value.split(","))
    found.negated |= {name} if negated else set()
    return 2


def rule_draft(place: Place, found: Options, text: str, position: int, count: Count) -> Draft:
    """The rule with these options at this place."""
    match = " ".join(found.match_words)
    to = " ".join([found.target, *found.target_words]).strip()
    logs = found.target in _LOGGING
    return Draft(
        rule=FirewallRule(
            key="",
            context=place.context,
            family=place.family,
            policy=place.chain,
            position=position,
            comment=found.comment,
            action="jump" if found.jumps else found.target.lower() or "count",
            permits=place.permits(found.target),
            source_zones=found.of("entering"),
            destination_zones=found.of("leaving"),
            sources=found.addresses("source"),
            sources_negated="source" in found.negated,
            destinations=found.addresses("destination"),
            destinations_negated="destination" in found.negated,
            services=found.services,
            nat=to if found.target in _NAT else None,
            logged=logs,
            counted=True,
            text=text,
            conditions=found.conditions,
            not_understood=tuple(found.not_understood),
        ),
        identity=f"{match} -j {found.target if logs else to}",
        match=match,
        group=place.group,
        count=count.packets,
        size_bytes=count.size_bytes,
        exact=count.exact and count.packets is not None,
    )


def policy_draft(place: Place, action: str, position: int, count: Count) -> Draft:
    """The policy of a built-in chain: what happens to packets that no rule decided."""
    return Draft(
        rule=FirewallRule(
            key="",
            context=place.context,
            family=place.family,
            policy=place.chain,
            position=position,
            action=action.lower(),
            permits=place.permits(action),
            counted=True,
            implicit=True,
            text=f"-P {place.chain} {action}",
        ),
        identity="policy",
        match=f"policy {place.chain}",
        group=place.group,
        count=count.packets,
        size_bytes=count.size_bytes,
        exact=count.exact and count.packets is not None,
    )
