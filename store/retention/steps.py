"""Holding a month, lifting a hold, deleting what is over: each step signed, an entry of the log,
and where two people are wanted refused to one, here and by the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from evidence.answers import Person, called
from evidence.clock import taipei_day
from evidence.retention import AGREES_TO, Act, RetentionStep
from evidence.sign_off import members_root
from store.blobs import Blobs
from store.month.tables import assessment, visit
from store.people.accounts import deputised_accounts, principals
from store.people.roles import May
from store.people.tables import person
from store.problems import Refused
from store.retention.ends import Deletable, Ends, Month
from store.retention.tables import (
    absent,
    deleted,
    deletion_asked,
    legal_hold,
    lift_asked,
    lifted,
    tombstone,
)
from store.retention.tombstones import remove_deleted
from store.retention.years import Class, end_of
from store.said.keep import Actor, Desk
from store.said.tables import said
from store.shelf import Shelf

_NEEDS = {
    Act.held: May.retain,
    Act.lift_asked: May.retain,
    Act.lifted: May.dispose,
    Act.deletion_asked: May.retain,
    Act.deleted: May.dispose,
}
# What the log calls them: a deletion is looked for among years of entries.
_KINDS = {act: "tombstone" if act is Act.deleted else "retention" for act in Act}


def needs(act: Act) -> May:
    """What one has to be allowed to take a step."""
    return _NEEDS[act]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step as it was kept."""

    act: Act
    digest: str
    account: str
    name: str
    at: datetime
    reason: str
    blobs_root: str | None = None
    blobs: int = 0

    @property
    def called(self) -> str:
        return called(self.account, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthKept:
    """How long a month is kept, by class the moment it ends; what holds it; what was asked and
    nobody has agreed to yet; every step, oldest first. `over`: something of it may be deleted."""

    agent: str
    period: str
    ends: dict[Class, datetime]
    over: bool
    hold: Taken | None
    asked: Taken | None
    steps: tuple[Taken, ...]

    @property
    def deletions(self) -> tuple[Taken, ...]:
        return tuple(one for one in self.steps if one.act is Act.deleted)


class Retention:
    """The steps of one store, over its desk."""

    def __init__(self, desk: Desk, shelf: Shelf, blobs: Blobs) -> None:
        self._desk = desk
        self._shelf = shelf
        self._blobs = blobs

    def months(self, agent: str) -> list[MonthKept]:
        """Every month of an agent of which something is kept, the oldest first."""
        with self._desk.database.reading() as rows:
            ends = Ends(rows, self._shelf, self._desk.clock())
            periods = sorted(_periods(rows, agent))
            return [self._month(rows, ends, (agent, period)) for period in periods]

    def month(self, agent: str, period: str) -> tuple[MonthKept, Deletable]:
        """A month, and what of it may be deleted now. Raises Refused `not_found`."""
        self._desk.index.catch_up()
        with self._desk.database.reading() as rows:
            if period not in _periods(rows, agent):
                raise Refused(f"nothing of {period} is kept", code="not_found")
            ends = Ends(rows, self._shelf, self._desk.clock())
            return self._month(rows, ends, (agent, period)), ends.deletable((agent, period))

    def take(
        self, actor: Actor, agent: str, period: str, act: Act, reason: str, seen_root: str = ""
    ) -> str:
        """Take a step; its digest. `seen_root`: the root of the blobs the person had in view.

        Raises Refused: `reason_missing`, `step_invalid`, `retention_locked`, `four_eyes`,
        `set_changed`.
        """
        if not reason.strip():
            raise Refused("a reason is missing", code="reason_missing")
        kept, able = self.month(agent, period)
        asked = kept.asked
        self._check(actor, kept, act)
        blobs: tuple[str, ...] = ()
        if act in (Act.deletion_asked, Act.deleted):
            blobs = self._wanted(kept, able, act, seen_root)
        asker = asked if act in AGREES_TO else None
        step = RetentionStep(
            store=self._desk.origin,
            agent=agent,
            period=period,
            act=act,
            person=actor.known.person,
            at=self._desk.clock(),
            reason=reason.strip(),
            proof=actor.proof,
            years=self._years(),
            blobs=blobs,
            asked_by=None if asker is None else self._person(asker.account),
            previous=None if asker is None else asker.digest,
        )

        def within(rows: Connection, digest: str) -> None:
            ends = Ends(rows, self._shelf, self._desk.clock())
            now = self._month(rows, ends, (agent, period), without=digest)
            if now != kept or (blobs and ends.deletable((agent, period)).blobs != blobs):
                raise Refused("something changed meanwhile", code="set_changed")
            _seat(rows, step, digest, kept)

        digest = self._desk.keep(
            actor,
            _KINDS[act],
            agent,
            period,
            step.seal(self._desk.key),
            step.at,
            f"{act} {agent} {period}",
            within,
        )
        if act in (Act.held, Act.lifted):
            self._hold(agent, period, on=act is Act.held)
        if act is Act.deleted:
            self._desk.index.folder.forget()
            remove_deleted(self._desk.database, self._blobs, step.at)
        return digest

    def _check(self, actor: Actor, kept: MonthKept, act: Act) -> None:
        asked = kept.asked
        wanted = AGREES_TO.get(act)
        fits = {
            Act.held: kept.hold is None,
            Act.lift_asked: kept.hold is not None,
            Act.deletion_asked: True,
        }
        if not fits.get(act, asked is not None and asked.act is wanted):
            raise Refused(f"{kept.period} does not stand there", code="step_invalid")
        if act in (Act.deletion_asked, Act.deleted) and not kept.over:
            last = max(kept.ends.values())
            why = "a legal hold is on it" if kept.hold else f"its time ends at {last.isoformat()}"
            raise Refused(f"{kept.period} is kept: {why}", code="retention_locked")
        if act in AGREES_TO and asked is not None:
            with self._desk.database.reading() as rows:
                today = taipei_day(self._desk.clock())
                hands = set(deputised_accounts(rows, actor.known.account, today))
                ours = principals(rows, {actor.known.account, *hands})
                theirs = principals(rows, {asked.account})
            if ours & theirs:
                self._desk.refuse(actor, str(act), f"{kept.agent} {kept.period}", "four_eyes")
                raise Refused(
                    f"{asked.name} asked for it; another person has to agree", code="four_eyes"
                )

    def _wanted(
        self, kept: MonthKept, able: Deletable, act: Act, seen_root: str
    ) -> tuple[str, ...]:
        """What is deleted: exactly what was seen, and what was asked for."""
        if not able.blobs:
            raise Refused(
                f"nothing of {kept.period} may be deleted: {able.needed} blobs are needed by other"
                " months or came in later",
                code="retention_locked",
            )
        root = members_root(able.blobs)
        same = act is not Act.deleted or (kept.asked is not None and kept.asked.blobs_root == root)
        if seen_root != root or not same:
            raise Refused("what may be deleted is not what was seen and asked", code="set_changed")
        return able.blobs

    def _hold(self, agent: str, period: str, *, on: bool) -> None:
        """In a bucket, too, so that nobody else deletes what is held."""
        with self._desk.database.reading() as rows:
            ends = Ends(rows, self._shelf, self._desk.clock())
            digests = ends.blobs_of((agent, period))
            if not on:
                digests -= ends.held_elsewhere(digests, (agent, period))
        self._blobs.hold(digests, on=on)

    def _years(self) -> dict[str, int]:
        with self._desk.database.reading() as rows:
            ends = Ends(rows, self._shelf, self._desk.clock())
        return {one.value: years for one, years in ends.years.items()}

    def _person(self, account: str) -> Person:
        with self._desk.database.reading() as rows:
            found = rows.execute(select(person).where(person.c.account == account)).one()
        return Person(account=account, name=found.name, identity=found.identity)

    def _month(self, rows: Connection, ends: Ends, month: Month, without: str = "") -> MonthKept:
        agent, period = month
        steps = tuple(_steps(rows, self._shelf, month, without))
        holds = [one for one in steps if one.act is Act.held]
        hold = holds[-1] if holds and ends.is_held(month) else None
        last = steps[-1] if steps else None
        waits = last is not None and last.act in AGREES_TO.values()
        return MonthKept(
            agent=agent,
            period=period,
            ends={one: end_of(period, years) for one, years in ends.years.items()},
            over=any(ends.is_over(month, one) for one in Class),
            hold=hold,
            asked=last if waits else None,
            steps=steps,
        )


def _periods(rows: Connection, agent: str) -> set[str]:
    found: set[str] = set()
    for table in (visit, assessment, said):
        wanted = select(table.c.period).where(table.c.agent == agent).distinct()
        found |= set(rows.scalars(wanted))
    return found


def _steps(rows: Connection, shelf: Shelf, month: Month, without: str) -> Iterator[Taken]:
    agent, period = month
    found = rows.execute(
        select(said.c.digest, said.c.account, person.c.name)
        .join(person, person.c.account == said.c.account)
        .where(said.c.agent == agent, said.c.period == period)
        .where(said.c.kind.in_(set(_KINDS.values())), said.c.digest != without)
        .order_by(said.c.position)
    )
    for row in found:
        step = RetentionStep.of(shelf.statement(row.digest))
        yield Taken(
            act=step.act,
            digest=row.digest,
            account=row.account,
            name=step.person.name,
            at=step.at,
            reason=step.reason,
            blobs_root=step.blobs_root if step.blobs else None,
            blobs=len(step.blobs),
        )


def _seat(rows: Connection, step: RetentionStep, digest: str, kept: MonthKept) -> None:
    """The rows by which the database itself demands two people, and what is deleted."""
    by = {"statement": digest, "account": step.person.account}
    month = {"agent": step.agent, "period": step.period}
    hold = kept.hold.digest if kept.hold else ""
    asker = {
        "asked": kept.asked.digest if kept.asked else "",
        "asked_by": kept.asked.account if kept.asked else "",
    }
    if step.act is Act.held:
        rows.execute(insert(legal_hold).values(**by, **month))
    elif step.act is Act.lift_asked:
        rows.execute(insert(lift_asked).values(**by, hold=hold))
    elif step.act is Act.lifted:
        rows.execute(insert(lifted).values(**by, **asker, hold=hold))
    elif step.act is Act.deletion_asked:
        rows.execute(insert(deletion_asked).values(**by, **month, blobs_root=step.blobs_root))
    else:
        rows.execute(insert(deleted).values(**by, **asker, blobs_root=step.blobs_root))
        rows.execute(insert(tombstone), [{"deletion": digest, "digest": d} for d in step.blobs])
        rows.execute(insert(absent), [{"digest": one} for one in step.blobs])
