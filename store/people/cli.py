"""`evidence-store user …`: accounts and what they may do, at the host.

The first administrator is made here; grants can then be made in the console, too.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from evidence.clock import stamp
from evidence.errors import ConfigurationError
from store.clock import system_clock
from store.console.guard import make_console
from store.opened import Config, State, opened
from store.people.accounts import Known, People
from store.people.roles import EVERYWHERE, Role
from store.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="People: accounts, roles, deputies.")
Account = Annotated[str, typer.Argument(help="The account: a short word.")]
Site = Annotated[str, typer.Option(help="A site; * is every site.")]


@app.command()
def add(
    account: Account,
    name: Annotated[str, typer.Option(help="The person's name.")],
    state: State = None,
    config: Config = None,
    identity: Annotated[
        str | None, typer.Option(help="`issuer subject` at the identity provider.")
    ] = None,
    without_code: Annotated[
        bool, typer.Option("--without-code", help="No one-time codes; for trials only.")
    ] = False,
) -> None:
    """Make an account. The password is asked for, or read from standard input."""
    with _people(state, config) as people:
        password = None if identity else asked_password(twice=True)
        secret = people.add(
            account, name, password, who(), with_code=not without_code, identity=identity
        )
        print(f"{account} was made; grant it a role with `evidence-store user grant`")
        if secret is not None:
            _show(people, secret, account)


@app.command()
def grant(
    account: Account,
    role: Annotated[Role, typer.Option(help="What the person is there.")],
    site: Site = EVERYWHERE,
    state: State = None,
    config: Config = None,
) -> None:
    """Let a person do what a role does, at a site."""
    with _people(state, config) as people:
        people.grant(account, site, role, who())
    print(f"{account} is {role} at {site}")


@app.command()
def withdraw(
    account: Account,
    role: Annotated[Role, typer.Option(help="What the person was there.")],
    site: Site = EVERYWHERE,
    state: State = None,
    config: Config = None,
) -> None:
    """End a grant. Exit 2 when there was none."""
    with _people(state, config) as people:
        gone = people.withdraw(account, site, role, who())
    print(f"{account} is no longer {role} at {site}" if gone else "there was no such grant")
    if not gone:
        raise typer.Exit(2)


@app.command()
def password(
    account: Account,
    new_code: Annotated[
        bool, typer.Option("--new-code", help="A new secret for one-time codes, too.")
    ] = False,
    state: State = None,
    config: Config = None,
) -> None:
    """Set another password, and end the person's sessions."""
    with _people(state, config) as people:
        secret = people.set_password(account, asked_password(twice=True), who(), new_code=new_code)
        if secret is not None:
            _show(people, secret, account)


@app.command()
def disable(account: Account, state: State = None, config: Config = None) -> None:
    """Let nobody in with an account any more. What it said and signed stays."""
    with _people(state, config) as people:
        people.disable(account, who())
    print(f"{account} is disabled")


@app.command()
def deputy(
    account: Account,
    instead_of: Annotated[str, typer.Option(help="The account in whose place.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"])],
    last: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"])],
    state: State = None,
    config: Config = None,
) -> None:
    """Let a person sign in another's place (職務代理), from one day to another."""
    with _people(state, config) as people:
        people.deputise(account, instead_of, first.date(), last.date(), who())
    print(f"{account} deputises {instead_of} from {first:%Y-%m-%d} until {last:%Y-%m-%d}")


@app.command("list")
def list_people(
    state: State = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """The accounts and what they may do."""
    with _people(state, config) as people:
        found = people.all()
    if as_json:
        print(json.dumps([_record(one) for one in found], indent=2, ensure_ascii=False))
        return
    table = Table("account", "name", "logs in by", "roles", "state")
    for one in found:
        ways = one.identity or "password"
        if one.same_as:
            ways += f" as {one.same_as}"
        table.add_row(
            one.account,
            one.name,
            ways + (" + code" if one.has_code else ""),
            "\n".join(f"{grant.role} at {grant.site}" for grant in one.grants),
            "disabled" if one.disabled_at else "",
        )
    Console().print(table)


def _record(one: Known) -> dict[str, object]:
    return {
        "account": one.account,
        "name": one.name,
        "identity": one.identity,
        "same_as": one.same_as,
        "has_code": one.has_code,
        "grants": [{"role": grant.role, "site": grant.site} for grant in one.grants],
        "disabled_at": None if one.disabled_at is None else stamp(one.disabled_at),
    }


@contextmanager
def _people(state: Path | None, config: Path | None) -> Iterator[People]:
    with opened(load_settings(config, state=state)) as custody:
        yield make_console(custody, system_clock, secure=True).people


def asked_password(prompt: str = "password: ", *, twice: bool = False) -> str:
    """Typed at a terminal, a new one twice; one line where it comes from a pipe. Never an argument,
    which every process of the host could read."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    given = getpass.getpass(prompt)
    if twice and getpass.getpass("again: ") != given:
        raise ConfigurationError("the two are not the same", code="password_weak")
    return given


def _show(people: People, secret: str, account: str) -> None:
    """The secret of the one-time codes, once: as a picture to scan, and in letters."""
    import segno

    address = people.code_address(secret, account)
    if sys.stdout.isatty():
        segno.make(address).terminal(compact=True)
    print(f"one-time codes, shown this once: {secret}")


def who() -> str:
    """Who sits at the host, for the trail."""
    return f"host:{os.environ.get('SUDO_USER') or getpass.getuser()}"
