"""`evidence-store retention …`: what ends when, holds, and deletion by two people, at the host.

Whoever takes a step is a person of the console, known by password and code here as there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console as Terminal
from rich.table import Table
from sqlalchemy import select

from evidence.clock import stamp
from evidence.retention import Act
from evidence.sign_off import members_root
from store.agents import callers
from store.clock import system_clock
from store.console.guard import Console, make_console
from store.opened import Config, State, a_month, opened
from store.people.cli import asked_password, who
from store.people.roles import allowed
from store.problems import Refused
from store.retention.classes import lengthen
from store.retention.steps import MonthKept, needs
from store.retention.tables import retention_class
from store.retention.years import Class, last_day, years_of
from store.said.keep import Actor
from store.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="How long bytes are kept; holds; deletion by two.")
Agent = Annotated[str, typer.Option(help="The agent whose month it is.")]
Period = Annotated[str, typer.Option(help="The month, as 2026-11.", callback=a_month)]
Account = Annotated[str, typer.Option(help="Who does it, as in `evidence-store user list`.")]
Reason = Annotated[str, typer.Option(help="Why.")]


@app.command("list")
def list_ends(
    agent: Annotated[str | None, typer.Option(help="One agent; without it, every one.")] = None,
    state: State = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """What ends when, what is held, asked for or deleted."""
    with _console(state, config) as console:
        console.custody.index.catch_up()
        with console.custody.database.reading() as rows:
            agents = [agent] if agent else [one.agent for one in callers(rows)]
        found = [one for name in agents for one in console.retention.months(name)]
        promise = console.custody.blobs.promise
    if as_json:
        print(json.dumps([_record(one) for one in found], indent=2, ensure_ascii=False))
        return
    table = Table(
        "agent", "month", *(f"{one.text.en}, until" for one in Class), "state", title=promise.en
    )
    for one in found:
        ends = [f"{last_day(one.ends[kind])}" for kind in Class]
        table.add_row(one.agent, one.period, *ends, _state(one))
    Terminal().print(table)


@app.command("class")
def lengthen_class(
    name: Annotated[Class, typer.Argument(help="Which bytes.")],
    years: Annotated[int, typer.Option(min=5, max=100, help="From a month's end.")],
    basis: Annotated[str, typer.Option(help="The rule that asks for it.")],
    state: State = None,
    config: Config = None,
) -> None:
    """Keep a class longer, what is there already with it. It is never made shorter."""
    with _console(state, config) as console:
        lengthen(console.custody, name, years, basis, who())
    print(f"{name} are kept for {years} years from the end of their month")


@app.command("classes")
def list_classes(state: State = None, config: Config = None) -> None:
    """How long each class is kept, and by what rule."""
    table = Table("class", "years", "basis", "set by")
    with _console(state, config) as console, console.custody.database.reading() as rows:
        for name, years in years_of(rows).items():
            one = retention_class.c
            said = rows.execute(
                select(retention_class).where(one.name == name.value, one.years == years)
            ).first()
            by = ("the default", "") if said is None else (said.basis, said.set_by)
            table.add_row(name.value, str(years), *by)
    Terminal().print(table)


def _command(act: Act | None) -> Callable[..., None]:
    """A step that somebody takes about a month; None: agreeing to what waits."""

    def command(
        agent: Agent,
        period: Period,
        account: Account,
        reason: Reason,
        state: State = None,
        config: Config = None,
    ) -> None:
        count = _step(state, config, agent, period, act, account, reason)
        about = f" for {count} blob(s)" if count else ""
        if act is Act.held:
            said = "held"
        elif act is not None:
            said = f"asked{about}; another person agrees with `evidence-store retention agree`"
        else:
            said = f"{count} blob(s) deleted, their tombstone is in the log" if count else "lifted"
        print(f"{agent} {period}: {said}")

    return command


for _word, _act, _help in (
    ("hold", Act.held, "Keep a month whatever its end (legal hold)."),
    ("lift", Act.lift_asked, "Ask that a hold be lifted; `agree` by another person does it."),
    (
        *("delete", Act.deletion_asked),
        "Ask that a month's bytes be deleted whose time is over; `agree` by another does it.",
    ),
    (
        *("agree", None),
        "Agree to what another person asked: the hold is lifted, or the bytes are deleted.",
    ),
):
    app.command(_word, help=_help)(_command(_act))


def _step(
    state: Path | None,
    config: Path | None,
    agent: str,
    period: str,
    act: Act | None,
    account: str,
    reason: str,
) -> int:
    """Take a step as a person who proves who they are; None: agree to what waits. How many blobs
    it is about."""
    with _console(state, config) as console:
        kept, able = console.retention.month(agent, period)
        if act is None:
            lifts = kept.asked is not None and kept.asked.act is Act.lift_asked
            act = Act.lifted if lifts else Act.deleted
        password = asked_password()
        known, proof = console.people.admit(account, password, _code(console, account), "host")
        if not allowed(known.grants, needs(act), console.sites_of(agent)):
            console.people.note(account, str(act), f"{agent} {period}", "host", "not_allowed")
            raise Refused(f"{account} has no role for it at {agent}", code="not_allowed")
        actor = Actor(known=known, address="host", proof=proof)
        root = members_root(able.blobs)
        console.retention.take(actor, agent, period, act, reason, root)
        if act is Act.deleted and (locked := console.custody.remove_deleted()):
            print(f"{locked} of them are locked in the bucket still, and go when it lets them")
        return len(able.blobs) if act in (Act.deletion_asked, Act.deleted) else 0


def _code(console: Console, account: str) -> str:
    known = console.people.known(account)
    return asked_password("one-time code: ") if known and known.has_code else ""


def _state(one: MonthKept) -> str:
    if one.asked is not None:
        return f"{one.asked.act.text.en} by {one.asked.account}"
    if one.hold is not None:
        return f"held: {one.hold.reason}"
    if one.deletions:
        return f"deleted {one.deletions[-1].at:%Y-%m-%d}"
    return "over, may be deleted" if one.over else "kept"


def _record(one: MonthKept) -> dict[str, object]:
    return {
        "agent": one.agent,
        "period": one.period,
        "ends_at": {kind.value: stamp(at) for kind, at in one.ends.items()},
        "over": one.over,
        "held": None if one.hold is None else one.hold.reason,
        "asked": None if one.asked is None else one.asked.act.value,
        "steps": [
            {"act": step.act.value, "by": step.account, "at": stamp(step.at), "blobs": step.blobs}
            for step in one.steps
        ],
    }


@contextmanager
def _console(state: Path | None, config: Path | None) -> Iterator[Console]:
    with opened(load_settings(config, state=state)) as custody:
        yield make_console(custody, system_clock, secure=True)
