"""evidence-store: serve, enrol and revoke agents, list them, check everything."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import sys
from contextlib import AbstractContextManager
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy.exc import DBAPIError

from evidence.account import check_account
from evidence.command import escape_unprintable, own_mistake
from evidence.errors import ConfigurationError, EvidenceError
from evidence.replay import installed_version
from evidence.seal import PublicKey
from store.agents import callers
from store.backup import back_up, put_back
from store.clock import system_clock
from store.custody import Custody
from store.failures import at_the_host
from store.fsck import deleted_count
from store.fsck import fsck as check_all
from store.membership import Membership
from store.opened import Config, State, a_month, an_agent, known_agent, opened, sites
from store.settings import load_settings
from store.witness import split_entries
from store.workdays import bring

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Keeps signed evidence and its log.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
TRACE = "EVIDENCE_STORE_TRACE"
Sites = Annotated[
    list[str], typer.Option("--site", help="A site it reads; may be given again.", callback=sites)
]

# Commands of their own, loaded where they are called: most need more than the others do.
_GROUPS = {
    "user": "store.people.cli",
    "retention": "store.retention.cli",
    "witness": "store.watching",
}


def _version(wanted: bool) -> None:
    if wanted:
        print(f"evidence-store {installed_version()}")
        raise typer.Exit


@app.callback()
def store(
    told: Annotated[
        bool, typer.Option("--version", help="Which version it is.", callback=_version)
    ] = False,
) -> None:
    """Keeps signed evidence and its log."""


def main() -> None:
    """Run the command line; an error is one sentence on stderr and its exit code, never a stack
    trace."""
    escape_unprintable()
    register(next(iter(sys.argv[1:]), ""))
    try:
        try:
            app()
        except BrokenPipeError:  # whoever read along has seen enough
            raise SystemExit(0) from None
        except (OSError, DBAPIError) as error:
            raise at_the_host(error) from None
        except sqlite3.Error as error:  # of a backup's copy, which SQLAlchemy does not know
            raise at_the_host(DBAPIError("", None, error)) from None
        except EvidenceError:
            raise
        except Exception as error:
            if os.environ.get(TRACE):
                raise
            raise own_mistake(error, TRACE) from None
    except EvidenceError as error:
        print(f"evidence-store: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None


def register(called: str) -> None:
    """Put the groups under their names: the one that is called; where no command is, every one."""
    if called in {
        one.name or getattr(one.callback, "__name__", "") for one in app.registered_commands
    }:
        return
    for name, module in _GROUPS.items():
        if called == name or called not in _GROUPS:
            app.add_typer(import_module(module).app, name=name)


@app.command()
def serve(
    state: State = None,
    database: Annotated[str | None, typer.Option(help="PostgreSQL, by its address.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    accept_replayed: Annotated[
        bool | None, typer.Option("--accept-replayed", help="Take bundles marked as replayed.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="TLS certificate (PEM).")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="TLS key (PEM).")] = None,
    config: Config = None,
) -> None:
    """Serve until stopped. Exit 3 when the disk failed."""
    # Here, because the web server takes longer to load than most commands to run.
    from store.serve import serve as serve_store

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    settings = load_settings(
        config,
        state=state,
        database=database,
        host=host,
        port=port,
        accept_replayed=accept_replayed,
        tls_certificate=tls_cert,
        tls_key=tls_key,
    )
    if not serve_store(settings):
        raise typer.Exit(3)


@app.command()
def enrol(
    agent: Annotated[str, typer.Option(help="The agent's id.", callback=an_agent)],
    site: Sites,
    key: Annotated[Path, typer.Option(help="The agent's public key (PEM).", readable=False)],
    state: State = None,
    config: Config = None,
) -> None:
    """Let an agent deliver. A running store takes note at once."""
    try:
        public = PublicKey.of_pem(key.read_bytes(), str(key))
    except OSError as error:
        raise ConfigurationError(f"{key}: {error.strerror}", code="key_missing") from None
    with _opened(state, config) as custody:
        custody.enrol(agent, site, public)
    print(f"{agent} delivers for {', '.join(site)} with key {public.keyid}")


@app.command()
def holidays(
    file: Annotated[Path, typer.Argument(help="A year of the office calendar (CSV).")],
    state: State = None,
    config: Config = None,
) -> None:
    """Bring the days off of a year. What is due is shown by them from the next page on."""
    year = bring(load_settings(config, state=state).state, file)
    print(f"the days off of {year} are known")


@app.command()
def invite(
    agent: Annotated[
        str, typer.Option(help="The name the agent gives itself, `id` there.", callback=an_agent)
    ],
    site: Sites,
    minutes: Annotated[int, typer.Option(min=1, max=60, help="How long the token works.")] = 60,
    state: State = None,
    config: Config = None,
) -> None:
    """Make a token that lets one new agent in, once."""
    with _opened(state, config) as custody:
        token = Membership(custody).invite(agent, site, timedelta(minutes=minutes))
    print(f"on {agent}'s host, within {minutes} minutes:")
    print(f"evidence-agent enrol STORE-URL {token}")


@app.command()
def unlock(
    agent: Annotated[str, typer.Option(help="The agent's id.")],
    state: State = None,
    config: Config = None,
) -> None:
    """Let an agent in again that was locked, once you know which host is the right one."""
    with _opened(state, config) as custody:
        unlocked = Membership(custody).unlock(known_agent(custody, agent))
    print(f"{agent}: {'unlocked' if unlocked else 'was not locked'}")
    if not unlocked:
        raise typer.Exit(2)


@app.command()
def revoke(
    agent: Annotated[str, typer.Option(help="The agent's id.")],
    keyid: Annotated[str | None, typer.Option(help="One key; without it, every key.")] = None,
    state: State = None,
    config: Config = None,
) -> None:
    """Stop taking what an agent signs. What was taken stays."""
    with _opened(state, config) as custody:
        revoked = custody.revoke(known_agent(custody, agent), keyid)
    print(f"{agent}: {revoked} key(s) revoked")
    if not revoked:
        raise typer.Exit(2)


@app.command("list")
def list_agents(
    state: State = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """The enrolled agents, their sites and keys in force."""
    with _opened(state, config) as custody, custody.database.reading() as rows:
        found = callers(rows)
    if as_json:
        records = [
            {
                "agent": one.agent,
                "sites": one.sites,
                "keys": [key.keyid for key in one.keys],
                "locked": one.locked,
            }
            for one in found
        ]
        print(json.dumps(records, indent=2, ensure_ascii=False))
        return
    table = Table("agent", "sites", Column("keys in force", overflow="fold"))
    for one in found:
        name = f"{one.agent} (locked)" if one.locked else one.agent
        table.add_row(name, ", ".join(one.sites), "\n".join(key.keyid for key in one.keys))
    Console().print(table)


@app.command()
def reindex(state: State = None, config: Config = None) -> None:
    """Make the console's tables again from what is signed. Refused while the store serves."""
    with _opened(state, config) as custody, custody.alone():
        count = custody.index.rebuild()
    print(f"{count} statement(s) read")


