"""Four eyes: prepared by one, reviewed by another, over one set of evidence. Nothing is edited.

States come from the steps alone, in the order of the log. Evidence that comes after a step makes
it stale: both steps are to be done again, for the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, insert, select, union

from evidence.answers import Person
from evidence.clock import month_bounds, taipei_day
from evidence.sign_off import EvidenceSet, SignOff, Step, members_root
from evidence.text import Text
from store import alarms, leaves
from store.alarms import Alarm
from store.month.tables import assessment, disposition, month, run, visit
from store.people.accounts import Known, deputised_accounts, principals
from store.people.roles import May
from store.problems import Refused
from store.said.keep import Actor, Desk
from store.said.tables import prepared, reopened, reviewed, said
from store.shelf import Shelf


class Standing(StrEnum):
    """Where a month stands."""

    open = "open"
    prepared = "prepared"
    signed = "signed"
    stale = "stale"

    @property
    def text(self) -> Text:
        return _WORDS[self]


_WORDS = {
    Standing.open: Text("open", "處理中"),
    Standing.prepared: Text("prepared, to be reviewed", "已編製，待覆核"),
    Standing.signed: Text("signed", "已簽核"),
    Standing.stale: Text("stale: evidence came after it was signed", "佐證異動，須重新簽核"),
}
STEPS = {step: step.text for step in Step}
_NEEDS = {
    Step.prepared: May.prepare,
    Step.returned: May.review,
    Step.reviewed: May.review,
    Step.reopen_asked: May.reopen,
    Step.reopened: May.reopen,
}


@dataclass(frozen=True, slots=True)
class Signed:
    """A step as it was kept: the digest of its statement, its place in the log, what it says."""

    digest: str
    position: int
    step: SignOff


@dataclass(frozen=True, slots=True)
class MonthState:
    """Where a month stands, and the steps that led there. `asked`: that it be opened again, and
    nobody has agreed yet."""

    standing: Standing
    steps: tuple[Signed, ...] = ()
    asked: Signed | None = None

    @property
    def last(self) -> Signed | None:
        """The newest step that says over which evidence."""
        wanted = (Step.prepared, Step.reviewed)
        return next((one for one in reversed(self.steps) if one.step.step in wanted), None)


def needs(step: Step) -> May:
    """What one has to be allowed to take a step."""
    return _NEEDS[step]


def state_of(shelf: Shelf, rows: Connection, agent: str, period: str) -> MonthState:
    steps = _steps(shelf, rows, agent, period)
    last = steps[-1] if steps else None
    if last is None or last.step.step in (Step.returned, Step.reopened):
        return MonthState(Standing.open, steps)
    asked = last if last.step.step is Step.reopen_asked else None
    members = len(members_of(rows, agent, period))
    done = next(one for one in reversed(steps) if one.step.step in (Step.prepared, Step.reviewed))
    if done.step.evidence.members != members:
        return MonthState(Standing.stale, steps, asked)
    standing = Standing.signed if done.step.step is Step.reviewed else Standing.prepared
    return MonthState(standing, steps, asked)


class Signing:
    """Takes the steps. Every refusal for want of a second person is an event of the trail."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shelf = desk.index.folder.shelf

    def state(self, agent: str, period: str) -> MonthState:
        with self._desk.database.reading() as rows:
            return state_of(self._shelf, rows, agent, period)

    def states(self, agent: str, periods: Sequence[str]) -> dict[str, MonthState]:
        """Where some months stand. Most of many have no step at all."""
        with self._desk.database.reading() as rows:
            stepped = set(
                rows.scalars(
                    select(said.c.period)
                    .where(said.c.agent == agent, said.c.kind == "sign_off")
                    .distinct()
                )
            )
            return {
                period: state_of(self._shelf, rows, agent, period)
                if period in stepped
                else MonthState(Standing.open)
                for period in periods
            }

    def take(
        self,
        actor: Actor,
        agent: str,
        period: str,
        step: Step,
        comment: str,
        *,
        seen_root: str,
        deputised: Known | None = None,
    ) -> str:
        """Sign a step. `seen_root` is the set the person had in view. Returns its digest.

        Raises Refused: `four_eyes`, `set_changed`, `step_invalid`, `month_running`,
        `reason_missing`, `witness_refuses`.
        """
        self._desk.index.catch_up()
        with self._desk.database.reading() as rows:
            if step in (Step.prepared, Step.reviewed):
                _check_witness(rows)
            state = state_of(self._shelf, rows, agent, period)
            evidence = evidence_set(rows, agent, period)
            delegates = set(
                deputised_accounts(rows, actor.known.account, taipei_day(self._desk.clock()))
            )
        self._check(actor, agent, period, step, comment, state, deputised, delegates)
        if step in (Step.prepared, Step.reviewed) and seen_root != evidence.members_root:
            raise Refused("evidence came while you were reading", code="set_changed")
        last = state.steps[-1] if state.steps else None
        if last is not None and step in (Step.reviewed, Step.returned, Step.reopened):
            # The very set that was prepared, not one that happens to look like it.
            evidence = last.step.evidence
        elif step is Step.reopen_asked and state.last is not None:
            evidence = state.last.step.evidence
        signed = SignOff(
            store=self._desk.origin,
            agent=agent,
            period=period,
            step=step,
            person=actor.known.person,
            deputises=None if deputised is None else deputised.person,
            at=self._desk.clock(),
            comment=comment.strip(),
            proof=actor.proof,
            evidence=evidence,
            previous=None if last is None else last.digest,
        )

        def within(rows: Connection, digest: str) -> None:
            again = state_of(self._shelf, rows, agent, period)
            if again.steps[:-1] != state.steps:
                raise Refused("somebody else was faster", code="set_changed")
            _seat(rows, signed, digest, last)

        return self._desk.keep(
            actor,
            "sign_off",
            agent,
            period,
            signed.seal(self._desk.key),
            signed.at,
            f"{step} {agent} {period}",
            within,
        )

    def _check(
        self,
        actor: Actor,
        agent: str,
        period: str,
        step: Step,
        comment: str,
        state: MonthState,
        deputised: Known | None,
        delegates: set[str],
    ) -> None:
        thing = f"{agent} {period}"
        last = state.steps[-1].step if state.steps else None
        fits = {
            Step.prepared: state.standing in (Standing.open, Standing.stale),
            Step.reviewed: state.standing is Standing.prepared,
            Step.returned: last is not None and last.step is Step.prepared,
            Step.reopen_asked: state.standing is Standing.signed and state.asked is None,
            Step.reopened: state.asked is not None,
        }
        if not fits[step]:
            raise Refused(f"the month is {state.standing}", code="step_invalid")
        if step in (Step.returned, Step.reopen_asked, Step.reopened) and not comment.strip():
            raise Refused("a reason is missing", code="reason_missing")
        if step is Step.prepared and self._desk.clock() < month_bounds(period)[1]:
            raise Refused(f"{period} is not over", code="month_running")
        if step in (Step.reviewed, Step.returned, Step.reopened) and last is not None:
            mine = _seats(actor.known.person, None if deputised is None else deputised.person)
            with self._desk.database.reading() as rows:
                theirs = principals(rows, _seats(last.person, last.deputises))
                # Whoever may sign in the preparer's place is the preparer's other hand.
                ours = principals(rows, mine | delegates)
            if ours & theirs:
                self._desk.refuse(actor, str(step), thing, "four_eyes")
                raise Refused(
                    f"{last.person.name} prepared it; another person has to look",
                    code="four_eyes",
                )


