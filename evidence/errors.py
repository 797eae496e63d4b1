"""The tree of errors. Each has a stable code, a sentence for the person on duty, and a next step.

EvidenceError
├── ConfigurationError     a file, key or value is wrong; nothing was started (exit 2)
├── EnvironmentProblem     the machine cannot do it: disk, clock, permission, store away (exit 3)
├── VisitError             one device could not be read; becomes the failure of a reading
│   ├── Unreachable        no connection, time-out, closed half-way
│   ├── IdentityRefused    host key, certificate or fingerprint is not the pinned one
│   ├── LoginRefused       wrong password, locked account, a prompt nobody can answer
│   ├── Denied             the gate stopped something that no ask declares
│   └── AnswerError        the device answered, and the answer cannot be relied on
│       ├── NotAnswered    this one ask was refused, or nobody delivered an answer to it
│       ├── Unexpected     another vendor's output, an error banner, a missing key
│       ├── Incomplete     cut off, pager left on, prompt not seen
│       └── TooMuch        too large, too deep, a line too long
└── SealError              a signature, digest or archive does not hold
"""

from __future__ import annotations


class EvidenceError(Exception):
    """A sentence for the person on duty, with a stable `code` and what to do next.

    The message never holds a secret, and never more of a device's answer than
    80 escaped characters.
    """

    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, code: str | None = None, next_step: str = "") -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.next_step = next_step

    @property
    def message(self) -> str:
        """The sentence alone, without code and next step."""
        return str(self.args[0])

    def __str__(self) -> str:
        step = f" Next: {self.next_step}" if self.next_step else ""
        return f"{self.code}: {self.message}{step}"


class ConfigurationError(EvidenceError):
    code = "config_invalid"
    exit_code = 2


class EnvironmentProblem(EvidenceError):
    code = "env_problem"
    exit_code = 3


class VisitError(EvidenceError):
    code = "visit_failed"


class Unreachable(VisitError):
    code = "device_unreachable"


class IdentityRefused(VisitError):
    code = "host_key_changed"


class LoginRefused(VisitError):
    code = "auth_failed"


class Denied(VisitError):
    code = "gate_denied"


class AnswerError(VisitError):
    code = "output_unexpected"


class NotAnswered(AnswerError):
    code = "ask_not_answered"


class Unexpected(AnswerError):
    code = "output_unexpected"


class Incomplete(AnswerError):
    code = "output_incomplete"


class TooMuch(AnswerError):
    code = "input_too_large"


class SealError(EvidenceError):
    code = "seal_broken"


def shown(text: str, limit: int = 80) -> str:
    """The first `limit` characters, escaped so that a hostile answer cannot drive a terminal."""
    head = text[:limit].encode("unicode_escape").decode("ascii")
    return head + ("…" if len(text) > limit else "")
