"""What both tools' rules have in common, and how a rule gets its name and its counter's facts.

The kernel gives a rule no name that survives a reload: nft's handles start anew and iptables
has none. So a rule is known by what it says: table, family, chain, and a digest of match and
action without counters, comment and logging. Rules that say the same in one chain are told
apart by their order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from evidence.facts import Fact, FirewallRule, RuleUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule before it has its key: what it says, and what its counter said.

    `identity` is match and action as written; `match` is the match with the members of its
    sets. `group` names the counters that are zeroed with this one. `count` None: no counter
    is shown; `exact` False: one is kept, and the answer rounds it or leaves it out.
    """

    rule: FirewallRule
    identity: str
    match: str
    group: str
    count: int | None = None
    size_bytes: int | None = None
    exact: bool = True


def digest(text: str, length: int = 64) -> str:
    """The first `length` hexadecimal digits of the text's SHA-256."""
    return sha256(text.encode()).hexdigest()[:length]


def place(rule: FirewallRule) -> str:
    """Where the rule stands, in the form its key begins with: table/family/chain."""
    return f"{rule.context}/{rule.family}/{rule.policy}"


def facts(drafts: Iterable[Draft], read_at: datetime) -> Iterator[Fact]:
    """Each rule under its key, and what its counter said at `read_at`."""
    seen: Counter[str] = Counter()
    for draft in drafts:
        name = "policy" if draft.rule.implicit else digest(draft.identity, 16)
        key = f"{place(draft.rule)}/{name}"
        seen[key] += 1
        if seen[key] > 1:
            key = f"{key}#{seen[key]}"
        yield replace(draft.rule, key=key, owner=owner(draft), match_digest=digest(draft.match))
        if draft.rule.counted:
            yield RuleUsage(
                key=key,
                reset_domain=draft.group,
                count=draft.count,
                count_unit="packets",
                size_bytes=draft.size_bytes,
                persistent=False,
                counting="on" if draft.exact else "unknown",
                read_at=read_at,
            )


# Who makes chains of these names. Where a program keeps a chain for the administrator's own
# rules (ufw-user-…, firewalld's …_allow, DOCKER-USER), what stands there is policy.
_POLICY = re.compile(
    r"ufw6?-user-(?:input|output|forward)|DOCKER-USER"
    r"|(?:filter_|nat_|mangle_|raw_)?(?:IN|FWDI|FWDO|FWD|PRE|POST|OUT)_\w+_(?:allow|deny|pre|post)"
    r"|(?:INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING)_direct"
)
_MAKERS = (
    (re.compile(r"DOCKER(?:[-_].*)?"), "docker"),
    (re.compile(r"(?:f2b|fail2ban)[-_].*", re.IGNORECASE), "fail2ban"),
    (re.compile(r"ufw6?-.*"), "ufw"),
    (re.compile(r"KUBE-.*"), "kubernetes"),
    (re.compile(r"cali-.*"), "calico"),
    (re.compile(r"LIBVIRT_.*|libvirt_network"), "libvirt"),
    (re.compile(r"(?:CNI|NETAVARK)-.*|netavark"), "podman"),
    (re.compile(r"ts-.*"), "tailscale"),
    (
        re.compile(
            r"firewalld|(?:filter_|nat_|mangle_|raw_)?(?:IN|FWDI|FWDO|FWD|PRE|POST|OUT)_\w+"
            r"|\w+_(?:direct|ZONES(?:_SOURCE|_IFACES)?|POLICIES_(?:pre|post))"
        ),
        "firewalld",
    ),
)


def owner(draft: Draft) -> str:
    """`policy`, or the program that made the rule, by the names of its chain, target and table."""
    rule = draft.rule
    if _is_policy(rule.policy):
        return "policy"
    makers = map(_maker, (rule.policy, *_TARGET.findall(draft.identity), rule.context))
    return next(filter(None, makers), "policy")


_TARGET = re.compile(r"(?:jump|goto|-j|-g) (\S+)")


# A list of thousands of rules names a few chains.
@lru_cache(maxsize=1024)
def _is_policy(chain: str) -> bool:
    return _POLICY.fullmatch(chain) is not None


@lru_cache(maxsize=1024)
def _maker(name: str) -> str | None:
    return next((maker for made, maker in _MAKERS if made.fullmatch(name)), None)
