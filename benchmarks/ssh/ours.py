"""`python -m benchmarks.ssh.ours`: a reader that visits devices as the agent does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from agent.platforms import Platform
from agent.redact import SiteKey
from agent.secret import Credential, Secret
from agent.transports.ssh import open_ssh
from agent.visit import Visitor
from agent.wired import system_clock
from benchmarks.ssh.devices import PASSWORD, RULES_LINE, USERNAME, VERSION_LINE, Shown
from benchmarks.ssh.reader import serve
from collectors import ios
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import SoftwareRelease
from evidence.replay import Flow

_VERSION, _RULES = Ask("version", VERSION_LINE), Ask("access_list", RULES_LINE)
_CREDENTIAL = Credential(USERNAME, password=Secret(PASSWORD))
_KEY = SiteKey(b"of a benchmark")


def firmware(device: Device) -> Flow:
    """Both asks, and no more than a fact that they were answered: the peer reads nothing."""
    yield _VERSION
    yield _RULES
    return [SoftwareRelease(vendor="Cisco", product="ios", version="15.2(4)M7")]


_PLATFORM = Platform(
    name="ios",
    module=ios,  # run as a program this module has no package to be named by
    collectors={"firmware": firmware},
    asks=(_VERSION, _RULES),
    session=ios.SESSION,
    transports=("ssh",),
    aliases=("cisco_ios",),
    vendor="Cisco",
)


def _read(shown: Sequence[Shown], workers: int, answers: Mapping[str, bytes]) -> int:
    with ThreadPoolExecutor(workers) as pool:
        return sum(pool.map(lambda one: _wrong(_visit(one), answers), shown))


def _visit(shown: Shown) -> Mapping[str, bytes]:
    device = Device(id=f"rtr-{shown.port}", platform="ios", address="127.0.0.1", port=shown.port)
    visit = Visitor(
        device=device,
        platform=_PLATFORM,
        open_transport=lambda: open_ssh(device, _CREDENTIAL, _PLATFORM, {shown.fingerprint}),
        clock=system_clock,
        key=_KEY,
    ).visit(["firmware"])
    return {one.ask.text: one.capture.body for one in visit.exchanges if one.capture}


def _wrong(given: Mapping[str, bytes], answers: Mapping[str, bytes]) -> int:
    """How many answers are not the device's own bytes, line ends apart."""
    return sum(
        given.get(line, b"").replace(b"\r\n", b"\n") != body for line, body in answers.items()
    )


if __name__ == "__main__":
    serve(_read)
