"""`collect`, `push`, `run` and `ledger`: reading devices, and bringing what was read away."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from agent import collect as collecting
from agent.cli.options import (
    ConfigOption,
    DeviceNames,
    JsonOption,
    SubjectOption,
    account,
    configured,
    known_devices,
)
from agent.cli.words import error_console, say, show
from agent.config import Config
from agent.connect import Connector
from agent.daemon import serve
from agent.platforms import platform
from agent.push import StoreClient
from agent.push import push as push_all
from agent.push import rebuild as rebuild_from
from agent.visit import Visit
from agent.wired import agent_of
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import ConfigurationError

ledger = typer.Typer(help="The agent's memory.", no_args_is_help=True)


def collect(
    names: DeviceNames = None,
    subject: SubjectOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what would be sent.")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Read devices now and seal what they said. Exit 1 when a reading failed."""
    settings = configured(config)
    jobs = collecting.jobs_for(settings.devices.values(), known_devices(settings, names), subject)
    if not jobs:
        raise ConfigurationError("no device has that subject", code="subject_unknown")
    if dry_run:
        _show_asks(jobs, json)
        return
    with agent_of(settings) as agent, _progress() as bar:
        task = bar.add_task("reading", total=len(jobs))

        def on_ask(device: Device, ask: Ask) -> None:
            bar.update(task, description=f"{device.id}: {ask.name}")

        def on_visit(visit: Visit) -> None:
            bar.advance(task)

        run = collecting.collect(
            agent,
            jobs,
            Connector(agent.ledger, settings.credentials),
            requester=account(),
            workers=settings.limits.workers,
            progress=collecting.Progress(on_ask, on_visit),
        )
    show(
        [
            row
            for visit in sorted(run.visits, key=lambda one: one.device.id)
            for row in _rows(visit)
        ],
        {"device": "device", "subject": "subject", "facts": "facts", "state": "", "why": "why"},
        json,
        styles={"read": "green", "failed": "bold red"},
    )
    if run.failed:
        raise typer.Exit(1)


def _rows(visit: Visit) -> list[dict[str, object]]:
    return [
        {
            "device": visit.device.id,
            "subject": reading.subject,
            "facts": len(reading.facts),
            "state": "failed" if reading.failure else "read",
            "why": f"{reading.failure.code}: {reading.failure.message}"
            if reading.failure
            else "; ".join(caution.message for caution in reading.cautions),
            "next": reading.failure.next_step if reading.failure else "",
        }
        for reading in visit.readings
    ]


def _show_asks(jobs: list[collecting.Job], json: bool) -> None:
    rows = [
        {
            "device": job.device.id,
            "by": job.device.transport,
            "address": job.device.address,
            "subjects": list(job.subjects),
            "text": ask.text,
        }
        for job in jobs
        for ask in platform(job.device.platform).all_asks
    ]
    show(rows, {"device": "device", "by": "by", "address": "address", "text": "may be sent"}, json)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=error_console(),
        transient=True,
    )


def push(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Push what waits to the store. Exit 3 when it is away: nothing is lost."""
    settings = configured(config)
    with agent_of(settings) as agent:
        done = push_all(agent.ledger, _client(settings, agent))
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
    """Restore the history a lost ledger held, from the store's copies."""
    if not from_store:
        raise ConfigurationError("say where from: --from-store", code="option_missing")
    settings = configured(config)
    with agent_of(settings) as agent:
        restored = rebuild_from(agent.ledger, _client(settings, agent))
    say(f"{restored} bundles came back")


def _client(settings: Config, agent: collecting.Agent) -> StoreClient:
    if settings.store is None:
        raise ConfigurationError(
            "no store is configured", code="store_missing", next_step="set store.url in agent.yaml"
        )
    return StoreClient(settings.store, agent.signing_key, agent.clock, settings.path.parent)
