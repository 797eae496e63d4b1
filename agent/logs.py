"""Logs: plain lines at a terminal, one JSON object a line everywhere else (the journal).

Each line carries what it is about: the run and the device, as far as there are any.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from evidence.clock import stamp

_ABOUT: ContextVar[dict[str, str] | None] = ContextVar("about", default=None)


@contextmanager
def about(**what: str) -> Iterator[None]:
    """Lines written within the block, in this thread, carry these (run, device)."""
    token = _ABOUT.set({**(_ABOUT.get() or {}), **what})
    try:
        yield
    finally:
        _ABOUT.reset(token)


class JsonLines(logging.Formatter):
    """A record as JSON: at, level, logger, message, what it is about; an exception by type."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": stamp(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **(_ABOUT.get() or {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def start_logs() -> None:
    """Log to stderr, from INFO up."""
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(levelname)s %(message)s")
    handler.setFormatter(plain if sys.stderr.isatty() else JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # Drivers tell of every packet; theirs is heard when something is wrong.
    for chatty in ("paramiko", "netmiko", "urllib3", "schedule"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
