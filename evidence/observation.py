"""An observation: what one check concluded about one thing, from which evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from evidence.clock import parse_at, stamp
from evidence.reading import canonical
from evidence.text import Text

CHECK_FAILED = "check_failed"
"""State of what stands for a check that crashed: it was to speak of everything, and did not."""


class Result(StrEnum):
    """What a check may say. `not_assessed` is never a pass."""

    satisfied = "satisfied"
    partly = "partly_satisfied"
    not_satisfied = "not_satisfied"
    not_assessed = "not_assessed"
    not_applicable = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One check's answer about one subject, with the digests of the readings it rests on.

    `subject` is stable from month to month (`fw-01/vdom root/policy 7`), so decisions made
    about it find it again. `state` is a word of the check's own (`no_traffic_6m_proven`,
    `unknown_model` …) that the fold and the reader use. `measures` carry units in their
    names; an observation about a firewall rule has its key under `rule`. `expires_at`: after it
    the observation no longer holds. `scope` lists the places the subject is in (`site:colo`,
    `zone:dmz`, `zone:?` where it is not known, `*` for everything).
    """

    check: str
    device: str
    subject: str
    result: Result
    state: str
    description: Text
    at: datetime
    evidence: tuple[str, ...] = ()
    measures: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None
    scope: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "device": self.device,
            "subject": self.subject,
            "result": self.result.value,
            "state": self.state,
            "description": self.description.record(),
            "at": stamp(self.at),
            "evidence": list(self.evidence),
            "measures": dict(self.measures),
            "expires_at": None if self.expires_at is None else stamp(self.expires_at),
            "scope": list(self.scope),
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Observation:
        expires = record["expires_at"]
        return cls(
            check=record["check"],
            device=record["device"],
            subject=record["subject"],
            result=Result(record["result"]),
            state=record["state"],
            description=Text.of(record["description"]),
            at=parse_at(record["at"]),
            evidence=tuple(record["evidence"]),
            measures=record["measures"],
            expires_at=None if expires is None else parse_at(expires),
            scope=tuple(record["scope"]),
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the observation's canonical record: what findings cite."""
        return sha256(canonical(self.record())).hexdigest()
