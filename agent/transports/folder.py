"""A folder of files: registers that people keep, and answers that a root-owned unit writes.

An ask of the kind `file` is answered by the file of that name. Any other is answered by the
file named like the ask (`nft_ruleset` or `nft_ruleset.txt`), with what fills its holes behind
it (`status.run-hostapd.wlan0`). Its time of change is when it was answered: the unit that
writes it may have stopped days ago, so the device's option `oldest_hours` bounds its age. Who
wrote the answers is said by a file `written_by` among them.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.gate import Gate
from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Answer
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import (
    ConfigurationError,
    Incomplete,
    NotAnswered,
    TooMuch,
    Unreachable,
    shown,
)

WRITTEN_BY = "written_by"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class Folder:
    """Reads regular files of one folder; follows no link and goes into no other folder."""

    def __init__(self, device: Device, gate: Gate, platform: Platform) -> None:
        self._who = device.id
        self._gate = gate
        self._declared = platform.all_asks
        self._folder = _folder(device)
        self._oldest = _oldest(device)

    def ask(self, ask: Ask) -> Answer:
        """The file's bytes. Raises Denied, Unreachable, TooMuch, Incomplete, or NotAnswered
        (`file_missing`)."""
        if not any(known.admits(ask.text) for known in self._declared):
            self._gate.deny("file", ask.text)
        names = _names(ask)
        for name in names:
            if not _NAME.fullmatch(name):
                self._gate.deny("file", name)
        name, file, by = self._open(names)
        try:
            body, changed_at = self._read(file, name, ask)
        finally:
            os.close(file)
        if ask.kind == "file":
            return Answer(body, by=by)
        until = None if self._oldest is None else changed_at + self._oldest
        return Answer(body, at=changed_at, until=until, by=by)

    def close(self) -> None:
        """Nothing is held open."""

    def _read(self, file: int, name: str, ask: Ask) -> tuple[bytes, datetime]:
        before = os.fstat(file)
        if not stat.S_ISREG(before.st_mode):
            raise self._invalid(name, "is no regular file")
        with os.fdopen(os.dup(file), "rb") as stream:
            body = stream.read(ask.limit_bytes + 1)
        if len(body) > ask.limit_bytes:
            raise TooMuch(f"{self._who}: {name} is over {ask.limit_bytes} bytes")
        after = os.fstat(file)
        if (before.st_mtime_ns, len(body)) != (after.st_mtime_ns, after.st_size):
            raise Incomplete(
                f"{self._who}: {name} was being written",
                next_step="read again; have it written under another name and renamed",
            )
        return body, datetime.fromtimestamp(before.st_mtime, UTC)

    def _open(self, names: Sequence[str]) -> tuple[str, int, str | None]:
        """The first file there is, and who wrote it: both of the same opened folder, for another
        may be put in its place. Only a file that is missing lets the next name be tried."""
        try:
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise Unreachable(
                f"{self._who}: the folder {self._folder} cannot be read: {error.strerror}",
                next_step="check the path and the share behind it",
            ) from None
        try:
            for name in names:
                with suppress(FileNotFoundError):
                    file = self._open_in(folder, name)
                    return name, file, self._written_by(folder)
        finally:
            os.close(folder)
        raise NotAnswered(
            f"{self._who}: there is no {names[0]} in {self._folder}", code="file_missing"
        )

    def _written_by(self, folder: int) -> str | None:
        with suppress(FileNotFoundError), os.fdopen(self._open_in(folder, WRITTEN_BY)) as said:
            return shown(said.readline(200).strip()) or None
        return None

    def _open_in(self, folder: int, name: str) -> int:
        """Opened without following a link and without waiting for a pipe's writer."""
        try:
            return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._invalid(name, f"cannot be read: {error.strerror}") from None

    def _invalid(self, name: str, what: str) -> Unreachable:
        # Not NotAnswered: what is there and cannot be read must not be taken for missing.
        return Unreachable(
            f"{self._who}: {name} in {self._folder} {what}",
            code="file_invalid",
            next_step="it must be a file of its own that the agent may read, not a link",
        )


def open_folder(device: Device, platform: Platform) -> Folder:
    """The way to a folder: the device's option `folder`, else its address.

    Raises ConfigurationError (`folder_invalid`) for a path that is not absolute.
    """
    return Folder(device, Gate(device, platform, Credential()), platform)


def _folder(device: Device) -> Path:
    path = Path(device.options.get("folder") or device.address)
    if not path.is_absolute():
        raise ConfigurationError(
            f"{device.id}: the folder {str(path)!r} is no absolute path", code="folder_invalid"
        )
    return path


def _oldest(device: Device) -> timedelta | None:
    """How old an answer may be; None: the option is not set. Raises ConfigurationError."""
    hours = device.options.get("oldest_hours")
    if hours is None:
        return None
    try:
        return timedelta(hours=int(hours))
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"{device.id}: oldest_hours is a whole number of hours, not {shown(hours)!r}",
            code="folder_invalid",
        ) from None


def _names(ask: Ask) -> tuple[str, ...]:
    """What the file of an ask may be called. A path that fills a hole is written with hyphens."""
    if ask.kind == "file":
        return (ask.text,)
    name = ".".join((ask.name, *(value.strip("/").replace("/", "-") for value in ask.filled)))
    return (name, f"{name}.txt")
