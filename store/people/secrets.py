"""Passwords (argon2id) and one-time codes (TOTP, RFC 6238)."""

from __future__ import annotations

import os
import threading
from base64 import b64encode
from datetime import datetime
from pathlib import Path

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from evidence.errors import ConfigurationError
from store.folder import make_once

SHORTEST = 12
ISSUER = "evidence-store"
_STEP_S = 30
_NONCE_BYTES = 12
_HASHER = PasswordHasher()
# Each takes 64 MiB and every core: two at a time are as fast as forty, in a twentieth of the room.
_AT_ONCE = threading.Semaphore(2)


def _of_no_password() -> str:
    """What a password's hash looks like, of none: made without the work that hashing one takes."""
    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    salt, digest = (
        b64encode(os.urandom(length)).decode().rstrip("=")
        for length in (_HASHER.salt_len, _HASHER.hash_len)
    )
    return f"$argon2id$v={ARGON2_VERSION}${cost}${salt}${digest}"


# An account that is not there takes as long to refuse as one that is.
_NOBODY = _of_no_password()


def hashed(password: str, account: str) -> str:
    """The password's argon2id form. Raises ConfigurationError `password_weak`."""
    if len(password) < SHORTEST or account.casefold() in password.casefold():
        raise ConfigurationError(
            f"a password has at least {SHORTEST} characters, and not the account's name in it",
            code="password_weak",
            next_step="take another one; four words that nobody else would put together will do",
        )
    return _HASHER.hash(password)


def holds(password: str, kept: str | None) -> bool:
    """Whether this is the password; takes as long where there is none."""
    try:
        with _AT_ONCE:
            return _HASHER.verify(kept or _NOBODY, password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


class Codes:
    """One-time codes. Their secrets are kept sealed with a key that lies beside the database."""

    def __init__(self, folder: Path) -> None:
        self._key = AESGCM(_own_key(folder / "people.key"))

    def new_secret(self) -> str:
        return pyotp.random_base32()

    def seal(self, secret: str, account: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._key.encrypt(nonce, secret.encode(), account.encode())

    def address(self, secret: str, account: str) -> str:
        """What an authenticator scans: an `otpauth:` address."""
        return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)

    def step(
        self, sealed: bytes, account: str, code: str, at: datetime, used_step: int
    ) -> int | None:
        """The time step whose code this is, the newest first; None: it is not, or was used.

        A step to either side is taken: telephones' clocks differ.
        """
        try:
            nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            secret = self._key.decrypt(nonce, rest, account.encode()).decode()
        except InvalidTag:
            return None
        totp = pyotp.TOTP(secret)
        now = int(at.timestamp()) // _STEP_S
        for step in (now + 1, now, now - 1):
            if step > used_step and pyotp.utils.strings_equal(code, totp.at(step * _STEP_S)):
                return step
        return None


def _own_key(path: Path) -> bytes:
    """A key of this store's own, made at the first need."""
    if not path.exists():
        make_once(path, _write_key)
    return path.read_bytes()


def _write_key(path: Path) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(AESGCM.generate_key(256))
        file.flush()
        os.fsync(file.fileno())
