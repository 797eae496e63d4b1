"""One observation about one device, as the checks of its settings write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evidence.device import Device
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.text import Text


def observed(
    check: str,
    readings: Readings,
    device: Device,
    reading: Reading,
    *,
    subject: str,
    about: str,
    answer: tuple[Result, str, Text],
    measures: Mapping[str, Any],
) -> Observation:
    """`answer` is result, state and words; the device's name is put before the words."""
    result, state, words = answer
    return Observation(
        check=check,
        device=device.id,
        subject=subject,
        result=result,
        state=state,
        description=Text(f"{device.id}: {words.en}", f"{device.id}：{words.zh}"),
        at=readings.at,
        evidence=(reading.digest,),
        measures=measures,
        scope=(f"site:{device.site}", f"about:{about}"),
    )
