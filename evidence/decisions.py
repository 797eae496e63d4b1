"""Dispositions as one signed statement: what people said, who entered it, and from which file.

Until a console takes decisions they are written into a file, and the agent that reads it signs
what it read: nothing is judged by what a file says later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from evidence.clock import parse_at, stamp
from evidence.control import Disposition
from evidence.errors import shown
from evidence.seal import Envelope, SigningKey
from evidence.statement import DECISIONS, Statement, by_digest, invalid, is_digest

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Dispositions entered together. `entered_by` is the account at the terminal, which need not
    be who decided; `file_sha256` is of the file they were read from."""

    agent: str
    agent_version: str
    entered_by: str
    entered_at: datetime
    file_sha256: str
    dispositions: tuple[Disposition, ...]

    def seal(self, key: SigningKey) -> Envelope:
        predicate = {
            "format": FORMAT,
            "agent": self.agent,
            "agent_version": self.agent_version,
            "entered_by": self.entered_by,
            "entered_at": stamp(self.entered_at),
            "file_sha256": self.file_sha256,
            "dispositions": [one.record() for one in self.dispositions],
        }
        subjects = by_digest("dispositions", (one.id for one in self.dispositions))
        return Envelope(Statement(DECISIONS, subjects, predicate).payload()).signed_by(key)

    @classmethod
    def of(cls, statement: Statement) -> Decisions:
        """The dispositions a statement holds, once its subjects are theirs. Raises SealError."""
        record = statement.read_as(DECISIONS, FORMAT, "the decisions have")
        try:
            found = cls(
                **{key: str(record[key]) for key in ("agent", "agent_version", "entered_by")},
                entered_at=parse_at(record["entered_at"]),
                file_sha256=str(record["file_sha256"]),
                dispositions=tuple(map(Disposition.of_record, record["dispositions"])),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise invalid(f"the decisions do not parse ({shown(repr(error))})") from None
        told = by_digest("dispositions", (one.id for one in found.dispositions))
        if told != statement.subjects or not is_digest(found.file_sha256):
            raise invalid("its subjects are not its dispositions")
        return found


def in_force(entered: Iterable[Decisions], at: datetime) -> tuple[Disposition, ...]:
    """What people had said by `at`, each once, oldest first."""
    found = {one.id: one for said in entered for one in said.dispositions if one.at <= at}
    return tuple(sorted(found.values(), key=lambda one: (one.at, one.id)))
