"""Settings of the daemon: when devices are left alone, who may come in, what it shows.

Parts of `agent.yaml`; each has a default that changes nothing.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

_SPAN = re.compile(r"(\d{2}:\d{2})-(\d{2}:\d{2})")
STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)


class Model(BaseModel):
    model_config = STRICT


def span(words: str) -> tuple[time, time]:
    """Start and end of a part of the day, `09:00-13:30`. Raises ValueError."""
    match = _SPAN.fullmatch(words)
    if match is None:
        raise ValueError("span_invalid: write a part of the day as `09:00-13:30`")
    try:
        start, end = (time.fromisoformat(one) for one in match.groups())
    except ValueError:
        raise ValueError("span_invalid: there is no such time of day") from None
    if start >= end:
        raise ValueError("span_invalid: it ends before it starts; write two spans over midnight")
    return start, end


def _span(words: str) -> str:
    span(words)
    return words


def _moment(value: object) -> object:
    """YAML leaves `2026-12-05 22:00` (no seconds) as text."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("span_invalid: write a moment as `2026-12-05 22:00`") from None


Span = Annotated[str, AfterValidator(_span)]
Moment = Annotated[datetime, BeforeValidator(_moment)]


class MaintenanceModel(Model):
    """A time when devices are worked on: what they say then is no evidence of normal work.

    Times without a zone are Asia/Taipei's. Without devices and sites it holds for all.
    """

    start: Moment
    end: Moment
    devices: list[str] = []
    sites: list[str] = []
    reason: str = ""

    @model_validator(mode="after")
    def _runs_forward(self) -> MaintenanceModel:
        if (self.start.tzinfo is None) != (self.end.tzinfo is None):
            raise ValueError("span_invalid: start and end both with a zone, or both without")
        if self.start >= self.end:
            raise ValueError("span_invalid: a maintenance window ends after it starts")
        return self


class CalendarModel(Model):
    """`quiet` spans hold on trading days: Monday to Friday, but no holiday (Asia/Taipei)."""

    quiet: list[Span] = []
    holidays: list[date] = []
    maintenance: list[MaintenanceModel] = []
    jitter_minutes: Annotated[int, Field(ge=0, le=720)] = 0


class DaemonModel(Model):
    """`socket`: where operators come in (none: `agent.sock` in the state folder); `operators`:
    their group; `metrics_port`: on loopback, none: no metrics."""

    socket: str | None = None
    operators: str = "evidence-operators"
    metrics_port: Annotated[int, Field(ge=0, le=65535)] | None = None
