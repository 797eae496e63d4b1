"""Signatures: Ed25519 over DSSE envelopes (in-toto). The only file of `evidence` that needs
`cryptography`; everything it makes can be checked with openssl (docs/verify.md).

A key's id is the SHA-256 of its SubjectPublicKeyInfo in DER:
`openssl pkey -pubin -in KEY.pem -outform DER | sha256sum`.
The identity of what is signed is the SHA-256 of the *payload*: further signatures (a second
collector, a reviewer) go into the same envelope and leave the identity as it is.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from evidence.errors import ConfigurationError, SealError, shown

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_KEYID = re.compile(r"[0-9a-f]{64}")
_HEAD = b'{"payload":"'
# RFC 8410: every Ed25519 SubjectPublicKeyInfo is these twelve bytes and the raw key.
_SPKI_HEAD = bytes.fromhex("302a300506032b6570032100")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 public key, by its 32 raw bytes."""

    raw: bytes

    @property
    def keyid(self) -> str:
        return sha256(_SPKI_HEAD + self.raw).hexdigest()

    @property
    def pem(self) -> str:
        body = base64.b64encode(_SPKI_HEAD + self.raw).decode("ascii")
        return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made that signature over that message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    @classmethod
    def of_pem(cls, pem: bytes, source: str = "the key") -> PublicKey:
        """The key in a PEM file's bytes. Raises ConfigurationError `key_unusable`."""
        try:
            key = serialization.load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm):
            raise _unusable(source, "no public key in PEM form") from None
        if not isinstance(key, Ed25519PublicKey):
            raise _unusable(source, "not an Ed25519 key")
        return cls(key.public_bytes_raw())


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """An Ed25519 private key. Its file is PKCS#8 PEM, mode 0600, not encrypted by us: the disk,
    a systemd credential or a vault protects it."""

    raw: bytes

    @property
    def public(self) -> PublicKey:
        return PublicKey(_private(self.raw).public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        return _private(self.raw).sign(message)

    def write(self, path: Path) -> None:
        """Write a new key file, never over an old one, readable by its owner only and synced."""
        pem = _private(self.raw).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())

    @classmethod
    def generate(cls) -> SigningKey:
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def read(cls, path: Path) -> SigningKey:
        """The key in a PEM file that only its owner can read.

        Raises ConfigurationError: `key_missing`, `file_mode`, `key_unusable`.
        """
        try:
            mode = path.stat().st_mode & 0o777
            pem = path.read_bytes()
        except FileNotFoundError:
            raise ConfigurationError(
                f"there is no key {path}", code="key_missing", next_step="make it with `init`"
            ) from None
        if mode & 0o077:
            raise ConfigurationError(
                f"{path} can be read by others (mode {mode:04o})",
                code="file_mode",
                next_step=f"chmod 600 {path}",
            )
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except TypeError:
            raise _unusable(str(path), "encrypted, and no passphrase is asked for") from None
        except (ValueError, UnsupportedAlgorithm):
            raise _unusable(str(path), "no private key in PEM form") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise _unusable(str(path), "not an Ed25519 key")
        return cls(key.private_bytes_raw())


@lru_cache(maxsize=8)
def _private(raw: bytes) -> Ed25519PrivateKey:
    """The key, loaded once: that takes longer than a signature."""
    return Ed25519PrivateKey.from_private_bytes(raw)


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: the bytes a signature is made over."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


@dataclass(frozen=True, slots=True)
class Signature:
    keyid: str
    sig: bytes


