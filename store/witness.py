"""The witness: internal audit's own copy of the log, on a machine of its own.

It fetches every entry since its last look, hashes them itself, and signs the store's checkpoint
only when its own root is the same (C2SP `tlog-cosignature`). A log that was rolled back, rewritten,
or is shown differently to somebody else gives another root: it refuses, keeps both signed notes,
and tells the store. It writes down what it signs before anybody sees it, and never signs a shorter
log than before: a witness whose folder was lost is not started again, another takes its place.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import requests

from evidence.checkpoint import Checkpoint, cosign
from evidence.clock import Clock, stamp
from evidence.errors import (
    ConfigurationError,
    EnvironmentProblem,
    EvidenceError,
    SealError,
    shown,
)
from evidence.log import TILE, Frontier, leaf_hash
from evidence.request import sign_request
from evidence.seal import PublicKey, SigningKey

TIMEOUT_S = (10, 45)
_KEY, _PUBLIC, _NAME, _SEEN, _ENTRIES = (
    *("witness.key", "witness.pub.pem", "name", "seen.json", "entries"),
)


class Refuses(EvidenceError):
    """The store's log is not what this witness saw. A matter for people."""

    code = "witness_refuses"
    exit_code = 1


def make_witness(state: Path, name: str) -> PublicKey:
    """A new witness in an empty folder; its public key goes to the store's settings.

    Raises ConfigurationError `witness_exists`, and `witness_invalid`: a name stands in the lines of
    signed notes (C2SP signed-note: neither empty, nor with a space or a plus sign).
    """
    if not name or "+" in name or any(one.isspace() for one in name):
        raise ConfigurationError(
            f"{shown(name)} is no witness's name",
            code="witness_invalid",
            next_step="a name has no space and no +, like audit.example",
        )
    if state.exists() and any(state.iterdir()):
        raise ConfigurationError(
            f"{state} is not empty",
            code="witness_exists",
            next_step="a witness is made once; for another one take another folder",
        )
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = SigningKey.generate()
    (state / _ENTRIES).touch()
    (state / _NAME).write_text(name, "utf-8")
    (state / _PUBLIC).write_text(key.public.pem, "ascii")
    _write(state / _SEEN, {"size": 0, "bytes": 0, "note": None, "at": None})
    key.write(state / _KEY)
    return key.public


@dataclass(frozen=True, slots=True)
class Seen:
    """What the witness signed last: so many entries, in so many bytes of its own copy."""

    size: int
    bytes: int
    note: str | None
    at: str | None


