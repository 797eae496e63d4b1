"""Who else knows people here, ready to be asked: as the settings name them, or nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evidence.clock import Clock
from evidence.errors import ConfigurationError
from store.people.settings import Vouchers

if TYPE_CHECKING:
    from store.people.directory import Directory
    from store.people.oidc import Provider


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways in beside the store's own accounts, which are always there."""

    provider: Provider | None = None
    directory: Directory | None = None


def make_ways(vouchers: Vouchers, clock: Clock) -> Ways:
    """Raises ConfigurationError `library_missing`: their libraries are extras."""
    provider: Provider | None = None
    directory: Directory | None = None
    if vouchers.oidc is not None:
        with _extra("oidc"):
            from store.people.oidc import Provider

            provider = Provider(vouchers.oidc, clock)
    if vouchers.directory is not None:
        with _extra("ldap"):
            from store.people.directory import Directory

            directory = Directory(vouchers.directory, clock)
    return Ways(provider, directory)


@contextmanager
def _extra(name: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the settings name a way in that needs the library {error.name}",
            code="library_missing",
            next_step=f"pip install 'evidence-agent[{name}]'",
        ) from None
