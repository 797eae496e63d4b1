"""Whether a device answered, or said why not; and asking for what can be done without."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from datetime import datetime

from collectors._quoted import flush_left
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, TooMuch, Unexpected, shown

_REFUSED = re.compile(
    r"(?m)^[ \t]*(?:% ?(?:Invalid|Incomplete|Ambiguous|Unknown|Permission|Authorization|Bad)"
    r"|%Error|Error: |Command authorization failed|syntax error|ERROR: ).*$"
)
_UNKNOWN = re.compile(r"(?m)^[ \t]*% ?Invalid (?:input|command)")
_PAGER = re.compile(r"(?m)^[ \t]*-+ ?more ?-+", re.IGNORECASE)
_LONGEST_LINE = 16 * 1024

Answers = Mapping[str, Capture]


def told(capture: Capture) -> str:
    """The answer's text.

    Raises Unexpected for a refusal, Incomplete when it stands at a pager, TooMuch
    (`line_too_long`) for a line that no such device prints.
    """
    text = capture.text()
    who = f"{capture.device}: {capture.ask.text!r}"
    if max(map(len, text.split("\n"))) > _LONGEST_LINE:
        raise TooMuch(f"{who} answered with a line no such device prints", code="line_too_long")
    if refused := _REFUSED.search(text):
        raise Unexpected(
            f"{who} was refused: {shown(refused[0].strip())!r}",
            next_step="see the platform's page: the account's privilege",
        )
    if _PAGER.search(text):
        raise Incomplete(f"{who}: the answer stopped at a pager")
    return flush_left(text)


def answered(*asks: Ask) -> Generator[Ask, Capture, dict[Ask, Capture]]:
    """What the device gave to each ask. Raises the first refusal when none was answered.

    Not every model has every command, and not everybody delivers every answer.
    """
    found: dict[Ask, Capture] = {}
    refusal: NotAnswered | Unexpected | Incomplete | None = None
    for ask in asks:
        try:
            capture = yield ask
            told(capture)
            found[ask] = capture
        except NotAnswered as error:
            if error.code != NotAnswered.code:
                refusal = refusal or error
        except (Unexpected, Incomplete) as error:
            refusal = refusal or error
    if not found and refusal is not None:
        raise refusal
    return found


def delivered(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """The capture; None when nobody delivered it. What the device refuses goes on as an error."""
    capture = yield from _unless_missing(ask)
    if capture is not None:
        told(capture)
    return capture


def if_known(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """The capture; None too where the device says that it has no such command."""
    capture = yield from _unless_missing(ask)
    if capture is None or _UNKNOWN.search(capture.text()):
        return None
    told(capture)
    return capture


def _unless_missing(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    try:
        return (yield ask)
    except NotAnswered as error:
        if error.code != NotAnswered.code:
            raise
        return None


def text_of(found: Mapping[Ask, Capture], ask: Ask) -> str:
    """The text answered to `ask`; empty when there was none, in which nothing is found."""
    return told(found[ask]) if ask in found else ""


def captured_at(capture: Capture) -> datetime:
    """When the answer was given, as far as known: a hand-delivered one says so itself."""
    return capture.provenance.captured_at or capture.answered_at