@app.command()
def pack(
    period: Annotated[str, typer.Option(help="The month, as 2026-11.", callback=a_month)],
    out: Annotated[Path, typer.Option(help="Folder for the pack.")] = Path(),
    agent: Annotated[str | None, typer.Option(help="One agent; without it, every one.")] = None,
    language: Annotated[Literal["zh-TW", "en"], typer.Option(help="zh-TW or en.")] = "zh-TW",
    state: State = None,
    config: Config = None,
) -> None:
    """Make the month's pack: report, work book, evidence, what people said and signed."""
    from store.pack import agents_of, make_pack

    with _opened(state, config) as custody:
        for name in [known_agent(custody, agent)] if agent else agents_of(custody, period):
            path, unprinted = make_pack(custody, name, period, out, system_clock(), language)
            print(path)
            if unprinted is not None:
                said = f"{unprinted.message}; {unprinted.next_step}"
                print(f"{path.name} has no report.pdf: {said}", file=sys.stderr)


@app.command()
def fsck(state: State = None, config: Config = None) -> None:
    """Check database, log, receipts and every file. Exit 1 when something is not as it was."""
    with _opened(state, config) as custody:
        wrong, deleted = list(check_all(custody)), deleted_count(custody)
    for sentence in wrong:
        print(sentence)
    if deleted:
        print(f"{deleted} blob(s) deleted at the end of their retention, by tombstones that hold")
    print(f"{len(wrong)} thing(s) wrong" if wrong else "all is as it was taken in")
    if any(one.startswith(("blob ", "statement ")) for one in wrong):
        print("a file is put back from a whole copy by `evidence-store heal --from BACKUP`")
    if any(one.startswith("log tile ") for one in wrong):
        print("a tile is made again from the log's entries by `evidence-store heal`")
    if wrong:
        raise typer.Exit(1)


