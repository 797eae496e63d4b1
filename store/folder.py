"""A store's state folder: one process serves it, and its key lies in it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from io import BufferedWriter
from pathlib import Path

from evidence.errors import EnvironmentProblem, SealError
from evidence.seal import Envelope, SigningKey
from store.database import in_use


def hold(state: Path) -> BufferedWriter:
    """The state folder for this process alone. Raises EnvironmentProblem `env_in_use`."""
    file = (state / "lock").open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise in_use(str(state)) from None
    return file


def own_key(state: Path, signed: Envelope | None) -> SigningKey:
    """The store's key, made at the first start; its public half lies beside it for agents.

    Raises EnvironmentProblem `store_key` where the log was signed by one that is not here: with
    another it would be another store, which every agent refuses.
    """
    path = state / "store.key"
    if not path.exists() and signed is not None:
        raise _not_the_key(path, "is missing")
    if not path.exists():
        make_once(path, SigningKey.generate().write)
    key = SigningKey.read(path)
    try:
        if signed is not None:
            signed.verify([key.public])
    except SealError:
        raise _not_the_key(path, "is not the key that signed this log") from None
    (state / "store.pub").write_text(key.public.pem, "ascii")
    return key


def make_once(path: Path, write: Callable[[Path], None]) -> None:
    """A key at `path`, made by `write`, or the one that another process made meanwhile.

    Under another name first: two processes at the first start must not meet half a key.
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    write(fresh)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _not_the_key(path: Path, what: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"{path} {what}",
        code="store_key",
        next_step="bring the copy that was kept apart; if there is none, begin a new store with a"
        " new key and let the agents in anew: this one stays as it is, to be verified",
    )
