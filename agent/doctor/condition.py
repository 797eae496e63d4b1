"""What `doctor` says: one condition a thing looked at, each with its mend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from evidence.errors import EvidenceError

# Days before a certificate ends at which it is said, and at which it fails.
WARN_DAYS = 30
FAIL_DAYS = 7


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing looked at: `ok`, `warn` or `fail`, what was found, and how to mend it.

    `what` is the device, or the part of the agent; `about` which side of it. A failure has the
    exit code its kind leads to.
    """

    state: str
    what: str
    said: str
    mend: str = ""
    exit_code: int = 0
    about: str = ""

    def record(self) -> dict[str, str]:
        return {
            "state": self.state,
            "what": self.what,
            "about": self.about,
            "said": self.said,
            "mend": self.mend,
        }


def failed(what: str, error: EvidenceError, about: str = "") -> Condition:
    """The condition an error amounts to."""
    said = f"{error.code}: {error.message.removeprefix(f'{what}: ')}"
    return Condition("fail", what, said, error.next_step, error.exit_code, about)


def certificate(what: str, ends_at: datetime, now: datetime, mend: str) -> Condition:
    """How long a certificate still holds: said at 30 days and at 14, a failure at 7."""
    days = (ends_at - now).days
    until = f"until {ends_at:%Y-%m-%d}"
    if ends_at <= now:
        said = f"certificate_expired: it ended on {ends_at:%Y-%m-%d}"
        return Condition("fail", what, said, mend, 1, "certificate")
    if days < FAIL_DAYS:
        said = f"certificate_expiring: it holds {until}, {days} days"
        return Condition("fail", what, said, mend, 1, "certificate")
    if days <= WARN_DAYS:
        soon = ", soon" if days <= 2 * FAIL_DAYS else ""
        return Condition("warn", what, f"holds {until}, {days} days{soon}", mend, 0, "certificate")
    return Condition("ok", what, f"holds {until}", about="certificate")
