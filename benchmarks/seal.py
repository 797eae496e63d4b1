"""Sealing visits into bundle files and verifying them, beside hashing the same bytes alone."""

from __future__ import annotations

import gc
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from benchmarks.result import Result, Spent, beside, spent
from benchmarks.visits import Visit, visit
from evidence.bundle import Bundle, read_bundle, seal
from evidence.errors import SealError
from evidence.seal import PublicKey, SigningKey, pae

_FLOOR = "SHA-256 of the bytes"
_AT_ONCE = 200


def run(
    *, visits: int = 40, size_bytes: int = 200_000, rounds: int = 3, many: int = 400
) -> Iterator[Result]:
    """Each visit is signed and written as a file in memory; each file is opened and checked.
    So many more are verified beside what their signatures and digests cost."""
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
    yield from _many(many, size_bytes, key)


def _many(count: int, size_bytes: int, key: SigningKey) -> Iterator[Result]:
    """CPU of a verification, of signatures and digests alone, and of these with unpacking: a
    capture has to be unpacked before it has a digest. In turn, so many at a time."""
    cpu_s, truth = [0.0, 0.0, 0.0], True
    for begun in range(0, count, _AT_ONCE):
        numbers = range(begun, min(begun + _AT_ONCE, count))
        sealed = [seal(*visit(number, size_bytes), key) for number in numbers]
        bare = [_Bare.of(one) for one in sealed]
        del sealed
        gc.collect()  # what making them left behind is nobody's work
        works: tuple[Callable[[_Bare], bool], ...] = (
            lambda one: _holds(one.file, key.public),
            lambda one: one.signed_and_hashed(key.public),
            _Bare.unpacked,
        )
        for at, work in enumerate(works):
            took, held = spent(partial(_all, work, bare))
            cpu_s[at] += took.cpu_s
            truth = truth and held
    ours, hashed, unpacked = cpu_s
    for floor, against in (
        (hashed + unpacked, "unpacking, SHA-256 and Ed25519 alone"),
        (hashed, "SHA-256 and Ed25519 alone"),
    ):
        yield Result(
            name="seal: many verified",
            ours=count / ours,
            peer=count / floor,
            unit="bundles/CPU s",
            against=against,
            truth=truth,
            note=f"{count:,} bundles; {ours / floor:.2f} times the CPU",
        )


def _all(work: Callable[[_Bare], bool], bare: Sequence[_Bare]) -> bool:
    return all([work(one) for one in bare])


@dataclass(frozen=True)
class _Bare:
    """A bundle's file taken apart beforehand, so that only the arithmetic is left."""

    file: bytes
    signed: bytes
    signature: bytes
    captures: tuple[tuple[str, bytes], ...]
    packed: tuple[tuple[int, bytes], ...]

    @classmethod
    def of(cls, bundle: Bundle) -> _Bare:
        envelope = bundle.envelope
        return cls(
            file=bundle.to_bytes(),
            signed=pae(envelope.payload_type, envelope.payload),
            signature=envelope.signatures[0].sig,
            captures=tuple(bundle.captures.items()),
            packed=tuple(
                (len(body), _deflated(body))
                for body in (*bundle.captures.values(), envelope.to_json())
            ),
        )

    def signed_and_hashed(self, key: PublicKey) -> bool:
        sha256(self.file).digest()
        hashed = all(sha256(body).hexdigest() == digest for digest, body in self.captures)
        return key.holds(self.signed, self.signature) and hashed

    def unpacked(self) -> bool:
        """As quickly as zlib does it: into as much room as is needed, and nothing compared."""
        found = (zlib.decompress(packed, -15, size) for size, packed in self.packed)
        return all(map(zlib.crc32, found))


def _deflated(body: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


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
