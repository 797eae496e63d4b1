"""Answers somebody delivered by hand, through the same collector that reads the device."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from agent.platforms import Platform
from agent.redact import SiteKey
from agent.transports.tape import TapeTransport
from agent.visit import Visit, Visitor
from evidence.capture import Provenance
from evidence.clock import Clock
from evidence.device import Device
from evidence.errors import ConfigurationError
from evidence.tape import TapeAnswer, read_tape

# More than any ask allows; what is longer is refused by the driver, and need not be held whole.
MOST_BYTES = 256 * 1024 * 1024


def answers_of(pairs: Sequence[tuple[str, Path]]) -> list[TapeAnswer]:
    """The files as answers. Raises ConfigurationError (`file_missing`)."""
    answers = []
    for ask, path in pairs:
        try:
            with path.open("rb") as file:
                answers.append(TapeAnswer(ask=ask, body=file.read(MOST_BYTES)))
        except OSError as error:
            raise ConfigurationError(
                f"{path} cannot be read: {error.strerror}", code="file_missing"
            ) from None
    return answers


def read_handed(
    platform: Platform,
    subject: str,
    pairs: Sequence[tuple[str, Path]],
    tape: Path | None,
    device: Device | None = None,
    key: SiteKey | None = None,
    provenance: Provenance | None = None,
    clock: Clock = lambda: datetime.now(UTC),
) -> Visit:
    """One subject read from delivered answers or a tape. Raises ConfigurationError.

    Without a site's key the digests in the facts are of a key made for this one reading.
    """
    if subject not in platform.collectors:
        raise ConfigurationError(
            f"{platform.name} does not read {subject!r}; it reads {', '.join(platform.collectors)}",
            code="subject_unknown",
        )
    if pairs and tape is not None:
        raise ConfigurationError(
            "answers and a tape at once: give one or the other", code="answer_ambiguous"
        )
    answers = answers_of(pairs) if tape is None else read_tape(tape).answers
    if not answers:
        raise ConfigurationError(
            "nothing was delivered", code="answer_missing", next_step="give --answer or --tape"
        )
    return visit_handed(
        platform,
        subject,
        answers,
        device or Device(id="delivered", platform=platform.name, subjects=(subject,)),
        key or SiteKey(os.urandom(32)),
        provenance or Provenance("hand-delivered"),
        clock,
    )


def visit_handed(
    platform: Platform,
    subject: str,
    answers: Sequence[TapeAnswer],
    device: Device,
    key: SiteKey,
    provenance: Provenance,
    clock: Clock = lambda: datetime.now(UTC),
) -> Visit:
    """The visit that these answers amount to, at the time they were captured."""
    at = provenance.captured_at
    return Visitor(
        device=device,
        platform=platform,
        open_transport=lambda: TapeTransport(answers),
        clock=(lambda: at) if at else clock,
        key=key,
        requester=provenance.delivered_by or "read",
        provenance=provenance,
    ).visit([subject])
