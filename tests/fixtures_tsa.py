"""A time-stamping authority (RFC 3161): OpenSSL's, on loopback."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

CONFIG = """
[tsa]
default_tsa = here
[here]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
"""


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@dataclass
class Authority:
    """A time-stamping authority on loopback: openssl answers, this only carries."""

    folder: Path
    spoil: Callable[[bytes], bytes] = field(default=lambda answer: answer)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def make(self) -> None:
        self.folder.mkdir()
        days = ("-days", "30", "-nodes", "-newkey", "rsa:2048")
        openssl(
            self.folder, "req", "-x509", *days, "-subj", "/CN=root", "-keyout", "root.key",
            "-out", "root.pem",
        )  # fmt: skip
        openssl(
            self.folder, "req", *days[2:], "-subj", "/CN=tsa", "-keyout", "tsa.key",
            "-out", "tsa.csr",
        )  # fmt: skip
        (self.folder / "tsa.ext").write_text("extendedKeyUsage=critical,timeStamping\n")
        openssl(
            self.folder, "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key",
            "-CAcreateserial", "-days", "30", "-extfile", "tsa.ext", "-out", "tsa.pem",
        )  # fmt: skip
        (self.folder / "tsa.cnf").write_text(CONFIG)
        (self.folder / "serial").write_text("01\n")

    def answer(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        openssl(
            self.folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query",
            "-out", "reply",
        )  # fmt: skip
        return self.spoil((self.folder / "reply").read_bytes())


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    made = Authority(tmp_path / "tsa")
    made.make()

    class Carrier(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = made.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Carrier)
    made.port = server.server_port
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()
