"""The daemon's door: a Unix socket where operators ask for a collection and watch it go.

One JSON object a line. In: `{"collect": {"devices": [...], "subject": null, "dry_run": false}}`.
Out: `{"ask": {"device", "name"}}` as each leaves, `{"visit": [rows]}` as each device ends, at
the end `{"done": {"run", "failed"}}`; or `{"asks": [rows]}` for a dry run; or
`{"error": {"code", "message", "next_step", "exit_code"}}`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from evidence.errors import ConfigurationError

Message = dict[str, Any]
# A request names devices; more than this is none.
LONGEST_REQUEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """What to collect. No devices: all; no subject: all of each device's."""

    devices: tuple[str, ...] = ()
    subject: str | None = None
    dry_run: bool = False

    def to_line(self) -> bytes:
        return line_of({"collect": asdict(self)})

    @classmethod
    def of_line(cls, line: bytes) -> Request:
        """The request in a line. Raises ConfigurationError (`request_invalid`)."""
        try:
            said = json.loads(line)["collect"]
            devices, subject = said.get("devices", []), said.get("subject")
            dry_run = said.get("dry_run", False)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise _invalid() from None
        right = isinstance(devices, list) and all(isinstance(one, str) for one in devices)
        right = right and isinstance(subject, str | None) and isinstance(dry_run, bool)
        if not right or set(said) - {"devices", "subject", "dry_run"}:
            raise _invalid()
        return cls(tuple(devices), subject, dry_run)


def line_of(message: Message) -> bytes:
    """A message as it goes over the socket."""
    return json.dumps(message, ensure_ascii=False).encode("utf-8") + b"\n"


def _invalid() -> ConfigurationError:
    return ConfigurationError(
        "the request is not understood",
        code="request_invalid",
        next_step="use the evidence-agent of the same version as the daemon",
    )
