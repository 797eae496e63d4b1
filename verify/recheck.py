"""Level three, first half: the checks run again over the readings as signed.

The examiner rebuilds what the agent judged from: the newest readings, the counter histories of
the devices that enforce together, zones, devices and lifecycle dates. The same checks must
observe the same. Needs the checks and numpy beside the verifier.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from checks import run_checks
from evidence.collection import device_of
from evidence.control import Policy, RuleBook
from evidence.errors import shown
from evidence.lifecycle import Catalogue
from evidence.reading import canonical
from evidence.readings import Readings, Zones
from evidence.runs import Assessment
from evidence.usage import Recall, histories
from verify.shelf import Shelf

Record = Mapping[str, Any]


def recheck(assessment: Assessment, inputs: Mapping[str, Any], shelf: Shelf) -> list[str]:
    """How what the checks observe now differs from what was signed, a sentence each.

    `inputs` are the parsed inputs of the assessment, by name. Raises ConfigurationError,
    KeyError, TypeError, ValueError or AttributeError for inputs that are none.
    """
    readings = _readings(assessment, inputs, shelf.visits_of(assessment.readings))
    book, policy = RuleBook.of_record(inputs["rule_book"]), Policy.of_record(inputs["policy"])
    observed = [one.record() for one in run_checks(book, policy, readings)]
    return list(_differences(assessment.observations, observed))


def _readings(assessment: Assessment, inputs: Mapping[str, Any], shelf: Shelf) -> Readings:
    """What the agent saw, rebuilt from its signed visits."""
    at = assessment.assessed_at
    devices = {one.id: one for one in map(device_of, inputs["devices"])}
    return Readings(
        at=at,
        period=assessment.period,
        all=shelf.newest(at + timedelta(seconds=1)),
        devices=devices,
        zones=Zones.of_record(inputs["zones"]),
        catalogue=Catalogue.of_record(inputs["catalogue"]),
        earlier=lambda device, subject: tuple(shelf.readings(device, subject, at)),
        before=shelf.newest_before,
        usage_of=Recall(
            devices,
            at,
            lambda device, start, end: histories(shelf.readings(device, "firewall"), start, end),
        ),
    )


def _differences(then: Iterable[Record], now: Iterable[Record]) -> Iterator[str]:
    """Each check and subject about which other things are said, whatever their order."""
    gone, new = _apart(then, now), _apart(now, then)
    for key in sorted(gone.keys() | new.keys()):
        check, subject = map(shown, key)
        yield f"{check} of {subject}: {_said(gone[key], new[key])}"


def _apart(some: Iterable[Record], others: Iterable[Record]) -> dict[tuple[str, str], list[Record]]:
    """The records that are not among the others, by check and subject, each as often as it is."""
    left = Counter(canonical(one) for one in others)
    found: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for one in some:
        body = canonical(one)
        if left[body]:
            left[body] -= 1
        else:
            found[str(one.get("check")), str(one.get("subject"))].append(one)
    return found


def _said(then: list[Record], now: list[Record]) -> str:
    if not now:
        return f"signed as {_words(then)}, but the readings do not support it"
    if not then:
        return f"the readings give {_words(now)}, and nothing was signed"
    if _words(then) != _words(now):
        return f"signed as {_words(then)}, but the readings give {_words(now)}"
    pairs = zip(then, now, strict=False)
    other = {
        name
        for one, two in pairs
        for name in one.keys() | two.keys()
        if canonical(one.get(name)) != canonical(two.get(name))
    }
    return f"{_words(then)} both times, but with another {', '.join(sorted(other))}"


def _words(records: list[Record]) -> str:
    """Result and state, as a check says them."""
    said = sorted(f"{one.get('result')} ({one.get('state')})" for one in records)
    return shown(", ".join(said))
