"""A Vault that answers as KV version 2 and AppRole do: canned, for none can be installed here.

It is a real HTTP server on loopback, with TLS where a test wants it; what it answers follows the
public documentation of the HTTP API, and was compared with no running Vault.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from lab.devices.certificates import make_certificate, server_context

Heard = tuple[str, dict[str, str], dict[str, Any]]


@dataclass
class CannedVault:
    """`secrets`: path → keys. `tokens`: what may read now. `heard`: path, headers, body."""

    secrets: dict[str, dict[str, object]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=lambda: {"canary-token-0001"})
    approle: dict[str, str] = field(default_factory=dict)
    sealed: bool = False
    redirects: bool = False
    heard: list[Heard] = field(default_factory=list)
    port: int = 0
    certificate: bytes = b""
    issued: int = 0

    @property
    def fingerprint(self) -> str:
        found = x509.load_pem_x509_certificate(self.certificate)
        return f"SHA256:{found.fingerprint(hashes.SHA256()).hex()}"

    def answer(
        self, method: str, path: str, headers: dict[str, str], body: dict[str, Any]
    ) -> tuple[int, Any]:
        self.heard.append((path, headers, body))
        if self.redirects:
            return 307, {}
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if path == "/v1/auth/approle/login":
            if not self.approle or body != self.approle:
                return 400, {"errors": ["invalid role or secret ID"]}
            self.issued += 1
            token = f"canary-issued-{self.issued:04}"
            self.tokens = {token}
            return 200, {"auth": {"client_token": token, "lease_duration": 600}}
        if headers.get("x-vault-token") not in self.tokens:
            return 403, {"errors": ["permission denied"]}
        held = self.secrets.get(path.removeprefix("/v1/secret/data/"))
        if held is None:
            return 404, {"errors": []}
        return 200, {"lease_duration": 0, "data": {"data": held, "metadata": {"version": 3}}}


def serve(vault: CannedVault, tls: bool) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, said = vault.answer(self.command, self.path, headers, body)
            content = json.dumps(said).encode()
            self.send_response(status)
            if status == 307:
                self.send_header("Location", f"http://127.0.0.1:{vault.port}/v1/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _serve

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        vault.certificate, key = make_certificate("127.0.0.1")
        server.socket = server_context(vault.certificate, key).wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    vault.port = server.server_address[1]
    return server


@pytest.fixture
def vault(request: pytest.FixtureRequest) -> Iterator[CannedVault]:
    """A running Vault over plain HTTP; with the parameter `tls`, over HTTPS."""
    made = CannedVault()
    server = serve(made, getattr(request, "param", "") == "tls")
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()
