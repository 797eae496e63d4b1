"""Traffic logs and rule histories that somebody delivers: second evidence, with who, when and what.

A file is read like any hand-delivered answer: kept whole, signed, under the device it is of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from agent.handed import answers_of, visit_handed
from agent.platforms import platform
from agent.sealing import Agent, keep_handed
from evidence.capture import Provenance
from evidence.device import Device
from evidence.errors import ConfigurationError
from evidence.facts import LoggedTraffic, TrafficLog
from evidence.logged import SUBJECT

PLATFORM = "traffic_log"
_ENDINGS = (".log", ".csv", ".txt")


@dataclass(slots=True)
class Delivered:
    """What came of one file: how it is written, its entries and rules, or why it was not taken."""

    file: str
    form: str = ""
    entries: int = 0
    rules: int = 0
    without_rule: int = 0
    not_understood: int = 0
    bundle: str = ""
    why: str = ""


def import_logs(
    agent: Agent, device: Device, path: Path, delivered_by: str, reason: str
) -> list[Delivered]:
    """Enter a log file, or every one of a folder (`.log`, `.csv`, `.txt`), for a device.

    When a file was last changed is when it is taken to have been captured. Raises
    ConfigurationError (`file_missing`, `logs_missing`).
    """
    found = []
    for file in _files(path):
        outcome = Delivered(file.name)
        found.append(outcome)
        provenance = Provenance(
            "hand-delivered",
            delivered_by=delivered_by,
            captured_at=datetime.fromtimestamp(file.stat().st_mtime, UTC),
            reason=reason,
        )
        name = re.sub(r"[^A-Za-z0-9._-]", "-", file.name).lstrip("-._") or "traffic.log"
        asked = replace(device, platform=PLATFORM, subjects=(SUBJECT,), options={"logs": name})
        answers = answers_of([(name, file)])
        visit = visit_handed(
            platform(PLATFORM), SUBJECT, answers, asked, agent.site_key, provenance
        )
        reading = visit.readings[0]
        if reading.failure is not None:
            outcome.why = f"{reading.failure.code}: {reading.failure.message}"
            continue
        outcome.bundle = keep_handed(agent, visit)
        for log in reading.of(TrafficLog):
            outcome.form, outcome.entries = log.form, log.entries
            outcome.without_rule, outcome.not_understood = log.without_rule, log.not_understood
        outcome.rules = len(reading.of(LoggedTraffic))
    return found


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        raise ConfigurationError(f"there is no file or folder {path}", code="file_missing")
    found = sorted(one for one in path.iterdir() if one.suffix in _ENDINGS and one.is_file())
    if not found:
        raise ConfigurationError(
            f"{path} holds no file that ends in {', '.join(_ENDINGS)}",
            code="logs_missing",
            next_step="name the file itself, or unpack it first",
        )
    yield from found