@dataclass(frozen=True)
class Envelope:
    """A signed statement: the payload as the very bytes that were signed, and who signed them."""

    payload: bytes
    signatures: tuple[Signature, ...] = ()
    payload_type: str = PAYLOAD_TYPE

    # Without slots, so that this is worked out once: payloads are of megabytes, and asked for it
    # by the thousand.
    @cached_property
    def digest(self) -> str:
        """The identity of what is said: SHA-256 of the payload."""
        return sha256(self.payload).hexdigest()

    def signed_by(self, key: SigningKey) -> Envelope:
        """This envelope with that key's signature; unchanged if it already signed."""
        keyid = key.public.keyid
        if any(one.keyid == keyid for one in self.signatures):
            return self
        made = Signature(keyid, key.sign(pae(self.payload_type, self.payload)))
        return replace(self, signatures=(*self.signatures, made))

    def verify(self, keys: Iterable[PublicKey]) -> tuple[PublicKey, ...]:
        """Those of `keys` that signed this payload, at least one.

        A signature of a key not among them says nothing either way. Raises SealError
        `signature_invalid` when one of `keys` is named but did not sign these bytes, and
        `key_untrusted` when none of `keys` is named at all.
        """
        known = {key.keyid: key for key in keys}
        message = pae(self.payload_type, self.payload)
        found = []
        for one in self.signatures:
            key = known.get(one.keyid)
            if key is None:
                continue
            if not key.holds(message, one.sig):
                raise SealError(
                    f"the signature of key {one.keyid} does not fit the payload {self.digest}",
                    code="signature_invalid",
                    next_step="the statement or its signature was changed; fetch it again",
                )
            found.append(key)
        if not found:
            named = ", ".join(one.keyid for one in self.signatures)
            raise SealError(
                f"signed by {named}, and none of these keys is trusted here",
                code="key_untrusted",
                next_step="get the public key from its owner, not from the file's sender",
            )
        return tuple(found)

    def to_json(self) -> bytes:
        """Canonical JSON, put together by hand: nothing in it has to be escaped."""
        return b"".join((_HEAD, _encoded(self.payload), self._rest()))

    def _rest(self) -> bytes:
        """What follows the payload."""
        signatures = ",".join(
            f'{{"keyid":"{one.keyid}","sig":"{_encoded(one.sig).decode("ascii")}"}}'
            for one in self.signatures
        )
        rest = f'","payloadType":"{self.payload_type}","signatures":[{signatures}]}}'
        return rest.encode("ascii")

    @classmethod
    def parse(cls, data: bytes) -> Envelope:
        """The envelope written as `data`; one way of writing each, so that no bit is free.

        Raises SealError `envelope_invalid`, saying what is wrong with it.
        """
        if not data.startswith(b"{"):
            raise _invalid("it does not parse (no JSON object)")
        if not data.startswith(_HEAD):
            raise _invalid("it is not written in the one canonical form")
        # The payload, which may be of megabytes, ends at the next quotation mark. What it decodes
        # from is the one way to write it; what follows is written again and compared.
        end = data.find(b'"', len(_HEAD))
        try:
            record = json.loads(data[: len(_HEAD)] + data[end:])
            envelope = cls(
                payload=_decoded(data[len(_HEAD) : end]),
                signatures=tuple(
                    Signature(_keyid(one["keyid"]), _decoded(one["sig"].encode("ascii")))
                    for one in record["signatures"]
                ),
                payload_type=record["payloadType"],
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise _invalid(f"it does not parse ({shown(repr(error))})") from None
        if envelope.payload_type != PAYLOAD_TYPE:
            raise _invalid(f"its payload type is {shown(str(envelope.payload_type))!r}")
        if not envelope.signatures:
            raise _invalid("it carries no signature")
        if len({one.keyid for one in envelope.signatures}) < len(envelope.signatures):
            raise _invalid("two of its signatures name the same key")
        if data[end:] != envelope._rest():
            raise _invalid("it is not written in the one canonical form")
        return envelope


def _encoded(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False)


def _decoded(text: bytes) -> bytes:
    """What base64 says, if it is written as `_encoded` writes it. Raises ValueError."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error as error:
        raise ValueError(f"bad base64: {error}") from None
    # Strictly read, only the last letter may have bits that say nothing.
    if _encoded(data[-(len(data) % 3 or 3) :]) != text[-4:]:
        raise ValueError("bad base64: bits past its end")
    return data


def _keyid(text: object) -> str:
    if not isinstance(text, str) or not _KEYID.fullmatch(text):
        raise ValueError("a keyid is a SHA-256 in hexadecimal")
    return text


def _invalid(what: str) -> SealError:
    return SealError(f"the envelope is not valid: {what}", code="envelope_invalid")


def _unusable(source: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{source} cannot be used: {why}",
        code="key_unusable",
        next_step="make an Ed25519 key: openssl genpkey -algorithm ed25519",
    )
