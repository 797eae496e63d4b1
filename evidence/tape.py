"""Tapes: recorded or constructed answers of a device, as JSON lines, to replay without it.

The head line says where the answers come from:
`{"platform": …, "origin": "recorded"|"constructed", "source": …, "licence": …, "note": …}`;
each other line is one answer:
`{"ask": …, "at": …, "body": …|"body_b64": …, "error": …, "took_s": …}`.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from evidence.clock import parse_at, stamp
from evidence.errors import ConfigurationError, shown


@dataclass(frozen=True, slots=True)
class TapeAnswer:
    """One answer on a tape. `error` is an error's code: the ask was refused or timed out."""

    ask: str
    body: bytes = b""
    at: datetime | None = None
    error: str | None = None
    took_s: float = 0.0

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = {"ask": self.ask}
        if self.at is not None:
            record["at"] = stamp(self.at)
        if self.error is not None:
            record["error"] = self.error
        try:
            record["body"] = self.body.decode()
        except UnicodeDecodeError:
            record["body_b64"] = b64encode(self.body).decode()
        return record | ({"took_s": self.took_s} if self.took_s else {})


@dataclass(frozen=True, slots=True)
class Tape:
    """The answers of one device, in the order they were given."""

    platform: str
    answers: tuple[TapeAnswer, ...]
    origin: str = "constructed"
    source: str = ""
    licence: str = ""
    note: str = ""

    def write(self, path: Path) -> None:
        head = {
            "platform": self.platform,
            "origin": self.origin,
            "source": self.source,
            "licence": self.licence,
            "note": self.note,
        }
        lines = [head, *(answer.record() for answer in self.answers)]
        path.write_text(
            "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8"
        )


def read_tape(path: Path) -> Tape:
    """The tape in a file. Raises ConfigurationError: `file_missing`, or `tape_syntax` naming the
    line that cannot be read."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}", code="file_missing"
        ) from None
    head: dict[str, Any] | None = None
    answers = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            if head is None:
                head = {"platform": record["platform"], **record}
            else:
                answers.append(_answer(record))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                f"{path}:{number}: this is no {'answer' if head else 'head'} line of a tape "
                f"({type(error).__name__}: {shown(str(error))})",
                code="tape_syntax",
            ) from None
    if head is None:
        raise ConfigurationError(f"{path}: a tape starts with a head line", code="tape_syntax")
    return Tape(
        platform=head["platform"],
        origin=head.get("origin", "constructed"),
        source=head.get("source", ""),
        licence=head.get("licence", ""),
        note=head.get("note", ""),
        answers=tuple(answers),
    )


def _answer(record: dict[str, Any]) -> TapeAnswer:
    body = record.get("body", "").encode()
    if "body_b64" in record:
        body = b64decode(record["body_b64"])
    return TapeAnswer(
        ask=record["ask"],
        body=body,
        at=parse_at(record["at"]) if record.get("at") else None,
        error=record.get("error"),
        took_s=record.get("took_s", 0.0),
    )
