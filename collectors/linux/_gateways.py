"""Ways into a Linux gateway: OpenVPN, WireGuard and strongSwan, by their own files and words.

OpenVPN: a certificate, a password (`plugin …pam…`, `auth-user-pass-verify`), or both, which are
two factors; what PAM asks for in turn, the file does not say. WireGuard knows keys and nothing
else. strongSwan lists each connection with the rounds of authentication of the other side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from evidence.facts import (
    AccessGrant,
    AlgorithmOffer,
    RemoteAccess,
    RemoteSession,
    SessionsSeen,
)

OPENVPN, WIREGUARD, STRONGSWAN = "OpenVPN", "WireGuard", "strongSwan"
# What OpenVPN 2.6 negotiates where its file says nothing.
_DEFAULT_CIPHERS = ("AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305")
_OWN = {
    *("server", "server-bridge", "client", "remote", "dev", "proto", "port", "ca", "cert", "key"),
    *("cipher", "data-ciphers", "auth", "tls-crypt", "tls-auth", "keepalive", "persist-key"),
}
_CONNECTION = re.compile(r"(?m)^([^\s:]+): (IKEv1(?:/2)?|IKEv2|IKEv1/2)")


def is_openvpn(text: str) -> bool:
    """Whether a text is one of OpenVPN's files: its directives, and no other program's words."""
    names = set(_directives(text))
    own = "dev" in names and len(names & _OWN) > 2  # without a device there is no tunnel
    return own and all(re.fullmatch(r"[a-z][a-z0-9-]*", one) for one in names)


def openvpn(text: str) -> Iterator[RemoteAccess | AccessGrant]:
    """A server's file: where it listens and what it asks of everybody. Clients' files are none."""
    said = _directives(text)
    if "server" not in said and "mode" not in said and "server-bridge" not in said:
        return
    wanted = said.get("verify-client-cert", [["require"]])[-1][:1]
    certificate = wanted not in (["none"], ["optional"]) and "client-cert-not-required" not in said
    plugins = " ".join(" ".join(words) for words in said.get("plugin", []))
    pam = "pam" in plugins
    password = pam or any(
        name in said for name in ("auth-user-pass-verify", "management-client-auth")
    )
    password = password or "radius" in plugins or "ldap" in plugins
    methods = tuple(
        name for name, asked in (("certificate", certificate), ("password", password)) if asked
    )
    factor = True if len(methods) == 2 else (None if password else False)
    port = (said.get("port") or said.get("lport") or [["1194"]])[-1][0]
    yield RemoteAccess(
        service=OPENVPN,
        enabled=True,
        address=(said.get("local") or [[""]])[-1][0] or None,
        port=int(port) if port.isdigit() else None,
        methods=methods,
        multi_factor=factor,
    )
    yield AccessGrant(
        service=OPENVPN,
        who="everybody with a certificate of its CA"
        if certificate
        else "everybody with a password",
        kind="everybody",
        enabled=True,
        methods=methods,
        multi_factor=factor,
        detail=plugins or None,
    )


def openvpn_offers(text: str) -> Iterator[AlgorithmOffer]:
    """Ciphers, digest and TLS versions of a server's or client's file."""
    said = _directives(text)
    listed = said.get("data-ciphers") or said.get("ncp-ciphers")
    names = listed[-1][0].upper().split(":") if listed and listed[-1] else [*_DEFAULT_CIPHERS]
    for words in (*said.get("cipher", []), *said.get("data-ciphers-fallback", [])):
        names += [words[0].upper() if words[0] != "none" else "none"] if words else []
    combined = all(one.endswith("-GCM") or "POLY1305" in one for one in names)
    digest = (said.get("auth") or [["aead" if combined else "SHA1"]])[-1][:1]
    least = (said.get("tls-version-min") or [["1.2"]])[-1][:1]
    versions = {"1.0": ["TLSv1", "TLSv1.1"], "1.1": ["TLSv1.1"]}.get("".join(least), [])
    for part, found in (
        ("cipher", dict.fromkeys(names)),
        ("mac", digest),
        ("version", [*versions, "TLSv1.2", "TLSv1.3"]),
    ):
        yield AlgorithmOffer(
            protocol="openvpn", part=part, names=tuple(found), source="configuration"
        )


def openvpn_sessions(text: str, read_at: datetime) -> Iterator[RemoteSession | SessionsSeen]:
    """The clients of a status file of version 2 or 3, in which times stand as seconds too."""
    found = 0
    for line in text.splitlines():
        cells = re.split(r"[,\t]", line)
        if cells[0] != "CLIENT_LIST" or len(cells) < 9:
            continue
        began = next((int(one) for one in cells[8:10] if one.isdigit() and len(one) > 8), None)
        found += 1
        yield RemoteSession(
            service=OPENVPN,
            user=cells[1] if cells[1] != "UNDEF" else "?",
            began_at=datetime.fromtimestamp(began, UTC) if began else None,
            source=cells[2].rsplit(":", 1)[0] or None,
            received_bytes=_number(cells[5]),
            sent_bytes=_number(cells[6]),
        )
    yield SessionsSeen(service=OPENVPN, until_at=read_at, sessions=found)


def wireguard(
    ports: str, allowed: str, handshakes: str, endpoints: str
) -> Iterator[RemoteAccess | AccessGrant | RemoteSession]:
    """Every peer of every interface: `wg show all …`, whose lines begin with the interface.

    There are no sessions: a peer's last handshake stands for one.
    """
    where = {cells[1]: cells[2] for cells in _tabbed(endpoints, 3)}
    met = {cells[1]: cells[2] for cells in _tabbed(handshakes, 3)}
    for interface, port in _tabbed(ports, 2):
        yield RemoteAccess(
            service=f"{WIREGUARD} {interface}",
            enabled=True,
            port=_number(port),
            methods=("public key",),
            multi_factor=False,
        )
    for interface, peer, addresses in _tabbed(allowed, 3):
        service = f"{WIREGUARD} {interface}"
        yield AccessGrant(
            service=service,
            who=peer,
            enabled=True,
            methods=("public key",),
            multi_factor=False,
            restricted=tuple(addresses.split()),
        )
        if (seconds := _number(met.get(peer))) and seconds > 0:
            source = where.get(peer, "").rsplit(":", 1)[0].strip("[]")
            yield RemoteSession(
                service=service,
                user=peer,
                began_at=datetime.fromtimestamp(seconds, UTC),
                source=source if source not in ("", "(none)") else None,
            )


def strongswan(text: str) -> Iterator[RemoteAccess | AccessGrant]:
    """`swanctl --list-conns`: connections whose other side is anybody."""
    blocks = re.split(r"(?m)^(?=\S)", text)
    for block in blocks:
        head = _CONNECTION.match(block)
        if head is None:
            continue
        remote = re.search(r"(?m)^  remote: +(\S+)", block)
        if remote is None or remote[1] not in ("%any", "0.0.0.0/0", "%any,%any6"):
            continue
        rounds = re.findall(r"(?m)^  remote (.+?) authentication:", block)
        methods = tuple(_round(one) for one in rounds)
        server = any(one in ("radius", "eap") for one in methods)
        factor = True if len(set(methods)) > 1 else (None if server else False)
        yield RemoteAccess(
            service=f"{STRONGSWAN} {head[1]}", enabled=True, methods=methods, multi_factor=factor
        )
        yield AccessGrant(
            service=f"{STRONGSWAN} {head[1]}",
            who=head[1],
            kind="everybody",
            enabled=True,
            methods=methods,
            multi_factor=factor,
        )


def _round(words: str) -> str:
    plain = words.casefold()
    for sign, name in (
        ("radius", "radius"),
        ("public key", "certificate"),
        ("pre-shared", "pre-shared key"),
        ("eap_tls", "certificate"),
        ("eap_mschapv2", "password"),
        ("eap_md5", "password"),
        ("xauth", "password"),
    ):
        if sign in plain:
            return name
    return "eap" if "eap" in plain else plain


def _directives(text: str) -> dict[str, list[list[str]]]:
    """The directives of an OpenVPN file, each with its words, once for every time it stands."""
    found: dict[str, list[list[str]]] = {}
    inside: str | None = None
    for line in (one.strip() for one in text.splitlines()):
        if inside is not None:
            inside = None if line == f"</{inside}>" else inside
        elif line.startswith("<") and line.endswith(">"):
            inside = line.strip("<>")  # a key or certificate within the file
        elif line and not line.startswith(("#", ";")):
            name, *words = line.split()
            found.setdefault(name, []).append(words)
    return found


def _tabbed(text: str, cells: int) -> Iterator[list[str]]:
    for line in text.splitlines():
        found = line.split("\t")
        if len(found) == cells:
            yield found


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
