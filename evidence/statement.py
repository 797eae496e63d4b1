"""in-toto Statement v1: what every signed record of this system is, whatever it says.

`subject` names other bytes by digest, `predicate` says something about them. The payload is
written once, signed as those bytes, and never written again from what was parsed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from evidence.errors import SealError, shown
from evidence.reading import canonical

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
COLLECTION = "urn:evidence-agent:collection:v1"
RUN = "urn:evidence-agent:run:v1"
ASSESSMENT = "urn:evidence-agent:assessment:v1"
DECISIONS = "urn:evidence-agent:decisions:v1"
ANSWERS = "urn:evidence-agent:answers:v1"
SIGN_OFF = "urn:evidence-agent:sign-off:v1"
RETENTION = "urn:evidence-agent:retention:v1"
PACK = "urn:evidence-agent:pack:v1"
RECEIPT = "urn:evidence-agent:receipt:v1"
CATALOGUE = "urn:evidence-agent:catalogue:v1"
KINDS = {
    COLLECTION: "collection",
    RUN: "run",
    ASSESSMENT: "assessment",
    DECISIONS: "decisions",
    ANSWERS: "answers",
    SIGN_OFF: "sign_off",
    RETENTION: "retention",
    PACK: "pack",
    RECEIPT: "receipt",
    CATALOGUE: "catalogue",
}

_DIGEST = re.compile(r"[0-9a-f]{64}")
_OURS = re.compile(r"urn:evidence-agent:[a-z-]+:v\d+")


def is_digest(text: object) -> bool:
    """Whether this is a SHA-256 in lower-case hexadecimal."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed statement. `subjects` maps each subject's name to its SHA-256."""

    predicate_type: str
    subjects: Mapping[str, str]
    predicate: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return KINDS[self.predicate_type]

    def payload(self) -> bytes:
        """The bytes to sign. Subjects are in order of name.

        A visit that reached nothing has no subjects: its failed readings are in the predicate.
        """
        return canonical(
            {
                "_type": STATEMENT_TYPE,
                "subject": [
                    {"name": name, "digest": {"sha256": self.subjects[name]}}
                    for name in sorted(self.subjects)
                ],
                "predicateType": self.predicate_type,
                "predicate": self.predicate,
            }
        )

    @classmethod
    def parse(cls, payload: bytes) -> Statement:
        """The statement in a payload.

        Raises SealError: `format_unsupported` for a later version of one of our predicates,
        `statement_invalid` for everything else.
        """
        try:
            record = json.loads(payload)
            subjects = {str(one["name"]): one["digest"]["sha256"] for one in record["subject"]}
            statement = cls(str(record["predicateType"]), subjects, record["predicate"])
            complete = record["_type"] == STATEMENT_TYPE and len(subjects) == len(record["subject"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise invalid(f"it does not parse ({shown(repr(error))})") from None
        if not complete or not all(map(is_digest, subjects.values())):
            raise invalid("type, subject names or digests are not as in-toto writes them")
        if not isinstance(statement.predicate, dict):
            raise invalid("its predicate is not an object")
        if statement.predicate_type not in KINDS:
            raise _unknown(statement.predicate_type)
        return statement

    def read_as(self, predicate_type: str, format: int, what: str) -> Mapping[str, Any]:
        """The predicate, once it is of this type and format. `what` begins the sentence that says
        otherwise (`the decisions have`). Raises SealError."""
        if self.predicate_type != predicate_type:
            raise invalid(f"this is a {self.kind}")
        if (found := self.predicate.get("format")) != format:
            raise SealError(
                f"{what} format {shown(repr(found))} (this program reads {format})",
                code="format_unsupported",
            )
        return self.predicate


def by_digest(folder: str, digests: Iterable[str]) -> dict[str, str]:
    """Subjects named after their digest: `captures/<sha256>`."""
    return {f"{folder}/{digest}": digest for digest in digests}


def invalid(what: str) -> SealError:
    """What is wrong with a statement, as an error (`statement_invalid`)."""
    return SealError(f"the statement is not valid: {what}", code="statement_invalid")


def _unknown(predicate_type: str) -> SealError:
    if _OURS.fullmatch(predicate_type):
        return SealError(
            f"{predicate_type} is newer than this program, which reads v1",
            code="format_unsupported",
            next_step="verify with a newer evidence-verify",
        )
    return invalid(f"its predicate type is {shown(predicate_type)!r}")
