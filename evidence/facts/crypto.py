"""Cryptography in use, and what protects a host."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from evidence.facts.base import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmOffer(Fact):
    """What a service offers, or a configuration allows, for one part of a protocol.

    `protocol` is ssh, tls, ike, esp, snmp, ntp, password; `part` is kex, host_key, cipher, mac,
    version, suite, group … `names` are the protocol's own, in the order told; none: it offers
    none. `place` is the tunnel, profile, account or port range it holds for, `sizes_bits` pairs a
    key or group with its bits. `source` tells a server's own words on the wire from a setting.
    """

    protocol: str
    part: str
    names: tuple[str, ...] = ()
    sizes_bits: tuple[tuple[str, int], ...] = ()
    place: str | None = None
    address: str | None = None
    port: int | None = None
    source: Literal["wire", "configuration"] = "wire"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(Fact):
    """A certificate that a service shows, `depth` 0 its own, 1 its issuer's …

    `key` is rsa, dsa, ec, ed25519, ed448; `signature_hash` what the issuer signed (`own`: the
    signature has a digest of its own). `sha256` is the digest of its DER form. All but that is
    None where it could not be read.
    """

    sha256: str
    depth: int = 0
    subject: str | None = None
    issuer: str | None = None
    names: tuple[str, ...] = ()
    key: str | None = None
    key_bits: int | None = None
    signature_hash: str | None = None
    self_signed: bool | None = None
    begins_at: datetime | None = None
    expires_at: datetime | None = None
    place: str | None = None
    address: str | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionState(Fact):
    """How a host is protected against what should not run on it, as one product says.

    `kind`: malware (anti-virus, EDR), allow_list (application control), posture (disk encryption,
    firewall, management, proxy). `mode` is enforce, audit or off for an allow-list; of posture
    the product's own word. `full_scan_at`: when the last whole scan ended.
    """

    kind: Literal["malware", "allow_list", "posture"]
    product: str
    installed: bool | None = None
    enabled: bool | None = None
    mode: str | None = None
    version: str | None = None
    signatures_at: datetime | None = None
    full_scan_at: datetime | None = None
    quick_scan_at: datetime | None = None
    covers: tuple[str, ...] = ()
    detail: str | None = None
