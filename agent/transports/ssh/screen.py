"""What an interactive device has sent and nobody has taken yet: bytes, and their last line.

Bytes stay as received: they are evidence. Only the last line is cleaned, to be compared.
"""

from __future__ import annotations

import re

from evidence.capture import MAX_LINE_BYTES

# A prompt or a pager is a short line: this far back its start is looked for.
_TAIL_BYTES = 4096
_CONTROL = re.compile(rb"\x1b(?:\[[0-9;?]*[A-Za-z]|[=>78])|\x00")
# What devices send to wipe a pager line: blanks between returns or backspaces, or ANSI.
_WIPED = re.compile(rb"(?:\r *\r|\x08+ *\x08*|\r?\x1b\[[0-9;]*[KGDJ])+")


class Screen:
    """The bytes of one answer as they grow."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._pagers: list[tuple[int, int]] = []
        self._last: str | None = None  # worked out once for what has come

    def __len__(self) -> int:
        return len(self._bytes)

    def add(self, chunk: bytes) -> None:
        self._bytes += chunk
        self._last = None

    def clear(self) -> None:
        self._bytes.clear()
        self._pagers.clear()
        self._last = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing is there but what may trail a prompt."""
        return not _plain(bytes(self._bytes[:_TAIL_BYTES])).strip() and len(self) < _TAIL_BYTES

    @property
    def first_line(self) -> str | None:
        """The first line without control characters; None until its newline has come."""
        end = self._bytes.find(b"\n", 0, _TAIL_BYTES)
        return None if end < 0 else _plain(bytes(self._bytes[:end])).strip()

    @property
    def last_line_at(self) -> int | None:
        """Where the unfinished last line starts; None when it is too long for a prompt."""
        end = self._bytes.rfind(b"\n", max(0, len(self) - _TAIL_BYTES))
        return end + 1 if end >= 0 else 0 if len(self) <= _TAIL_BYTES else None

    @property
    def last_line(self) -> str:
        """The unfinished last line, clean; "" when it is too long for a prompt."""
        if self._last is None:
            start = self.last_line_at
            pagers = (end for _, end in self._pagers)
            found = b"" if start is None else bytes(self._bytes[max([start, *pagers]) :])
            self._last = _plain(found).strip()
        return self._last

    @property
    def ends_in_endless_line(self) -> bool:
        """Whether the last line is longer than any line that is read."""
        return len(self) > MAX_LINE_BYTES and b"\n" not in self._bytes[-MAX_LINE_BYTES:]

    def line_ends_with(self, text: str) -> bool:
        """Whether some finished line ends with `text` (a line's echo, behind its prompt)."""
        return re.search(re.escape(text.encode()) + rb"[ \r]*\n", self._bytes) is not None

    def find_typed(self, prompt: str, line: str, start: int) -> int | None:
        """Where the finished line starts that is `line` typed at `prompt`, from `start` on."""
        typed, at = line.encode(), start
        # The line is a random number: what is compiled for it would be used once.
        while (at := self._bytes.find(typed, at)) >= 0:
            begin, end = self._bytes.rfind(b"\n", 0, at) + 1, self._bytes.find(b"\n", at)
            before = bytes(self._bytes[begin:at]).rstrip(b" \0")
            at += len(typed)
            if end < 0:
                return None
            if begin < start or bytes(self._bytes[at:end]).strip(b" \r"):
                continue
            leading = before.removesuffix(prompt.encode())
            if leading != before and not _CONTROL.sub(b"", leading).strip(b"\r "):
                return begin
        return None

    def note_pager(self) -> None:
        """Remember the last line as a pager's: it is no part of the answer."""
        self._pagers.append((self.last_line_at or 0, len(self)))
        self._last = None

    def between(self, start: int, end: int) -> bytes:
        """The answer's bytes, without pager lines and what wiped them.

        A line that looked like a pager and was never wiped is text, and stays.
        """
        parts = []
        for pager_at, pager_end in self._pagers:
            wiped = _WIPED.match(self._bytes, pager_end)
            if wiped and start <= pager_at and wiped.end() <= end:
                parts.append(bytes(self._bytes[start:pager_at]))
                start = wiped.end()
        return b"".join([*parts, bytes(self._bytes[start:end])])

    def after_first_line(self) -> int:
        """Where the answer starts: behind the echo."""
        return self._bytes.find(b"\n") + 1


def _plain(line: bytes) -> str:
    """The line as a terminal would show it: what follows the last return, without control."""
    return _CONTROL.sub(b"", line).rstrip(b"\r ").rsplit(b"\r", 1)[-1].decode("utf-8", "replace")
