"""A checkpoint: the store's signed word on how long its log is and what its root is.

The form is that of transparency logs (C2SP `tlog-checkpoint`, a signed note), so that their
witnesses and monitors can read it.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from evidence.errors import SealError, shown
from evidence.seal import PublicKey, SigningKey

_ED25519, _COSIGNATURE = b"\x01", b"\x04"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`origin` names the log; `size` counts its entries; `root` is its Merkle tree hash."""

    origin: str
    size: int
    root: bytes

    def sign(self, key: SigningKey) -> str:
        """The signed note: three lines, an empty one, and the signature line."""
        text = f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n"
        signature = _hash_of(self.origin, _ED25519, key.public) + key.sign(text.encode())
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
        message, hashed = f"{text}\n".encode(), _hash_of(origin, _ED25519, key)
        if not separator or not any(
            one[:4] == hashed and key.holds(message, one[4:]) for one in signed
        ):
            raise SealError(
                f"key {key.keyid} did not sign this checkpoint", code="checkpoint_invalid"
            )
        return checkpoint


def body_of(note: str) -> str:
    """The lines of a note that are signed, with the last one's end."""
    return note.partition("\n\n")[0] + "\n"


def cosign(note: str, name: str, key: SigningKey, now: datetime) -> str:
    """A witness's line under a note (C2SP `tlog-cosignature` v1): it saw at that second that the
    log of the note only added to the one it signed before."""
    at = int(now.timestamp())
    signature = key.sign(_cosigned(note, at))
    hashed = _hash_of(name, _COSIGNATURE, key.public)
    line = base64.b64encode(hashed + at.to_bytes(8) + signature).decode("ascii")
    return f"— {name} {line}"


def cosigned_at(note: str, line: str, name: str, key: PublicKey) -> datetime:
    """When that witness signed the note. Raises SealError `cosignature_invalid`."""
    head = f"— {name} "
    try:
        found = base64.b64decode(line.removeprefix(head), validate=True)
    except (ValueError, binascii.Error):
        found = b""
    at = int.from_bytes(found[4:12])
    whole = line.startswith(head) and found[:4] == _hash_of(name, _COSIGNATURE, key)
    if not whole or len(found) != 76 or not key.holds(_cosigned(note, at), found[12:]):
        raise SealError(
            f"witness {shown(name)} did not sign this checkpoint", code="cosignature_invalid"
        )
    return datetime.fromtimestamp(at, UTC)


def _cosigned(note: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{body_of(note)}".encode()


def _hash_of(name: str, kind: bytes, key: PublicKey) -> bytes:
    return sha256(name.encode() + b"\n" + kind + key.raw).digest()[:4]
