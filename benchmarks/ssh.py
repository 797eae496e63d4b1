"""Reading devices at a terminal: our transport and stock netmiko at the same devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from netmiko import ConnectHandler
from netmiko.exceptions import NetmikoBaseException

from agent.platforms import platform
from agent.secret import Credential, Secret
from agent.transports.ssh import open_ssh
from benchmarks.lab_devices import (
    PASSWORD,
    RULES_LINE,
    SECOND,
    TRICKY_LINE,
    USERNAME,
    VERSION_LINE,
    Shown,
    answers,
    devices,
)
from benchmarks.result import Result, Spent, beside, spent
from evidence.device import Device

Read = Callable[[Sequence[str], Shown], list[bytes]]
_ASA = platform("asa")
_ASKS = {ask.text: ask for ask in _ASA.asks}
_CREDENTIAL = Credential(USERNAME, password=Secret(PASSWORD), second=Secret(SECOND))
_STOCK = "netmiko send_command"
# A device that sends slowly: what holds its prompt is read before the rest has come.
_FEW, _SLOW = 6, 2000
_PLAIN = (VERSION_LINE, RULES_LINE)


def run(
    *, count: int = 40, rules: int = 2000, workers: int = 8, rounds: int = 3
) -> Iterator[Result]:
    """Every device is logged in to, asked for its version and access list, and left."""
    with (
        devices(count, rules) as shown,
        devices(workers, _FEW, bytes_per_s=_SLOW) as slow,
        ThreadPoolExecutor(workers) as pool,
    ):
        wrong: dict[Read, int] = {_ours: 0, _netmiko: 0}

        def measure(read: Read) -> Spent:
            took, given = spent(lambda: list(pool.map(partial(read, _PLAIN), shown)))
            wrong[read] += _wrong(given, [answers(rules)[line] for line in _PLAIN])
            return took

        # The first visit of each imports what it needs, and is not measured.
        tricky = {
            read: _wrong(pool.map(partial(read, [TRICKY_LINE]), slow), [answers(_FEW)[TRICKY_LINE]])
            for read in wrong
        }
        ours, peer = beside(lambda: measure(_ours), lambda: measure(_netmiko), rounds)
    truth = not wrong[_ours] and not tricky[_ours]
    asked = rounds * count * len(_PLAIN)
    yield Result(
        name="ssh: devices read",
        ours=count / ours.wall_s,
        peer=count / peer.wall_s,
        unit="devices/s",
        against=_STOCK,
        truth=truth,
        note=f"{workers} at once; {rules:,} lines; wrong answers of {asked}: "
        f"ours {wrong[_ours]}, peer {wrong[_netmiko]}",
    )
    yield Result(
        name="ssh: work a device",
        ours=1000 * ours.cpu_s / count,
        peer=1000 * peer.cpu_s / count,
        unit="CPU ms",
        against=_STOCK,
        truth=truth,
        more_is_better=False,
        note=f"of the reader's process; prompt inside a slow answer, wrong of {workers}: "
        f"ours {tricky[_ours]}, peer {tricky[_netmiko]}",
    )


def _ours(lines: Sequence[str], shown: Shown) -> list[bytes]:
    device = Device(id="fw", platform="asa", address="127.0.0.1", port=shown.port)
    way = open_ssh(device, _CREDENTIAL, _ASA, {shown.fingerprint})
    try:
        return [way.ask(_ASKS[line]).body.replace(b"\r\n", b"\n") for line in lines]
    finally:
        way.close()


def _netmiko(lines: Sequence[str], shown: Shown) -> list[bytes]:
    """As its manual shows. It tries to configure a terminal width; this account may not."""
    try:
        with ConnectHandler(
            device_type="cisco_asa",
            host="127.0.0.1",
            port=shown.port,
            username=USERNAME,
            password=PASSWORD,
            secret=SECOND,
        ) as device:
            # It takes the last line's end away; every answer here has one.
            return [f"{device.send_command(line)}\n".encode() for line in lines]
    except NetmikoBaseException:
        return [b""] * len(lines)


def _wrong(given: Iterable[list[bytes]], expected: Sequence[bytes]) -> int:
    """How many answers are not the device's own bytes, line ends apart."""
    pairs = (zip(bodies, expected, strict=True) for bodies in given)
    return sum(body != right for one in pairs for body, right in one)
