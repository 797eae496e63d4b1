"""A judged month: the judgement together with all that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from evidence.control import Disposition, Judgement, Policy, Profile, RuleBook
from evidence.observation import Observation
from evidence.readings import Readings
from evidence.seal import Envelope


@dataclass(frozen=True)
class Judged:
    """A month as judged, with all it rests on. `inputs` are the exact bytes it was judged by,
    `used` the digests of every reading that had a part in it."""

    period: str
    at: datetime
    book: RuleBook
    policy: Policy
    profile: Profile
    judgement: Judgement
    observations: tuple[Observation, ...]
    dispositions: tuple[Disposition, ...]
    readings: Readings
    inputs: Mapping[str, bytes]
    used: frozenset[str]


@dataclass(frozen=True)
class Assessed(Judged):
    """A judged month, sealed: the signed assessment and which revision of the month it is."""

    envelope: Envelope
    revision: int