class Witness:
    """A witness's folder, opened. `store_key` is the store's, got from it by hand."""

    def __init__(
        self, state: Path, url: str, store_key: PublicKey, clock: Clock, ca: str | None = None
    ) -> None:
        """Raises ConfigurationError when this is no witness's folder, or half of one."""
        self._state = state
        self._url = url.rstrip("/")
        self._store_key = store_key
        self._clock = clock
        self.key = SigningKey.read(state / _KEY)
        try:
            self.name = (state / _NAME).read_text("utf-8")
            self.seen = Seen(**json.loads((state / _SEEN).read_text("utf-8")))
            entries = (state / _ENTRIES).stat().st_size
        except (OSError, ValueError, TypeError) as error:
            raise _lost(state) from error
        if entries < self.seen.bytes:
            raise _lost(state)
        self._log = Frontier()
        for entry in self._own_entries():
            self._log = self._log.append(leaf_hash(entry))
        if self._log.size != self.seen.size:
            raise _lost(state)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca or True

    def look(self) -> Checkpoint:
        """See what was added, and cosign it. Raises Refuses, and EnvironmentProblem when the store
        is away."""
        note = self._get("/checkpoint").decode()
        try:
            now = Checkpoint.parse(note, self._store_key)
        except SealError as error:
            raise self._refuse(note, f"its checkpoint does not hold: {error.message}") from None
        if now.size < self._log.size:
            raise self._refuse(note, f"it has {now.size} entries, and had {self._log.size}")
        log, fresh = self._log, []
        for entry in self._entries(self._log.size, now.size):
            log = log.append(leaf_hash(entry))
            fresh.append(entry)
        if log.root != now.root:
            raise self._refuse(note, f"its {now.size} entries do not make the root that it signs")
        self._keep(fresh, log, note)
        line = cosign(note, self.name, self.key, self._clock())
        said = {"note": note, "witness": self.name, "line": line}
        self._post("/v1/log/cosignatures", said)
        return now

    def _keep(self, fresh: list[bytes], log: Frontier, note: str) -> None:
        """Write down what is about to be signed."""
        added = b"".join(len(one).to_bytes(2) + one for one in fresh)
        with (self._state / _ENTRIES).open("r+b") as file:
            file.truncate(self.seen.bytes)  # what a killed look added was never signed
            file.seek(self.seen.bytes)
            file.write(added)
            file.flush()
            os.fsync(file.fileno())
        at = stamp(self._clock())
        self.seen = Seen(log.size, self.seen.bytes + len(added), note, at)
        _write(
            self._state / _SEEN,
            {"size": log.size, "bytes": self.seen.bytes, "note": note, "at": at},
        )
        self._log = log

    def _refuse(self, note: str, why: str) -> Refuses:
        """Keep what was shown beside what was seen, and tell the store what was seen."""
        at = self._clock()
        kept = self._state / f"refused-{at:%Y%m%dT%H%M%S}.json"
        _write(kept, {"at": stamp(at), "why": why, "shown": note, "seen": self.seen.note})
        with suppress(EnvironmentProblem):  # what matters is here
            self._post("/v1/log/refusals", {"witness": self.name, "why": why})
        with suppress(EnvironmentProblem):
            if self.seen.note is not None:
                self._post("/v1/log/known", {"note": self.seen.note})
        return Refuses(
            f"the log of {self._url} is not what it was: {why}",
            next_step=f"nothing was signed; {kept} holds both notes, signed by the store: show"
            " them to whoever supervises it",
        )

    def _own_entries(self) -> Iterator[bytes]:
        with (self._state / _ENTRIES).open("rb") as file:
            while file.tell() < self.seen.bytes:
                yield file.read(int.from_bytes(file.read(2)))

    def _entries(self, first: int, last: int) -> Iterator[bytes]:
        """The store's entries of a range, tile by tile."""
        at = first
        while at < last:
            number, skip = divmod(at, TILE)
            width = min(TILE, last - number * TILE)
            partial = "" if width == TILE else f".p/{width}"
            found = split_entries(self._get(f"/tile/entries/{_path(number)}{partial}"))
            if len(found) != width:
                raise EnvironmentProblem("a tile of the log is cut off", code="store_error")
            yield from found[skip:]
            at = number * TILE + width

    def _get(self, path: str) -> bytes:
        return self._answer("GET", path, None, {})

    def _post(self, path: str, said: Mapping[str, str]) -> None:
        body = json.dumps(said).encode()
        signed = sign_request(self.key, "POST", path, "", body, self._clock())
        self._answer("POST", path, body, signed)

    def _answer(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> bytes:
        try:
            answer = self._session.request(
                method,
                self._url + path,
                data=body,
                headers=headers,
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise EnvironmentProblem(
                f"the store {self._url} does not answer ({type(error).__name__})",
                code="store_unreachable",
            ) from None
        if not answer.ok:
            raise EnvironmentProblem(
                f"the store answers {answer.status_code} to {path}: {answer.text[:200]}",
                code="store_error",
            )
        return answer.content


def split_entries(tile: bytes) -> list[bytes]:
    """The entries of a tile, or of a witness's copy of all."""
    found, at = [], 0
    while at < len(tile):
        size = int.from_bytes(tile[at : at + 2])
        found.append(tile[at + 2 : at + 2 + size])
        at += 2 + size
    return found


def _path(number: int) -> str:
    """A tile's number in an address: 1234067 is x001/x234/067."""
    parts = [f"{number % 1000:03d}"]
    while number := number // 1000:
        parts.append(f"x{number % 1000:03d}")
    return "/".join(reversed(parts))


def _write(path: Path, record: object) -> None:
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(record, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _lost(state: Path) -> ConfigurationError:
    return ConfigurationError(
        f"{state} has lost what this witness signed",
        code="witness_lost",
        next_step="retire it: it could sign a shorter log; make a new one with another key",
    )
