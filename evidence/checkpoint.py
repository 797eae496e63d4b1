"""A checkpoint: the store's signed word on how long its log is and what its root is.

The form is that of transparency logs (C2SP `tlog-checkpoint`, a signed note), so that their
witnesses and monitors can read it.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256

from evidence.errors import SealError
from evidence.seal import PublicKey, SigningKey

_ED25519 = b"\x01"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`origin` names the log; `size` counts its entries; `root` is its Merkle tree hash."""

    origin: str
    size: int
    root: bytes

    def sign(self, key: SigningKey) -> str:
        """The signed note: three lines, an empty one, and the signature line."""
        text = f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n"
        signature = _key_hash(self.origin, key.public) + key.sign(text.encode())
        return f"{text}\n— {self.origin} {base64.b64encode(signature).decode('ascii')}\n"

    @classmethod
    def parse(cls, note: str, key: PublicKey) -> Checkpoint:
        """The checkpoint in a note that `key` signed. Raises SealError `checkpoint_invalid`."""
        text, separator, signatures = note.partition("\n\n")
        lines = text.split("\n")
        try:
            origin, size, root = lines
            checkpoint = cls(origin, int(size), base64.b64decode(root, validate=True))
            signed = [
                base64.b64decode(line.removeprefix(f"— {origin} "), validate=True)
                for line in signatures.splitlines()
                if line.startswith(f"— {origin} ")
            ]
        except (ValueError, binascii.Error):
            raise SealError("this is not a checkpoint", code="checkpoint_invalid") from None
        message, hashed = f"{text}\n".encode(), _key_hash(origin, key)
        if not separator or not any(
            one[:4] == hashed and key.holds(message, one[4:]) for one in signed
        ):
            raise SealError(
                f"key {key.keyid} did not sign this checkpoint", code="checkpoint_invalid"
            )
        return checkpoint


def _key_hash(origin: str, key: PublicKey) -> bytes:
    return sha256(origin.encode() + b"\n" + _ED25519 + key.raw).digest()[:4]
