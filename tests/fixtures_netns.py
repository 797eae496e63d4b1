"""A client, a router and a server, each a network namespace, with a real sshd on the router."""

import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from agent.secret import Credential, Secret
from tests.conftest import ADMIN_PATH

CLIENT, SERVER = "10.99.1.2", "10.99.2.2"
_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


def run(*words: str, text: str | None = None) -> str:
    """A program of the machine. Raises CalledProcessError."""
    program = shutil.which(words[0], path=ADMIN_PATH)
    assert program, words
    done = subprocess.run(
        [program, *words[1:]], input=text, check=True, capture_output=True, text=True
    )
    return done.stdout


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """This thread in a namespace: sockets and threads made here stay there."""
    with Path("/proc/thread-self/ns/net").open() as own, _there(namespace).open() as other:
        _enter(other.fileno())
        try:
            yield
        finally:
            _enter(own.fileno())


def _there(namespace: str) -> Path:
    return Path("/run/netns", namespace)


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class Net:
    """The three namespaces, by name: `client`, `router`, `server`; and what sends through them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client, self.router, self.server = (
            f"ea{os.getpid()}{part}" for part in ("c", "r", "s")
        )
        self.fingerprint = ""
        self.port = 0
        self.credential = Credential("root")
        self._listening: list[socket.socket] = []
        self._sshd: subprocess.Popen[bytes] | None = None

    def build(self) -> None:
        for name in (self.client, self.router, self.server):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        for end, subnet in ((self.client, "10.99.1"), (self.server, "10.99.2")):
            near, far = f"{end}0", f"{end}1"
            pair = ("type", "veth", "peer", "name", far, "netns", self.router)
            run("ip", "link", "add", near, "netns", end, *pair)
            run("ip", "-n", end, "addr", "add", f"{subnet}.2/24", "dev", near)
            run("ip", "-n", self.router, "addr", "add", f"{subnet}.1/24", "dev", far)
            run("ip", "-n", end, "link", "set", near, "up")
            run("ip", "-n", self.router, "link", "set", far, "up")
            run("ip", "-n", end, "route", "add", "default", "via", f"{subnet}.1")
        with inside(self.router):
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1")

    def on_router(self, *words: str, text: str | None = None) -> str:
        """Run a program on the router."""
        return run("ip", "netns", "exec", self.router, *words, text=text)

    def listen(self, port: int) -> None:
        """The server takes connections to a port; the kernel answers them."""
        with inside(self.server):
            self._listening.append(socket.create_server((SERVER, port), backlog=64))

    def connect(self, port: int, times: int = 1) -> int:
        """Connections from client to server, one after the other; how many came about."""
        made = 0
        with inside(self.client):
            for _ in range(times):
                with suppress(OSError), socket.create_connection((SERVER, port), timeout=0.3):
                    made += 1
        return made

    def knock(self, port: int) -> None:
        """One packet that asks for a connection. Whoever waits for an answer that is dropped asks
        again after a second, and on a busy machine is that late."""
        with inside(self.client), socket.socket() as asking:
            asking.setblocking(False)
            asking.connect_ex((SERVER, port))

    def ping(self, times: int) -> None:
        run(
            "ip", "netns", "exec", self.client, "ping", "-q", "-i", "0.01", "-c", str(times), SERVER
        )

    def serve_ssh(self) -> None:
        """Start sshd on the router's loopback; root logs in with a key of this run."""
        for name in ("host", "user"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name))
        self.credential = Credential("root", private_key=Secret((self.folder / "user").read_text()))
        self.fingerprint = run("ssh-keygen", "-l", "-f", str(self.folder / "host.pub")).split()[1]
        with inside(self.router), socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        lines = (
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {self.folder}/host",
            f"AuthorizedKeysFile {self.folder}/user.pub",
            "PermitRootLogin prohibit-password",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "StrictModes no",
            "UsePAM no",
            "PidFile none",
            f"SetEnv PATH={self._path()} LC_ALL=C.UTF-8",
        )
        (self.folder / "config").write_text("\n".join(lines) + "\n")
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        sshd = shutil.which("sshd", path=ADMIN_PATH)
        assert sshd
        with (self.folder / "log").open("wb") as log, inside(self.router):
            self._sshd = subprocess.Popen(
                [sshd, "-D", "-e", "-f", str(self.folder / "config")], stderr=log
            )
        self._wait()

    def _path(self) -> str:
        """The path of a session, with a stand-in for sudo where the machine has none."""
        if shutil.which("sudo", path=ADMIN_PATH) is None:
            sudo = self.folder / "sudo"
            sudo.write_text('#!/bin/sh\nshift\ncommand -v "$1" >/dev/null && exec "$@"\n'
                            'echo "sudo: $1: command not found" >&2\nexit 1\n')  # fmt: skip
            sudo.chmod(0o755)
        return f"{self.folder}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    def _wait(self) -> None:
        for _ in range(1200):
            with inside(self.router), suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            assert self._sshd is not None
            with suppress(subprocess.TimeoutExpired):
                self._sshd.wait(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def tear_down(self) -> None:
        for listening in self._listening:
            listening.close()
        if self._sshd is not None:
            self._sshd.terminate()
            self._sshd.wait()
        for name in (self.client, self.router, self.server):
            with suppress(subprocess.CalledProcessError):
                run("ip", "netns", "del", name)


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Net]:
    """Client, router and server, with nothing filtered yet."""
    made = Net(tmp_path)
    try:
        made.build()
        made.serve_ssh()
        yield made
    finally:
        made.tear_down()


Load = Callable[[Net], None]
