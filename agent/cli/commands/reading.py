"""`read`: answers delivered by hand, through the same collectors."""

from __future__ import annotations

import json as json_lines
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from agent.cli import PAIR
from agent.cli.options import ConfigOption, configured, known_devices
from agent.cli.words import say, show
from agent.handed import read_handed
from agent.platforms import platform as platform_of
from agent.sealing import keep_handed
from agent.wired import agent_of, system_clock
from evidence.capture import Provenance
from evidence.clock import TAIPEI
from evidence.errors import ConfigurationError, EvidenceError
from evidence.facts import to_record
from evidence.reading import Reading

CLOCKS_DIFFER = timedelta(minutes=5)


def read(
    platform: Annotated[str, typer.Option(help="Our short name, or netmiko's device type.")],
    subject: Annotated[str, typer.Option("--subject", "-s")],
    answer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ASK FILE",
            help="An ask's text or name, and the file that answers it. Repeatable, in order.",
            show_default=False,
        ),
    ] = None,
    tape: Annotated[Path | None, typer.Option(help="A tape instead of answers.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One fact a line, as JSON.")] = False,
    device: Annotated[
        str | None, typer.Option(help="Enter it into the ledger as this device's reading.")
    ] = None,
    captured_at: Annotated[str | None, typer.Option(help="When the device answered (ISO).")] = None,
    delivered_by: Annotated[str | None, typer.Option(help="Who ran it on the device.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why by hand.")] = None,
    confirmed_by: Annotated[
        str | None, typer.Option(help="A second person who vouches for it.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Read answers that somebody delivered, and print the facts one JSON object a line.

    With --device, --captured-at, --delivered-by and --reason the reading enters the ledger
    as hand-delivered: it may break a no-traffic claim, and founds one only when
    --confirmed-by names a second person.
    """
    pairs = [_pair(one) for one in answer or ()]
    chosen = platform_of(platform)
    if device is None:
        reading = read_handed(chosen, subject, pairs, tape).readings[0]
    else:
        settings = configured(config)
        known_devices(settings, [device])
        if settings.devices[device].platform != chosen.name:
            raise ConfigurationError(
                f"{device} is of platform {settings.devices[device].platform}, not {chosen.name}",
                code="platform_mismatch",
                next_step="deliver it for the device that gave it",
            )
        provenance = _provenance(captured_at, delivered_by, reason, confirmed_by)
        with agent_of(settings) as agent:
            visit = read_handed(
                chosen,
                subject,
                pairs,
                tape,
                settings.devices[device],
                agent.site_key,
                provenance,
            )
            digest = keep_handed(agent, visit)
        say(f"kept as bundle {digest}")
        reading = visit.readings[0]
    _print(reading, json or not sys.stdout.isatty())


def _pair(joined: str) -> tuple[str, Path]:
    ask, separator, path = joined.partition(PAIR)
    if not separator:
        raise ConfigurationError("--answer takes two values: ASK FILE", code="answer_invalid")
    return ask, Path(path)


def _provenance(
    captured_at: str | None, delivered_by: str | None, reason: str | None, confirmed_by: str | None
) -> Provenance:
    if not (captured_at and delivered_by and reason):
        raise ConfigurationError(
            "a reading enters the ledger only with --captured-at, --delivered-by and --reason",
            code="provenance_missing",
        )
    confirmed_by = (confirmed_by or "").strip() or None
    if confirmed_by and confirmed_by.casefold() == delivered_by.strip().casefold():
        raise ConfigurationError(
            "the second person cannot be the one who delivered it", code="four_eyes"
        )
    try:
        at = datetime.fromisoformat(captured_at)
    except ValueError:
        raise ConfigurationError(
            "--captured-at is written 2026-11-23T02:30+08:00", code="time_invalid"
        ) from None
    at = at if at.tzinfo else at.replace(tzinfo=TAIPEI)
    if at > system_clock() + CLOCKS_DIFFER:
        raise ConfigurationError("--captured-at lies in the future", code="time_invalid")
    return Provenance("hand-delivered", delivered_by, at.astimezone(UTC), reason, confirmed_by)


def _print(reading: Reading, as_json: bool) -> None:
    if reading.failure is not None:
        error = EvidenceError(
            reading.failure.message, code=reading.failure.code, next_step=reading.failure.next_step
        )
        raise error
    records = [to_record(fact) for fact in reading.facts]
    if as_json:
        for record in records:
            print(json_lines.dumps(record, ensure_ascii=False))
        return
    rows = [
        {
            "fact": record.pop("fact"),
            "said": ", ".join(f"{k}={v}" for k, v in record.items() if v not in (None, [], False)),
        }
        for record in records
    ]
    show(rows, {"fact": "fact", "said": "what it says"}, as_json=False)
