"""Accounts: who there is, what they may do, and letting them in.

Each grant and its end is an entry of the store's log: nobody becomes a supervisor unseen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, select, update

from evidence.answers import Person
from evidence.clock import Clock, stamp, taipei_day
from evidence.errors import ConfigurationError
from evidence.reading import canonical
from evidence.receipt import Entry
from store import leaves
from store.database import Database, insert_missing
from store.people import audit
from store.people.audit import Event
from store.people.roles import Grant, Role
from store.people.secrets import Codes, hashed, holds
from store.people.tables import deputy, granted, person, session
from store.people.tries import Tries
from store.problems import Refused
from store.recovery import check_whole

_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A person as the store knows them now."""

    account: str
    name: str
    identity: str | None
    language: str
    grants: tuple[Grant, ...]
    has_password: bool
    has_code: bool
    disabled_at: datetime | None
    same_as: str | None = None

    @property
    def person(self) -> Person:
        return Person(account=self.account, name=self.name, identity=self.identity)


class People:
    """The accounts of one store. `by` is who does it: an account, or `root` at the terminal."""

    def __init__(self, database: Database, codes: Codes, clock: Clock, origin: str) -> None:
        self._database = database
        self._codes = codes
        self._clock = clock
        self._origin = origin
        self.tries = Tries(database, clock)

    # Who there is

    def add(
        self,
        account: str,
        name: str,
        password: str | None,
        by: str,
        *,
        with_code: bool = True,
        identity: str | None = None,
    ) -> str | None:
        """Make an account. Returns the secret of its one-time codes, which is never shown again.

        Raises ConfigurationError: `account_invalid`, `account_taken`, `password_weak`.
        """
        if not _ACCOUNT.fullmatch(account) or not name.strip() or not name.isprintable():
            raise ConfigurationError(
                "an account is a short word in lower-case letters, and its person has a name",
                code="account_invalid",
            )
        kept = None if password is None else hashed(password, account)
        secret = self._codes.new_secret() if kept and with_code else None
        sealed = None if secret is None else self._codes.seal(secret, account)
        with self._database.transaction() as rows:
            new = insert_missing(
                rows,
                person,
                account=account,
                name=name.strip(),
                password=kept,
                totp=sealed,
                identity=identity,
                created_at=self._clock(),
            )
            if not new:
                raise ConfigurationError(f"{account} is there already", code="account_taken")
            self.note_in(rows, by, "account_added", account)
        return secret

    def code_address(self, secret: str, account: str) -> str:
        """What an authenticator scans."""
        return self._codes.address(secret, account)

    def known(self, account: str) -> Known | None:
        with self._database.reading() as rows:
            return known_in(rows, account)

    def all(self) -> list[Known]:
        with self._database.reading() as rows:
            accounts = rows.scalars(select(person.c.account).order_by(person.c.account)).all()
            return [one for account in accounts if (one := known_in(rows, account)) is not None]

    def names(self) -> dict[str, str]:
        """Everybody's name, by account."""
        with self._database.reading() as rows:
            return names_of(rows)

    # What they may do

    def grant(self, account: str, site: str, role: Role, by: str) -> None:
        """Raises ConfigurationError `account_unknown`."""
        with self._database.transaction() as rows:
            self._must_be_person(rows, account)
            self.grant_in(rows, account, site, role, by)

    def grant_in(self, rows: Connection, account: str, site: str, role: Role, by: str) -> None:
        """The same within the caller's transaction, for an account that is there."""
        new = insert_missing(
            rows,
            granted,
            account=account,
            site=site,
            role=role.value,
            granted_by=by,
            granted_at=self._clock(),
        )
        if new:
            self._log(rows, "grant", account, site, role, by)
            self.note_in(rows, by, "granted", f"{account} {role} {site}")

    def withdraw(self, account: str, site: str, role: Role, by: str) -> bool:
        """End a grant. False when there was none."""
        with self._database.transaction() as rows:
            return self.withdraw_in(rows, account, site, role, by)

    def withdraw_in(self, rows: Connection, account: str, site: str, role: Role, by: str) -> bool:
        """The same within the caller's transaction."""
        one = granted.c
        gone = rows.execute(
            delete(granted).where(one.account == account, one.site == site, one.role == role.value)
        ).rowcount
        if gone:
            self._log(rows, "withdraw", account, site, role, by)
            self.note_in(rows, by, "withdrawn", f"{account} {role} {site}")
        return bool(gone)

    def disable(self, account: str, by: str) -> None:
        """Let nobody in with it any more, and end its sessions. What it did stays."""
        with self._database.transaction() as rows:
            self._must_know(rows, account)
            rows.execute(
                update(person)
                .where(person.c.account == account, person.c.disabled_at.is_(None))
                .values(disabled_at=self._clock())
            )
            rows.execute(delete(session).where(session.c.account == account))
            vouched = select(person.c.identity).where(person.c.account == account)
            rows.execute(delete(session).where(session.c.identity.in_(vouched)))
            self.note_in(rows, by, "account_disabled", account)

    def set_password(
        self, account: str, password: str, by: str, *, new_code: bool = False
    ) -> str | None:
        """Another password, and another secret for codes where that is wanted (it is returned).
        Ends every session. Raises ConfigurationError: `password_weak`, `account_unknown`."""
        kept = hashed(password, account)
        secret = self._codes.new_secret() if new_code else None
        values: dict[str, object] = {"password": kept}
        if secret is not None:
            values |= {"totp": self._codes.seal(secret, account), "totp_step": 0}
        with self._database.transaction() as rows:
            self._must_be_person(rows, account)
            rows.execute(update(person).where(person.c.account == account).values(**values))
            rows.execute(delete(session).where(session.c.account == account))
            self.note_in(rows, by, "password_set", account)
        return secret

    def set_language(self, account: str, language: str) -> None:
        with self._database.transaction() as rows:
            rows.execute(
                update(person).where(person.c.account == account).values(language=language)
            )

    # Who signs in whose place

    def deputise(self, account: str, for_account: str, first: date, last: date, by: str) -> None:
        """Let `account` sign in the place of `for_account` from the first day to the last.

        Raises ConfigurationError: `account_unknown`, `deputy_invalid`.
        """
        if last < first or account == for_account:
            raise ConfigurationError(
                "a deputy is somebody else, and for a time", code="deputy_invalid"
            )
        with self._database.transaction() as rows:
            self._must_be_person(rows, account)
            self._must_be_person(rows, for_account)
            new = insert_missing(
                rows,
                deputy,
                account=account,
                for_account=for_account,
                from_on=first.isoformat(),
                until_on=last.isoformat(),
                entered_by=by,
                entered_at=self._clock(),
            )
            if new:
                said = {"account": account, "for": for_account, "from": first.isoformat()}
                self.leaf_in(rows, "deputy", {**said, "until": last.isoformat(), "by": by}, account)
                self.note_in(rows, by, "deputised", f"{account} for {for_account} {first}/{last}")

    def deputised_by(self, account: str, on: date) -> list[Known]:
        """Those in whose place this person may sign that day."""
        with self._database.reading() as rows:
            return [
                one
                for name in deputised_accounts(rows, account, on)
                if (one := known_in(rows, name)) is not None
            ]

    def deputies(self, on: date) -> Sequence[Any]:
        """Who may sign in whose place on that day or later, the first to begin first."""
        with self._database.reading() as rows:
            return rows.execute(
                select(deputy)
                .where(deputy.c.until_on >= on.isoformat())
                .order_by(deputy.c.from_on, deputy.c.account, deputy.c.for_account)
            ).all()

    # Letting in

    def admit(self, account: str, password: str, code: str, address: str) -> tuple[Known, str]:
        """The person, and how they were known (`password+totp`).

        Raises Refused: `login_failed` whatever was wrong, `login_delayed` after too many tries.
        """
        account = account.strip().casefold()[:64]
        now = self._clock()
        self.tries.check(account)
        with self._database.reading() as rows:
            found = rows.execute(select(person).where(person.c.account == account)).first()
        right = holds(password, None if found is None else found.password)
        step: int | None = 0
        if found is not None and found.totp is not None:
            step = self._codes.step(
                found.totp, account, code.replace(" ", ""), now, found.totp_step
            )
        if found is None or not right or step is None or found.disabled_at is not None:
            self.failed(account, address)
            raise Refused("account, password or code is wrong", code="login_failed")
        with self._database.transaction() as rows:
            if found.totp is not None:
                # Only the first of two requests with one code gets in.
                used = rows.execute(
                    update(person)
                    .where(person.c.account == account, person.c.totp_step < step)
                    .values(totp_step=step)
                )
                if not used.rowcount:
                    raise Refused("account, password or code is wrong", code="login_failed")
            self.tries.forget_in(rows, account)
            known = known_in(rows, account)
        if known is None:
            raise Refused("account, password or code is wrong", code="login_failed")
        return known, "password+totp" if found.totp is not None else "password"

    def note(self, actor: str, action: str, thing: str, address: str, result: str = "done") -> None:
        """Put an event into the audit trail by itself."""
        with self._database.transaction() as rows:
            self.note_in(rows, actor, action, thing, address, result)

    def failed(self, account: str, address: str, code: str = "login_failed") -> None:
        """Note a try that failed, and why; the next ones may have to wait for it."""
        with self._database.transaction() as rows:
            self.tries.count_in(rows, account)
            self.note_in(rows, account, "login", account, address, code)

    def _must_know(self, rows: Connection, account: str) -> None:
        if rows.scalar(select(person.c.account).where(person.c.account == account)) is None:
            raise ConfigurationError(
                f"there is no account {account!r}",
                code="account_unknown",
                next_step="`evidence-store user list` names them",
            )

    def _must_be_person(self, rows: Connection, account: str) -> None:
        """An account by itself, none that is only another way in to one."""
        self._must_know(rows, account)
        same = rows.scalar(select(person.c.same_as).where(person.c.account == account))
        if same is not None:
            raise ConfigurationError(
                f"{account} is a way in to {same}", code="account_joined", next_step=f"use {same}"
            )

    def _log(
        self, rows: Connection, kind: str, account: str, site: str, role: Role, by: str
    ) -> None:
        said = {"account": account, "site": site, "role": role.value, "by": by}
        self.leaf_in(rows, kind, said, account)

    def leaf_in(self, rows: Connection, kind: str, said: dict[str, str], account: str) -> None:
        """Put what was said of an account into the log within the caller's transaction."""
        now = self._clock()
        digest = sha256(canonical({**said, "at": stamp(now)})).hexdigest()
        entry = Entry(kind=kind, digest=digest, agent=f"person/{account}", received_at=now)
        check_whole(rows)
        leaves.append(rows, entry, self._origin)

    def note_in(
        self,
        rows: Connection,
        actor: str,
        action: str,
        thing: str,
        address: str = "",
        result: str = "done",
    ) -> None:
        """Put an event into the audit trail within the caller's transaction."""
        event = Event(
            at=self._clock(),
            actor=actor,
            action=action,
            object=thing,
            address=address,
            result=result,
        )
        audit.note(rows, event)


