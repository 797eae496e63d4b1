"""The tape transport: answers from a tape or from files somebody delivered by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from agent.transports import Answer
from evidence.ask import Ask
from evidence.capture import snmprec_rows
from evidence.errors import NotAnswered
from evidence.tape import TapeAnswer


class TapeTransport:
    """Gives each answer once, in order, to the ask whose text or name it carries.

    An SNMP answer is a whole recording: it serves every SNMP ask, cut to the ask's subtree.
    """

    def __init__(self, answers: Iterable[TapeAnswer], peer: str | None = None) -> None:
        self._left = list(answers)
        self._peer = peer

    def ask(self, ask: Ask) -> Answer:
        if ask.kind == "snmp":
            return Answer(self._subtrees(ask), "text/x-snmprec", self._peer, at=self._recorded_at())
        for index, answer in enumerate(self._left):
            if _is_for(answer, ask):
                del self._left[index]
                if answer.error:
                    raise NotAnswered(f"{ask.text!r} was refused", code=answer.error)
                return Answer(answer.body, peer=self._peer, at=answer.at)
        raise NotAnswered(
            f"nobody delivered an answer to {ask.text!r}",
            next_step=f"run it on the device and deliver it with --answer {ask.name!r} FILE",
        )

    def close(self) -> None:
        """Nothing is held open."""

    def _recorded_at(self) -> datetime | None:
        return next((answer.at for answer in self._left if answer.at), None)

    def _subtrees(self, ask: Ask) -> bytes:
        """The recording's rows under the ask's OIDs, as snmprec."""
        roots = tuple(
            tuple(int(part) for part in word.strip(".").split(".")) for word in ask.text.split()[1:]
        )
        body = b"\n".join(answer.body.rstrip(b"\n") for answer in self._left if not answer.error)
        kept = [
            snmprec_row(oid, tag, value)
            for oid, tag, value in snmprec_rows(body, ask.text)
            if any(oid[: len(root)] == root for root in roots)
        ]
        return b"".join(kept)


def snmprec_row(oid: tuple[int, ...], tag: str, value: bytes) -> bytes:
    """One row in snmprec form; bytes that are not printable ASCII are written in hexadecimal."""
    dotted = ".".join(map(str, oid))
    if all(0x20 <= byte < 0x7F for byte in value):
        return f"{dotted}|{tag}|".encode() + value + b"\n"
    return f"{dotted}|{tag}x|{value.hex()}\n".encode()


def _is_for(answer: TapeAnswer, ask: Ask) -> bool:
    names = {ask.name.casefold(), *(" ".join(t.split()).casefold() for t in (ask.text, *ask.also))}
    return " ".join(answer.ask.split()).casefold() in names
