"""Whose word counts: the public keys a verifier brings along, never those in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evidence.errors import ConfigurationError
from evidence.seal import PublicKey


@dataclass(frozen=True, slots=True)
class Trust:
    """Agents' keys with the name each is known by, the store's key (None: not given), and the keys
    of witnesses, by name too."""

    agents: Mapping[PublicKey, str] = field(default_factory=dict)
    store: PublicKey | None = None
    witnesses: Mapping[PublicKey, str] = field(default_factory=dict)

    @property
    def stores(self) -> Mapping[PublicKey, str]:
        """The store's key by the name it is known by, as those of agents."""
        return {} if self.store is None else {self.store: "store"}


def load_trust(
    paths: Iterable[Path], store: Path | None = None, witnesses: Iterable[Path] = ()
) -> Trust:
    """The keys in PEM files, and in all `*.pem` and `*.pub` of folders, named after their files.

    Raises ConfigurationError `key_missing` or `key_unusable`.
    """
    return Trust(_named(paths), None if store is None else _read(store), _named(witnesses))


def _named(paths: Iterable[Path]) -> dict[PublicKey, str]:
    return {_read(file): file.name for path in paths for file in _files(path)}


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
