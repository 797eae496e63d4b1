"""The gate of WinRM: each message passes here in plain words, before anything encrypts it.

A message is a SOAP envelope (MS-WSMV 3.1.4). Five kinds may leave, each of one exact form:
open a shell, run one declared command in it, fetch its output, end the command, close the
shell. The shell is the command shell, or one endpoint of PowerShell (MS-PSRP), where a command
is a pipeline of one script: its text. Below, on the connection, only the message that passed
here last may be written.
"""

from __future__ import annotations

import re
import struct
from base64 import b64decode
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from agent.gate import Gate
from agent.platforms import Platform
from agent.secret import Credential
from evidence.device import Device
from evidence.markup import element

PATH = "/wsman"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
CMD = f"{SHELL}/cmd"
TERMINATE = f"{SHELL}/signal/Terminate"
_TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
_S = "{http://www.w3.org/2003/05/soap-envelope}"
_A = "{http://schemas.xmlsoap.org/ws/2004/08/addressing}"
_W = "{http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd}"
_R = f"{{{SHELL}}}"
POWERSHELL = "http://schemas.microsoft.com/powershell"
_P = f"{{{POWERSHELL}}}"

# What stands in the body by action: element names, one within the other or beside it.
_FORMS = {
    f"{_TRANSFER}/Create": [f"{_R}Shell", f"{_R}InputStreams", f"{_R}OutputStreams"],
    f"{SHELL}/Command": [f"{_R}CommandLine", f"{_R}Command"],
    f"{SHELL}/Receive": [f"{_R}Receive", f"{_R}DesiredStream"],
    f"{SHELL}/Signal": [f"{_R}Signal", f"{_R}Code"],
    f"{_TRANSFER}/Delete": [],
}
# With an endpoint, messages of PowerShell's own stand in two of them.
_ENDPOINT_FORMS = {
    **_FORMS,
    f"{_TRANSFER}/Create": [*_FORMS[f"{_TRANSFER}/Create"], f"{_P}creationXml"],
    f"{SHELL}/Command": [*_FORMS[f"{SHELL}/Command"], f"{_R}Arguments"],
}
_OPTIONS = {
    *("WINRS_CODEPAGE", "WINRS_SKIP_CMD_SHELL", "WSMAN_CMDSHELL_OPTION_KEEPALIVE"),
    "protocolversion",
}
_STREAMS = {"stdin", "stdout stderr", "stdin pr", "stdout"}
# MS-PSRP 2.2.1: whom a message is for, and its kind.
_SERVER, _CAPABILITY, _POOL, _PIPELINE = 2, 0x00010002, 0x00010004, 0x00021006
# A fragment's head (object, number, begins and ends, length), and its message's (whom, kind).
_FRAGMENT, _IDS = 21, 32
_HEAD = struct.Struct(">QQBI4s4s")
_ESCAPE = re.compile(r"_x[0-9A-Fa-f]{4}_")


