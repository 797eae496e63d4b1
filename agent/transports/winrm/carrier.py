"""What carries WinRM's messages: one connection, judged before the log-in, gated, bounded.

It stands where pypsrp's own HTTP transport would, which trusts the environment, retries, and
takes an answer of any length and in plain words.
"""

from __future__ import annotations

import re
import socket
import ssl
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from pypsrp.encryption import WinRMEncryption
from pypsrp.exceptions import WinRMTransportError
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

from agent.gate.http import connection_class, plain_connection_class
from agent.gate.winrm import PATH, WinrmGate
from agent.line import ALIVE, Line
from agent.secret import Credential
from agent.transports.pooled import GatedAdapter, innermost
from agent.transports.tls import fingerprint, no_tls, tls_way, trust
from agent.transports.winrm.login import BY_CERTIFICATE, Login, refused, show_certificate
from evidence.device import Device
from evidence.errors import (
    Incomplete,
    NotAnswered,
    TooMuch,
    Unexpected,
    Unreachable,
    VisitError,
    shown,
)
from evidence.markup import element
from evidence.way import written

CONNECT_S = 20.0
WAIT_S = 20  # how long a host may think before it says that there is no output yet
ENVELOPE_BYTES = 512_000  # the largest message we ask for
_ANSWER_BYTES = 8 * ENVELOPE_BYTES
_CHUNK = 64 * 1024


