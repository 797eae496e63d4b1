"""A JSON answer, told apart from one that breaks off and from one that is no JSON at all."""

from __future__ import annotations

from typing import Any

from evidence.capture import Capture
from evidence.errors import Incomplete, Unexpected


def document(capture: Capture) -> Any:
    """The answer. Raises Incomplete where it breaks off, Unexpected for what is no JSON."""
    try:
        return capture.json()
    except Unexpected as error:
        if capture.body.lstrip()[:1] in (b"{", b"["):
            raise Incomplete(f"{who(capture)}: the JSON breaks off or is damaged") from error
        raise


def who(capture: Capture) -> str:
    """Whose answer to what, for a sentence."""
    return f"{capture.device}: {capture.ask.name}"
