"""Devices of the lab: real listeners on loopback that answer from tapes and log what they hear.

For the demo, the tests and the benchmarks. They can also misbehave, on request.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

from evidence.tape import Tape, TapeAnswer


@dataclass(frozen=True, slots=True)
class Mischief:
    """How a device misbehaves. The defaults are a device that does not."""

    drop_after_bytes: int | None = None  # hang up in the middle of an answer
    bytes_per_s: float | None = None  # answer this slowly
    endless: bool = False  # never end an answer
    silent: bool = False  # take the ask and say nothing
    wait_s: float = 0.0  # SSH: say nothing for so long after each line typed
    split_bytes: int | None = None  # send answers in pieces of this size
    legacy_only: bool = False  # SSH: offer nothing but old algorithms
    locked: bool = False  # SSH: say the account is locked
    hangs_up: bool = False  # SSH: close the connection at the log-in
    token_prompt: bool = False  # SSH: ask for a one-time code
    password_prompt: bool = False  # SSH: ask for the password by a prompt (PAM) only
    slow_headers: bool = False  # HTTPS: headers without end, ten a second
    redirect_to: str | None = None  # HTTPS: answer with a redirection

    def pieces(self, body: bytes) -> Iterator[bytes]:
        """The answer as this device sends it. Raises ConnectionAbortedError where it hangs up."""
        size = 1 if self.bytes_per_s else self.split_bytes or max(len(body), 1)
        whole = body if self.drop_after_bytes is None else body[: self.drop_after_bytes]
        for start in range(0, len(whole), size):
            yield whole[start : start + size]
            if self.bytes_per_s:
                time.sleep(1 / self.bytes_per_s)
        if self.drop_after_bytes is not None:
            raise ConnectionAbortedError("the device hangs up")
        while self.endless:
            yield b"again and again\r\n" * 1000


class Player:
    """Gives a tape's answers: to the same ask the next one each time, the last one for ever."""

    def __init__(self, tape: Tape) -> None:
        self._lock = Lock()
        self._given: dict[str, int] = {}
        self._answers: dict[str, list[TapeAnswer]] = {}
        for answer in tape.answers:
            self._answers.setdefault(answer.ask, []).append(answer)

    def answer(self, ask: str) -> TapeAnswer | None:
        """The answer to an ask's text; None when the tape has none."""
        with self._lock:
            answers = self._answers.get(ask)
            if answers is None:
                return None
            index = self._given.get(ask, 0)
            self._given[ask] = index + 1
        return answers[min(index, len(answers) - 1)]
