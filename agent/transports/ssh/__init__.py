"""SSH: commands for hosts, a terminal for devices whose platform declares a `SESSION`."""

from __future__ import annotations

from collections.abc import Iterable

from agent.gate import Gate
from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Transport
from agent.transports.ssh.execute import open_execute
from agent.transports.ssh.link import Link
from evidence.device import Device


def open_ssh(
    device: Device, credential: Credential, platform: Platform, pins: Iterable[str]
) -> Transport:
    """An open way to `device`; `pins` are the `SHA256:…` fingerprints it may show.

    Raises IdentityRefused before anything of the credential is sent, LoginRefused after one
    attempt, Unreachable, or Incomplete when no prompt appears.
    """
    link = Link(device, credential, Gate(device, platform, credential), pins)
    if platform.session is None:
        return open_execute(link, credential)
    # netmiko loads every vendor's driver, which takes a second that hosts need not wait.
    from agent.transports.ssh.terminal import open_terminal

    device_type = platform.aliases[0] if platform.aliases else platform.name
    return open_terminal(link, platform.session, credential, device_type)
