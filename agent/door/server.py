"""The daemon's side of the door: who may come in, and one thread for each who did."""

from __future__ import annotations

import grp
import logging
import os
import pwd
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread

from agent.door import LONGEST_REQUEST, Message, Request, line_of
from evidence.errors import EnvironmentProblem, EvidenceError, shown

log = logging.getLogger(__name__)
Tell = Callable[[Message], None]
# Who came in has so long to say what they want, and to take what they are told.
PATIENCE_S = 10.0


class Door:
    """Listens at `path`. `serve` is given a request, its requester, and a way to tell them.

    In may come root, the daemon's own user and the members of `group`, as the kernel names
    them (SO_PEERCRED); nothing that a caller says about itself counts.
    """

    def __init__(self, path: Path, group: str, serve: Callable[[Request, str, Tell], None]) -> None:
        self._path, self._group, self._serve = path, group, serve
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._inside: list[Thread] = []

    def open(self) -> None:
        """Listen. Raises EnvironmentProblem (`env_running` when a daemon listens already)."""
        try:
            self._bind()
        except OSError as error:
            self._socket.close()
            raise EnvironmentProblem(
                f"no operator can come in at {self._path}: {error}",
                code="env_socket",
                next_step="set daemon.socket in agent.yaml to a short path in a folder of its own",
            ) from None
        Thread(target=self._listen, name="door", daemon=True).start()

    def close(self, wait_s: float) -> None:
        """Let nobody in any more, and wait so long for those inside."""
        self._path.unlink(missing_ok=True)
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept()
        self._socket.close()
        until = time.monotonic() + wait_s
        for thread in self._inside:
            thread.join(max(0.0, until - time.monotonic()))

    def _bind(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knocking:
            if knocking.connect_ex(str(self._path)) == 0:
                raise EnvironmentProblem(
                    f"another daemon answers at {self._path}",
                    code="env_running",
                    next_step="stop it first; two would read every device twice",
                )
        if self._path.is_socket():  # a killed daemon left it behind
            self._path.unlink()
        self._socket.bind(str(self._path))
        self._path.chmod(0o600)
        try:
            group = grp.getgrnam(self._group).gr_gid
            # The hardened unit runs in this group already, and may not chown at all.
            if self._path.stat().st_gid != group:
                os.chown(self._path, -1, group)
            self._path.chmod(0o660)
        except (KeyError, PermissionError):
            log.info("group %s cannot be let in; root and the agent's user can", self._group)
        self._socket.listen()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return  # closed
            thread = Thread(target=self._let_in, args=(connection,), name="operator", daemon=True)
            self._inside = [one for one in self._inside if one.is_alive()] + [thread]
            thread.start()

    def _let_in(self, connection: socket.socket) -> None:
        with connection:
            tell = teller(connection)
            try:
                connection.settimeout(PATIENCE_S)
                # Read before it is refused: closing on unread words would cut off the reason.
                with connection.makefile("rb") as lines:
                    line = lines.readline(LONGEST_REQUEST)
                requester = self._requester(connection)
                request = Request.of_line(line)
                log.info("%s asks for %s", requester, request)
                self._serve(request, requester, tell)
            except EvidenceError as error:
                tell(_error(error))
            except OSError:
                return  # they left before they said what they wanted
            except Exception as error:  # one operator's bad luck must not end the daemon
                log.exception("an operator's request failed")
                why = f"a mistake in the daemon: {type(error).__name__}: {shown(str(error))}"
                tell(_error(EnvironmentProblem(why, code="internal_error")))

    def _requester(self, connection: socket.socket) -> str:
        """The name of who is at the other end. Raises EnvironmentProblem (`operator_denied`)."""
        size = struct.calcsize("3i")
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        _, uid, gid = struct.unpack("3i", credentials)
        try:
            name = pwd.getpwuid(uid).pw_name
        except KeyError:
            name = f"uid {uid}"
        if uid in (0, os.geteuid()) or _is_member(name, gid, self._group):
            return name
        log.warning("%s was not let in", name)
        raise EnvironmentProblem(
            f"{name} is not in the group {self._group}",
            code="operator_denied",
            next_step=f"ask for `usermod -aG {self._group} {name}`",
        )


def _is_member(name: str, gid: int, group: str) -> bool:
    try:
        found = grp.getgrnam(group)
    except KeyError:
        return False
    return gid == found.gr_gid or name in found.gr_mem


def teller(connection: socket.socket) -> Tell:
    """Sends messages, whole, from any thread.

    Who has left, or does not listen, is told nothing more; their run goes on undisturbed.
    """
    lock, gone = Lock(), Event()

    def tell(message: Message) -> None:
        with lock:
            if gone.is_set():
                return
            try:
                connection.sendall(line_of(message))
            except OSError:
                gone.set()

    return tell


def _error(error: EvidenceError) -> Message:
    said = {"code": error.code, "message": error.message, "next_step": error.next_step}
    return {"error": {**said, "exit_code": error.exit_code}}
