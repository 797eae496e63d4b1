"""What a finished command's status means, the same over SSH and on the own host."""

from __future__ import annotations

from evidence.ask import Ask
from evidence.errors import Incomplete, NotAnswered, shown


def ended(who: str, ask: Ask, output: bytes, errors: bytes, status: int) -> bytes:
    """The answer of a command that ended with `status`.

    Raises Incomplete when it was killed (a status below 0), and NotAnswered
    (`command_failed`) for a status the ask does not declare.
    """
    if status < 0:
        raise Incomplete(f"{who}: {ask.text!r} was cut off before its end")
    if status == 0:
        return output
    if status in ask.exits:
        return output + errors
    said = shown((errors or output).decode("utf-8", "replace").strip())
    raise NotAnswered(
        f"{who}: {ask.text!r} failed with status {status}: {said!r}",
        code="command_failed",
        next_step="check that the program exists there and the account may run it",
    )
