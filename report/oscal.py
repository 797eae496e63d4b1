"""The month as OSCAL assessment results, for programs that read NIST's language. One way only.

    assessment-results (OSCAL 1.1.3, JSON)
      results[0].reviewed-controls   every clause; what does not bind is excluded, never passed
      results[0].observations        each check's answer, with the records it rests on
      results[0].findings            a clause each
      results[0].risks               what falls short under a clause, with the day it is due

OSCAL knows two states of a finding, we know seven words. `satisfied` alone becomes `satisfied`;
everything else is `not-satisfied`, and the exact word is the property `verdict` beside it. The
same assessment gives the same bytes: identifiers are made from its digest (RFC 9562, version 5).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from evidence.clock import month_bounds, stamp
from evidence.control import ControlResult, Finding, Verdict
from evidence.observation import Observation
from evidence.reading import canonical
from evidence.text import Text
from report.exhibits import Exhibit
from report.month import Month
from report.section import printed
from report.streamed import Streamed, parts

VERSION = "1.1.3"
NAMESPACE = "urn:evidence-agent:oscal:v1"
_ROOT = UUID("5b0c1a52-5b5e-5f0e-9a60-6d1d6a1f0c11")
_FALLS_SHORT = (Verdict.partly, Verdict.not_satisfied, Verdict.not_assessed)


def to_oscal(month: Month) -> Iterator[bytes]:
    """The month's assessment results as JSON, part by part."""
    return parts({"assessment-results": _Writer(month).document()})


