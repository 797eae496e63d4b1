"""People whom a provider or directory vouches for: their account here, and what groups give them.

An account is found by issuer and subject, never by a name or mail address, which are given to
others later. It is made at the first log-in of somebody whose groups give a role, and what groups
give is brought up to date each time. An account that an administrator joined to another one counts
as that person's at once, and is a way in to it once that person agreed: one person, one account.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, insert, select, update

from evidence.clock import Clock
from evidence.errors import ConfigurationError
from store.database import Database
from store.people.accounts import Known, People, known_in
from store.people.roles import Grant, Role
from store.people.tables import granted, person, session
from store.problems import Refused
from store.retention.tables import deleted, lifted
from store.said.tables import reopened, reviewed, settled

_LONGEST_NAME = 100
_NOT_IN_ACCOUNTS = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """What is known of somebody who proved at a provider or directory who they are.

    `identity` is `issuer subject`, `login_name` what they are called there, `grants` what their
    groups give here.
    """

    identity: str
    way: Literal["oidc", "ldaps"]
    login_name: str
    name: str
    grants: frozenset[Grant]


def clean_name(said: object) -> str:
    """A name somebody else gave, on one line and of bounded length; empty where it is none."""
    if not isinstance(said, str):
        return ""
    return " ".join("".join(one if one.isprintable() else " " for one in said).split())[
        :_LONGEST_NAME
    ]


class Members:
    """Lets in whom others vouch for."""

    def __init__(self, database: Database, people: People, clock: Clock) -> None:
        self._database = database
        self._people = people
        self._clock = clock

    def admit(self, vouched: Vouched, address: str) -> Known:
        """The account of this person, with what their groups give now.

        Raises Refused: `group_unmapped`, `account_disabled`, `join_waits`. Sessions of theirs end
        with it.
        """
        with self._database.transaction() as rows:
            known, code = self._account(rows, vouched)
            if known is not None and code in ("", "group_unmapped"):
                self._bring_up_to_date(rows, known, vouched)
            if known is not None and code:
                held = session.c.identity == vouched.identity
                rows.execute(delete(session).where(session.c.account == known.account, held))
            elif not code:
                known = self._known(rows, vouched, known)
            if code:
                actor = known.account if known else f"{vouched.way}:{vouched.login_name}"
                self._people.note_in(rows, actor, "login", vouched.way, address, code)
        if code or known is None:
            raise Refused(NOTED[code], code=code)
        return known

    def join(self, other: str, account: str, by: str) -> None:
        """Say that a provider's or directory's account is of the same person as another account.

        What it was granted ends; what it did counts as done by that person, and where the two once
        sat in the seats of two people, the trail says so. It lets nobody in until that person
        agreed, or who joins accounts could come in as anybody. There is no way back, or one person
        could become two. Raises Refused: `four_eyes`, `join_invalid`;
        ConfigurationError `account_unknown`.
        """
        if by in (other, account):
            raise Refused("nobody joins accounts of their own", code="four_eyes")
        with self._database.transaction() as rows:
            found = {
                one.account: one
                for one in rows.execute(
                    select(person).where(person.c.account.in_((other, account)))
                )
            }
            if other != account and len(found) != 2:
                raise ConfigurationError("there is no such account", code="account_unknown")
            if (
                other == account
                or found[other].identity is None
                or found[other].password is not None
                or any(one.same_as is not None for one in found.values())
            ):
                raise Refused("these two cannot be joined so", code="join_invalid")
            self._end_grants(rows, other, None, by)
            named = person.c.account
            rows.execute(update(person).where(named == other).values(same_as=account))
            further = update(person).where(person.c.same_as == other)
            rows.execute(further.values(same_as=account, agreed_at=None))
            rows.execute(delete(session).where(session.c.account == other))
            self._people.leaf_in(
                rows, "joined", {"account": other, "same_as": account, "by": by}, other
            )
            self._people.note_in(rows, by, "joined", f"{other} to {account}")
            for seat in _once_two(rows, other, account):
                self._people.note_in(rows, by, "were_one_person", seat, result="four_eyes")

    def waiting(self, account: str) -> list[str]:
        """The accounts that were joined to this one, and wait for its person to agree."""
        wanted = select(person.c.account).where(
            person.c.same_as == account, person.c.agreed_at.is_(None)
        )
        with self._database.reading() as rows:
            return list(rows.scalars(wanted.order_by(person.c.account)))

    def agree(self, other: str, account: str) -> None:
        """The person agrees that the other account lets them in. Raises Refused `join_invalid`."""
        one = person.c
        with self._database.transaction() as rows:
            agreed = rows.execute(
                update(person)
                .where(one.account == other, one.same_as == account, one.agreed_at.is_(None))
                .values(agreed_at=self._clock())
            )
            if not agreed.rowcount:
                raise Refused("nothing of that name waits", code="join_invalid")
            self._people.leaf_in(rows, "agreed", {"account": other, "same_as": account}, other)
            self._people.note_in(rows, account, "join_agreed", other)

    def _account(self, rows: Connection, vouched: Vouched) -> tuple[Known | None, str]:
        """Whose identity this is, or whose account it was joined to; and why they stay out."""
        found = rows.execute(select(person).where(person.c.identity == vouched.identity)).first()
        unmapped = "" if vouched.grants else "group_unmapped"
        if found is None:
            return None, unmapped
        # A way in that was disabled stays shut, whatever it leads to.
        if found.disabled_at is not None:
            return known_in(rows, found.account), "account_disabled"
        if found.same_as is not None and found.agreed_at is None:
            return known_in(rows, found.account), "join_waits"
        known = known_in(rows, found.same_as or found.account)
        if known is not None and known.disabled_at is not None:
            return known, "account_disabled"
        return known, unmapped

    def _bring_up_to_date(self, rows: Connection, known: Known, vouched: Vouched) -> None:
        by = _granter(vouched)
        held = rows.execute(
            select(granted.c.site, granted.c.role).where(
                granted.c.account == known.account, granted.c.granted_by == by
            )
        )
        over = {Grant(one.site, Role(one.role)) for one in held} - vouched.grants
        self._end_grants(rows, known.account, over, by)
        for grant in sorted(vouched.grants, key=lambda one: (one.site, one.role)):
            self._people.grant_in(rows, known.account, grant.site, grant.role, by)

    def _known(self, rows: Connection, vouched: Vouched, known: Known | None) -> Known | None:
        """The person as they are now; made where there was none."""
        if known is None:
            account = self._free_name(rows, vouched)
            rows.execute(
                insert(person).values(
                    account=account,
                    name=vouched.name or account,
                    identity=vouched.identity,
                    created_at=self._clock(),
                )
            )
            by = _granter(vouched)
            self._people.note_in(rows, by, "account_added", f"{account} {vouched.identity}")
            made = known_in(rows, account)
            assert made is not None
            self._bring_up_to_date(rows, made, vouched)
            return known_in(rows, account)
        return known_in(rows, known.account)

    def _end_grants(
        self, rows: Connection, account: str, which: Collection[Grant] | None, by: str
    ) -> None:
        """End these grants of an account (None: all it has)."""
        if which is None:
            known = known_in(rows, account)
            which = () if known is None else known.grants
        for grant in which:
            self._people.withdraw_in(rows, account, grant.site, grant.role, by)

    def _free_name(self, rows: Connection, vouched: Vouched) -> str:
        """A name for the account that nobody has, and that tells where its person is known."""
        local = vouched.login_name.casefold().partition("@")[0].rpartition("\\")[2]
        stem = _NOT_IN_ACCOUNTS.sub("-", local).strip("-._")[:40] or "person"
        number = 1
        while True:
            name = f"{stem}@{vouched.way}" if number == 1 else f"{stem}-{number}@{vouched.way}"
            taken = select(person.c.account).where(person.c.account == name)
            if rows.scalar(taken) is None:
                return name
            number += 1


# Where two people are demanded: the column of the second one, that of the first, and what names it.
_SEATS = (
    (reviewed.c.account, reviewed.c.prepared_by, reviewed.c.statement),
    (settled.c.settled_by, settled.c.proposed_by, settled.c.proposal),
    (reopened.c.account, reopened.c.asked_by, reopened.c.statement),
    (lifted.c.account, lifted.c.asked_by, lifted.c.statement),
    (deleted.c.account, deleted.c.asked_by, deleted.c.statement),
)


def _once_two(rows: Connection, one: str, other: str) -> Iterator[str]:
    """What these two did as two people."""
    for second, first, named in _SEATS:
        both = select(named).where(second.in_((one, other)), first.in_((one, other)))
        yield from (f"{named.table.name} {found}" for found in rows.scalars(both.order_by(named)))


def _granter(vouched: Vouched) -> str:
    """Who grants what groups give, as the log and the trail name it."""
    return f"groups:{vouched.way}"


# Why somebody who is known elsewhere stays out all the same; `Members.admit` notes it.
NOTED = {
    "group_unmapped": "none of your groups has a role here",
    "account_disabled": "the account is disabled",
    "join_waits": "log in by your other account and agree under your name",
}
