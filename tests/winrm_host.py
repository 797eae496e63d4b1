"""A Windows host as far as WinRM goes, made of canned messages.

No WinRM server runs on Linux: this one is our own, made after MS-WSMV, and shows nothing about
a real Windows. Its NTLM log-in and encryption of messages are real, though by the same library
(pyspnego) that logs in, and so is its TLS.
"""

from __future__ import annotations

import ssl
import struct
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self
from uuid import uuid4
from xml.etree import ElementTree

import spnego
from pypsrp.complex_objects import PSInvocationState, RunspacePoolState
from pypsrp.encryption import WinRMEncryption
from pypsrp.messages import (
    Message,
    MessageType,
    PipelineState,
    RunspacePoolStateMessage,
    SessionCapability,
)
from pypsrp.powershell import Fragment
from pypsrp.serializer import Serializer
from pypsrp.wsman import NAMESPACES, WSManAction

SEALED = (
    'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";'
    'boundary="Encrypted Boundary"'
)
HEAD = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    ' xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"'
    ' xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer"'
    ' xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"'
    ' xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><s:Header>'
)
DONE = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/Done"
RUNNING = DONE.replace("Done", "Running")


@dataclass
class WinrmHost:
    """Answers of commands by their text: status, output, error output.

    `takes` is what it says of log-ins; `faults` are numbers of faults by action (`Create`,
    `Command`, `Receive`); `spoil` changes a finished answer by action. After as many messages
    as `forgets_after` it wants a log-in anew; one that `takes` nothing wants none.
    `heard` has each action, with its command, in order.
    """

    answers: Mapping[str, tuple[int | None, bytes, bytes]]
    tls: ssl.SSLContext | None = None
    takes: str = "Negotiate"
    by_certificate: bool = False
    forgets_after: int | None = None
    faults: Mapping[str, int] = field(default_factory=dict)
    spoil: Mapping[str, Any] = field(default_factory=dict)
    sealed: bool = True
    heard: list[str] = field(default_factory=list)
    logins: int = 0
    connections: int = 0
    _fetched: int = 0
    _running: str = ""

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"host": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port: int = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,))
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

    def answered(self, request: bytes) -> tuple[int, bytes]:
        """Status and envelope for a message."""
        root = ElementTree.fromstring(request)
        action = root.findtext("s:Header/wsa:Action", namespaces=NAMESPACES) or ""
        name = action.rpartition("/")[2]
        command = root.findtext(".//rsp:Command", namespaces=NAMESPACES)
        pipeline = root.findtext(".//rsp:Arguments", namespaces=NAMESPACES)
        if pipeline:
            said = ElementTree.fromstring(b64decode(pipeline)[61:])
            command = next(one.text for one in said.iter() if one.get("N") == "Cmd")
        resource = root.findtext("s:Header/wsman:ResourceURI", namespaces=NAMESPACES) or ""
        self._in_endpoint = "/powershell/" in resource
        self._of_pool = "CommandId" not in str(request)
        self.heard.append(f"{name} {command}" if command else name)
        if command:
            self._running, self._fetched = command, 0
        relates = root.findtext("s:Header/wsa:MessageID", namespaces=NAMESPACES)
        head = f"{HEAD}<a:RelatesTo>{relates}</a:RelatesTo></s:Header><s:Body>"
        status, body = (
            (500, self._fault(name)) if name in self.faults else (200, self._body(action))
        )
        whole = f"{head}{body}</s:Body></s:Envelope>".encode()
        return status, self.spoil.get(name, bytes)(whole)

    def _fault(self, name: str) -> str:
        return (
            "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code>"
            '<s:Reason><s:Text xml:lang="zh-TW">存取被拒。</s:Text></s:Reason><s:Detail>'
            f'<f:WSManFault Code="{self.faults[name]}" Machine="pc-01"><f:Message>存取被拒。'
            "</f:Message></f:WSManFault></s:Detail></s:Fault>"
        )

    def _body(self, action: str) -> str:
        if action == WSManAction.CREATE:
            return (
                "<rsp:Shell><rsp:ShellId>11-22</rsp:ShellId></rsp:Shell><x:ResourceCreated>"
                "<a:ReferenceParameters><w:SelectorSet><w:Selector Name='ShellId'>11-22"
                "</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>"
            )
        if action == WSManAction.COMMAND:
            number = f"<rsp:CommandId>{uuid4()}</rsp:CommandId>"
            return f"<rsp:CommandResponse>{number}</rsp:CommandResponse>"
        if action == WSManAction.RECEIVE:
            return self._received()
        return "<rsp:SignalResponse/>" if action == WSManAction.SIGNAL else ""

    def _received(self) -> str:
        """The output in two halves, then the state."""
        if self._in_endpoint:
            return self._objects()
        status, output, errors = self.answers.get(self._running, (1, b"", b"not recognized\r\n"))
        half = len(output) // 2
        self._fetched += 1
        parts = [("stdout", output[:half])] if self._fetched == 1 else [("stdout", output[half:])]
        parts += [] if self._fetched == 1 else [("stderr", errors)]
        streams = "".join(
            f'<rsp:Stream Name="{name}" CommandId="1">{b64encode(data).decode()}</rsp:Stream>'
            for name, data in parts
        )
        code = "" if status is None else f"<rsp:ExitCode>{status}</rsp:ExitCode>"
        state = RUNNING if self._fetched == 1 else DONE
        ended = "" if self._fetched == 1 else code
        return (
            f"<rsp:ReceiveResponse>{streams}<rsp:CommandState CommandId='1' State='{state}'>"
            f"{ended}</rsp:CommandState></rsp:ReceiveResponse>"
        )

    def _objects(self) -> str:
        """What an endpoint says: that its pool is open, or a pipeline's output and state."""
        opened: Any = RunspacePoolStateMessage  # pypsrp tells no types of these two
        ended: Any = PipelineState
        if self._of_pool:
            messages: list[Any] = [
                SessionCapability("2.3", "2.0", "1.1.0.1"),
                opened(state=RunspacePoolState.OPENED),
            ]
        else:
            status, output, errors = self.answers.get(self._running, (2, b"", b""))
            lines = (output + errors).decode().splitlines()
            state = PSInvocationState.FAILED if status == 2 else PSInvocationState.COMPLETED
            odd = [7] if status == 7 else []
            messages = [*lines, *odd, ended(state=state)]
        body = b""
        for number, message in enumerate(messages, 1):
            packed = _packed(message)
            body += Fragment(self._fetched * 1000 + number, 0, packed, True, True).pack()
        self._fetched += 1
        return (
            "<rsp:ReceiveResponse><rsp:Stream Name='stdout'>"
            f"{b64encode(body).decode()}</rsp:Stream></rsp:ReceiveResponse>"
        )


