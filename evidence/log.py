"""The Merkle tree of RFC 6962: hashes, and proofs that an entry is in it or that it only grew.

Leaves and nodes are hashed with different first bytes, so that a node can never pass for an
entry. Trees of n entries split at the largest power of two below n. Verification follows
RFC 9162, 2.1.3.2 and 2.1.4.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

EMPTY_ROOT = sha256().digest()
TILE = 256
"""How many hashes a tile holds (C2SP `tlog-tiles`), and how many tiles one of the next level."""

RootOf = Callable[[int, int], bytes]
"""The root of the leaves from the first to before the last of a range."""


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is needed of a tree to append to it: its complete subtrees, the largest first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    @property
    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY_ROOT
        *left, root = self.peaks
        for peak in reversed(left):
            root = node_hash(peak, root)
        return root

    def append(self, leaf: bytes) -> Frontier:
        peaks, size = list(self.peaks), self.size
        while size & 1:  # two complete subtrees of the same size make one
            leaf = node_hash(peaks.pop(), leaf)
            size >>= 1
        return Frontier(self.size + 1, (*peaks, leaf))

    def proof_of_next(self) -> list[bytes]:
        """The inclusion proof of the next entry in the tree it completes."""
        return list(reversed(self.peaks))


def frontier(leaves: Iterable[bytes]) -> Frontier:
    grown = Frontier()
    for leaf in leaves:
        grown = grown.append(leaf)
    return grown


def root_of(leaves: Sequence[bytes]) -> bytes:
    return frontier(leaves).root


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Sibling hashes from leaf `index` up to the root of all `leaves`. Raises IndexError."""
    return inclusion_path(len(leaves), index, lambda first, last: root_of(leaves[first:last]))


def inclusion_path(size: int, index: int, root: RootOf) -> list[bytes]:
    """The same for a log of `size` entries whose ranges' roots somebody else knows."""
    if not 0 <= index < size:
        raise IndexError(f"leaf {index} of a tree of {size}")
    proof: list[bytes] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + split(last - first)
        if index < middle:
            proof.append(root(middle, last))
            last = middle
        else:
            proof.append(root(first, middle))
            first = middle
    return proof[::-1]


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows `leaf` at `index` in the tree of `size` entries with that root."""
    if not 0 <= index < size:
        return False
    node, last = index, size - 1
    hashed = leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            hashed = node_hash(sibling, hashed)
            while node and not node & 1:  # the right edge climbs without siblings
                node, last = node >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and hashed == root


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """Hashes that show the first `old_size` leaves to be a beginning of all `leaves`.

    Raises IndexError when there are fewer leaves than that.
    """
    return consistency_path(len(leaves), old_size, lambda first, last: root_of(leaves[first:last]))


def consistency_path(size: int, old_size: int, root: RootOf) -> list[bytes]:
    """The same for a log of `size` entries whose ranges' roots somebody else knows."""
    if not 0 <= old_size <= size:
        raise IndexError(f"the first {old_size} of {size} leaves")
    if old_size in (0, size):
        return []
    proof: list[bytes] = []
    first, last, whole = 0, size, True
    while old_size != last:
        middle = first + split(last - first)
        if old_size <= middle:
            proof.append(root(middle, last))
            last = middle
        else:
            proof.append(root(first, middle))
            first, whole = middle, False
    if not whole:
        proof.append(root(first, last))
    return proof[::-1]


def consistent(
    old_size: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes
) -> bool:
    """Whether `proof` shows that the tree of `size` entries only added to that of `old_size`."""
    if old_size in (0, size):
        return not proof and (old_root == (root if old_size else EMPTY_ROOT))
    if not 0 < old_size < size:
        return False
    # A complete old tree is itself a node of the new one and starts the proof unsaid.
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        return False
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old == old_root and new == root


def split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
