"""One question and its answer, by pysnmp's message dispatcher.

Its high-level functions keep a row of configuration for each address, which costs more than the
messages of a short visit; here only the account and the socket are configured, once for an engine.
Repetition and discovery are those of RFC 3413 3.1 and RFC 3414 4.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from pysnmp.entity import config
from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    SnmpEngine,
    Udp6TransportTarget,
    UdpTransportTarget,
    UsmUserData,
)
from pysnmp.hlapi.v3arch.asyncio.lcd import CommandGeneratorLcdConfigurator
from pysnmp.proto import errind
from pysnmp.proto.api import v2c
from pysnmp.proto.rfc1902 import ObjectName, OctetString
from pysnmp.proto.rfc1905 import unSpecified

from agent.transports.snmp.walk import Oid

_DISCOVERIES = 4  # the engine's identity, then its time; each may be lost once
_CONFIGURATOR = CommandGeneratorLcdConfigurator()
_MEETING = (errind.NotInTimeWindow, errind.UnknownEngineID)
_SECURITY_MODELS = {1: 2, 3: 3}  # of the message's version: SNMPv2c, USM
_LEVELS = {"noAuthNoPriv": 1, "authNoPriv": 2, "authPriv": 3}


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom to ask, by which account, in which context."""

    engine: SnmpEngine
    account: CommunityData | UsmUserData
    target: UdpTransportTarget | Udp6TransportTarget
    context: ContextData


@dataclass(frozen=True, slots=True)
class Said:
    """What came of one question: the engine's trouble, or a status and rows."""

    trouble: Any
    status: str = ""
    rows: list[tuple[Oid, Any]] = field(default_factory=list)


async def exchange(peer: Peer, oids: tuple[Oid, ...], bulk: tuple[int, ...] = ()) -> Said:
    """GET of these objects; GETBULK with `bulk`: how many are asked once, rows of the others."""
    _introduce(peer)
    pdu = _question(oids, bulk)
    lost = met = 0
    while True:
        answer, trouble = await _sent(peer, pdu)
        if trouble is None:
            break
        # Neither begins anew with the other: an agent that lies in turns would be asked for ever.
        if isinstance(trouble, _MEETING):
            met += 1
        else:
            lost += 1
        if lost > peer.target.retries or met > _DISCOVERIES:
            return Said(trouble)
    if v2c.apiPDU.get_request_id(answer) != v2c.apiPDU.get_request_id(pdu):
        return Said("an answer to another question")
    status = v2c.apiPDU.get_error_status(answer)
    rows = [(tuple(oid), value) for oid, value in v2c.apiPDU.get_varbinds(answer)]
    if bulk and not status and not rows:
        return Said(errind.emptyResponse)
    return Said(None, status.prettyPrint() if status else "", rows)


def _introduce(peer: Peer) -> None:
    """Let the engine know the account and the kind of socket, once."""
    if config.get_transport(peer.engine, peer.target.TRANSPORT_DOMAIN) is None:
        _CONFIGURATOR.configure(peer.engine, peer.account, peer.target, peer.context.contextName)


def _question(oids: tuple[Oid, ...], bulk: tuple[int, ...]) -> Any:
    pdu = v2c.GetBulkRequestPDU() if bulk else v2c.GetRequestPDU()
    (v2c.apiBulkPDU if bulk else v2c.apiPDU).set_defaults(pdu)
    if bulk:
        v2c.apiBulkPDU.set_non_repeaters(pdu, bulk[0])
        v2c.apiBulkPDU.set_max_repetitions(pdu, bulk[1])
    v2c.apiPDU.set_varbinds(pdu, [(ObjectName(oid), unSpecified) for oid in oids])
    return pdu


async def _sent(peer: Peer, pdu: Any) -> tuple[Any, Any]:
    """Send it once: the answer, or what the engine says instead of one."""
    came: asyncio.Future[tuple[Any, Any]] = asyncio.get_running_loop().create_future()

    def answered(*given: Any) -> None:
        answer, trouble = given[8], given[9]
        if not came.done():
            came.set_result((answer, trouble["errorIndication"] if trouble else None))

    version = peer.account.message_processing_model
    dispatcher = peer.engine.transport_dispatcher
    peer.engine.message_dispatcher.send_pdu(
        peer.engine,
        peer.target.TRANSPORT_DOMAIN,
        peer.target.transport_address,
        version,
        _SECURITY_MODELS[version],
        OctetString(peer.account.securityName),
        _LEVELS[peer.account.security_level],
        peer.context.contextEngineId,
        OctetString(peer.context.contextName),
        1,
        pdu,
        True,
        peer.target.timeout / dispatcher.get_timer_resolution(),
        answered,
    )
    return await came