class WinrmGate(Gate):
    """What may leave for a Windows host: a message in one of the five forms.

    `endpoint` names the one endpoint of PowerShell that may be spoken to; None: the command shell.
    """

    def __init__(
        self,
        device: Device,
        platform: Platform,
        credential: Credential,
        endpoint: str | None = None,
    ) -> None:
        super().__init__(device, platform, credential)
        self._endpoint = endpoint
        self._resource = f"{POWERSHELL}/{endpoint}" if endpoint else CMD
        self._written = b""

    def message(self, envelope: bytes) -> None:
        """Admit a message in plain words. Raises Denied."""
        root = element(envelope, "a WinRM message")
        action = root.findtext(f"{_S}Header/{_A}Action") or ""
        body = root.find(f"{_S}Body")
        form = (_ENDPOINT_FORMS if self._endpoint else _FORMS).get(action)
        if form is None or body is None or [one.tag for one in root] != [f"{_S}Header", body.tag]:
            self.deny("WinRM message", action)
        if root.findtext(f"{_S}Header/{_W}ResourceURI") != self._resource:
            self.deny("WinRM message to another resource", action)
        inside = [one for one in body.iter() if one is not body]
        options = {one.get("Name") for one in root.iter(f"{_W}Option")}
        if [one.tag for one in inside] != form or options - _OPTIONS:
            self.deny("form of WinRM message", action)
        self._words(inside, action)
        self._written = envelope

    def sealed(self, envelope: bytes, written: bytes) -> None:
        """Admit a message, and what is written in its place: its encrypted form."""
        self.message(envelope)
        self._written = written

    def greeting(self) -> None:
        """Admit a request without a message: it begins a log-in."""
        self._written = b""

    def request(self, method: str, target: str, body: bytes) -> None:
        """Admit the message that passed last, which a log-in repeats with each of its steps."""
        if (method, target) != ("POST", PATH) or body != self._written:
            self.deny("request", f"{method} {target}")

    def _words(self, inside: list[Element], action: str) -> None:
        said = {one.tag.rpartition("}")[2]: (one.text or "") for one in inside}
        if self._endpoint and "Command" in said:
            if said["Command"]:
                self.deny("command beside a pipeline", said["Command"])
            self._pipeline(_messages(said["Arguments"]))
        elif "Command" in said:
            self.command(said["Command"])
        if "creationXml" in said:
            self._pool(_messages(said["creationXml"]))
        if said.get("Code", TERMINATE) != TERMINATE:
            self.deny("signal", said["Code"])
        streams = {said[name] for name in ("InputStreams", "OutputStreams") if name in said}
        if streams - _STREAMS:
            self.deny("form of WinRM message", action)

    def _pool(self, messages: list[tuple[int, bytes]]) -> None:
        """The opening of an endpoint: versions, and a pool without arguments of ours."""
        if [kind for kind, _ in messages] != [_CAPABILITY, _POOL]:
            self.deny("PowerShell messages", str([kind for kind, _ in messages]))
        for one in _objects(messages[1][1]):
            if one.get("N") == "ApplicationArguments" and one.tag != "Nil":
                self.deny("PowerShell message", "ApplicationArguments")

    def _pipeline(self, messages: list[tuple[int, bytes]]) -> None:
        """A pipeline of one script without arguments, its text a declared command."""
        if [kind for kind, _ in messages] != [_PIPELINE]:
            self.deny("PowerShell messages", str([kind for kind, _ in messages]))
        said: dict[str, list[Element]] = {}
        for one in _objects(messages[0][1]):
            said.setdefault(one.get("N", ""), []).append(one)
        commands = [one.text or "" for one in said.get("Cmd", ())]
        arguments = [one for args in said.get("Args", ()) for one in args.iter("Obj")]
        scripts = [one.text for one in said.get("IsScript", ())]
        more = [one for one in said.get("ExtraCmds", ()) if one.tag != "Nil"]
        if len(commands) != 1 or more or scripts != ["true"]:
            self.deny("pipeline", "; ".join(commands))
        if len(arguments) != len(said.get("Args", ())) or _ESCAPE.search(commands[0]):
            self.deny("pipeline with arguments", commands[0])
        self.command(commands[0])


def _messages(encoded: str) -> list[tuple[int, bytes]]:
    """Kind and content of each message (MS-PSRP 2.2.4): whole ones, for the server only.

    Anything else is no message at all, of kind 0.
    """
    data, found = b64decode(encoded), []
    while data:
        if len(data) < _HEAD.size:
            return [(0, b"")]
        _, number, ends, length, *ours = _HEAD.unpack_from(data)
        whom, kind = (int.from_bytes(one, "little") for one in ours)
        content = data[_HEAD.size + _IDS : _FRAGMENT + length]
        whole = number == 0 and ends == 3 and whom == _SERVER
        found.append((kind if whole else 0, content))
        data = data[_FRAGMENT + length :]
    return found


def _objects(content: bytes) -> Iterator[Element]:
    return element(content, "a PowerShell message").iter()
