"""The sweep: a declared question to each address of a named network, a few a second, once each.

The gate of SNMP looks at every message: only the declared objects leave, and only to addresses of
the device's ranges. Nobody is asked twice, and a broadcast address never.
"""

from __future__ import annotations

import asyncio
import json
import time
from ipaddress import ip_network
from typing import Any

from pysnmp.hlapi.v3arch.asyncio import (
    ContextData,
    SnmpEngine,
    Udp6TransportTarget,
    UdpTransportTarget,
)
from pysnmp.proto import errind

from agent.discovery import Network, ranges, rate_per_s
from agent.gate import Gate
from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Answer
from agent.transports.snmp.exchange import Peer, exchange
from agent.transports.snmp.loop import loop, new_engine
from agent.transports.snmp.security import security, snmp_way
from agent.transports.snmp.walk import ABSENT, Oid, dotted, row_of
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered

WAIT_S = 2.0


class Sweep:
    """A sweep of one device entry's ranges. `pace_s` lies between one address and the next."""

    def __init__(self, device: Device, credential: Credential, platform: Platform) -> None:
        self._device = device
        self._account = credential.username or None
        self._security = security(device, credential)
        self._way = snmp_way(device, credential)
        self._platform = platform
        self._gate = Gate(device, platform, credential)
        self._ranges = ranges(device)
        self._pace_s = 1 / rate_per_s(device)
        self._values: tuple[Oid, ...] = tuple(
            tuple(map(int, word.split(".")))
            for ask in platform.asks
            if ask.kind == "snmp"
            for word in ask.text.split()[1:]
        )

    def ask(self, ask: Ask) -> Answer:
        """One JSON object for each address that answered, and a last line. Raises Denied for a
        network that the configuration does not name, Incomplete where the time is not enough."""
        if ask.kind != "probe":
            raise NotAnswered(f"{self._device.id}: {ask.text!r} is asked within a sweep only")
        network = ip_network(ask.text.split()[1])
        if not any(_holds(mine, network) for mine in self._ranges):
            self._gate.deny("sweep of", str(network))
        addresses = [str(one) for one in network.hosts()]
        needed_s = len(addresses) * self._pace_s + 2 * WAIT_S
        if needed_s > ask.limit_s:
            raise Incomplete(
                f"{self._device.id}: {len(addresses)} addresses of {network} take "
                f"{needed_s:.0f} s, and {ask.limit_s:.0f} s are left; none was asked",
                code="session_over",
                next_step="make the range smaller, or `per_second` higher",
            )
        began = time.monotonic()
        answered = loop().run(self._sweep(addresses))
        last = {
            "range": str(network),
            "asked": len(addresses),
            "answered": len(answered),
            "took_s": round(time.monotonic() - began, 1),
        }
        body = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in (*answered, last))
        return Answer(body.encode(), "application/jsonl", account=self._account, way=self._way)

    def close(self) -> None:
        """The engine lives on for the next device."""

    async def _sweep(self, addresses: list[str]) -> list[dict[str, Any]]:
        # An engine of its own: one that is shared remembers who was at an address before.
        engine = new_engine()
        asked = []
        try:
            for address in addresses:
                asked.append(asyncio.create_task(self._one(engine, address)))
                await asyncio.sleep(self._pace_s)
            return [found for found in await asyncio.gather(*asked) if found is not None]
        finally:
            engine.close_dispatcher()

    async def _one(self, engine: SnmpEngine, address: str) -> dict[str, Any] | None:
        """What an address says of itself; None where nobody answers. An account it does not know
        is an answer too: `values` is empty then."""
        kind = Udp6TransportTarget if ":" in address else UdpTransportTarget
        place = (address, self._device.port or 161)
        engine.message_dispatcher.admit(place, self._gate, self._platform)
        target = await kind.create(place, timeout=WAIT_S, retries=0)
        context = ContextData(contextName=self._device.options.get("snmp_context", ""))
        async with loop().in_flight:
            said = await exchange(Peer(engine, self._security, target, context), self._values)
        if isinstance(said.trouble, errind.RequestTimedOut):
            return None
        values = {} if said.trouble or said.status else dict(map(_told, _present(said.rows)))
        return {"address": address, "values": values}


def _present(rows: list[tuple[Oid, Any]]) -> list[tuple[Oid, Any]]:
    return [row for row in rows if not isinstance(row[1], ABSENT)]


def _told(row: tuple[Oid, Any]) -> tuple[str, str]:
    oid, _, value = row_of(*row)
    return dotted(oid), value.decode("utf-8", "backslashreplace")


def _holds(mine: Network, wanted: Network) -> bool:
    return mine.version == wanted.version and wanted.subnet_of(mine)  # type: ignore[arg-type]


def open_sweep(device: Device, credential: Credential, platform: Platform) -> Sweep:
    """A sweep that asks nobody before its first ask. Raises ConfigurationError."""
    return Sweep(device, credential, platform)