def _packed(message: Any) -> bytes:
    """A message to the client; a text or a number is a pipeline's output (MS-PSRP 2.2.2.19)."""
    if not isinstance(message, str | int):
        return Message(1, None, None, message, Serializer()).pack()
    whole = ElementTree.Element("S" if isinstance(message, str) else "I32")
    whole.text = str(message)
    head = struct.pack("<II", 1, MessageType.PIPELINE_OUTPUT) + bytes(32)
    text: bytes = ElementTree.tostring(whole, "utf-8")
    return head + text


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who hangs up or does not trust us is no news."""


class _Handler(BaseHTTPRequestHandler):
    host: WinrmHost
    protocol_version = "HTTP/1.1"
    timeout = 60

    def setup(self) -> None:
        super().setup()
        self.host.connections += 1
        self._context: Any = None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self._enters():
            return
        if not body:
            return self._say(200, b"")
        if self.host.tls is not None:
            return self._say(*self.host.answered(body), "application/soap+xml;charset=UTF-8")
        seal = WinRMEncryption(self._context, WinRMEncryption.SPNEGO)
        status, answer = self.host.answered(seal.unwrap_message(body, "Encrypted Boundary"))
        if not self.host.sealed:
            return self._say(status, answer, "application/soap+xml;charset=UTF-8")
        self._say(status, seal.wrap_message(answer)[1], SEALED)

    def _enters(self) -> bool:
        """Whether who speaks has logged in; else the next step of it has been said."""
        if self.host.by_certificate:
            shown = self.connection.getpeercert()
            if not shown:
                self._say(401, b"")
            return bool(shown)
        if not self.host.takes:
            return True
        if self.host.forgets_after == len(self.host.heard):
            self._say(401, b"", challenge=self.host.takes)
            return False
        if self._context is not None and self._context.complete:
            return True
        kind, _, token = (self.headers.get("Authorization") or "").partition(" ")
        if not token or kind not in self.host.takes:
            self._say(401, b"", challenge=self.host.takes)
            return False
        if self._context is None:
            self.host.logins += 1
            self._context = spnego.server(
                protocol="ntlm", options=spnego.NegotiateOptions.wrapping_winrm
            )
        try:
            answer = self._context.step(b64decode(token))
        except spnego.exceptions.SpnegoError:
            self._context = None
            self._say(401, b"", challenge=self.host.takes)
            return False
        if not self._context.complete:
            self._say(401, b"", challenge=f"{kind} {b64encode(answer).decode()}")
        return bool(self._context.complete)

    def _say(self, status: int, body: bytes, kind: str = "text/plain", challenge: str = "") -> None:
        self.send_response(status)
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing is printed."""
