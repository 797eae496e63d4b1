"""SSH, lines typed at a prompt: for devices whose command line is made for people.

One line is written, then its echo is awaited, then the prompt as the unfinished last line.
Where the device has comments, one with a random number follows, and what stands before its
echo is the answer: neither a pause nor the prompt's text inside an answer can cut it short.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import TypeVar

from paramiko import Channel

from agent.secret import Credential
from agent.transports import Answer
from agent.transports.ssh.link import Link
from agent.transports.ssh.screen import Screen
from evidence.ask import Ask, Session
from evidence.capture import check_size
from evidence.errors import Incomplete, LoginRefused, TooMuch, VisitError, shown

ENTER_S = 30.0
LEAVE_S = 2.0
_CHUNK = 256 * 1024
_SETTLE_S = 0.2  # without a comment line: how long a prompt must stand still
_PREPARATION_BYTES = 256 * 1024  # banners and the answers of log-in lines

T = TypeVar("T")


class Shell:
    """An open terminal session. After the first trouble every ask raises it again."""

    def __init__(
        self, link: Link, session: Session, credential: Credential, channel: Channel
    ) -> None:
        self._link = link
        self._session = session
        self._credential = credential
        self._channel = channel
        self._screen = Screen()
        self._prompt = ""
        self._trouble: VisitError | None = None

    def enter(self) -> None:
        """From the first prompt to one that answers asks: privilege, then log-in lines."""
        self._until(self._at_prompt, ENTER_S, _PREPARATION_BYTES, "the first prompt")
        self._screen.clear()
        elevate, second = self._session.elevate, self._credential.second
        if elevate and second and re.fullmatch(self._session.unprivileged, self._prompt):
            with self._link.attempt():
                self._elevate(elevate)
        for line in self._session.login:
            self._prepare(line)

    def ask(self, ask: Ask) -> Answer:
        """The bytes between the line's echo and the next prompt, pagers answered and removed."""
        if self._trouble is not None:
            raise self._trouble
        try:
            body = self._answer(ask)
        except VisitError as error:
            # Where the next answer would start is not known any more.
            self._trouble = error
            raise
        link, account = self._link, self._credential.username
        return Answer(body, peer=link.peer, account=account, way=link.way)

    def leave(self) -> None:
        """Type the log-out lines and let the device close; not from an unknown state."""
        if self._trouble is not None or not self._session.logout:
            return
        for line in self._session.logout:
            self._type(line.text)
        while self._more(LEAVE_S):
            pass

    def _answer(self, ask: Ask) -> bytes:
        while self._channel.recv_ready():
            self._screen.add(self._channel.recv(_CHUNK))
        if not self._screen.is_blank:
            raise Incomplete(
                f"{self._who}: spoke unasked before {ask.text!r}: the answer before it is in doubt"
            )
        self._screen.clear()
        self._type(ask.text)
        deadline = time.monotonic() + ask.limit_s

        def until(found: Callable[[], T | None]) -> T:
            left = deadline - time.monotonic()
            return self._until(found, left, ask.limit_bytes + _PREPARATION_BYTES, repr(ask.text))

        echo = until(lambda: self._screen.first_line)
        if echo.removeprefix(self._prompt).strip() != ask.text:
            raise Incomplete(f"{self._who}: echoed {shown(echo)!r} for {ask.text!r}")
        end = until(self._line_at_exact_prompt)
        number = self._session.nonce_ask and self._session.nonce_ask(number=secrets.token_hex(8))
        if number is None:
            while self._more(_SETTLE_S):
                end = until(self._line_at_exact_prompt)
        else:
            self._type(number.text)
            end = until(lambda: self._screen.find_typed(self._prompt, number.text, end))
            until(self._line_at_exact_prompt)
        body = self._screen.between(self._screen.after_first_line(), end)
        check_size(self._who, ask, body)
        self._screen.clear()
        return body

    def _prepare(self, line: Ask) -> None:
        """Type a line whose answer nobody needs; its prompt is the one to expect from now on."""
        self._type(line.text)

        def done() -> str | None:
            return self._at_prompt() if self._screen.line_ends_with(line.text) else None

        self._until(done, ENTER_S, _PREPARATION_BYTES, repr(line.text))
        self._screen.clear()

    def _elevate(self, elevate: Ask) -> None:
        """Ask for privilege and answer with the second secret, once."""
        second = self._credential.second
        assert second is not None
        self._type(elevate.text)

        def asked() -> bool | None:
            echoed = self._screen.line_ends_with(elevate.text)
            return self._asked_secret() if echoed else None

        wanted = self._until(asked, ENTER_S, _PREPARATION_BYTES, repr(elevate.text))
        self._screen.clear()
        if not wanted:
            return
        self._type(second.reveal())
        refused = self._until(self._asked_secret, ENTER_S, _PREPARATION_BYTES, "the second secret")
        if refused or re.fullmatch(self._session.unprivileged, self._prompt):
            raise LoginRefused(
                f"{self._who}: the second secret of {self._credential.username} is refused "
                f"at {elevate.text!r}; one attempt was made",
                next_step="correct the credential's second secret",
            )
        self._screen.clear()

    def _at_prompt(self) -> str | None:
        """The prompt, if the last line is one by the platform's pattern; it is learned."""
        line = self._screen.last_line
        # The blank after a prompt may still be under way.
        if line and any(re.fullmatch(self._session.prompt, one) for one in (line, f"{line} ")):
            self._prompt = line
            return line
        return None

    def _asked_secret(self) -> bool | None:
        """True at the prompt for a secret, False at an ordinary one, None before either."""
        if re.fullmatch(self._session.secret_prompt, self._screen.last_line):
            return True
        return None if self._at_prompt() is None else False

    def _line_at_exact_prompt(self) -> int | None:
        return self._screen.last_line_at if self._screen.last_line == self._prompt else None

    def _until(self, found: Callable[[], T | None], limit_s: float, most: int, what: str) -> T:
        """Read until `found` gives something, answering pagers on the way."""
        deadline = time.monotonic() + limit_s
        while (result := found()) is None:
            if self._session.pager and re.fullmatch(self._session.pager, self._screen.last_line):
                self._screen.note_pager()
                self._write(self._session.pager_key)
            left = deadline - time.monotonic()
            if left <= 0 or not self._more(left):
                raise Incomplete(
                    f"{self._who}: {what}: no end after {limit_s:.0f} s; the last line is "
                    f"{shown(self._screen.last_line)!r}",
                    next_step="check the prompt and the pager by hand",
                )
            if len(self._screen) > most:
                code = "line_too_long" if self._screen.ends_in_endless_line else None
                raise TooMuch(f"{self._who}: {what}: over {most} bytes and no end", code=code)
        return result

    def _more(self, limit_s: float) -> bool:
        """Wait for bytes; False when none came in time. Raises Unreachable at the end."""
        self._channel.settimeout(limit_s)
        try:
            chunk = self._channel.recv(_CHUNK)
        except TimeoutError:
            return False
        if not chunk:
            raise self._link.lost("an answer")
        self._screen.add(chunk)
        return True

    def _type(self, line: str) -> None:
        self._write(f"{line}\n")

    def _write(self, keys: str) -> None:
        try:
            self._channel.sendall(keys.encode())
        except OSError:
            raise self._link.lost("a line typed") from None

    @property
    def _who(self) -> str:
        return self._link.device.id