@app.command()
def heal(
    brought: Annotated[
        list[Path] | None,
        typer.Option("--from", help="A backup, an agent's folder, or a file; may be given again."),
    ] = None,
    state: State = None,
    config: Config = None,
) -> None:
    """Put back what rotted: files from whole copies, tiles from the log. Exit 1 if one lacks."""
    from store.heal import heal as put_copies_back
    from store.people.cli import who

    lacking = 0
    with _opened(state, config) as custody:
        for one in put_copies_back(custody, brought or [], who()):
            print(f"{one.thing}: {one.fault}; ", end="")
            print(f"put back from {one.source}" if one.source else one.lacking)
            lacking += one.source is None
    if lacking:
        print(f"{lacking} thing(s) not put back: look in an older backup or on the agent")
        raise typer.Exit(1)


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="Where it goes; the same one each time.")],
    state: State = None,
    config: Config = None,
) -> None:
    """Copy a store, also a running one; only what is new. The store's key is not in it."""
    with _opened(state, config) as custody:
        copied, deleted = back_up(custody, folder)
        whole = custody.database.is_sqlite
    print(f"{copied} new files copied to {folder}")
    if deleted:
        print(f"{deleted} files deleted there, as their tombstones say")
    if not whole:
        print("the database is PostgreSQL's to back up: pg_basebackup and its WAL archive")


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="A backup.")],
    key: Annotated[Path, typer.Option(help="The store's key, kept apart from backups.")],
    state: State = None,
    config: Config = None,
) -> None:
    """Make a store of a backup in an empty folder. It signs nothing until its agents came."""
    settings = load_settings(config, state=state)
    check_account(settings.state)
    put_back(folder, settings.state, key, system_clock(), settings.database)
    print(f"{settings.state} is put back; start it, and every agent sends again what is missing")


@app.command()
def refill(
    entries: Annotated[Path | None, typer.Option(help="A witness's `entries` file.")] = None,
    because: Annotated[
        str | None, typer.Option(help="Go on without agents that do not come, and why.")
    ] = None,
    state: State = None,
    config: Config = None,
) -> None:
    """Help a store that was put back: entries no agent has, or the word that nobody is missing."""
    with _opened(state, config) as custody:
        if entries is not None:
            lacking = Membership(custody).refill_entries(split_entries(entries.read_bytes()))
            print(f"{lacking} entries were lacking")
        if because is not None:
            Membership(custody).give_up(because)
        print("refilling" if custody.refilling else "the log is whole")


def _opened(state: Path | None, config: Path | None) -> AbstractContextManager[Custody]:
    """The store that the settings name, beside a process that may be serving it."""
    return opened(load_settings(config, state=state))


if __name__ == "__main__":
    main()
