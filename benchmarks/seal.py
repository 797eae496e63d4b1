"""Sealing visits into bundle files and verifying them, beside hashing the same bytes alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

from benchmarks.result import Result, Spent, beside, spent
from benchmarks.visits import visit
from evidence.bundle import read_bundle, seal
from evidence.collection import Collection
from evidence.errors import SealError
from evidence.seal import PublicKey, SigningKey

Visit = tuple[Collection, list[bytes]]
_FLOOR = "SHA-256 of the bytes"


def run(*, visits: int = 40, size_bytes: int = 200_000, rounds: int = 3) -> Iterator[Result]:
    """Each visit is signed and written as a file in memory; each file is opened and checked."""
    key = SigningKey.generate()
    made = [visit(number, size_bytes) for number in range(visits)]
    files: list[bytes] = []

    def seal_all() -> Spent:
        files.clear()
        took, sealed = spent(lambda: [seal(*one, key).to_bytes() for one in made])
        files.extend(sealed)
        return took

    sealing, hashing = beside(seal_all, lambda: _hash(made), rounds)
    verifying, _ = beside(lambda: _verify(files, key.public), lambda: _hash(made), rounds)
    truth = all(_holds(file, key.public) for file in files)
    truth = truth and not any(_holds(_changed(file), key.public) for file in files)
    plain, packed = (sum(map(len, bodies)) for bodies in (_bodies(made), files))
    note = f"{size_bytes // 1000} kB each, {packed / plain:.2f} of it in the file"
    caught = f"one byte changed in each of {visits}: all refused" if truth else "see truth"
    for name, took, said in (("sealed", sealing, note), ("verified", verifying, caught)):
        yield Result(
            name=f"seal: {name}",
            ours=visits / took.wall_s,
            peer=visits / hashing.wall_s,
            unit="bundles/s",
            against=_FLOOR,
            truth=truth,
            note=said,
        )


def _bodies(made: Sequence[Visit]) -> list[bytes]:
    return [body for _, bodies in made for body in bodies]


def _hash(made: Sequence[Visit]) -> Spent:
    return spent(lambda: [sha256(body).hexdigest() for body in _bodies(made)])[0]


def _verify(files: Sequence[bytes], key: PublicKey) -> Spent:
    return spent(lambda: [_holds(file, key) for file in files])[0]


def _holds(file: bytes, key: PublicKey) -> bool:
    """Whether the file is whole, in agreement with itself, and signed with this key."""
    try:
        read_bundle(file).envelope.verify([key])
    except SealError:
        return False
    return True


def _changed(file: bytes) -> bytes:
    """The file with one bit flipped, in the middle of some capture."""
    middle = len(file) // 2
    return file[:middle] + bytes([file[middle] ^ 1]) + file[middle + 1 :]
