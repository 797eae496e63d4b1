"""A store's folder and database, opened by a command beside a process that may be serving them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from store.clock import system_clock
from store.custody import Custody
from store.settings import Settings


@contextmanager
def opened(settings: Settings) -> Iterator[Custody]:
    """The store that the settings name."""
    custody = Custody(
        settings.state,
        system_clock,
        database_url=settings.database,
        object_lock=settings.object_lock,
    )
    with closing(custody):
        yield custody
