"""Keys of SSH: the device's host key, and the private key an account logs in with."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Set
from io import StringIO

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from paramiko import ECDSAKey, Ed25519Key, MissingHostKeyPolicy, PKey, RSAKey, SSHClient

from agent.secret import Credential
from evidence.device import Device
from evidence.errors import IdentityRefused, LoginRefused

_CLASSES: tuple[tuple[type, type[PKey]], ...] = (
    (Ed25519PrivateKey, Ed25519Key),
    (EllipticCurvePrivateKey, ECDSAKey),
    (RSAPrivateKey, RSAKey),
)


class PinPolicy(MissingHostKeyPolicy):
    """Accepts pinned host keys only. It is asked before anything of the account is sent.

    IdentityRefused is no SSHException, so no library takes it for a time-out to retry.
    """

    def __init__(self, device: Device, pins: Set[str]) -> None:
        self._device = device
        self._pins = pins
        self.seen: str | None = None

    def missing_host_key(self, client: SSHClient, hostname: str, key: PKey) -> None:
        self.seen = key.fingerprint
        if self.seen in self._pins:
            return
        client.close()
        who, accept = (
            self._device.id,
            f"evidence-agent hostkey accept {self._device.id} {self.seen}",
        )
        if not self._pins:
            raise IdentityRefused(
                f"{who}: host key {self.seen} ({key.get_name()}) is not known; no log-in was tried",
                code="host_key_unknown",
                next_step=f"compare it with the device's console, then: {accept}",
            )
        raise IdentityRefused(
            f"{who}: host key is now {self.seen} ({key.get_name()}), pinned is "
            f"{', '.join(sorted(self._pins))}; no log-in was tried",
            code="host_key_changed",
            next_step=f"find out why it changed; only after a known replacement: {accept}",
        )


def private_key(device: Device, credential: Credential) -> PKey | None:
    """The account's private key; None when it has none. Raises LoginRefused (`key_unusable`)."""
    if credential.private_key is None:
        return None
    text = credential.private_key.reveal()
    if _is_dsa(text):
        raise _unusable(device, "is a DSA key, which SSH gave up")
    locked = credential.passphrase.reveal().encode() if credential.passphrase else None
    load = load_ssh_private_key if "BEGIN OPENSSH" in text else load_pem_private_key
    try:
        key = load(text.encode(), locked)
    except TypeError:
        why = "has a passphrase and none is given" if locked is None else "has no passphrase"
        raise _unusable(device, why) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _unusable(device, "cannot be read: damaged, wrong passphrase or old kind") from None
    for kind, of_paramiko in _CLASSES:
        if isinstance(key, kind):
            plain = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
            return of_paramiko.from_private_key(StringIO(plain.decode()))
    raise _unusable(device, "is of a kind SSH does not know")


def _is_dsa(text: str) -> bool:
    """Told from the text: libraries warn about such keys, or fail, each in its own way."""
    body = "".join(line for line in text.splitlines() if not line.startswith("-"))
    try:
        return "BEGIN DSA" in text or b"ssh-dss" in b64decode(body)
    except ValueError:
        return False


def _unusable(device: Device, why: str) -> LoginRefused:
    return LoginRefused(
        f"{device.id}: the private key of {device.credential or 'the account'} {why}",
        code="key_unusable",
        next_step="use an Ed25519, ECDSA or RSA key, and give its passphrase as a credential",
    )