class Carrier:
    """Sends an envelope and brings the answer, both in plain words here and nowhere below."""

    def __init__(
        self, device: Device, credential: Credential, gate: WinrmGate, auth: str, plain: bool
    ) -> None:
        self._device = device
        self._credential = credential
        self._gate = gate
        self._seals = plain
        self._sealing: WinRMEncryption | None = None
        self._line = Line()
        self._stands = False
        self._entered = False
        self.peer: str | None = None
        self.way: str | None = None
        scheme, self.port = (
            ("http", device.port or 5985) if plain else ("https", device.port or 5986)
        )
        host = f"[{device.address}]" if ":" in device.address else device.address
        authority = f"{host}:{self.port}"
        self.endpoint = f"{scheme}://{authority}{PATH}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.adapters.clear()
        self._login: Login | None = None
        self._session.headers.update(
            {"User-Agent": "evidence-agent", "Accept-Encoding": "identity"}
        )
        if auth == "certificate":
            self._session.headers["Authorization"] = BY_CERTIFICATE
        else:
            self._session.auth = self._login = Login(device, credential, auth, self._seals)
        pool = self._pool(scheme, authority, auth)
        self._session.mount(f"{scheme}://", _Adapter(pool, gate, authority))

    def send(self, message: bytes, **_: Any) -> bytes:
        """The answer to an envelope. pypsrp's wishes to wait and to repeat are not followed.

        Raises VisitError, and WinRMTransportError for a fault, which pypsrp reads.
        """
        if not self._seals:
            self._gate.message(message)
            return self._post(message, "application/soap+xml;charset=UTF-8")
        sealing = self._sealing or self._greet()
        kind, written = sealing.wrap_message(message)
        self._gate.sealed(message, written)
        return self._post(
            written, f'{kind};protocol="{sealing.protocol}";boundary="Encrypted Boundary"'
        )

    def cut(self) -> None:
        """Break the connection under a reader: below TLS, so no ciphertext reads as an answer."""
        self._line.cut()

    def close(self) -> None:
        self._session.close()
        self._line.close()

    def _greet(self) -> WinRMEncryption:
        """Log in with an empty request: what follows is encrypted by the log-in's keys."""
        assert self._login is not None
        self._gate.greeting()
        self._post(b"", "application/soap+xml;charset=UTF-8")
        context = self._login.context
        # The word for the protocol is the header's, whatever was negotiated within.
        kerberos = getattr(context, "response_auth_header", "") == "kerberos"
        protocol = WinRMEncryption.KERBEROS if kerberos else WinRMEncryption.SPNEGO
        self._sealing = WinRMEncryption(context, protocol)
        return self._sealing

    def _post(self, written: bytes, content_type: str) -> bytes:
        try:
            with self._session.post(
                self.endpoint,
                data=written,
                headers={"Content-Type": content_type},
                timeout=(CONNECT_S, WAIT_S + CONNECT_S),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = self._plain(response, self._read(response))
        except requests.RequestException as error:
            raise self._meaning(error) from None
        self._judge(response.status_code, body)
        self._entered = True
        return body

    def _read(self, response: requests.Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > _ANSWER_BYTES:
                raise TooMuch(f"{self._device.id}: one WinRM message of over {_ANSWER_BYTES} bytes")
        return bytes(body)

    def _plain(self, response: requests.Response, body: bytes) -> bytes:
        """The answer in plain words; where messages are encrypted, one that is not is refused."""
        if self._sealing is None or response.status_code == 401:
            return body
        if not response.headers.get("Content-Type", "").startswith("multipart/encrypted"):
            raise Unexpected(
                f"{self._device.id}: answers an encrypted message in plain words",
                code="winrm_not_encrypted",
            )
        try:
            return self._sealing.unwrap_message(body, "Encrypted Boundary")
        except Exception as error:  # of three libraries, and of any kind
            raise Incomplete(
                f"{self._device.id}: an encrypted answer cannot be opened ({type(error).__name__})"
            ) from None

    def _judge(self, status: int, body: bytes) -> None:
        """Raise what a status means, and for what is no whole message."""
        who = f"{self._device.id}: {self.endpoint}: status {status}"
        if status == 401 and self._entered:
            raise Unreachable(f"{who}: it ended the session", code="device_disconnected")
        if status == 401:
            raise refused(self._device, self._credential, "name, password or certificate is wrong")
        if status == 403:
            raise NotAnswered(f"{who}: the account may not use WinRM", code="privilege_missing")
        if status == 503:
            raise Unreachable(f"{who}: the host is busy or out of order", code="device_busy")
        if status == 200 and not body and self._seals and self._sealing is None:
            return
        if status not in (200, 500):
            raise NotAnswered(f"{who}: no WinRM is there", code="command_failed")
        element(body, f"{self._device.id}: {self.endpoint}")
        if status == 500:
            raise WinRMTransportError("http", status, body.decode("utf-8", "replace"))

    def _meaning(self, error: requests.RequestException) -> VisitError:
        """A library's error in our words."""
        who = f"{self._device.id}: {self.endpoint}"
        if isinstance(error, requests.exceptions.SSLError):
            return no_tls(who, (self._device.address, self.port), innermost(error))
        if isinstance(error, requests.exceptions.ReadTimeout):
            return Incomplete(f"{who}: no answer in {WAIT_S + CONNECT_S:g} s")
        if not self._stands:
            return Unreachable(
                f"{who}: no connection: {shown(innermost(error))}",
                next_step="check address, port and the firewall between, and `winrm enumerate "
                "winrm/config/listener` on the host",
            )
        return Unreachable(
            f"{who}: closed in the middle of an answer: {shown(innermost(error))}",
            code="device_disconnected",
        )

    def _connected(self, connection: socket.socket) -> None:
        if self._entered:
            # A log-in holds for its connection: another one would log in once more.
            raise Unreachable(
                f"{self._device.id}: {self.endpoint}: hung up", code="device_disconnected"
            )
        self._stands = True
        self.way = written("http", sealed="log-in")
        if isinstance(connection, ssl.SSLSocket):
            certificate = connection.getpeercert(binary_form=True)
            self.peer = fingerprint(certificate) if certificate else None
            self.way = tls_way(connection)

    def _pool(self, scheme: str, authority: str, auth: str) -> HTTPConnectionPool:
        """The only connections there are: to this host, of the gated kind, one at a time."""
        if scheme == "http":
            plain = HTTPConnectionPool(
                self._device.address, self.port, maxsize=1, block=True, socket_options=ALIVE
            )
            plain.ConnectionCls = plain_connection_class(
                self._gate, authority, self._line, self._connected
            )
            return plain
        one = trust(self._device)
        if auth == "certificate":
            show_certificate(one.context, self._device, self._credential)
        pool = HTTPSConnectionPool(
            self._device.address,
            self.port,
            maxsize=1,
            block=True,
            ssl_context=one.context,
            cert_reqs=one.context.verify_mode,
            assert_fingerprint=one.pin,
            socket_options=ALIVE,
        )
        pool.ConnectionCls = connection_class(self._gate, authority, self._line, self._connected)
        return pool


class _Adapter(GatedAdapter):
    """Lets no refusal through whose length is not said, or is large: pypsrp reads all of it."""

    _last: requests.Response | None = None

    def send(self, *arguments: Any, **named: Any) -> requests.Response:
        response = self._last = super().send(*arguments, **named)
        length = response.headers.get("Content-Length", "")
        if response.status_code == 401 and not re.fullmatch(r"\d{1,5}", length):
            response.close()
            raise TooMuch(f"{response.url} refuses with {shown(length) or 'unsaid'} bytes")
        return response

    def close(self) -> None:
        """Close the connection too that a refused log-in left to nobody."""
        if self._last is not None:
            self._last.close()
        super().close()
