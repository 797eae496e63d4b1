"""X.509 certificates as facts: what one says of itself. Whether it is trusted is not asked here."""

from __future__ import annotations

from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from evidence.facts import Certificate


def certificate(
    der: bytes, *, address: str | None = None, port: int | None = None, depth: int = 0
) -> Certificate:
    """The fact of a certificate. One that cannot be read keeps its digest: all else is None."""
    digest = sha256(der).hexdigest()
    bare = Certificate(sha256=digest, address=address, port=port, depth=depth)
    try:
        found = x509.load_der_x509_certificate(der)
        key, bits = _key(found)
        return Certificate(
            sha256=digest,
            address=address,
            port=port,
            depth=depth,
            subject=found.subject.rfc4514_string(),
            issuer=found.issuer.rfc4514_string(),
            names=_names(found),
            key=key,
            key_bits=bits,
            signature_hash=_hash(found),
            self_signed=found.issuer == found.subject,
            begins_at=found.not_valid_before_utc,
            expires_at=found.not_valid_after_utc,
        )
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return bare


def _key(found: x509.Certificate) -> tuple[str | None, int | None]:
    try:
        key = found.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None, None
    match key:
        case rsa.RSAPublicKey():
            return "rsa", key.key_size
        case dsa.DSAPublicKey():
            return "dsa", key.key_size
        case ec.EllipticCurvePublicKey():
            return "ec", key.curve.key_size
        case ed25519.Ed25519PublicKey():
            return "ed25519", 256
        case ed448.Ed448PublicKey():
            return "ed448", 448
    return None, None


def _hash(found: x509.Certificate) -> str | None:
    """The digest that was signed: `sha256`. An Edwards curve's signature has its own: its name."""
    try:
        algorithm = found.signature_hash_algorithm
    except UnsupportedAlgorithm:
        name = getattr(found.signature_algorithm_oid, "_name", "")
        return next((one for one in ("md5", "md2", "sha1") if one in name.casefold()), None)
    return "own" if algorithm is None else algorithm.name


def _names(found: x509.Certificate) -> tuple[str, ...]:
    """The names it is for, as the subject alternative name lists them."""
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    except (ValueError, x509.DuplicateExtension):
        return ()
    hosts = extension.value.get_values_for_type(x509.DNSName)
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    return (*hosts, *map(str, addresses))