def _check_witness(rows: Connection) -> None:
    """What a witness found changed is signed by nobody, until it signs again. Raises Refused."""
    for one in alarms.standing(rows):
        if one.alarm is Alarm.witness:
            raise Refused(f"witness {one.object} refuses the log", code="witness_refuses")


def evidence_set(rows: Connection, agent: str, period: str) -> EvidenceSet:
    """The month's evidence as it stands. Raises Refused `month_unfolded`."""
    found = rows.execute(
        select(month).where(month.c.agent == agent, month.c.period == period)
    ).first()
    if found is None or found.problem is not None or found.judged_at is None:
        raise Refused(f"{period} could not be judged", code="month_unfolded")
    size = leaves.frontier(rows).size
    members = members_of(rows, agent, period, size)
    return EvidenceSet(
        members_root=members_root(members),
        members=len(members),
        log_size=size,
        judged_at=found.judged_at,
        judgement=found.judgement,
    )


def members_of(rows: Connection, agent: str, period: str, size: int | None = None) -> list[str]:
    """The month's statements among the first `size` entries of the log, in its order."""
    kinds = (
        (visit.c.digest, visit),
        (run.c.digest, run),
        (assessment.c.digest, assessment),
        (disposition.c.statement.label("digest"), disposition),
    )
    parts = [
        select(digest, table.c.position).where(table.c.agent == agent, table.c.period == period)
        for digest, table in kinds
    ]
    every = union(*parts).subquery()
    wanted = select(every.c.digest).order_by(every.c.position)
    if size is not None:
        wanted = wanted.where(every.c.position < size)
    return list(rows.scalars(wanted))


def _steps(shelf: Shelf, rows: Connection, agent: str, period: str) -> tuple[Signed, ...]:
    found = rows.execute(
        select(said.c.digest, said.c.position)
        .where(said.c.agent == agent, said.c.period == period, said.c.kind == "sign_off")
        .order_by(said.c.position)
    )
    return tuple(
        Signed(row.digest, row.position, SignOff.of(shelf.statement(row.digest))) for row in found
    )


def _seats(person: Person, deputises: Person | None) -> set[str]:
    return {person.account} | ({deputises.account} if deputises else set())


def _in_place_of(step: SignOff) -> str:
    return (step.deputises or step.person).account


def _seat(rows: Connection, signed: SignOff, digest: str, last: Signed | None) -> None:
    """The row by which the database itself demands two people."""
    if signed.step is Step.prepared:
        rows.execute(
            insert(prepared).values(
                statement=digest,
                agent=signed.agent,
                period=signed.period,
                members_root=signed.evidence.members_root,
                account=signed.person.account,
                in_place_of=_in_place_of(signed),
            )
        )
    elif last is None:
        return
    elif signed.step is Step.reviewed:
        rows.execute(
            insert(reviewed).values(
                prepared=last.digest,
                statement=digest,
                members_root=signed.evidence.members_root,
                prepared_by=last.step.person.account,
                prepared_in_place_of=_in_place_of(last.step),
                account=signed.person.account,
                in_place_of=_in_place_of(signed),
            )
        )
    elif signed.step is Step.reopened:
        rows.execute(
            insert(reopened).values(
                statement=digest,
                asked=last.digest,
                asked_by=last.step.person.account,
                account=signed.person.account,
            )
        )
