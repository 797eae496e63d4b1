"""Whether an ASA answered, or said why not."""

from __future__ import annotations

import re
from datetime import datetime

from collectors._quoted import flush_left
from evidence.capture import Capture
from evidence.errors import Incomplete, TooMuch, Unexpected, shown

_REFUSED = re.compile(
    r"(?m)^[ \t]*(?:ERROR: |% ?(?:Invalid|Incomplete|Ambiguous|Unknown|Bad)|%Error|Error:"
    r"|(?:ERROR: )?Command authorization (?:failed|denied)|-?\w*sh: |Unknown action"
    r"|Command fail|unknown command|syntax error).*$"
)
_LONGEST_LINE = 16 * 1024
_PAGER = re.compile(r"<--- More --->|--More--|-- ?more ?--", re.IGNORECASE)


def told(capture: Capture) -> str:
    """The answer's text.

    Raises Unexpected for a refusal, Incomplete when it stands at a pager, TooMuch (`line_too_long`)
    for a line that no ASA prints.
    """
    text = capture.text()
    if max(map(len, text.split("\n"))) > _LONGEST_LINE:
        raise TooMuch(f"{who(capture)} answered with a line no ASA prints", code="line_too_long")
    if refused := _REFUSED.search(text):
        raise Unexpected(
            f"{who(capture)} was refused: {shown(refused[0].strip())!r}",
            next_step="see the platform's page: the account's privilege; in multiple mode, "
            "each context is a device of its own",
        )
    if _PAGER.search(text):
        raise Incomplete(f"{who(capture)}: the answer stopped at a pager")
    return flush_left(text)


def who(capture: Capture) -> str:
    return f"{capture.device}: {capture.ask.text!r}"


def captured_at(capture: Capture) -> datetime:
    """When the answer was given, as far as known: a hand-delivered one says so itself."""
    return capture.provenance.captured_at or capture.answered_at
