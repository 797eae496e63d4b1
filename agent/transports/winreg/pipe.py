"""The pipe: one SMB session with a Windows host, encrypted, and the registry's calls through it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from smbprotocol.connection import Ciphers, Connection
from smbprotocol.exceptions import SMBAuthenticationError, SMBException, SMBResponseException
from smbprotocol.open import (
    CreateDisposition,
    CreateOptions,
    FilePipePrinterAccessMask,
    ImpersonationLevel,
    Open,
)
from smbprotocol.session import Session
from smbprotocol.transport import Tcp
from smbprotocol.tree import TreeConnect
from spnego.exceptions import SpnegoError

from agent.gate.winreg import HEAD, WinregGate
from agent.line import ALIVE, Line
from agent.secret import Credential
from agent.transports.winreg import PORT, rpc
from evidence.device import Device
from evidence.errors import (
    LoginRefused,
    NotAnswered,
    Unexpected,
    Unreachable,
    VisitError,
    shown,
)
from evidence.way import written

CONNECT_S = 20.0
_LONGEST_FRAME = 1024 * 1024
_LONGEST_REPLY = 8 * 1024 * 1024
_ACCESS_DENIED = 0xC0000022
_OFF = (0xC0000034, 0xC00000AC, 0xC0000035)  # no such pipe: the service does not run
_BUSY = (0xC00000AE, 0xC0000205, 0xC00000CB)
_LOCKED = 0xC0000234
_CIPHERS = {
    Ciphers.AES_128_CCM: "AES-128-CCM",
    Ciphers.AES_128_GCM: "AES-128-GCM",
    Ciphers.AES_256_CCM: "AES-256-CCM",
    Ciphers.AES_256_GCM: "AES-256-GCM",
}


class _Frames(Tcp):  # type: ignore[misc]  # the library tells no types
    """SMB's frames on a line of ours: bounded, and from the log-in on sealed or refused.

    The library takes an answer in plain words where it sent a sealed one; whoever stands between
    could then answer for the host.
    """

    def __init__(self, address: tuple[str, int], line: Line) -> None:
        super().__init__(*address, CONNECT_S)
        self._line = line
        self.sealed = False

    def connect(self) -> None:
        """Raises OSError, not the library's ValueError."""
        connection = socket.create_connection((self.server, self.port), CONNECT_S)
        for option in ALIVE:
            connection.setsockopt(*option)
        self._line.dialled(connection)
        connection.settimeout(None)
        self._sock, self.connected = connection, True

    def recv(self, timeout: float) -> bytes | None:
        head, timeout = self._recv(4, timeout)
        if not head:
            return b""
        size = int.from_bytes(head, "big")
        if size > _LONGEST_FRAME:
            raise SMBException(f"a frame of {size} bytes")
        frame: bytes | None = self._recv(size, timeout)[0]
        if self.sealed and frame and not frame.startswith(b"\xfdSMB"):
            raise SMBException("an answer that is not encrypted")
        return frame


class _Sealing(Connection):  # type: ignore[misc]
    """A connection that keeps to our frames: the library's own, which it sets, is let go."""

    def __init__(self, name: str, frames: _Frames) -> None:
        self._frames = frames
        super().__init__(uuid4(), name, frames.port, require_signing=True)

    @property
    def transport(self) -> _Frames:
        return self._frames

    @transport.setter
    def transport(self, own: Any) -> None:
        pass


