"""What commands share: a store opened beside a process that may be serving it, and a month."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager

from evidence.errors import ConfigurationError, shown
from store.clock import system_clock
from store.custody import Custody
from store.files import BLOBS
from store.settings import Settings


@contextmanager
def opened(settings: Settings) -> Iterator[Custody]:
    """The store that the settings name. Raises ConfigurationError `store_missing`: a new and empty
    one, which `serve` makes, would answer a mistyped folder that all is well."""
    if not (settings.state / BLOBS).is_dir():
        raise ConfigurationError(
            f"{settings.state} is no store's folder",
            code="store_missing",
            next_step="name it with --state or --config; a new one is made by `serve`",
        )
    custody = Custody(
        settings.state,
        system_clock,
        database_url=settings.database,
        object_lock=settings.object_lock,
    )
    with closing(custody):
        yield custody


def a_month(given: str) -> str:
    """Raises ConfigurationError `period_invalid`."""
    if re.fullmatch(r"[0-9]{4}-(?:0[1-9]|1[0-2])", given) is None:
        raise ConfigurationError(
            f"{shown(given)} is no month",
            code="period_invalid",
            next_step="a month is written as 2026-11",
        )
    return given
