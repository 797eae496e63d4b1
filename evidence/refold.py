"""A month folded again from what was signed: the assessment, its inputs, and what people said.

The store does it for the console and the pack, the verifier for anybody. Pure: no clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence.clock import parse_at
from evidence.control import Disposition, Judgement, Policy, Profile, RuleBook, fold
from evidence.observation import Observation
from evidence.runs import Assessment

BASIS = ("rule_book", "policy", "profile")
"""The inputs of an assessment that the fold itself needs."""


@dataclass(frozen=True, slots=True)
class Basis:
    """By what a month is judged, apart from what was observed and said."""

    book: RuleBook
    policy: Policy
    profile: Profile

    @classmethod
    def of_inputs(cls, inputs: Mapping[str, Any]) -> Basis:
        """From parsed inputs by name. Raises ConfigurationError or KeyError for what is none."""
        return cls(
            RuleBook.of_record(inputs["rule_book"]),
            Policy.of_record(inputs["policy"]),
            Profile.of_record(inputs["profile"]),
        )


def refold(
    period: str,
    basis: Basis,
    observations: Sequence[Observation],
    dispositions: Sequence[Disposition],
    first_found_at: Mapping[str, datetime],
    at: datetime,
) -> Judgement:
    """The judgement of a month as known at `at`, by an assessment's own observations."""
    return fold(
        basis.book,
        basis.profile,
        basis.policy,
        observations,
        period=period,
        at=at,
        dispositions=dispositions,
        first_found_at=first_found_at,
    )


def observations_of(assessment: Assessment) -> tuple[Observation, ...]:
    """Raises KeyError, TypeError or ValueError for records that are none."""
    return tuple(map(Observation.of_record, assessment.observations))


def first_found_of(assessment: Assessment) -> dict[str, datetime]:
    """Since when each subject has needed a decision, as the agent remembered it."""
    return {
        finding["subject"]: parse_at(finding["first_found_at"])
        for control in assessment.findings
        for finding in control["findings"]
        if finding["first_found_at"] is not None
    }