def deputised_accounts(rows: Connection, account: str, on: date) -> Sequence[str]:
    """The accounts in whose place this one may sign on a day."""
    day = on.isoformat()
    return rows.scalars(
        select(deputy.c.for_account)
        .where(deputy.c.account == account, deputy.c.from_on <= day, deputy.c.until_on >= day)
        .distinct()
        .order_by(deputy.c.for_account)
    ).all()


def names_of(rows: Connection, accounts: Collection[str] | None = None) -> dict[str, str]:
    """What the people of these accounts are called, as far as they are known; None: everybody."""
    wanted = select(person.c.account, person.c.name)
    if accounts is not None:
        wanted = wanted.where(person.c.account.in_(accounts))
    return {found.account: found.name for found in rows.execute(wanted)}


def principals(rows: Connection, accounts: Collection[str]) -> frozenset[str]:
    """These accounts, each as the one person it is of: what four eyes are counted by."""
    joined = rows.execute(
        select(person.c.account, person.c.same_as).where(
            person.c.account.in_(accounts), person.c.same_as.is_not(None)
        )
    )
    same = {one.account: one.same_as for one in joined}
    return frozenset(same.get(one, one) for one in accounts)


def today(clock: Clock) -> date:
    """The day it is where the broker is."""
    return taipei_day(clock())


def known_in(rows: Connection, account: str) -> Known | None:
    found = rows.execute(select(person).where(person.c.account == account)).first()
    if found is None:
        return None
    held = rows.execute(
        select(granted.c.site, granted.c.role)
        .where(granted.c.account == account)
        .order_by(granted.c.site, granted.c.role)
    )
    return Known(
        account=account,
        name=found.name,
        identity=found.identity,
        language=found.language,
        grants=tuple(Grant(site, Role(role)) for site, role in held),
        has_password=found.password is not None,
        has_code=found.totp is not None,
        disabled_at=found.disabled_at,
        same_as=found.same_as,
    )
