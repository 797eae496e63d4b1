"""One observation about one wireless network, as the checks of a single network write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.text import Text
from evidence.wireless import Held


class Answer(NamedTuple):
    """What a check says of a network. `evidence`: further readings it rests on."""

    result: Result
    state: str
    said: Text
    evidence: tuple[str, ...] = ()


def network_observed(
    check: str,
    readings: Readings,
    held: Held,
    answer: Answer,
    *,
    about: str,
    measures: Mapping[str, Any],
    subject: str | None = None,
) -> Observation:
    """The network's name and its device are put before the words. `subject`: something of the
    network, in place of itself."""
    device = held.device
    return Observation(
        check=check,
        device=device.id,
        subject=subject or held.subject,
        result=answer.result,
        state=answer.state,
        description=Text(
            f"{held.name} on {device.id}: {answer.said.en}",
            f"{device.id} 之 {held.name}：{answer.said.zh}",
        ),
        at=readings.at,
        evidence=tuple(dict.fromkeys((held.reading.digest, *answer.evidence))),
        measures=measures,
        scope=(f"site:{device.site}", f"about:{about}"),
    )
