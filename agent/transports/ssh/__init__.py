"""SSH: commands for hosts, a terminal for devices whose platform declares a `SESSION`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from itertools import zip_longest

from agent.gate import Gate
from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Admission, EveryAttempt, Hop, Transport
from agent.transports.ssh.execute import open_execute
from agent.transports.ssh.jump import Dial, Through, jump
from agent.transports.ssh.link import Link
from evidence.device import Device


def open_ssh(
    device: Device,
    credential: Credential,
    platform: Platform,
    pins: Iterable[str],
    hops: Sequence[Hop] = (),
    logins: Admission | None = None,
) -> Transport:
    """An open way to `device`; `pins` are the `SHA256:…` fingerprints it may show.

    `hops` are the jump hosts on the way, the nearest first; `via_unreachable` names the one
    that failed. `logins` decides whether a log-in may be tried, at the device and at each hop.

    Raises IdentityRefused before anything of the credential is sent, LoginRefused after one
    attempt, Unreachable, or Incomplete when no prompt appears.
    """
    dial: Dial | None = None
    logins = logins or EveryAttempt()
    with ExitStack() as carriers:
        for hop, target in zip_longest(hops, hops[1:]):
            assert hop is not None
            dial = jump(hop, target.device if target else device, dial, carriers, logins)
        gate = Gate(device, platform, credential)
        link = Link(device, credential, gate, pins, logins, dial)
        opened = _open(link, platform, credential)
        return Through(opened, carriers.pop_all()) if hops else opened


def _open(link: Link, platform: Platform, credential: Credential) -> Transport:
    if platform.session is None:
        return open_execute(link, credential)
    # netmiko loads every vendor's driver, which takes a second that hosts need not wait.
    from agent.transports.ssh.terminal import driver_of, open_terminal

    return open_terminal(link, platform.session, credential, driver_of(platform))
