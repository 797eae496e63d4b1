"""The command line of a lab device: reads keys, echoes whole lines, prompts, pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from paramiko import Channel

from lab.devices import Mischief, Player

BAD_INPUT = b"                 ^\r\nERROR: % Invalid input detected at '^' marker.\r\n"


@dataclass(frozen=True, slots=True)
class Terminal:
    """What a device's command line looks like; the defaults are ASA's.

    `quiet` lines are taken without a word, `pager_off` stops the pager, `bye` ends the
    session. With a `user_prompt` the session starts there and `elevate` leads on.
    """

    prompt: str = "asa-lab-01# "
    user_prompt: str | None = None
    elevate: str = "enable"
    secret_prompt: str = "Password: "
    banner: str = ""
    pager: str = "<--- More --->"
    page_lines: int = 24
    pager_off: str = "terminal pager 0"
    quiet: tuple[str, ...] = ()
    comment: str = "!"
    bye: tuple[str, ...] = ("exit", "logout", "quit")


class Typing:
    """One terminal session on one channel, until the other side leaves."""

    def __init__(
        self,
        channel: Channel,
        terminal: Terminal,
        player: Player,
        mischief: Mischief,
        second: str | None,
        heard: Callable[[str], None],
    ) -> None:
        self._channel = channel
        self._terminal = terminal
        self._player = player
        self._mischief = mischief
        self._second = second
        self._heard = heard
        self._keys = b""
        self._pages = True
        self._privileged = terminal.user_prompt is None

    def run(self) -> None:
        """Serve until `bye` or the end of the channel (EOFError)."""
        self._say(self._terminal.banner.replace("\n", "\r\n").encode())
        while True:
            prompt = self._terminal.prompt if self._privileged else self._terminal.user_prompt
            self._say((prompt or "").encode())
            line = self._line()
            self._heard(line)
            time.sleep(self._mischief.wait_s)
            self._say(f"{line}\r\n".encode())
            if line in self._terminal.bye:
                return
            self._obey(line)

    def _obey(self, line: str) -> None:
        terminal = self._terminal
        if line == terminal.elevate and not self._privileged:
            return self._elevate()
        if line == terminal.pager_off:
            self._pages = False
        if not line or line.startswith(terminal.comment):
            return None
        answer = self._player.answer(line)
        if answer is not None and answer.error is None:
            return self._answer(answer.body)
        if line != terminal.pager_off and line not in terminal.quiet:
            self._say(BAD_INPUT)
        return None

    def _elevate(self) -> None:
        """Three tries, as devices give; what is typed is not echoed and not logged."""
        for _ in range(3):
            self._say(self._terminal.secret_prompt.encode())
            given = self._line()
            self._say(b"\r\n")
            if given == self._second:
                self._privileged = True
                return
        self._say(b"Access denied.\r\n")

    def _answer(self, body: bytes) -> None:
        if self._mischief.silent:
            return self._wait()
        text = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if text and not text.endswith(b"\n"):
            text += b"\r\n"
        lines = text.splitlines(keepends=True) if self._pages else [text]
        size = self._terminal.page_lines if self._pages else 1
        for start in range(0, len(lines), size):
            if start:
                self._page()
            for piece in self._mischief.pieces(b"".join(lines[start : start + size])):
                self._say(piece)
        return None

    def _page(self) -> None:
        """Stop for a key, then wipe the pager's line with blanks."""
        pager = self._terminal.pager
        self._say(pager.encode())
        while not self._keys:
            self._read()
        self._keys = self._keys[1:]
        self._say(b"\r" + b" " * len(pager) + b"\r")

    def _wait(self) -> None:
        while True:
            self._read()

    def _line(self) -> str:
        while b"\n" not in self._keys:
            self._read()
        line, _, self._keys = self._keys.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r").lstrip(" ")

    def _read(self) -> None:
        chunk = self._channel.recv(4096)
        if not chunk:
            raise EOFError
        self._keys += chunk

    def _say(self, words: bytes) -> None:
        if words:
            self._channel.sendall(words)
