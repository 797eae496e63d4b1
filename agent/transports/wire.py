"""The wire: probes of a listener without log-in. One connection a probe, nothing kept open.

`rdp N` sends an X.224 Connection Request with requestedProtocols N (`none`: without a
negotiation block) and records the reply. Where the listener then selects a protocol that runs
in TLS, the handshake is completed to see version and certificate, and the connection closed.
`rdp ntlm` asks for 3 and in TLS sends one NTLM negotiate message, which carries no name: the
challenge tells the build of the system.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import struct
import time
from base64 import b64encode
from contextlib import suppress
from typing import Any

from cryptography import x509

from agent.gate import Gate
from agent.line import Line
from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Answer
from agent.transports.deadline import Deadline
from agent.transports.tls import fingerprint
from evidence.ask import Ask
from evidence.clock import stamp
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unreachable, shown

PORT = 3389
TIMEOUT_S = 10.0
PAUSE_S = 0.1  # between connections, so that a busy listener does not see a flood
_REPLY_BYTES = 8192
_PROBE = re.compile(r"rdp (none|\d+|ntlm)")
_SELECTED = 2
# NTLMSSP NEGOTIATE without domain and workstation: Unicode, NTLM, always sign, extended
# security, version, 128 bit (MS-NLMP 2.2.1.1).
_NTLM = b"NTLMSSP\0" + struct.pack("<II", 1, 0x62088205) + bytes(16) + b"\x0a\0\0\0\0\0\0\x0f"


class Wire:
    """Probes one listener. A probe that gets no reply is an answer; no connection is not."""

    def __init__(self, device: Device, gate: Gate, platform: Platform) -> None:
        self._device = device
        self._gate = gate
        self._declared = [ask for ask in platform.all_asks if ask.kind == "probe"]
        self._address = (device.address, device.port or PORT)
        self._asked = False

    def ask(self, ask: Ask) -> Answer:
        """The probe's outcome as JSON. Raises Denied, Unreachable or NotAnswered."""
        if not any(known.admits(ask.text) for known in self._declared):
            self._gate.deny("probe", ask.text)
        probe = _PROBE.fullmatch(ask.text)
        if probe is None:
            raise NotAnswered(f"{self._device.id}: {ask.text!r} is no probe")
        if self._asked:
            time.sleep(PAUSE_S)
        self._asked = True
        line = Line()
        try:
            # A limit of its own: those of the socket start anew with each byte.
            with Deadline(ask.limit_s, line.cut) as deadline:
                record, peer = self._negotiate(probe[1], line)
        finally:
            line.close()
        if deadline.passed:
            raise Incomplete(f"{self._device.id}: {ask.text!r} took over {ask.limit_s:g} s")
        body = json.dumps(record, indent=1).encode() + b"\n"
        return Answer(body, "application/json", peer)

    def close(self) -> None:
        """Nothing is held open."""

    def _negotiate(self, wanted: str, line: Line) -> tuple[dict[str, Any], str | None]:
        request = _request({"none": None, "ntlm": 3}.get(wanted, wanted))
        record: dict[str, Any] = {
            "address": self._address[0],
            "port": self._address[1],
            "sent_hex": request.hex(),
            "reply_hex": "",
            "tls": None,
        }
        with self._connect() as connection:
            line.dialled(connection)
            reply = _exchange(connection, request)
            record["reply_hex"] = reply.hex()
            if not _selects_tls(reply):
                return record, None
            certificate = self._handshake(connection, record, wanted == "ntlm")
        return record, None if certificate is None else fingerprint(certificate)

    def _connect(self) -> socket.socket:
        try:
            return socket.create_connection(self._address, TIMEOUT_S)
        except OSError as error:
            raise Unreachable(
                f"{self._device.id}: {self._address[0]}:{self._address[1]}: no connection: {error}",
                next_step="check address, port and the firewall between",
            ) from None

    def _handshake(
        self, connection: socket.socket, record: dict[str, Any], ntlm: bool
    ) -> bytes | None:
        """Complete TLS, note what stands, and close. The certificate, or None."""
        # Not what was left of the exchange before: a slow start is no failed handshake.
        connection.settimeout(TIMEOUT_S)
        try:
            with _measuring().wrap_socket(connection) as secured:
                certificate = secured.getpeercert(binary_form=True) or b""
                cipher = secured.cipher()
                record["tls"] = {
                    "version": secured.version(),
                    "cipher": cipher[0] if cipher else None,
                    **_certificate(certificate),
                }
                if ntlm:
                    record["ntlm_hex"] = _exchange(secured, _ts_request()).hex()
                return certificate
        except (OSError, ValueError) as error:
            record["tls"] = {"error": shown(str(error))}
            return None


def open_wire(device: Device, platform: Platform) -> Wire:
    """The way to a listener where nobody logs in."""
    return Wire(device, Gate(device, platform, Credential()), platform)


def _request(protocols: str | int | None) -> bytes:
    """TPKT and X.224 Connection Request, as MS-RDPBCGR 2.2.1.1 lays it out."""
    cookie = b"Cookie: mstshash=evidence\r\n"
    negotiation = b"" if protocols is None else struct.pack("<BBHI", 1, 0, 8, int(protocols))
    x224 = struct.pack(">BBHHB", 6 + len(cookie) + len(negotiation), 0xE0, 0, 0, 0)
    body = x224 + cookie + negotiation
    return struct.pack(">BBH", 3, 0, 4 + len(body)) + body


def _exchange(connection: socket.socket, request: bytes) -> bytes:
    """What comes back: one packet, or as much of it as came in time; b"" where nothing does.

    A packet says its length in its first four bytes (TPKT); what begins otherwise is no packet,
    and its first piece is all that is wanted.
    """
    reply = b""
    ends_at = time.monotonic() + TIMEOUT_S
    with suppress(OSError):
        connection.settimeout(TIMEOUT_S)
        connection.sendall(request)
        while len(reply) < _wanted(reply) and (left_s := ends_at - time.monotonic()) > 0:
            connection.settimeout(left_s)
            piece = connection.recv(_REPLY_BYTES)
            if not piece:
                break
            reply += piece
    return reply


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


def _measuring() -> ssl.SSLContext:
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
