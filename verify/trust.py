"""Whose word counts: the public keys a verifier brings along, never those in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificates

from evidence.errors import ConfigurationError
from evidence.seal import PublicKey


@dataclass(frozen=True, slots=True)
class Trust:
    """Agents' keys with the name each is known by, the store's key (None: not given), and the keys
    of witnesses, by name too; and the certificates of time-stamping authorities' roots."""

    agents: Mapping[PublicKey, str] = field(default_factory=dict)
    store: PublicKey | None = None
    witnesses: Mapping[PublicKey, str] = field(default_factory=dict)
    authorities: tuple[Certificate, ...] = ()

    @property
    def stores(self) -> Mapping[PublicKey, str]:
        """The store's key by the name it is known by, as those of agents."""
        return {} if self.store is None else {self.store: "store"}


def load_trust(
    paths: Iterable[Path],
    store: Path | None = None,
    witnesses: Iterable[Path] = (),
    tsa_roots: Path | None = None,
) -> Trust:
    """The keys in PEM files, and in all `*.pem` and `*.pub` of folders, named after their files.
    `tsa_roots`: a PEM file of certificates.

    Raises ConfigurationError `key_missing` or `key_unusable`.
    """
    return Trust(
        _named(paths),
        None if store is None else _read(store),
        _named(witnesses),
        () if tsa_roots is None else _certificates(tsa_roots),
    )


def _certificates(path: Path) -> tuple[Certificate, ...]:
    try:
        return tuple(load_pem_x509_certificates(_bytes(path)))
    except ValueError:
        raise ConfigurationError(
            f"{path} holds no certificates in PEM", code="key_unusable"
        ) from None


def _named(paths: Iterable[Path]) -> dict[PublicKey, str]:
    return {_read(file): file.name for path in paths for file in _files(path)}


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    yield from sorted(file for file in path.iterdir() if file.suffix in (".pem", ".pub"))


def _read(path: Path) -> PublicKey:
    return PublicKey.of_pem(_bytes(path), str(path))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"the key {path} cannot be read: {error.strerror}", code="key_missing"
        ) from None
