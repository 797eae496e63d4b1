"""The registry pipe: declared `reg query` commands, answered by a Windows host's Remote Registry
service (MS-RRP over the SMB pipe `winreg`). Nothing is run on the host.

smbprotocol carries the pipe; what may leave, limits, calls and how an answer is written are
ours. SMB 3 with encryption or nothing: an answer that is not sealed by the log-in's keys is
refused, so that nobody between can say anything for the host.
"""

from __future__ import annotations

from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Transport
from agent.transports.extras import need, need_kerberos
from evidence.device import Device
from evidence.errors import ConfigurationError

AUTHS = ("ntlm", "kerberos")
PORT = 445


def open_winreg(device: Device, credential: Credential, platform: Platform) -> Transport:
    """A way that connects at the first ask.

    Raises ConfigurationError (`winreg_invalid`), LoginRefused for a credential without name
    or password, EnvironmentProblem (`extra_missing`).
    """
    auth = device.options.get("winreg_auth", AUTHS[0])
    if auth not in AUTHS:
        raise ConfigurationError(
            f"{device.id}: winreg_auth {auth!r} is unknown; known are {', '.join(AUTHS)}",
            code="winreg_invalid",
        )
    need(device, "the registry pipe", "smbprotocol", "install evidence-agent[windows]")
    if auth == "kerberos":
        need_kerberos(device, "the registry pipe")
    # Loaded only here: an installation without the extra still says what it lacks.
    from agent.transports.winreg.session import Winreg

    return Winreg(device, credential, platform, auth)
