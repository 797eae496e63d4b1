"""Level three: the findings made again, by the same pure fold, from the observations as signed.

Rule book, policy and profile are taken from the pack by the digests the assessment names. As
with re-reading, another version that comes to other findings is reported as just that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from evidence.clock import parse_at
from evidence.control import Policy, Profile, RuleBook, fold
from evidence.errors import ConfigurationError
from evidence.observation import Observation
from evidence.reading import canonical
from evidence.runs import Assessment
from verify.reread import Outcome, installed_version

_INPUTS = ("rule_book", "policy", "profile")


def rejudge(assessment: Assessment, input_of: Callable[[str], bytes | None]) -> tuple[Outcome, str]:
    """Whether the fold comes to the findings of the assessment again, and why where not.

    `input_of` gives an input's bytes by digest, None where the pack does not hold it.
    """
    inputs = {name: input_of(assessment.inputs.get(name, "")) for name in _INPUTS}
    if absent := [name for name, body in inputs.items() if body is None]:
        return Outcome.absent, f"the pack does not hold its {', '.join(absent)}"
    try:
        records = _fold(
            assessment, {name: json.loads(body or b"") for name, body in inputs.items()}
        )
    except (ConfigurationError, KeyError, TypeError, ValueError) as error:
        why = f"its inputs cannot be read ({type(error).__name__})"
    else:
        why = ", ".join(_other_controls(assessment.findings, records))
    if not why:
        return Outcome.same, ""
    same = assessment.agent_version == installed_version()
    return (Outcome.differs if same else Outcome.newer_reader), why


def _fold(assessment: Assessment, inputs: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    judgement = fold(
        RuleBook.of_record(inputs["rule_book"]),
        Profile.of_record(inputs["profile"]),
        Policy.of_record(inputs["policy"]),
        [Observation.of_record(record) for record in assessment.observations],
        period=assessment.period,
        at=assessment.assessed_at,
        first_found_at=dict(_first_found(assessment)),
    )
    return judgement.records()


def _first_found(assessment: Assessment) -> Iterator[tuple[str, datetime]]:
    """Since when each subject has needed a decision, as the agent remembered it."""
    for control in assessment.findings:
        for finding in control["findings"]:
            if finding["first_found_at"] is not None:
                yield finding["subject"], parse_at(finding["first_found_at"])


def _other_controls(
    then: tuple[Mapping[str, Any], ...], now: tuple[Mapping[str, Any], ...]
) -> list[str]:
    """The clauses whose result is another one now."""
    before = {str(one["control"]): canonical(one) for one in then}
    after = {str(one["control"]): canonical(one) for one in now}
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )
