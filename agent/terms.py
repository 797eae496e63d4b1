"""What ends when: hardware and software as last read, seen from a day that may lie ahead.

The check that judges the month judges here too, so the terminal and the pack never differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from agent.catalogue import load_catalogue
from agent.config import Config
from agent.sealing import Agent
from checks.release_is_supported import CHECK, MAX_AGE_DAYS, check
from evidence.capture import IMPORTED
from evidence.clock import day_start, roc, taipei_day
from evidence.control import Policy
from evidence.device import Device
from evidence.lifecycle import Catalogue
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.text import Text

_WORST_FIRST = (Result.not_satisfied, Result.partly, Result.not_assessed, Result.satisfied)
_GRAVITY = {result: place for place, result in enumerate(_WORST_FIRST)}
_FAR = date.max.toordinal()


@dataclass(frozen=True, slots=True)
class Term:
    """One thing of a device that has, or could have, an end; `seen` is what the check says."""

    device: Device
    seen: Observation

    @property
    def part(self) -> str:
        """`software`, `hardware`, or `` where the device could not be read."""
        if "version" in self.seen.measures:
            return "software"
        return "hardware" if "model" in self.seen.measures else ""

    @property
    def rank(self) -> tuple[int, int, str]:
        """The worse first, and of equally bad things what ends first."""
        days_left = self.seen.measures.get("days_left")
        gravity = _GRAVITY.get(self.seen.result, len(_GRAVITY))
        return gravity, _FAR if days_left is None else days_left, self.seen.subject

    def record(self, as_of: date) -> dict[str, Any]:
        """As `--json` gives it; days in both calendars, `days_left` negative once passed."""
        measures = self.seen.measures
        return {
            "as_of": as_of.isoformat(),
            "device": self.device.id,
            "site": self.device.site,
            "part": self.part,
            "subject": self.seen.subject,
            "name": measures.get("model") or measures.get("product"),
            "version": measures.get("version"),
            "result": self.seen.result.value,
            "state": self.seen.state,
            "decisive": measures.get("decisive"),
            "days_left": measures.get("days_left"),
            "milestones": [
                {"name": name, "day": day.isoformat(), "roc": roc(day), "days_left": left}
                for name, day, left in self.milestones(as_of)
            ],
            "row": measures.get("row"),
            "source_url": measures.get("source_url"),
            "retrieved_on": measures.get("retrieved_on"),
            "confidence": measures.get("confidence"),
            "catalogue_dated": measures.get("catalogue_dated"),
            "description": self.seen.description.record(),
        }

    def milestones(self, as_of: date) -> list[tuple[str, date, int]]:
        """Every milestone that is known, the earliest first: name, day, days left."""
        known: Mapping[str, str] = self.seen.measures.get("milestones", {})
        days = sorted((date.fromisoformat(day), name) for name, day in known.items())
        return [(name, day, (day - as_of).days) for day, name in days]


@dataclass(frozen=True, slots=True)
class Terms:
    """Devices with the worst first, each with its terms, the worse leading.

    `not_asked` are devices whose firmware is not among what is read of them; `remarks` are
    about no device: a catalogue that is too old.
    """

    as_of: date
    catalogue: Catalogue
    devices: tuple[tuple[Device, tuple[Term, ...]], ...]
    not_asked: tuple[Device, ...]
    remarks: tuple[Text, ...]


def terms(
    config: Config, agent: Agent, as_of: date, now: datetime, site: str | None = None
) -> Terms:
    """What ends when, by what was known on `as_of`; for a day ahead, by what is known now.

    A catalogue grows no older by looking ahead: its age is counted up to today. Raises
    ConfigurationError as `load_catalogue`.
    """
    today = taipei_day(now)
    known_on = min(as_of, today)
    ahead_days = (as_of - known_on).days
    catalogue = load_catalogue(known_on, config.lifecycle, [agent.signing_key.public])
    chosen = {id: one for id, one in config.devices.items() if site in (None, one.site)}
    readings = Readings(
        at=day_start(as_of + timedelta(days=1)) - timedelta(seconds=1),
        period=f"{as_of:%Y-%m}",
        all=newest_known(agent, day_start(known_on + timedelta(days=1))),
        devices=chosen,
        catalogue=catalogue,
    )
    settings = Policy.of_record(config.policy).settings(CHECK)
    settings["max_age_days"] = settings.get("max_age_days", MAX_AGE_DAYS) + ahead_days
    found: dict[str, list[Term]] = {}
    remarks: list[Text] = []
    for seen in check(readings, **settings):
        if seen.device not in chosen:
            remarks.append(seen.description)
            continue
        found.setdefault(seen.device, []).append(Term(chosen[seen.device], seen))
    by_device = [
        (chosen[id], tuple(sorted(mine, key=lambda one: one.rank))) for id, mine in found.items()
    ]
    return Terms(
        as_of=as_of,
        catalogue=catalogue,
        devices=tuple(sorted(by_device, key=lambda one: (one[1][0].rank[:2], one[0].id))),
        not_asked=tuple(one for one in chosen.values() if "firmware" not in one.subjects),
        remarks=tuple(remarks),
    )


def newest_known(agent: Agent, before: datetime) -> list[Reading]:
    """The newest reading of everything before a moment; what another tool kept is none."""
    return [one for one in agent.ledger.newest_readings(before) if one.provenance != IMPORTED]
