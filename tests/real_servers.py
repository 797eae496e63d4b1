"""Real servers beside the tests: started on a free port of loopback, stopped by their own id."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread


@contextmanager
def listener(*pieces: bytes, pause_s: float = 0.0) -> Iterator[int]:
    """Somebody who says this to everybody, piece by piece."""

    def greet(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.recv(64)
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(pause_s)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=greet, args=(server,))
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@contextmanager
def running(
    command: list[str], folder: Path, environment: dict[str, str], keep: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    log = (folder / f"{Path(command[0]).name}.out").open("wb")
    with (
        log,
        subprocess.Popen(
            [shutil.which(command[0], path=path) or command[0], *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={"PATH": path} | environment,
            pass_fds=() if keep is None else (keep,),
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_left(port: int) -> None:
    """Until the kernel holds no open connection of whoever listens there."""
    here, open_ = f":{port:04X}", ("01", "08")  # established; closed by the other end only
    while any(
        one[1].endswith(here) and one[3] in open_
        for one in map(str.split, Path("/proc/net/tcp").read_text().splitlines())
    ):
        time.sleep(0.01)


def wait_for(port: int, process: subprocess.Popen[bytes], host: str = "127.0.0.1") -> None:
    """Until somebody listens: asked of the kernel, so that no connection disturbs the server."""
    address = socket.inet_aton(host)[::-1].hex().upper()
    wanted = f"{address}:{port:04X} 00000000:0000 0A"
    while wanted not in Path("/proc/net/tcp").read_text():
        assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
        time.sleep(0.05)
