"""An HTTPS device of the lab: answers GET and POST from a tape, behind a token."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import MappingProxyType, TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from evidence.tape import Tape
from lab.devices import Mischief, Player
from lab.devices.certificates import make_certificate, server_context

# A tape's error code, as the status a device would answer with.
STATUSES = {
    "auth_failed": 401,
    "privilege_missing": 403,
    "ask_not_answered": 404,
    "device_busy": 503,
}


@dataclass(frozen=True, slots=True)
class LabLogin:
    """The log-in a device waits for (method, path, body), and the answer that gives the token.
    `open` are requests that anybody is answered."""

    request: str
    answer: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    open: tuple[str, ...] = ()


class LabHttps:
    """An HTTPS device on loopback. `lines` is method, path and body of every request, in order,
    `headers` their headers.

    The token is looked for in the header `token_header` (`Authorization`: behind `Bearer`), or
    anywhere in the request where that is "". A device with a `login` gives it for that request.
    The certificate is made at the start: self-signed, for 127.0.0.1 unless
    another `name` is given. `fingerprint` is its SHA-256, `certificate` its PEM.
    """

    def __init__(
        self,
        tape: Tape,
        token: str,
        token_header: str = "Authorization",
        mischief: Mischief | None = None,
        media_type: str = "application/json",
        name: str = "127.0.0.1",
        log: Path | None = None,
        login: LabLogin | None = None,
    ) -> None:
        self.lines: list[str] = []
        self.headers: list[Message] = []
        self.player = Player(tape)
        self.mischief = mischief or Mischief()
        self.media_type = media_type
        self.token_header = token_header
        self.login = login
        self._token = f"Bearer {token}" if token_header == "Authorization" else token
        self._log = log
        self.certificate, key = make_certificate(name)
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"device": self}))
        self._server.socket = server_context(self.certificate, key).wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port: int = self._server.server_address[1]
        self._thread = Thread(
            target=self._server.serve_forever, args=(0.05,), name=f"lab-https-{self.port}"
        )

    @property
    def fingerprint(self) -> str:
        """Of the certificate: `SHA256:` and hexadecimal."""
        found = x509.load_pem_x509_certificate(self.certificate)
        return f"SHA256:{found.fingerprint(hashes.SHA256()).hex()}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def heard(self, line: str) -> None:
        """Write down a request that arrived."""
        self.lines.append(line)
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    def admits(self, given: str | None) -> bool:
        """Whether a request's token header, or the request where there is none, has the token."""
        if not self.token_header:
            return given is not None and self._token in given
        return given is not None and compare_digest(given.encode(), self._token.encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who hangs up or does not trust us is no news."""


class _Handler(BaseHTTPRequestHandler):
    device: LabHttps
    protocol_version = "HTTP/1.1"
    timeout = 60

    def handle_one_request(self) -> None:
        """One request of any method; the base class would refuse unknown ones unheard."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        ask = f"{self.command} {self.path}" + (f" {body.decode()}" if body else "")
        self.device.heard(ask)
        self.device.headers.append(self.headers)
        login = self.device.login
        if login is not None and ask == login.request:
            return self._send(login.status, login.answer, login.headers)
        header = self.device.token_header
        is_open = login is not None and ask in login.open
        if not is_open and not self.device.admits(self.headers.get(header) if header else ask):
            return self._send(401, b"")
        answer = self.device.player.answer(ask)
        if self.device.mischief.silent:
            self.rfile.read(1)
        if self.device.mischief.redirect_to is not None:
            return self._send(302, b"")
        if answer is None or answer.error is not None:
            status = STATUSES.get((answer and answer.error) or "", 404)
            return self._send(status, answer.body if answer else b"")
        return self._send(200, answer.body)

    def _send(
        self, status: int, body: bytes, headers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", self.device.media_type)
        if self.device.mischief.redirect_to is not None:
            self.send_header("Location", self.device.mischief.redirect_to)
        if self.device.mischief.endless:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(body)))
        while self.device.mischief.slow_headers:
            self.send_header("X-More", "to come")
            self.flush_headers()
            time.sleep(0.1)
        self.end_headers()
        for piece in self.device.mischief.pieces(body):
            self.wfile.write(piece)

    def log_message(self, format: str, *args: Any) -> None:
        """The lab keeps its own log."""
