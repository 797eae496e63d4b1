"""A picture for each rule that needs a decision: its counter over the window, resets and gaps; and
one of what ends when."""

from __future__ import annotations

from collections.abc import Iterator

from evidence.clock import taipei_day
from evidence.control import Finding
from evidence.observation import Observation
from evidence.usage.picture import picture
from report.month import Month
from report.timeline import endings, timeline

# The rows of `evidence.control.decided` that ask somebody to decide, now or on a day to come.
LIFECYCLE = "pictures/lifecycle.svg"
LISTED = ("must_decide", "not_measurable", "provable_later")


def pictures(month: Month) -> Iterator[tuple[str, bytes]]:
    """(member's name, SVG) of every finding that has one, and of the lifecycles."""
    sites = {device.id: device.site for device in month.devices.values()}
    made = endings(month.assessed.observations, sites)
    drawn = timeline(made, taipei_day(month.assessed.at), month.language)
    yield LIFECYCLE, drawn.encode("utf-8")
    for number, finding in month.numbered():
        shown = pictured(month, finding)
        if shown is None:
            continue
        key = shown.measures["rule"]
        group = shown.subject.removesuffix(f"/{key}")
        drawn = picture(
            shown.subject,
            key,
            shown.measures["proof"],
            month.assessed.readings.usage(group),
            month.language,
        )
        yield picture_name(number), drawn.encode("utf-8")


def picture_name(number: str) -> str:
    """Where the picture of a finding lies in the pack."""
    return f"pictures/{number}.svg"


def pictured(month: Month, finding: Finding) -> Observation | None:
    """The observation with the proof that a finding's picture shows; None: there is no picture."""
    for one in month.observations(finding):
        if finding.state in LISTED and "proof" in one.measures:
            return one
    return None
