"""Who may do what where: the one place where it is decided. Whatever is not granted is refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from evidence.text import Text

EVERYWHERE = "*"


class Role(StrEnum):
    engineer = "engineer"
    supervisor = "supervisor"
    auditor = "auditor"
    administrator = "administrator"

    @property
    def text(self) -> Text:
        return _WORDS[self]


class May(StrEnum):
    """What an action asks for. `own` is one's own account, which everybody has."""

    own = "own"
    see = "see"  # months, findings, devices
    read = "read"  # captured bytes
    answer = "answer"
    reply = "reply"  # to what somebody said of a finding
    prepare = "prepare"
    review = "review"  # sign or return what somebody else prepared
    approve = "approve"  # exceptions, plans, measures somebody else proposed
    reopen = "reopen"
    retain = "retain"  # hold a month, ask that a hold be lifted or a month's bytes deleted
    dispose = "dispose"  # agree to that
    audit = "audit"
    people = "people"


ROLES: Mapping[Role, frozenset[May]] = {
    Role.engineer: frozenset(
        {May.see, May.read, May.answer, May.reply, May.prepare, May.reopen, May.retain}
    ),
    Role.supervisor: frozenset(
        {
            *(May.see, May.read, May.reply, May.review, May.approve, May.reopen),
            *(May.retain, May.dispose),
        }
    ),
    Role.auditor: frozenset({May.see, May.read, May.audit}),
    # Neither approves nor looks at evidence.
    Role.administrator: frozenset({May.people, May.audit}),
}
_WORDS = {
    Role.engineer: Text("engineer", "工程人員"),
    Role.supervisor: Text("supervisor", "權責主管"),
    Role.auditor: Text("auditor", "稽核人員"),
    Role.administrator: Text("administrator", "系統管理者"),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at a site; `*` is every site."""

    site: str
    role: Role


def allowed(grants: Collection[Grant], may: May, sites: Collection[str] | None) -> bool:
    """Whether these grants allow it at every one of these sites.

    None: it concerns the store as a whole, and takes a grant for every site. No sites at all: it
    belongs nowhere, so nobody may.
    """
    if may is May.own:
        return True
    held = {grant.site for grant in grants if may in ROLES[grant.role]}
    if EVERYWHERE in held:
        return True
    return bool(sites) and sites is not None and held.issuperset(sites)
