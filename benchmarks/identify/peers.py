"""Other clients asked the same: pysnmp as its manual shows it, and gufo-snmp, which is native."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from importlib import import_module
from typing import Any

from pysnmp.hlapi.v3arch.asyncio import (
    USM_AUTH_HMAC192_SHA256,
    USM_PRIV_CFB128_AES,
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    UsmUserData,
    bulk_walk_cmd,
    get_cmd,
)
from pysnmp.smi import rfc1902

from benchmarks.identify.agents import COMMUNITY, PASSWORD, SECOND, USERNAME
from benchmarks.scratch import packages

GUFO = "gufo-snmp==0.13.0"
_AT_ONCE = 10  # more lose answers than gain time
_REPETITIONS = 25

# The compiler of MIBs comes with what tests need; with it every engine of a plain client would cost
# three times as much.
rfc1902.add_mib_compiler = lambda *_, **__: None

Oids = list[str]
One = Callable[[str, int, Sequence[str]], Coroutine[Any, Any, Oids]]


def by_pysnmp(version: str, ports: Sequence[int], asks: Sequence[str]) -> list[Oids]:
    """The OIDs that each device answered, by an engine for each device."""
    return asyncio.run(_all(_pysnmp, version, ports, asks))


def by_gufo(version: str, ports: Sequence[int], asks: Sequence[str]) -> list[Oids] | str:
    """The same by gufo-snmp, or why there is none."""
    found = packages(GUFO)
    if isinstance(found, str):
        return found
    if str(found) not in sys.path:
        sys.path.append(str(found))
    return asyncio.run(_all(_gufo, version, ports, asks))


async def _all(one: One, version: str, ports: Sequence[int], asks: Sequence[str]) -> list[Oids]:
    turn = asyncio.Semaphore(_AT_ONCE)

    async def in_turn(port: int) -> Oids:
        async with turn:
            return await one(version, port, asks)

    return await asyncio.gather(*map(in_turn, ports))


async def _pysnmp(version: str, port: int, asks: Sequence[str]) -> Oids:
    way = (
        SnmpEngine(),
        UsmUserData(USERNAME, PASSWORD, SECOND, USM_AUTH_HMAC192_SHA256, USM_PRIV_CFB128_AES)
        if version == "3"
        else CommunityData(COMMUNITY),
        await UdpTransportTarget.create(("127.0.0.1", port)),
        ContextData(),
    )
    oids: Oids = []
    for ask in asks:
        verb, *wheres = ask.split()
        wanted = [ObjectType(ObjectIdentity(where)) for where in wheres]
        if verb == "get":
            answer = await get_cmd(*way, *wanted)
            oids += (str(row[0].get_oid()) for row in answer[3])
            continue
        for one in wanted:
            walk = bulk_walk_cmd(*way, 0, _REPETITIONS, one, lexicographicMode=False)
            async for trouble, status, _, found in walk:
                if not trouble and not status:
                    oids += (str(row[0].get_oid()) for row in found)
    way[0].close_dispatcher()
    return oids


async def _gufo(version: str, port: int, asks: Sequence[str]) -> Oids:
    snmp, aio = import_module("gufo.snmp"), import_module("gufo.snmp.aio")
    account: dict[str, Any] = {"community": COMMUNITY, "version": snmp.SnmpVersion.v2c}
    if version == "3":
        user = snmp.User(
            USERNAME,
            auth_key=snmp.Sha256Key(PASSWORD.encode()),
            priv_key=snmp.Aes128Key(SECOND.encode()),
        )
        account = {"user": user, "version": snmp.SnmpVersion.v3}
    oids: Oids = []
    async with aio.SnmpSession("127.0.0.1", port, max_repetitions=_REPETITIONS, **account) as way:
        for ask in asks:
            verb, *wheres = ask.split()
            if verb == "get":
                oids += await way.get_many(wheres)
                continue
            for where in wheres:
                async for oid, _ in way.getbulk(where):
                    oids.append(oid)
    return oids
