"""Remote desktop's negotiation, and the TLS handshake behind it.

`rdp N` sends an X.224 Connection Request with requestedProtocols N (`none`: without a
negotiation block) and records the reply. Where the listener then selects a protocol that runs
in TLS, the handshake is completed to see version and certificate, and the connection closed;
not for the requests that only more of the same clients make, so that a host sees few of them.
`rdp ntlm` asks for 3 and in TLS sends one NTLM negotiate message, which carries no name: the
challenge tells the build of the system.
"""

from __future__ import annotations

import socket
import ssl
import struct
from base64 import b64encode
from functools import cache
from typing import Any

from cryptography import x509

from agent.transports.tls import fingerprint
from agent.transports.wire._exchange import Heard, exchange, wait_anew
from evidence.clock import stamp
from evidence.errors import shown

_REPLY_BYTES = 8192
_SELECTED = 2
# TLS, CredSSP, and both as clients ask for them: one of these is answered wherever TLS runs.
_HANDSHAKES = ("1", "2", "3", "ntlm")
# NTLMSSP NEGOTIATE without domain and workstation: Unicode, NTLM, always sign, extended
# security, version, 128 bit (MS-NLMP 2.2.1.1).
_NTLM = b"NTLMSSP\0" + struct.pack("<II", 1, 0x62088205) + bytes(16) + b"\x0a\0\0\0\0\0\0\x0f"


def probe(connection: socket.socket, wanted: str, name: str) -> Heard:
    """One request, and the handshake it may lead to."""
    request = _request({"none": None, "ntlm": 3}.get(wanted, wanted))
    reply = exchange(connection, request, _wanted)
    record: dict[str, Any] = {
        "sent_hex": request.hex(),
        "reply_hex": reply[:_REPLY_BYTES].hex(),
        "tls": None,
    }
    if wanted not in _HANDSHAKES or not _selects_tls(reply):
        return Heard(record)
    certificate = _handshake(connection, record, wanted == "ntlm")
    return Heard(record, None if certificate is None else fingerprint(certificate))


def _handshake(connection: socket.socket, record: dict[str, Any], ntlm: bool) -> bytes | None:
    """Complete TLS, note what stands, and close. The certificate, or None."""
    wait_anew(connection)
    try:
        # A second handle: the first stays the one by which the connection can be cut.
        with measuring().wrap_socket(connection.dup()) as secured:
            certificate = secured.getpeercert(binary_form=True) or b""
            cipher = secured.cipher()
            record["tls"] = {
                "version": secured.version(),
                "cipher": cipher[0] if cipher else None,
                **_certificate(certificate),
            }
            if ntlm:
                record["ntlm_hex"] = exchange(secured, _ts_request(), _wanted).hex()
            return certificate
    except (OSError, ValueError) as error:
        record["tls"] = {"error": shown(str(error))}
        return None


def _request(protocols: str | int | None) -> bytes:
    """TPKT and X.224 Connection Request, as MS-RDPBCGR 2.2.1.1 lays it out."""
    cookie = b"Cookie: mstshash=evidence\r\n"
    negotiation = b"" if protocols is None else struct.pack("<BBHI", 1, 0, 8, int(protocols))
    x224 = struct.pack(">BBHHB", 6 + len(cookie) + len(negotiation), 0xE0, 0, 0, 0)
    body = x224 + cookie + negotiation
    return struct.pack(">BBH", 3, 0, 4 + len(body)) + body


def _wanted(reply: bytes) -> int:
    """How long a reply is that begins so."""
    if reply[:1] != b"\x03":
        return 1
    return 4 if len(reply) < 4 else min(int.from_bytes(reply[2:4], "big"), _REPLY_BYTES)


def _selects_tls(reply: bytes) -> bool:
    """Whether a Connection Confirm selects a protocol other than standard RDP security."""
    if len(reply) < 19 or reply[5] != 0xD0 or reply[11] != _SELECTED:
        return False
    return bool(struct.unpack("<I", reply[15:19])[0])


@cache
def measuring() -> ssl.SSLContext:
    """Accepts every certificate and version: nothing is entrusted to this connection, it is what
    is measured. Old protocols must stand here to be seen and reported."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


def _certificate(der: bytes) -> dict[str, Any]:
    """What the certificate says; `certificate_b64` is all of it."""
    certificate = x509.load_der_x509_certificate(der)
    return {
        "certificate_b64": b64encode(der).decode(),
        "sha256": fingerprint(der).removeprefix("SHA256:"),
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "expires_at": stamp(certificate.not_valid_after_utc),
    }


def _ts_request() -> bytes:
    """CredSSP TSRequest, version 2, with the NTLM message as its one token (MS-CSSP 2.2.1)."""
    token = _der(0xA0, _der(0x04, _NTLM))
    tokens = _der(0xA1, _der(0x30, _der(0x30, token)))
    return _der(0x30, _der(0xA0, b"\x02\x01\x02") + tokens)


def _der(tag: int, content: bytes) -> bytes:
    return bytes((tag, len(content))) + content
