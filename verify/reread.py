"""Level two: the captures read again, by the same collectors, without agent or device.

The same reader must find the same facts. A newer reader may find others: that is reported as
just that, for it says nothing about the evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module

from evidence.collection import Collection
from evidence.errors import EvidenceError, SealError
from evidence.facts import Fact, to_record
from evidence.reading import Reading, canonical
from evidence.replay import Collector, installed_version, replay, source_digest

_PARSER = re.compile(r"(collectors\.[a-z0-9_]+)\.([a-z_]+)")
# The visit judges these from the facts as a whole; the collector by itself reads well.
_JUDGED_BY_VISIT = {"identity_mismatch", "result_empty_suspicious", "result_unwritable"}


class Outcome(StrEnum):
    """`absent`: a capture it needs is not in the file. `no_reader`: the collector is not here."""

    same = "same"
    differs = "differs"
    newer_reader = "newer_reader"
    no_reader = "no_reader"
    absent = "absent"


@dataclass(frozen=True, slots=True)
class Reread:
    """What came of reading one subject again, and why where it is not the same."""

    device: str
    subject: str
    outcome: Outcome
    why: str = ""


def reread(collection: Collection, bodies: Mapping[str, bytes]) -> Iterator[Reread]:
    """Each reading of a visit, read again from the captures in `bodies`."""
    for reading in collection.readings:
        outcome, why = _reread(collection, reading, bodies)
        yield Reread(reading.device, reading.subject, outcome, why)


def _reread(
    collection: Collection, reading: Reading, bodies: Mapping[str, bytes]
) -> tuple[Outcome, str]:
    found = _PARSER.fullmatch(reading.parser)
    try:
        module = import_module(found[1]) if found else None
    except ImportError:
        module = None
    collector: Collector | None = getattr(module, found[2], None) if found and module else None
    if module is None or collector is None:
        return Outcome.no_reader, f"there is no reader {reading.parser!r} here"
    asked = [one for one in collection.asks if one.subject == reading.subject]
    last = max((one.attempt for one in asked), default=1)
    asked = [one for one in asked if one.attempt == last]
    try:
        facts: tuple[Fact, ...] = replay(collector, collection.device, asked, bodies)
        why = _difference(reading, facts)
    except SealError as error:
        if error.code == "capture_absent":
            return Outcome.absent, error.message
        # A visit that broke off recorded fewer asks than its collector has.
        why = "" if reading.failure else error.message
    except EvidenceError as error:
        why = _failure_difference(reading, error.code)
    except ImportError as error:
        return Outcome.no_reader, f"{reading.parser!r} needs {error.name}"
    except Exception as error:  # a parser's own mistake, which the visit records as such
        why = _failure_difference(reading, "parser_failed", type(error).__name__)
    if not why:
        return Outcome.same, ""
    same_reader = (
        reading.parser_digest == source_digest(module)
        and reading.parser_version == installed_version()
    )
    return (Outcome.differs if same_reader else Outcome.newer_reader), why


def _difference(reading: Reading, facts: tuple[Fact, ...]) -> str:
    """How facts found now differ from what was recorded; empty when they do not."""
    if reading.failure is not None:
        if not facts or reading.failure.code in _JUDGED_BY_VISIT:
            return ""
        return f"recorded as failed ({reading.failure.code}), but the captures can be read"
    now, then = ([canonical(to_record(one)) for one in some] for some in (facts, reading.facts))
    if now == then:
        return ""
    gone, new = len(set(then) - set(now)), len(set(now) - set(then))
    return f"{gone} recorded facts are not found now, {new} others are"


def _failure_difference(reading: Reading, code: str, detail: str = "") -> str:
    if reading.failure is not None and reading.failure.code == code:
        return ""
    then = f"failed ({reading.failure.code})" if reading.failure else "gave facts"
    return f"it {then} then and fails now ({code}{f', {detail}' if detail else ''})"