@dataclass(frozen=True)
class _Writer:
    month: Month

    def document(self) -> dict[str, Any]:
        month = self.month
        profile, book = month.assessed.profile, month.assessed.book
        return {
            "uuid": self._id("document"),
            "metadata": {
                "title": self._line(f"{profile.name} {month.period}"),
                "last-modified": stamp(month.assessed.at),
                "version": str(month.assessed.revision),
                "oscal-version": VERSION,
                "props": [
                    *(_prop("mark", mark.en) for mark in month.marks),
                    _prop("assessment-sha256", self.month.assessed.envelope.digest),
                ],
                "parties": [
                    {
                        "uuid": self._id("broker"),
                        "type": "organization",
                        "name": self._line(profile.name) or "-",
                    }
                ],
            },
            "import-ap": {
                "href": f"#{self._id('rule book')}",
                "remarks": "The rule book stands for an assessment plan.",
            },
            "results": [self._result()],
            "back-matter": {
                "resources": [
                    {
                        "uuid": self._id("rule book"),
                        "title": self._line(f"rule book {book.id}"),
                        "rlinks": [self._input("rule_book")],
                    }
                ]
            },
        }

    def _result(self) -> dict[str, Any]:
        month = self.month
        begins_at, ends_at = month_bounds(month.period)
        judged = [one for one in month.results if one.verdict is not Verdict.not_applicable]
        others = [one for one in month.results if one.verdict is Verdict.not_applicable]
        selection = {
            "include-controls": [{"control-id": one.control.id} for one in judged],
            "exclude-controls": [{"control-id": one.control.id} for one in others],
        }
        result: dict[str, Any] = {
            "uuid": self._id("result"),
            "title": self._line(f"{month.assessed.book.id} {month.period}"),
            "description": self._text(month.marks[0]),
            "start": stamp(begins_at),
            "end": stamp(min(ends_at, month.assessed.at)),
            "local-definitions": self._definitions(),
            "reviewed-controls": {"control-selections": [_without_empty(selection)]},
            "observations": Streamed(self._observations),
            "risks": Streamed(self._risks),
            "findings": Streamed(lambda: map(self._clause, judged)),
        }
        return _without_empty(result)

    def _definitions(self) -> dict[str, Any]:
        platform = {
            "uuid": self._id("agent"),
            "title": self._line(f"evidence-agent {self.month.agent}"),
        }
        items = [
            {
                "uuid": self._device(name),
                "description": self._line(f"{device.platform} {name}"),
                "props": [_prop("asset-id", self._line(name))],
            }
            for name, device in sorted(self.month.devices.items())
        ]
        assets = {"assessment-platforms": [platform]}
        return _without_empty({"inventory-items": items, "assessment-assets": assets})

    def _observations(self) -> Iterator[dict[str, Any]]:
        return map(self._observation, self.month.assessed.observations)

    def _observation(self, one: Observation) -> dict[str, Any]:
        exhibits = self.month.exhibits.of(one.evidence)
        known = one.device in self.month.devices
        written = {
            "uuid": self._id("observation", one.digest),
            "title": self._line(f"{one.check}: {one.subject}"),
            "description": self._text(one.description),
            "props": [_prop("result", one.result.value), _prop("state", self._line(one.state))],
            "methods": ["EXAMINE"],
            "types": ["control-objective"],
            "origins": [
                {"actors": [{"type": "assessment-platform", "actor-uuid": self._id("agent")}]}
            ],
            "subjects": [{"subject-uuid": self._device(one.device), "type": "inventory-item"}]
            if known
            else [],
            "relevant-evidence": [
                {"href": f"records/{bundle}.json", "description": labels}
                for bundle, labels in _by_bundle(exhibits)
            ],
            "collected": stamp(one.at),
        }
        if one.expires_at is not None:
            written["expires"] = stamp(one.expires_at)
        return _without_empty(written)

    def _clause(self, one: ControlResult) -> dict[str, Any]:
        satisfied = one.verdict is Verdict.satisfied
        related = dict.fromkeys(digest for found in one.findings for digest in found.observations)
        risks = [self._risk_id(found) for found in one.findings if found.verdict in _FALLS_SHORT]
        caveat = [_prop("caveat", self._text(one.control.caveat))] if one.control.caveat else []
        written = {
            "uuid": self._id("finding", one.control.pinned),
            "title": self._line(f"{one.control.id} {self._text(one.control.title)}"),
            "description": self._text(one.reason),
            "props": [
                _prop("verdict", one.verdict.value),
                _prop("verdict-without-dispositions", one.verdict_alone.value),
                *caveat,
            ],
            "target": {
                "type": "objective-id",
                "target-id": one.control.id,
                "status": {
                    "state": "satisfied" if satisfied else "not-satisfied",
                    "reason": _REASONS.get(one.verdict, "other"),
                },
            },
            "related-observations": [
                {"observation-uuid": self._id("observation", digest)} for digest in related
            ],
            "related-risks": [{"risk-uuid": risk} for risk in dict.fromkeys(risks)],
        }
        return _without_empty(written)

    def _risks(self) -> Iterator[dict[str, Any]]:
        for label, found in self.month.numbered():
            if found.verdict not in _FALLS_SHORT:
                continue
            written = {
                "uuid": self._risk_id(found),
                "title": self._line(f"{label} {found.control}: {found.subject}"),
                "description": self._text(found.reason),
                "statement": self._line(f"{found.control}: {found.state}"),
                "props": [
                    _prop("verdict", found.verdict.value),
                    _prop("verdict-without-dispositions", found.verdict_alone.value),
                ],
                "status": "open",
                "related-observations": [
                    {"observation-uuid": self._id("observation", digest)}
                    for digest in dict.fromkeys(found.observations)
                ],
            }
            if found.due_on is not None:
                written["deadline"] = f"{found.due_on.isoformat()}T23:59:59+08:00"
            yield _without_empty(written)

    def _risk_id(self, found: Finding) -> str:
        return self._id("risk", sha256(canonical(found.record())).hexdigest())

    def _device(self, name: str) -> str:
        """The same in every month: it names the device, not what was said of it."""
        return str(uuid5(_ROOT, json.dumps(["device", self.month.agent, name])))

    def _id(self, *parts: str) -> str:
        return str(uuid5(_ROOT, json.dumps([self.month.assessed.envelope.digest, *parts])))

    def _input(self, name: str) -> dict[str, Any]:
        digest = self.month.record.inputs[name]
        return {"href": f"inputs/{digest}", "hashes": [{"algorithm": "SHA-256", "value": digest}]}

    def _text(self, text: Text) -> str:
        return printed(text, self.month.language).strip() or "-"

    def _line(self, text: str) -> str:
        """One line without blanks at its ends, as OSCAL's strings are."""
        return " ".join(printed(text, self.month.language).split()) or "-"


_REASONS = {Verdict.satisfied: "pass", Verdict.not_satisfied: "fail"}


def _by_bundle(exhibits: Sequence[Exhibit]) -> Iterator[tuple[str, str]]:
    """Each bundle that holds some of the exhibits, with their numbers."""
    found: dict[str, list[str]] = {}
    for one in exhibits:
        found.setdefault(one.bundle, []).append(one.label)
    for bundle, labels in found.items():
        yield bundle, "、".join(labels)


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": NAMESPACE, "value": " ".join(value.split()) or "-"}


def _without_empty(record: dict[str, Any]) -> dict[str, Any]:
    """OSCAL's lists are absent or hold something."""
    return {
        name: value for name, value in record.items() if value or not isinstance(value, list | dict)
    }
