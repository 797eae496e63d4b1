"""Keeping in touch with the store: every agent watches that its log only grows.

Beside the ledger lies what the agent knows of the store: the newest checkpoint it saw, and how
often it came. Both are on the disk before the store hears of them, so that nothing is forgotten
that was said. A copy of this folder counts the same contact twice, which the store notices.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path

from agent.push.client import Refused, StoreClient
from evidence.checkpoint import Checkpoint
from evidence.clock import parse_at, stamp
from evidence.errors import EnvironmentProblem, SealError
from evidence.log import consistent

# Where nothing waits to be pushed the store is looked at all the same.
AT_LEAST_EVERY = timedelta(hours=1)
_FILE, _LOCK = "store.json", "store.lock"


@dataclass(frozen=True, slots=True)
class Known:
    """`mark` belongs to contact number `generation`; `answered` once the store has noted it.
    `checkpoint` is the store's signed note, None before the first or without the store's key."""

    generation: int = 0
    mark: str = ""
    answered: bool = True
    contacted_at: str | None = None
    checkpoint: str | None = None


def keep_in_touch(state: Path, client: StoreClient, *, urgent: bool) -> int | None:
    """Contact the store if it is urgent or due: count it, and see that its log only grew. Of a
    store that was put back from an older copy, the first entry that it lacks; else None.

    Raises EnvironmentProblem: the store is away; `log_shrank`, `log_forked`, `store_changed` when
    its log is not what it was; `agent_locked` when this agent was seen twice.
    """
    with _held(state):
        known = _read(state)
        now = client.clock()
        last_at = None if known.contacted_at is None else parse_at(known.contacted_at)
        if not urgent and last_at is not None and timedelta() <= now - last_at < AT_LEAST_EVERY:
            return None
        if known.answered:
            mark = secrets.token_hex(16)
            known = replace(known, generation=known.generation + 1, mark=mark, answered=False)
            _write(state, known)
        seen = _checkpoint(client, known.checkpoint)
        try:
            shown = None if seen is None else known.checkpoint
            answer = client.contact(known.generation, known.mark, shown)
        except Refused as error:
            if error.code == "not_found":  # a store that knows no contacts yet
                return None
            if error.code == "checkpoint_invalid":
                said = "the store says that it did not sign what it signed"
                raise _alarm(said, "store_changed") from None
            raise
        if answer.checkpoint is None:
            # It is asked again as soon as something was given back.
            _write(state, replace(known, answered=True, contacted_at=None))
            return answer.refill_from
        if client.store_key is not None:
            _check(seen, Checkpoint.parse(answer.checkpoint, client.store_key), answer.proof)
            known = replace(known, checkpoint=answer.checkpoint)
        _write(state, replace(known, answered=True, contacted_at=stamp(now)))
        return None


def forget_store(state: Path) -> None:
    """Begin anew, with a store that has just let this agent in."""
    with _held(state):
        _write(state, Known())


def _check(seen: Checkpoint | None, now: Checkpoint, proof: list[bytes] | None) -> None:
    """That the log only grew since the checkpoint the agent saw."""
    if seen is None:
        return
    if now.origin != seen.origin:
        raise _alarm(f"the store was {seen.origin} and calls itself {now.origin}", "store_changed")
    if now.size < seen.size or proof is None:
        said = f"the store's log has {now.size} entries, and it had {seen.size}"
        raise _alarm(said, "log_shrank")
    if not consistent(seen.size, now.size, proof, seen.root, now.root):
        said = f"the first {seen.size} entries of the store's log are not those it had"
        raise _alarm(said, "log_forked")


def _alarm(said: str, code: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        said,
        code=code,
        next_step="nothing is pushed and nothing is lost; tell internal audit and whoever runs"
        f" the store, and keep {_FILE} in the state folder: it is signed by the store",
    )


def _checkpoint(client: StoreClient, note: str | None) -> Checkpoint | None:
    if note is None or client.store_key is None:
        return None
    try:
        return Checkpoint.parse(note, client.store_key)
    except SealError:
        raise _alarm(
            "the store's key is not the one that signed what is known", "store_changed"
        ) from None


def _read(state: Path) -> Known:
    try:
        return Known(**json.loads((state / _FILE).read_text("utf-8")))
    except FileNotFoundError:
        return Known()


def _write(state: Path, known: Known) -> None:
    fresh = state / f"{_FILE}.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(known), file)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(state / _FILE)
    folder = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _held(state: Path) -> Iterator[None]:
    """One process of this agent contacts the store at a time."""
    with (state / _LOCK).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
