"""A folder of files: registers that people keep, and answers that a root-owned unit writes.

An ask of the kind `file` is answered by the file of that name. Any other is answered by the
file named like the ask (`nft_ruleset`), whose time of change is when it was answered: the unit
that writes it may have stopped days ago.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from agent.gate import Gate
from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Answer
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import ConfigurationError, NotAnswered, TooMuch, Unreachable

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class Folder:
    """Reads regular files of one folder; follows no link and goes into no other folder."""

    def __init__(self, device: Device, gate: Gate, platform: Platform) -> None:
        self._who = device.id
        self._gate = gate
        self._declared = platform.all_asks
        self._folder = _folder(device)

    def ask(self, ask: Ask) -> Answer:
        """The file's bytes. Raises Denied, NotAnswered, TooMuch or Unreachable."""
        if not any(known.admits(ask.text) for known in self._declared):
            self._gate.deny("file", ask.text)
        name = ask.text if ask.kind == "file" else ask.name
        if not _NAME.fullmatch(name):
            self._gate.deny("file", name)
        body, changed_at = self._read(name, ask)
        return Answer(body, at=None if ask.kind == "file" else changed_at)

    def close(self) -> None:
        """Nothing is held open."""

    def _read(self, name: str, ask: Ask) -> tuple[bytes, datetime]:
        file = self._open(name)
        try:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode):
                raise NotAnswered(f"{self._who}: {name} is no file", code="file_invalid")
            with os.fdopen(os.dup(file), "rb") as stream:
                body = stream.read(ask.limit_bytes + 1)
        finally:
            os.close(file)
        if len(body) > ask.limit_bytes:
            raise TooMuch(f"{self._who}: {name} is over {ask.limit_bytes} bytes")
        return body, datetime.fromtimestamp(status.st_mtime, UTC)

    def _open(self, name: str) -> int:
        """The file, opened without following a link and without waiting for a pipe's writer."""
        try:
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise Unreachable(
                f"{self._who}: the folder {self._folder} cannot be read: {error.strerror}",
                next_step="check the path and the share behind it",
            ) from None
        try:
            return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        except FileNotFoundError:
            raise NotAnswered(f"{self._who}: there is no {name} in {self._folder}") from None
        except OSError as error:
            raise NotAnswered(
                f"{self._who}: {name} in {self._folder} cannot be read: {error.strerror}",
                code="file_invalid",
                next_step="it must be a file of its own that the agent may read, not a link",
            ) from None
        finally:
            with suppress(OSError):
                os.close(folder)


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
