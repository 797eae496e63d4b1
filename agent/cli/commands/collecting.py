"""`collect`, `push`, `run` and `ledger`: reading devices, and bringing what was read away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

import typer

from agent import collect as collecting
from agent.cli.options import (
    ConfigOption,
    DeviceNames,
    JsonOption,
    SubjectOption,
    VerboseOption,
    account,
    configured,
    known_devices,
)
from agent.cli.words import Line, progress, say, say_lines, show
from agent.config import Config
from agent.connect import Connector
from agent.daemon import serve
from agent.door import Message, Request
from agent.door.client import ask_daemon
from agent.logins import Logins
from agent.notify import Notifier
from agent.push import push as push_all
from agent.push import rebuild as rebuild_from
from agent.secret import Credential, Secret
from agent.start import mend_ledger, take_in
from agent.timetable import with_missed
from agent.told import Row, ask_rows, visit_rows
from agent.wired import agent_of, system_clock
from agent.work import effort_in, store_client, turns_in
from evidence.errors import ConfigurationError

ledger = typer.Typer(help="The agent's memory.", no_args_is_help=True)


def collect(
    names: DeviceNames = None,
    subject: SubjectOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be sent.")
    ] = False,
    ask_password: Annotated[
        bool, typer.Option("--ask-password", help="Type the device's password; it is not kept.")
    ] = False,
    otp: Annotated[
        bool, typer.Option("--otp", help="Type a one-time password; it is not kept.")
    ] = False,
    verbose: VerboseOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Read devices now and seal what they said. Exit 1 when a reading failed.

    Says what failed or is weakened, and what to do next (-v: everything).
    """
    settings = configured(config)
    jobs = collecting.jobs_for(settings.devices.values(), known_devices(settings, names), subject)
    if not jobs:
        raise ConfigurationError("no device has that subject", code="subject_unknown")
    if dry_run:
        columns = {"device": "device", "by": "by", "address": "address", "text": "may be sent"}
        show(ask_rows(jobs), columns, json)
        return
    typed = _typed(jobs, password=ask_password, otp=otp)
    # What was typed stays in this process: it goes over no socket.
    told = None if typed else ask_daemon(settings.socket, Request(tuple(names or ()), subject))
    with progress() as bar:
        task = bar.add_task("reading", total=len(jobs))
        watched = Watched(
            on_ask=lambda device, name: bar.update(task, description=f"{device}: {name}"),
            on_visit=lambda: bar.advance(task),
        )
        rows = (
            _alone(settings, jobs, watched, typed)
            if told is None
            else _through_daemon(told, watched)
        )
    rows.sort(key=lambda row: str(row["device"]))
    if json:
        show(rows, {}, as_json=True)
    else:
        _say_rows(rows, verbose)
    if any(row["state"] == "failed" for row in rows):
        raise typer.Exit(1)


def _say_rows(rows: list[Row], verbose: bool) -> None:
    """What came of each device: failures and cautions, once where several subjects share one."""
    subjects: dict[tuple[str, str, str, str], list[str]] = {}
    for row in rows:
        failed, why = row["state"] == "failed", str(row["why"])
        state = "fail" if failed else "warn" if why else "ok"
        said = why.replace(f"{row['device']}: ", "", 1) or f"{row['facts']} facts"
        shared = (state, str(row["device"]), said, str(row["next"]))
        subjects.setdefault(shared, []).append(str(row["subject"]))
    say_lines(
        (
            Line(state, device, f"{', '.join(named)}: {said}", step)
            for (state, device, said, step), named in subjects.items()
        ),
        verbose,
    )
    wrong = sum(row["state"] == "failed" for row in rows)
    devices = len({row["device"] for row in rows})
    more = "" if verbose else "; -v shows each"
    told = f"{wrong} failed" if wrong else "all were read"
    say(f"{len(rows)} readings, {devices} device{'s' * (devices != 1)}: {told}{more}")


@dataclass(frozen=True)
class Watched:
    """What moves the progress bar: an ask leaves (device, name), a device is done."""

    on_ask: Callable[[str, str], None]
    on_visit: Callable[[], None]


Typed = dict[str, Credential]


def _typed(jobs: list[collecting.Job], *, password: bool, otp: bool) -> Typed:
    """What is typed, unseen, for the one device. Raises ConfigurationError."""
    if not (password or otp):
        return {}
    devices = {job.device.id: job.device for job in jobs}
    if len(devices) != 1 or any(one.transport != "ssh" for one in devices.values()):
        raise ConfigurationError(
            "a password is typed for one device, read by SSH", code="option_invalid"
        )
    (name,) = devices
    return {
        name: Credential(
            password=_ask_hidden(f"{name} password") if password else None,
            otp=_ask_hidden(f"{name} one-time password") if otp else None,
        )
    }


def _ask_hidden(what: str) -> Secret:
    return Secret(typer.prompt(what, hide_input=True, err=True))


def _alone(
    settings: Config, jobs: list[collecting.Job], watched: Watched, typed: Typed
) -> list[Row]:
    """Collect in this process: no daemon runs, or a password was typed here."""
    with agent_of(settings) as agent:
        now = agent.clock()
        run = collecting.collect(
            agent,
            [with_missed(settings, agent.ledger, job, now) for job in jobs],
            Connector(Logins(agent, account()), settings.credentials, settings.devices, typed),
            requester=account(),
            effort=effort_in(settings),
            progress=collecting.Progress(
                lambda device, ask: watched.on_ask(device.id, ask.name),
                lambda visit: watched.on_visit(),
            ),
            turns=turns_in(settings),
        )
    return [row for visit in run.visits for row in visit_rows(visit)]


def _through_daemon(told: Iterator[Message], watched: Watched) -> list[Row]:
    """Watch the daemon collect: it has the secrets, and knows who asks."""
    rows: list[Row] = []
    for message in told:
        if ask := message.get("ask"):
            watched.on_ask(ask["device"], ask["name"])
        if visit := message.get("visit"):
            watched.on_visit()
            rows += visit
    return rows


def push(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Push what waits to the store. Exit 3 when it is away: nothing is lost."""
    settings = configured(config)
    with agent_of(settings) as agent:
        done = push_all(agent.ledger, store_client(settings, agent), come=True)
    show(
        [{"stored": done.stored, "refused": len(done.refused)}],
        {"stored": "stored", "refused": "refused"},
        json,
    )
    for digest, why in done.refused:
        say(f"refused {digest[:12]}: {why}")
    if done.refused:
        raise typer.Exit(1)


def run(config: ConfigOption = None) -> None:
    """Run as the daemon: collect what is due, push, until told to stop."""
    settings = configured(config)
    serve(settings)


@ledger.command("rebuild")
def rebuild(
    from_store: Annotated[bool, typer.Option("--from-store", help="Fetch from the store.")] = False,
    config: ConfigOption = None,
) -> None:
    """Build a damaged ledger anew from its files, and from the store what is only there."""
    settings = configured(config)
    repaired = mend_ledger(settings.state, system_clock())
    with agent_of(settings) as agent:
        taken = take_in(agent, repaired, Notifier())
        if taken or repaired:
            say(f"{taken} bundles and records came back from their files")
        if from_store:
            restored = rebuild_from(agent.ledger, store_client(settings, agent))
            say(f"{restored} bundles and records came back from the store")
    if not (from_store or taken or repaired):
        say("the ledger is sound; --from-store fetches what only the store has")