class Pipe:
    """The pipe `winreg` of one host, open."""

    def __init__(self, device: Device, credential: Credential, gate: WinregGate, auth: str) -> None:
        self._device = device
        self._credential = credential
        self._gate = gate
        self._auth = auth
        self._line = Line()
        self._address = device.address, device.port or PORT
        self._frames = _Frames(self._address, self._line)
        self._connection = _Sealing(device.address, self._frames)
        self._open: Any = None
        self._serial = 1

    @property
    def way(self) -> str:
        number = self._connection.dialect or 0
        dialect = f"{number >> 8}.{number >> 4 & 15}.{number & 15}"
        cipher = _CIPHERS.get(self._connection.cipher_id or Ciphers.AES_128_CCM)
        return written("smb", dialect=dialect, cipher=cipher)

    def cut(self) -> None:
        """Break the line under whoever waits on it."""
        self._line.cut()

    def open(self) -> None:
        """Connect, log in, and greet the registry. Raises VisitError."""
        try:
            self._connection.connect(timeout=int(CONNECT_S))
        except OSError as error:
            raise Unreachable(
                f"{self._device.id}: {self._address[0]}:{self._address[1]}: no connection: {error}",
                next_step="check address, port 445 and the firewall between",
            ) from None
        except Exception as error:  # the reader's thread hands on whatever it met
            raise Unreachable(
                f"{self._device.id}: speaks no SMB 2 or 3: {shown(str(error))}", code="smb_failed"
            ) from None
        if not self._connection.supports_encryption:
            raise Unreachable(
                f"{self._device.id}: its SMB cannot encrypt; nothing of the account was sent",
                code="smb_not_encrypted",
                next_step="Windows before 8 and Server 2012 cannot: read it by another way",
            )
        session = self._log_in()
        with self._refusals("the pipe"):
            tree = TreeConnect(session, rf"\\{self._device.address}\IPC$")
            tree.connect()
            self._open = Open(tree, "winreg")
            self._open.create(
                ImpersonationLevel.Impersonation,
                FilePipePrinterAccessMask.FILE_READ_DATA
                | FilePipePrinterAccessMask.FILE_WRITE_DATA,
                0,
                3,
                CreateDisposition.FILE_OPEN,
                CreateOptions.FILE_NON_DIRECTORY_FILE,
            )
        kind, said = self._exchange(rpc.bind())
        if kind != rpc.BOUND or not said:
            raise Unexpected(f"{self._device.id}: the pipe does not speak for the registry")

    def call(self, request: bytes) -> rpc.Reply:
        """The reply to a call. Raises VisitError."""
        kind, said = self._exchange(request)
        if kind == rpc.RESPONSE:
            return rpc.Reply(said)
        status = int.from_bytes(said[:4], "little")
        if kind == rpc.FAULT and status == rpc.DENIED:
            raise _denied(self._device, "the registry")
        raise Unexpected(f"{self._device.id}: the registry's call failed: {status:#010x}")

    def serial(self) -> int:
        self._serial += 1
        return self._serial

    def close(self) -> None:
        """Leave, in order where the line is whole."""
        try:
            with suppress(Exception):
                self._connection.disconnect(close=self._open is not None, timeout=5)
        finally:
            self._line.cut()
            self._line.close()

    def _log_in(self) -> Session:
        """One attempt. What comes after it must be sealed by its keys."""
        held = self._credential
        if held.password is None or not held.username:
            raise self._refused("neither name nor password may be missing")
        session = Session(
            self._connection,
            held.username,
            held.password.reveal(),
            require_encryption=True,
            auth_protocol=self._auth,
        )
        try:
            session.connect()
        except SMBResponseException as error:
            locked = error.status == _LOCKED
            raise self._refused(
                f"{error.status:#010x}", "auth_locked" if locked else None
            ) from None
        except (SMBAuthenticationError, SpnegoError) as error:
            raise self._refused(shown(str(error))) from None
        except SMBException as error:  # as guest, above all
            raise self._refused(shown(str(error))) from None
        except Exception as error:
            raise Unreachable(
                f"{self._device.id}: the log-in was cut off ({type(error).__name__})",
                code="auth_cut_off",
            ) from None
        finally:
            session.password = None
        self._frames.sealed = True
        return session

    def _refused(self, why: str, code: str | None = None) -> LoginRefused:
        return LoginRefused(
            f"{self._device.id}: log-in of {self._credential.username or 'nobody'} refused: "
            f"{why}; one attempt was made, no more follow in this run",
            code=code,
            next_step="correct the credential, or unlock the account",
        )

    def _exchange(self, message: bytes) -> tuple[int, bytes]:
        """Kind and content of what comes back, its fragments put together."""
        self._gate.message(message)
        found = bytearray()
        with self._refusals("the registry"):
            self._open.write(message)
            while True:
                fragment: bytes = self._open.read(0, _LONGEST_FRAME // 16)
                if len(fragment) < HEAD.size + 8:
                    raise Unexpected(f"{self._device.id}: a reply without a head")
                _, _, kind, flags, _, size, _, _ = HEAD.unpack_from(fragment)
                if size != len(fragment):
                    raise Unexpected(f"{self._device.id}: a reply of another length than it says")
                found += fragment[HEAD.size + 8 :]
                if flags & rpc.LAST or len(found) > _LONGEST_REPLY:
                    return kind, bytes(found)

    @contextmanager
    def _refusals(self, what: str) -> Iterator[None]:
        """What the library raises, as what it means."""
        try:
            yield
        except VisitError:
            raise
        except SMBResponseException as error:
            raise self._meaning(error.status, what) from None
        except Exception as error:  # its reader's thread hands on whatever it met
            raise Unreachable(
                f"{self._device.id}: the connection broke: {type(error).__name__}: "
                f"{shown(str(error))}",
                code="device_disconnected",
            ) from None

    def _meaning(self, status: int, what: str) -> VisitError:
        who = self._device.id
        if status == _ACCESS_DENIED:
            return _denied(self._device, what)
        if status in _OFF:
            return Unreachable(
                f"{who}: its Remote Registry service does not run ({status:#010x})",
                code="remote_registry_off",
                next_step="read the host by WinRM, or start the service; the platform's page "
                "weighs both",
            )
        if status in _BUSY:
            return Unreachable(f"{who}: {what} is busy ({status:#010x})", code="device_busy")
        return Unexpected(f"{who}: {what} answered {status:#010x}")


def _denied(device: Device, what: str) -> NotAnswered:
    return NotAnswered(
        f"{device.id}: Windows denies access to {what}",
        code="privilege_missing",
        next_step="let the account read the keys remotely; see the platform's page",
    )
