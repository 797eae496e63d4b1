"""WinRM: declared commands, run one by one on a Windows host, in its command shell or in an
endpoint of PowerShell that it limits (JEA).

pypsrp words and understands the messages; connecting, log-in, limits and what may leave are
ours. By HTTPS (5986) unless the device has the recorded exception `winrm_http`: then by HTTP
(5985), where every message is encrypted by the log-in's own keys, or not sent.
"""

from __future__ import annotations

import re

from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Transport
from agent.transports.extras import need, need_kerberos
from evidence.device import Device
from evidence.errors import ConfigurationError

AUTHS = ("ntlm", "kerberos", "certificate")
HTTP = "winrm_http"


def open_winrm(device: Device, credential: Credential, platform: Platform) -> Transport:
    """A way that connects at the first ask.

    Raises ConfigurationError (`winrm_invalid`), LoginRefused for a credential that lacks
    what its kind of log-in needs, EnvironmentProblem (`extra_missing`).
    """
    auth = device.options.get("winrm_auth", AUTHS[0])
    if auth not in AUTHS:
        raise ConfigurationError(
            f"{device.id}: winrm_auth {auth!r} is unknown; known are {', '.join(AUTHS)}",
            code="winrm_invalid",
        )
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", device.options.get("winrm_endpoint", "x")):
        raise ConfigurationError(
            f"{device.id}: winrm_endpoint is a session configuration's name", code="winrm_invalid"
        )
    if auth == "certificate" and HTTP in device.exceptions:
        raise ConfigurationError(
            f"{device.id}: a log-in by certificate gives no keys to encrypt messages on HTTP",
            code="winrm_invalid",
            next_step=f"remove the exception {HTTP}, or log in by ntlm or kerberos",
        )
    need(device, "WinRM", "pypsrp", "install evidence-agent[windows]")
    if auth == "kerberos":
        need_kerberos(device, "WinRM")
    # Loaded only here: an installation without the extra still says what it lacks.
    from agent.transports.winrm.session import Winrm

    return Winrm(device, credential, platform, auth, device.options.get("winrm_endpoint"))
