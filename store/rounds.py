"""What the store does again and again while it serves, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOG = logging.getLogger("evidence.store")


@contextmanager
def repeated(
    name: str,
    do: Callable[[], float],
    failed: str,
    *,
    every_s: float,
    again_s: float | None = None,
) -> Iterator[None]:
    """Do something after `every_s`, and then after as many seconds as it says itself, for as long
    as the block runs. What goes wrong unforeseen is logged as `failed`, and tried again after
    `again_s` (None: `every_s`)."""
    ended = threading.Event()

    def run() -> None:
        wait_s = every_s
        while not ended.wait(wait_s):
            try:
                wait_s = do()
            except Exception:
                # A round that fails costs that round, never those that follow.
                _LOG.exception(failed)
                wait_s = every_s if again_s is None else again_s

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
