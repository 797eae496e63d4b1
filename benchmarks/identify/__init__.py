"""Knowing what devices are by SNMP: visits as the agent makes them, pysnmp as its manual shows it,
and a client in machine code. Every device is an agent of net-snmp with an engine of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.platforms import platform
from agent.redact import SiteKey
from agent.secret import Credential, Secret
from agent.transports.snmp import open_snmp
from agent.visit import Visitor
from agent.wired import system_clock
from benchmarks.identify.agents import COMMUNITY, PASSWORD, SECOND, TABLE, USERNAME, agents, parts
from benchmarks.identify.peers import Oids, by_gufo, by_pysnmp
from benchmarks.result import Result, spent
from evidence.capture import snmprec_rows
from evidence.device import Device

_WORKERS = 25
_SNMP = platform("snmp")
_KEY = SiteKey(b"of a benchmark")
_PEERS = {"pysnmp, an engine each": by_pysnmp, "gufo-snmp": by_gufo}


def run(*, count: int = 40, compared: bool = True) -> Iterator[Result]:
    """Every device is identified once. Each side asks the same, and has to bring whole walks."""
    with TemporaryDirectory() as folder, agents(count, Path(folder)) as ports:
        for version, name in (("2c", "v2c"), ("3", "v3 authPriv")):
            yield from _identified(version, name, ports, compared)


def _identified(version: str, name: str, ports: Sequence[int], compared: bool) -> Iterator[Result]:
    count = len(ports)
    asks = list(_visit(version, ports[0]))  # what an account needs once is not measured
    with ThreadPoolExecutor(_WORKERS) as pool:
        ours, found = spent(lambda: list(pool.map(partial(_visit, version), ports)))
    wrong = sum(_parts(answers) != parts(device) for device, answers in enumerate(found))
    for against, read in _PEERS.items():
        peer, told = spent(partial(read, version, ports, asks) if compared else _nobody)
        absent = isinstance(told, str)
        short = told if isinstance(told, str) else f"peer {sum(map(_is_short, told))}"
        for what, unit, mine, theirs in (
            ("identified", "devices/s", count / ours.wall_s, count / peer.wall_s),
            ("work a device", "CPU ms", 1000 * ours.cpu_s / count, 1000 * peer.cpu_s / count),
        ):
            yield Result(
                name=f"identify: {what}, {name}",
                ours=mine,
                peer=None if absent else theirs,
                unit=unit,
                against=against,
                truth=not wrong,
                more_is_better=unit == "devices/s",
                note=f"{count} devices; incomplete: ours {wrong}, {short}",
            )


def _nobody() -> str:
    return "nobody else was asked"


def _visit(version: str, port: int) -> dict[str, bytes]:
    """The answers of one visit by what was asked."""
    device = Device(
        id=f"dev-{port}",
        platform="snmp",
        address="127.0.0.1",
        port=port,
        options={"snmp_version": version},
        exceptions={"snmp_v2c": "EX-1"},
    )
    credential = (
        Credential(USERNAME, password=Secret(PASSWORD), second=Secret(SECOND))
        if version == "3"
        else Credential(password=Secret(COMMUNITY))
    )
    visit = Visitor(
        device=device,
        platform=_SNMP,
        open_transport=lambda: open_snmp(device, credential, _SNMP),
        clock=system_clock,
        key=_KEY,
    ).visit(["firmware"])
    return {one.ask.text: one.capture.body for one in visit.exchanges if one.capture}


def _parts(answers: dict[str, bytes]) -> list[tuple[str, str]]:
    """(OID, value) of every row of the table of parts."""
    return [
        (".".join(map(str, oid)), value.decode())
        for body in answers.values()
        if body
        for oid, _, value in snmprec_rows(body, "an agent")
        if ".".join(map(str, oid)).startswith(TABLE)
    ]


def _is_short(oids: Oids) -> bool:
    """Whether a peer has not brought every row of the table."""
    return not {oid for oid, _ in parts(0)} <= set(oids)
