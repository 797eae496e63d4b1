"""What may leave towards a Windows over WinRM: five forms of message, in them what is declared."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pypsrp.complex_objects import Command, RunspacePoolState
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from agent.gate.winrm import WinrmGate
from agent.platforms import platform
from collectors.windows.asks import NAME
from evidence.device import Device
from evidence.errors import Denied
from tests.test_transport_winrm import HOST, WHO


def test_only_five_forms_of_message_pass() -> None:
    gate = WinrmGate(HOST, platform("windows"), WHO)
    command = MESSAGE.format(
        action=f"{SHELL}/Command",
        uri=f"{SHELL}/cmd",
        body=f"<r:CommandLine><r:Command>{NAME.text}</r:Command></r:CommandLine>",
    )
    gate.message(command.encode())
    gate.request("POST", "/wsman", command.encode())
    changes: list[Callable[[str], str]] = [
        lambda text: text.replace("reg query", "reg add"),
        lambda text: text.replace("</r:Command>", "</r:Command><r:Arguments>/f</r:Arguments>"),
        lambda text: text.replace("</r:Command>", "</r:Command><r:Command>calc</r:Command>"),
        lambda text: text.replace("shell/Command", "shell/Send"),
        lambda text: text.replace("windows/shell/cmd", "config/service"),
        lambda text: text.replace("<a:Action>", "<a:Action>x"),
        lambda text: text.replace("</s:Body>", "</s:Body><s:Body/>"),
        lambda text: text.replace(
            "</s:Header>",
            '<w:OptionSet><w:Option Name="WINRS_NOPROFILE"/></w:OptionSet></s:Header>',
        ),
    ]
    for change in changes:
        assert change(command) != command
        with pytest.raises(Denied):
            gate.message(change(command).encode())
    for method, target, body in (
        ("PUT", "/wsman", command.encode()),
        ("POST", "/wsman?x", command.encode()),
        ("POST", "/wsman", b""),
    ):
        with pytest.raises(Denied):
            gate.request(method, target, body)


class Written(Exception):
    """An envelope, caught where it would be sent."""


def sent(use: Callable[[PowerShell], object], endpoint: str = "EvidenceRead") -> bytes:
    """The envelope in which pypsrp would start what `use` makes of a pipeline."""
    words = WSMan("127.0.0.1", auth="ntlm")
    pool = RunspacePool(words, configuration_name=endpoint)
    pool.protocol_version, pool.state = "2.3", RunspacePoolState.OPENED
    pipeline = PowerShell(pool)
    use(pipeline)
    with pytest.raises(Written) as caught, pytest.MonkeyPatch.context() as patch:
        patch.setattr(words.transport, "send", lambda message, **_: _raise(Written(message)))
        pipeline.begin_invoke()
    envelope: bytes = caught.value.args[0]
    return envelope


def _raise(error: Exception) -> None:
    raise error


MISUSES: dict[str, Callable[[PowerShell], object]] = {
    "another script": lambda one: one.add_script("Remove-Item C:\\x"),
    "a command": lambda one: one.add_cmdlet("reg"),
    "a declared text as a command": lambda one: one.add_command(
        Command(protocol_version="2.3", cmd=NAME.text, is_script=False)
    ),
    "two scripts in a row": lambda one: one.add_script(NAME.text).add_script("Remove-Item x"),
    "a second statement": lambda one: (
        one.add_script(NAME.text).add_statement().add_script("Remove-Item x")
    ),
    "an argument": lambda one: one.add_script(NAME.text).add_argument("/f"),
    "a parameter": lambda one: one.add_script(NAME.text).add_parameter("Force"),
    "a line more": lambda one: one.add_script(f"{NAME.text}\nRemove-Item x"),
}


@pytest.mark.parametrize("misuse", MISUSES)
def test_a_pipeline_is_one_declared_script(misuse: str) -> None:
    gate = WinrmGate(
        Device(id="pc-01", platform="windows"), platform("windows"), WHO, "EvidenceRead"
    )
    gate.message(sent(lambda one: one.add_script(NAME.text)))
    with pytest.raises(Denied):
        gate.message(sent(MISUSES[misuse]))


def test_only_the_named_endpoint_is_spoken_to() -> None:
    declared = sent(lambda one: one.add_script(NAME.text), "Microsoft.PowerShell")
    for endpoint in ("EvidenceRead", None):
        gate = WinrmGate(HOST, platform("windows"), WHO, endpoint)
        with pytest.raises(Denied):
            gate.message(declared)


SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
MESSAGE = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    ' xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:r="' + SHELL + '">'
    "<s:Header><a:Action>{action}</a:Action><w:ResourceURI>{uri}</w:ResourceURI></s:Header>"
    "<s:Body>{body}</s:Body></s:Envelope>"
)
