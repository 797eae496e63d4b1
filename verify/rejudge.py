"""Level three: an assessment made again from what was signed, the checks first, then the fold.

Everything is taken from the pack by the digests the assessment names. As with re-reading,
another version that comes to other results is reported as just that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evidence.control import Disposition
from evidence.errors import ConfigurationError
from evidence.reading import canonical
from evidence.refold import BASIS, Basis, first_found_of, observations_of, refold
from evidence.replay import installed_version
from evidence.runs import Assessment
from verify.reread import Outcome
from verify.shelf import Shelf

_CHECKED_FROM = ("rule_book", "policy", "catalogue", "zones", "devices")
# What inputs that are signed, but are not what they should be, can raise.
_MALFORMED = (ConfigurationError, KeyError, TypeError, ValueError, AttributeError)

InputOf = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What came of one half of judging again, with a sentence for each thing that differs."""

    outcome: Outcome
    why: tuple[str, ...] = ()


def rechecked(assessment: Assessment, input_of: InputOf, shelf: Shelf) -> Rejudged:
    """Whether the checks observe the same again, over the same readings.

    `input_of` gives an input's bytes by digest, None where the pack does not hold it.
    """
    if missing := set(assessment.readings) - shelf.digests:
        of = len(assessment.readings)
        return Rejudged(Outcome.absent, (f"{len(missing)} of its {of} readings are missing",))
    inputs = _inputs(assessment, _CHECKED_FROM, input_of)
    if isinstance(inputs, Rejudged):
        return inputs
    try:
        # Whoever checks signatures only needs neither the checks nor numpy.
        from verify.recheck import recheck
    except ImportError as error:
        return Rejudged(Outcome.no_reader, (f"the checks cannot run here ({error})",))
    try:
        why = recheck(assessment, inputs, shelf)
    except _MALFORMED as error:
        why = [_unreadable(error)]
    return _held_to_its_version(assessment, why)


def refolded(assessment: Assessment, input_of: InputOf) -> Rejudged:
    """Whether the fold comes to the same findings again, from the observations as signed."""
    # An assessment from before dispositions were an input was folded without any.
    said = ("dispositions",) if "dispositions" in assessment.inputs else ()
    inputs = _inputs(assessment, (*BASIS, *said), input_of)
    if isinstance(inputs, Rejudged):
        return inputs
    try:
        why = _other_controls(assessment.findings, _fold(assessment, inputs))
    except _MALFORMED as error:
        why = [_unreadable(error)]
    return _held_to_its_version(assessment, why)


def _inputs(
    assessment: Assessment, names: tuple[str, ...], input_of: InputOf
) -> Mapping[str, Any] | Rejudged:
    bodies = {name: input_of(assessment.inputs.get(name, "")) for name in names}
    if absent := [name for name, body in bodies.items() if body is None]:
        return Rejudged(Outcome.absent, (f"the pack does not hold its {', '.join(absent)}",))
    try:
        return {name: json.loads(body or b"") for name, body in bodies.items()}
    except _MALFORMED as error:
        return _held_to_its_version(assessment, [_unreadable(error)])


def _unreadable(error: Exception) -> str:
    return f"its inputs cannot be read ({type(error).__name__})"


def _held_to_its_version(assessment: Assessment, why: list[str]) -> Rejudged:
    """What differs under another version than it was made by says nothing about the evidence."""
    if not why:
        return Rejudged(Outcome.same)
    same = assessment.agent_version == installed_version()
    return Rejudged(Outcome.differs if same else Outcome.newer_reader, tuple(why))


def _fold(assessment: Assessment, inputs: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    judgement = refold(
        assessment.period,
        Basis.of_inputs(inputs),
        observations_of(assessment),
        [Disposition.of_record(one) for one in inputs.get("dispositions", ())],
        first_found_of(assessment),
        assessment.assessed_at,
    )
    return judgement.records()


def _other_controls(
    then: tuple[Mapping[str, Any], ...], now: tuple[Mapping[str, Any], ...]
) -> list[str]:
    """The clauses whose result is another one now."""
    before = {str(one["control"]): canonical(one) for one in then}
    after = {str(one["control"]): canonical(one) for one in now}
    return [
        f"other findings for {name}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
