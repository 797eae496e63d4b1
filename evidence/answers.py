"""What people said in the console about a month, as one signed statement of the store.

An agent signs what was entered at it (`evidence.decisions`); the store signs what a person who
logged in there answered, with the files they gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence.clock import parse_at, stamp
from evidence.control import Disposition
from evidence.errors import shown
from evidence.seal import Envelope, SigningKey
from evidence.statement import ANSWERS, Statement, by_digest, invalid, is_digest

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who logged in: the account, the name people know, and at which identity provider
    (`issuer subject`); None: the account is the store's own."""

    account: str
    name: str
    identity: str | None = None

    @property
    def called(self) -> str:
        return called(self.account, self.name)

    def record(self) -> dict[str, Any]:
        return {"account": self.account, "name": self.name, "identity": self.identity}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Person:
        return cls(
            account=str(record["account"]),
            name=str(record["name"]),
            identity=None if record["identity"] is None else str(record["identity"]),
        )


def called(account: str, name: str | None, language: str = "zh-TW") -> str:
    """A person as people read of them, 姓名（帳號）; the account alone where no name is known, or
    none but the account itself (an identity provider may tell no other)."""
    if name is None or name in ("", account):
        return account
    return f"{name} ({account})" if language == "en" else f"{name}（{account}）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that a person gave as evidence. Its bytes are a blob of the store."""

    name: str
    media_type: str
    size_bytes: int
    digest: str

    def record(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "media_type": self.media_type,
            "size_bytes": self.size_bytes,
            "digest": self.digest,
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Attachment:
        return cls(
            name=str(record["name"]),
            media_type=str(record["media_type"]),
            size_bytes=int(record["size_bytes"]),
            digest=str(record["digest"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Dispositions entered together by one person about a month of one agent."""

    store: str
    agent: str
    period: str
    person: Person
    entered_at: datetime
    dispositions: tuple[Disposition, ...]
    attachments: tuple[Attachment, ...] = ()

    def seal(self, key: SigningKey) -> Envelope:
        predicate = {
            "format": FORMAT,
            "store": self.store,
            "agent": self.agent,
            "period": self.period,
            "person": self.person.record(),
            "entered_at": stamp(self.entered_at),
            "dispositions": [one.record() for one in self.dispositions],
            "attachments": [one.record() for one in self.attachments],
        }
        return Envelope(Statement(ANSWERS, self._subjects, predicate).payload()).signed_by(key)

    @property
    def _subjects(self) -> dict[str, str]:
        return {
            **by_digest("dispositions", (one.id for one in self.dispositions)),
            **by_digest("attachments", (one.digest for one in self.attachments)),
        }

    @classmethod
    def of(cls, statement: Statement) -> Answers:
        """The answers a statement holds, once its subjects are theirs. Raises SealError."""
        record = statement.read_as(ANSWERS, FORMAT, "the answers have")
        try:
            found = cls(
                **{key: str(record[key]) for key in ("store", "agent", "period")},
                person=Person.of_record(record["person"]),
                entered_at=parse_at(record["entered_at"]),
                dispositions=tuple(map(Disposition.of_record, record["dispositions"])),
                attachments=tuple(map(Attachment.of_record, record["attachments"])),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise invalid(f"the answers do not parse ({shown(repr(error))})") from None
        if found._subjects != statement.subjects or not all(
            is_digest(one.digest) for one in found.attachments
        ):
            raise invalid("its subjects are not its dispositions and attachments")
        return found
