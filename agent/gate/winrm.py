"""The gate of WinRM: each message passes here in plain words, before anything encrypts it.

A message is a SOAP envelope (MS-WSMV 3.1.4). Five kinds may leave, each of one exact form:
open a command shell, run one declared command in it, fetch its output, end the command, close
the shell. Below, on the connection, only the message that passed here last may be written.
"""

from __future__ import annotations

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

# What stands in the body by action: element names, one within the other or beside it.
_FORMS = {
    f"{_TRANSFER}/Create": ["Shell", "InputStreams", "OutputStreams"],
    f"{SHELL}/Command": ["CommandLine", "Command"],
    f"{SHELL}/Receive": ["Receive", "DesiredStream"],
    f"{SHELL}/Signal": ["Signal", "Code"],
    f"{_TRANSFER}/Delete": [],
}
_OPTIONS = {"WINRS_CODEPAGE", "WINRS_SKIP_CMD_SHELL", "WSMAN_CMDSHELL_OPTION_KEEPALIVE"}


class WinrmGate(Gate):
    """What may leave for a Windows host: a message in one of the five forms."""

    def __init__(self, device: Device, platform: Platform, credential: Credential) -> None:
        super().__init__(device, platform, credential)
        self._written = b""

    def message(self, envelope: bytes) -> None:
        """Admit a message in plain words. Raises Denied."""
        root = element(envelope, "a WinRM message")
        action = root.findtext(f"{_S}Header/{_A}Action") or ""
        body = root.find(f"{_S}Body")
        form = _FORMS.get(action)
        if form is None or body is None or [one.tag for one in root] != [f"{_S}Header", body.tag]:
            self.deny("WinRM message", action)
        if root.findtext(f"{_S}Header/{_W}ResourceURI") != CMD:
            self.deny("WinRM message to another resource", action)
        inside = [one for one in body.iter() if one is not body]
        options = {one.get("Name") for one in root.iter(f"{_W}Option")}
        if [one.tag for one in inside] != [f"{_R}{name}" for name in form] or options - _OPTIONS:
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
        said = {one.tag.removeprefix(_R): (one.text or "") for one in inside}
        if "Command" in said:
            self.command(said["Command"])
        if said.get("Code", TERMINATE) != TERMINATE:
            self.deny("signal", said["Code"])
        for name, streams in (("InputStreams", "stdin"), ("OutputStreams", "stdout stderr")):
            if said.get(name, streams) != streams:
                self.deny("form of WinRM message", action)
