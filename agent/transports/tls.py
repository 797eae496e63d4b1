"""Whom TLS trusts: one pinned certificate, one CA file, or the system's CAs. Never everybody."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from hashlib import sha256

from evidence.device import Device
from evidence.errors import (
    ConfigurationError,
    IdentityRefused,
    Unreachable,
    VisitError,
    shown,
)
from evidence.way import written

HANDSHAKE_S = 20.0


def fingerprint(certificate: bytes) -> str:
    """`SHA256:` and the hexadecimal digest of a certificate (DER), as openssl counts it."""
    return f"SHA256:{sha256(certificate).hexdigest()}"


def tls_way(connection: ssl.SSLSocket) -> str:
    """What protects a connection that stands (`evidence.way`)."""
    cipher = connection.cipher()
    return written("tls", version=connection.version(), cipher=cipher[0] if cipher else None)


@dataclass(frozen=True, slots=True)
class Trust:
    """How a device's certificate is judged: against a pin alone, or by the context's CAs."""

    context: ssl.SSLContext
    pin: str | None


def trust(device: Device) -> Trust:
    """From the device's options `tls_fingerprint` or `tls_ca`, else the system's CAs.

    Raises ConfigurationError when the fingerprint is none, or the file holds no CA.
    """
    pinned = device.options.get("tls_fingerprint")
    if pinned is not None:
        # The pin is compared in the handshake's end, before any HTTP is written; names and
        # dates of a certificate known byte for byte add nothing.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return Trust(context, _hex(device, pinned))
    file = device.options.get("tls_ca")
    try:
        return Trust(ssl.create_default_context(cafile=file), None)
    except OSError as error:
        raise ConfigurationError(
            f"{device.id}: tls_ca {file} holds no certificates: {error}", code="tls_ca_invalid"
        ) from None


def _hex(device: Device, pinned: str) -> str:
    digits = pinned.replace(":", "").lower().removeprefix("sha256")
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ConfigurationError(
            f"{device.id}: tls_fingerprint {pinned!r} is no SHA-256 fingerprint",
            code="tls_fingerprint_invalid",
            next_step="openssl x509 -noout -fingerprint -sha256 -in CERTIFICATE",
        )
    return digits


def no_tls(who: str, address: tuple[str, int], why: str) -> VisitError:
    """What a failed handshake means: no TLS at all, or a certificate that is not trusted."""
    if "ingerprint" not in why and "certificate" not in why.lower():
        return Unreachable(f"{who}: no TLS: {shown(why)}", code="tls_failed")
    return IdentityRefused(
        f"{who}: certificate {_shown_by(address)} is not trusted: {shown(why, 200)}",
        code="tls_untrusted",
        next_step="compare it with the device's own display, then set the option "
        "tls_fingerprint, or tls_ca to the file of the CA that issued it",
    )


def _shown_by(address: tuple[str, int]) -> str:
    """The fingerprint of what the device shows now: a handshake, and nothing after it."""
    try:
        certificate = ssl.get_server_certificate(address, timeout=HANDSHAKE_S)
    except OSError:
        return "(gone)"
    return fingerprint(ssl.PEM_cert_to_DER_cert(certificate))
