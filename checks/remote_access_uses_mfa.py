"""Does everybody who connects from outside show who they are by more than one factor?

CC-17010.a.h asks it of every connection from outside, staff's and vendors'. What a gateway
itself demands counts. Where it asks a server in turn (RADIUS, LDAP, SAML) and does not tell what
that server demands, the company may say of which servers it knows (`servers_with_mfa`, dated
with the rest of its criteria); of any other it is *not assessed*, never a pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from checks._access import ACCESS, Service, fits, listed, services
from checks._observed import observed
from evidence.facts import AccessGrant
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "remote_access_uses_mfa"
Answer = tuple[Result, str, Text]
KINDS = ("one_factor", "unknown", "exempt", "stated", "multi_factor")


def check(
    readings: Readings,
    *,
    servers_with_mfa: Sequence[str] = (),
    exempt: Mapping[str, str] | None = None,
) -> Iterator[Observation]:
    """One observation a way in.

    `servers_with_mfa`: patterns of servers, or of login methods, behind which a second factor is
    known to be demanded. `exempt`: accounts that may do without, as patterns, each with its
    reason (a break-glass account in its envelope): listed, and worth 部分符合.
    """
    yield from unread(readings, "remote_access", CHECK, ACCESS)
    for one in services(readings):
        found: dict[str, list[str]] = {kind: [] for kind in KINDS}
        for grant in one.grants:
            found[_kind(grant, servers_with_mfa, exempt or {})].append(_named(grant))
        yield observed(
            CHECK,
            readings,
            one.device,
            one.reading,
            subject=f"{one.device.id}/{one.name}",
            about="remote_access",
            answer=_answer(one, found, exempt or {}),
            measures=_measures(one, found),
        )


def _kind(grant: AccessGrant, servers: Sequence[str], exempt: Mapping[str, str]) -> str:
    if grant.multi_factor:
        return "multi_factor"
    if fits(grant.who, exempt):
        return "exempt"
    if grant.multi_factor is False:
        return "one_factor"
    behind = [*grant.methods, (grant.detail or "").removeprefix("server ")]
    return "stated" if any(fits(name, servers) for name in behind if name) else "unknown"


def _named(grant: AccessGrant) -> str:
    profile = f"{grant.profile}: " if grant.profile and grant.profile != grant.who else ""
    methods = "+".join(grant.methods) or "?"
    return f"{profile}{grant.who} ({methods})"


def _answer(
    service: Service, found: Mapping[str, Sequence[str]], exempt: Mapping[str, str]
) -> Answer:
    if not service.on:
        return Result.satisfied, "switched_off", Text("it is off", "未啟用")
    if names := found["one_factor"]:
        said = listed(names)
        words = Text(f"one factor is enough for {said}", f"僅單一因子即可登入：{said}")
        return Result.not_satisfied, "one_factor", words
    if names := found["unknown"]:
        said = listed(names)
        words = Text(
            f"a server decides, and does not tell here: {said}",
            f"由外部認證伺服器決定，設備未載明：{said}",
        )
        return Result.not_assessed, "server_decides", words
    if names := found["exempt"]:
        why = "; ".join(dict.fromkeys(exempt.values()))
        said = listed(names)
        words = Text(f"exempt: {said}; {why}", f"例外帳號：{said}；{why}")
        return Result.partly, "exempt", words
    count = len(found["multi_factor"]) + len(found["stated"])
    if not count:
        words = Text("nobody is told who may come in", "未讀得可連入之使用者")
        return Result.not_assessed, "nobody_told", words
    if found["stated"]:
        words = Text(
            f"{count} may come in by more than one factor, as the company states of its servers",
            f"{count} 項授權均採多因子（部分依公司就認證伺服器之聲明）",
        )
        return Result.satisfied, "multi_factor_stated", words
    words = Text(f"all {count} come in by more than one factor", f"{count} 項授權均採多因子認證")
    return Result.satisfied, "multi_factor", words


def _measures(service: Service, found: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    offered = service.offered
    return {
        **{kind: list(names) for kind, names in found.items()},
        "interfaces": list(offered.interfaces) if offered else [],
        "port": offered.port if offered else None,
    }
