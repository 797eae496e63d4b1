"""Signing off, as a pack of the store shows it: two people, one set of evidence, one judgement.

Everything is worked out again from what the pack holds: the root over the month's statements,
and the judgement from the agent's observations with all that people said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evidence.control import Disposition
from evidence.errors import ConfigurationError
from evidence.pack import Pack
from evidence.refold import BASIS, Basis, first_found_of, observations_of, refold
from evidence.replay import installed_version
from evidence.runs import Assessment
from evidence.sign_off import (
    MEMBERS,
    EvidenceSet,
    SignOff,
    Step,
    judgement_digest,
    members_root,
)
from evidence.statement import is_digest
from verify.report import Problem

_MALFORMED = (ConfigurationError, KeyError, TypeError, ValueError, AttributeError)


def signing_problems(
    pack: Pack,
    steps: Mapping[str, SignOff],
    assessments: Mapping[str, Assessment],
    said: Sequence[Disposition],
) -> Iterator[Problem]:
    """What does not hold. `steps` and `assessments` by digest, `said` what signed records say."""
    claimed = pack.statement.predicate
    try:
        evidence = EvidenceSet.of_record(claimed["evidence"])
    except _MALFORMED:
        yield Problem("sign_off_invalid", "the manifest does not say over which evidence")
        return
    chain = _chained(steps)
    if chain is None:
        yield Problem("sign_off_missing", "the steps of signing are no chain: one is missing")
        return
    yield from _two_people(chain)
    if claimed.get("standing") == "signed":
        yield from _signed(chain, evidence)
    yield from _members(pack, evidence)
    yield from _judgement(pack, evidence, assessments.get(str(claimed.get("assessment"))), said)


def _chained(steps: Mapping[str, SignOff]) -> list[SignOff] | None:
    """The steps from the first to the last; None where they do not follow one another."""
    after = {one.previous: digest for digest, one in steps.items()}
    chain: list[SignOff] = []
    digest = after.get(None)
    while digest is not None:
        chain.append(steps[digest])
        digest = after.get(digest)
    return chain if len(chain) == len(steps) else None


def _two_people(chain: Sequence[SignOff]) -> Iterator[Problem]:
    for before, one in zip([None, *chain], chain, strict=False):
        if one.step not in (Step.reviewed, Step.reopened):
            continue
        first = Step.prepared if one.step is Step.reviewed else Step.reopen_asked
        if before is None or before.step is not first:
            yield Problem("sign_off_invalid", f"{one.step} without {first} before it")
        elif _seats(before) & _seats(one):
            yield Problem("four_eyes", f"{one.person.name} signed twice: {first} and {one.step}")
        elif before.evidence != one.evidence:
            yield Problem("sign_off_invalid", f"{one.step} is over another set than {first}")


def _seats(one: SignOff) -> set[str]:
    return {one.person.account, *([one.deputises.account] if one.deputises else [])}


def _signed(chain: Sequence[SignOff], evidence: EvidenceSet) -> Iterator[Problem]:
    done = [one for one in chain if one.step in (Step.reviewed, Step.reopened)]
    if not done or done[-1].step is not Step.reviewed:
        yield Problem("sign_off_missing", "it says that it is signed, and nobody reviewed it")
    elif done[-1].evidence != evidence:
        yield Problem("sign_off_invalid", "what was signed is another set of evidence")


def _members(pack: Pack, evidence: EvidenceSet) -> Iterator[Problem]:
    try:
        digests = json.loads(pack.archive.read(MEMBERS))
        held = all(map(is_digest, digests)) and members_root(digests) == evidence.members_root
    except _MALFORMED:
        held, digests = False, []
    if not held or len(digests) != evidence.members:
        yield Problem("members_differ", f"{MEMBERS} is not the set whose root was signed")


def _judgement(
    pack: Pack, evidence: EvidenceSet, made: Assessment | None, said: Sequence[Disposition]
) -> Iterator[Problem]:
    """The fold once more. Another version of this program may come to something else."""
    if made is None:
        yield Problem("archive_incomplete", "the assessment that was signed is not in this pack")
        return
    try:
        found: dict[str, Any] = {
            name: json.loads(pack.blob("inputs", made.inputs[name]) or b"") for name in BASIS
        }
        by_then = {one.id: one for one in said if one.at <= evidence.judged_at}
        judgement = refold(
            made.period,
            Basis.of_inputs(found),
            observations_of(made),
            sorted(by_then.values(), key=lambda one: (one.at, one.id)),
            first_found_of(made),
            evidence.judged_at,
        )
    except _MALFORMED as error:
        yield Problem("judgement_differs", f"it cannot be folded again ({type(error).__name__})")
        return
    same_version = made.agent_version == installed_version()
    if judgement_digest(judgement) != evidence.judgement and same_version:
        yield Problem("judgement_differs", "the evidence and what people said give another result")
