"""`changes` and `import`: what is different since a device was read before, and its past."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.options import (
    ConfigOption,
    JsonOption,
    VerboseOption,
    account,
    configured,
    known_devices,
)
from agent.cli.words import harmless, say, say_line, show
from agent.config import Config
from agent.delivered_logs import import_logs
from agent.ledger import Ledger
from agent.past import import_past
from agent.wired import agent_of
from evidence.changes import Change
from evidence.changes import changes as changes_between
from evidence.clock import TAIPEI, stamp
from evidence.errors import ConfigurationError
from evidence.reading import Reading

LOGS = "logs"
_MARKS = {
    "added": "[green]+[/]",
    "removed": "[red]-[/]",
    "changed": "[yellow]~[/]",
    "moved": "[cyan]↕[/]",
}


def changes(
    device: Annotated[str, typer.Argument(help="A device's id.")],
    since: Annotated[
        str | None,
        typer.Option(help="Day (2026-11-01): against what was in force then.", show_default=False),
    ] = None,
    verbose: VerboseOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """What changed on a device since the last good reading. Prints nothing when nothing did."""
    settings = configured(config)
    known_devices(settings, [device])
    until = None if since is None else _end_of(since)
    ledger = Ledger(settings.state)
    try:
        for subject in settings.devices[device].subjects:
            pair = _pair(ledger, device, subject, until)
            if pair is None:
                continue
            found = changes_between(*pair)
            if json:
                show((_row(*pair, change) for change in found), {}, as_json=True)
            else:
                _say(*pair, found, verbose)
    finally:
        ledger.close()


def import_(
    kind: Annotated[str, typer.Argument(help="oxidized, rancid, or logs.")],
    path: Annotated[
        Path,
        typer.Argument(help="A git repository or folder of configurations; a log, or a folder."),
    ],
    device: Annotated[
        str | None, typer.Option(help="Whose logs they are.", show_default=False)
    ] = None,
    delivered_by: Annotated[
        str | None, typer.Option(help="Who exported the logs.", show_default=False)
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Which logs they are, and why.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Enter what other tools kept, as second evidence: configurations of the past, or traffic logs.

    Configurations show which rules stood when; never that something was read in time, nor what was
    used. Logs (and histories of rules, as a CSV) can break the claim that a rule had no traffic;
    they never make one.
    """
    settings = configured(config)
    if kind == LOGS:
        _import_logs(settings, path, device, delivered_by, reason, json)
        return
    with agent_of(settings) as agent:
        found = import_past(agent, settings.devices, kind, path)
    columns = {
        "device": "device",
        "found": "versions",
        "entered": "entered",
        "known": "known before",
        "later": "from own readings on",
        "why": "why not",
    }
    show((asdict(one) for one in found), columns, json)
    if not found:
        say("no file there is named like a device of the inventory, or like its address")
        raise typer.Exit(1)
    if any(one.why for one in found):
        raise typer.Exit(1)


def _import_logs(
    settings: Config,
    path: Path,
    device: str | None,
    delivered_by: str | None,
    reason: str | None,
    json: bool,
) -> None:
    if device is None or not reason:
        raise ConfigurationError(
            "logs enter the ledger only with --device and --reason",
            code="provenance_missing",
            next_step="say whose traffic they show, and which logs they are",
        )
    known_devices(settings, [device])
    who = delivered_by or account()
    with agent_of(settings) as agent:
        found = import_logs(agent, settings.devices[device], path, who, reason)
    columns = {
        "file": "file",
        "form": "form",
        "entries": "entries",
        "rules": "rules named",
        "without_rule": "name no rule",
        "not_understood": "lines not understood",
        "why": "why not",
    }
    show((asdict(one) for one in found), columns, json)
    if any(one.why for one in found):
        raise typer.Exit(1)


def _pair(
    ledger: Ledger, device: str, subject: str, until: datetime | None
) -> tuple[Reading, Reading] | None:
    """The readings to compare; None where there are not two, which is said."""
    newest = ledger.newest_good(device, subject, count=2)
    before = newest[1:] if until is None else ledger.newest_good(device, subject, until)
    if not newest or not before:
        when = "before" if until is None else "by that day"
        why = f"never read {when}" if newest else "never read"
        say(f"{device} {subject}: {why}; nothing to compare")
        return None
    attempt = ledger.last_attempt(device, subject)
    if attempt is not None and attempt > newest[0].at + timedelta(hours=1):
        say(f"{device} {subject}: not read since {_local(newest[0].at)}; compared is that")
    return before[0], newest[0]


def _end_of(since: str) -> datetime:
    """The last moment of a day in Taipei. Raises ConfigurationError (`time_invalid`)."""
    try:
        day = date.fromisoformat(since)
    except ValueError:
        raise ConfigurationError("--since is written 2026-11-01", code="time_invalid") from None
    return datetime.combine(day, time.max, TAIPEI)


def _row(before: Reading, after: Reading, change: Change) -> dict[str, Any]:
    return {
        "device": after.device,
        "subject": after.subject,
        "from_at": stamp(before.at),
        "to_at": stamp(after.at),
        **change.record(),
    }


def _say(before: Reading, after: Reading, found: list[Change], verbose: bool) -> None:
    head = f"{after.device} {after.subject}  {_local(before.at)} → {_local(after.at)}"
    if before.provenance != "device":
        head += f"  (before: {before.provenance})"
    if not found:
        if verbose:
            say(f"{head}: no change")
        return
    say_line(f"[bold]{harmless(head)}[/]")
    for change in found:
        for line in _lines(change):
            say_line(line)


def _lines(change: Change) -> Iterator[str]:
    thing = change.fact.replace("_", " ")
    yield f"  {_MARKS[change.kind]} {harmless(f'{thing}  {change.title}')}"
    for name, before, after in change.fields:
        if change.kind in ("added", "removed"):
            yield f"      {harmless(f'{name}: {_plain(after if before is None else before)}')}"
        else:
            yield f"      {harmless(f'{name}: {_plain(before)} → {_plain(after)}')}"
    if change.note:
        yield f"      [yellow]{harmless(change.note)}[/]"


def _plain(value: Any) -> str:
    """A field as a person writes it; `(not said)` where the device did not."""
    if value is None:
        return "(not said)"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "(none)"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _local(at: datetime) -> str:
    return f"{at.astimezone(TAIPEI):%Y-%m-%d %H:%M}"
