"""Cryptography that a FortiGate's configuration allows: IKE, IPsec, SNMP, NTP, administration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.fortios._answer import Part, parts, said
from evidence.capture import Capture
from evidence.facts import AlgorithmOffer

Row = Mapping[str, Any]

# `aes256`, `aes128gcm`, `chacha20poly1305`, `3des` of a proposal, and the digest behind the dash.
_AES = re.compile(r"aes(\d+)(gcm)?")
_TLS = {
    **{"tlsv1-0": "TLSv1", "tlsv1-1": "TLSv1.1", "tlsv1-2": "TLSv1.2", "tlsv1-3": "TLSv1.3"},
    **{"tls1-0": "TLSv1", "tls1-1": "TLSv1.1", "tls1-2": "TLSv1.2", "tls1-3": "TLSv1.3"},
    "sslv3": "SSLv3",
}
_ORDER = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_LEVELS = {"no-auth-no-priv": (True, True), "auth-no-priv": (False, True)}


def phase1(capture: Capture) -> Iterator[AlgorithmOffer]:
    """The first phase of every tunnel that is not switched off."""
    for part, row in _rows(capture):
        place = _named(part, "phase 1", row)
        yield _offer("ike", "version", place, said(row.get("ike-version")))
        if said(row.get("ike-version")) == "1":
            yield _offer("ike", "mode", place, said(row.get("mode")))
        yield from _proposal("ike", place, row)


def phase2(capture: Capture) -> Iterator[AlgorithmOffer]:
    """The second phase; its groups only where keys are exchanged anew."""
    for part, row in _rows(capture):
        place = _named(part, "phase 2", row)
        fresh = row.get("pfs") != "disable"
        yield from _proposal("esp", place, row, fresh)
        if not fresh:
            yield _offer("esp", "group", place, "none")


def snmp_communities(capture: Capture) -> Iterator[AlgorithmOffer]:
    """The versions that communities may be used with."""
    versions = [
        version
        for _, row in _rows(capture)
        if row.get("status") != "disable"
        for version, field in (("1", "query-v1-status"), ("2c", "query-v2c-status"))
        if row.get(field) != "disable"
    ]
    if versions:
        yield _offer("snmp", "version", "community", *dict.fromkeys(versions))


def snmp_users(capture: Capture) -> Iterator[AlgorithmOffer]:
    """How each user of SNMP 3 is protected."""
    for _, row in _rows(capture):
        if row.get("status") == "disable":
            continue
        place = f"user {said(row.get('name'))}"
        bare_auth, bare_privacy = _LEVELS.get(str(row.get("security-level")), (False, False))
        auth = str(row.get("auth-proto"))
        digest = auth if auth in ("md5", "sha") else f"sha-{auth.removeprefix('sha')}"
        yield _offer("snmp", "version", place, "3")
        yield _offer("snmp", "auth", place, "none" if bare_auth else digest)
        yield _offer(
            "snmp", "privacy", place, "none" if bare_privacy else said(row.get("priv-proto"))
        )


def ntp(capture: Capture) -> Iterator[AlgorithmOffer]:
    """How the answers of own time servers are proved; FortiGuard's have no setting."""
    for part in parts(capture):
        row = part.results
        if not isinstance(row, Mapping) or row.get("type") != "custom":
            continue
        for server in row.get("ntpserver") or ():
            proved = server.get("authentication") == "enable"
            kind = str(server.get("key-type") or ("sha1" if server.get("ntpv3") else "md5"))
            yield _offer(
                "ntp", "auth", said(server.get("server")), kind.casefold() if proved else "none"
            )


def administration(capture: Capture) -> Iterator[AlgorithmOffer]:
    """The versions of TLS that the administration page takes."""
    for part in parts(capture):
        row = part.results
        if isinstance(row, Mapping) and row.get("admin-https-ssl-versions"):
            words = str(row["admin-https-ssl-versions"]).split()
            yield _offer("tls", "version", "administration", *(_TLS.get(one, one) for one in words))


def portal(capture: Capture) -> Iterator[AlgorithmOffer]:
    """The versions of TLS that the SSL-VPN takes, from the least that is set."""
    for part in parts(capture):
        row = part.results
        if not isinstance(row, Mapping) or row.get("status") == "disable":
            continue
        least = _TLS.get(str(row.get("ssl-min-proto-ver")))
        most = _TLS.get(str(row.get("ssl-max-proto-ver")), "TLSv1.3")
        if least in _ORDER and most in _ORDER:
            names = _ORDER[_ORDER.index(least) : _ORDER.index(most) + 1]
            yield _offer("tls", "version", f"{part.vdom} SSL-VPN", *names)


def _proposal(
    protocol: str, place: str, row: Row, grouped: bool = True
) -> Iterator[AlgorithmOffer]:
    ciphers: list[str] = []
    macs: list[str] = []
    for one in str(row.get("proposal") or "").split():
        cipher, _, digest = one.partition("-")
        if match := _AES.fullmatch(cipher):
            name = f"aes-gcm-{match[1]}" if match[2] else f"aes-{match[1]}"
        else:
            name = {"chacha20poly1305": "chacha20-poly1305"}.get(cipher, cipher)
        ciphers.append(name)
        combined = "gcm" in name or "poly1305" in name
        macs.append("aead" if combined else digest or "none")
    if ciphers:
        yield _offer(protocol, "cipher", place, *dict.fromkeys(ciphers))
        yield _offer(protocol, "mac", place, *dict.fromkeys(macs))
    if grouped and (groups := str(row.get("dhgrp") or "").split()):
        yield _offer(protocol, "group", place, *groups)


def _offer(protocol: str, part: str, place: str | None, *names: str | None) -> AlgorithmOffer:
    return AlgorithmOffer(
        protocol=protocol,
        part=part,
        place=place,
        names=tuple(one for one in names if one is not None),
        source="configuration",
    )


def _rows(capture: Capture) -> Iterator[tuple[Part, Row]]:
    """The rows of lists; an answer without one (a VDOM without tunnels) has none."""
    for part in parts(capture):
        for row in part.results if isinstance(part.results, list) else ():
            if isinstance(row, Mapping):
                yield part, row


def _named(part: Part, what: str, row: Row) -> str:
    return f"{part.vdom} {what} {said(row.get('name'))}"
