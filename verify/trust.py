"""Whose word counts: the public keys a verifier brings along, never those in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evidence.errors import ConfigurationError
from evidence.seal import PublicKey


@dataclass(frozen=True, slots=True)
class Trust:
    """Agents' keys with the name each is known by, and the store's key (None: not given)."""

    agents: Mapping[PublicKey, str] = field(default_factory=dict)
    store: PublicKey | None = None

    @property
    def stores(self) -> Mapping[PublicKey, str]:
        """The store's key by the name it is known by, as those of agents."""
        return {} if self.store is None else {self.store: "store"}


def load_trust(paths: Iterable[Path], store: Path | None = None) -> Trust:
    """The keys in PEM files, and in all `*.pem` and `*.pub` of folders, named after their files.

    Raises ConfigurationError `key_missing` or `key_unusable`.
    """
    agents = {_read(file): file.name for path in paths for file in _files(path)}
    return Trust(agents, None if store is None else _read(store))


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    yield from sorted(file for file in path.iterdir() if file.suffix in (".pem", ".pub"))


def _read(path: Path) -> PublicKey:
    try:
        return PublicKey.of_pem(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigurationError(
            f"the key {path} cannot be read: {error.strerror}", code="key_missing"
        ) from None
