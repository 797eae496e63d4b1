"""SNMP: version 3 with authentication and privacy, in bulk, whole walks or none."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from typing import Any

from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    SnmpEngine,
    Udp6TransportTarget,
    UdpTransportTarget,
    UsmUserData,
)
from pysnmp.proto import errind

from agent.gate import Gate
from agent.platforms import Platform
from agent.secret import Credential
from agent.transports import Answer
from agent.transports.snmp.exchange import Peer, Said, exchange
from agent.transports.snmp.loop import loop
from agent.transports.snmp.security import security, snmp_way
from agent.transports.snmp.walk import ABSENT, Oid, Row, Walk, dotted, row_of
from agent.transports.tape import snmprec_row
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import (
    ConfigurationError,
    Incomplete,
    LoginRefused,
    NotAnswered,
    TooMuch,
    Unexpected,
    Unreachable,
    VisitError,
    shown,
)

REPETITIONS = 25  # rows in one answer
_FIRST = 5  # of a single walk: most of what is asked, a device lacks
_GROWTH = 8  # from one question to the next: what lies behind the end of a walk is read for nothing
WAIT_S = 3.0
RETRIES = 2
_AT_ONCE = 8  # single values in one question
_UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_BEFORE_UPTIME = (1, 3, 6, 1, 2, 1, 1, 2, 0)  # sysObjectID: what comes next is the uptime
_WRAP = 2**32  # TimeTicks start again after 497 days
_REFUSED = (errind.WrongDigest, errind.UnknownUserName, errind.UnknownSecurityName)
_REFUSED_LEVEL = (errind.UnsupportedSecurityLevel, errind.DecryptionError)


class Snmp:
    """One device. A refused account or a silent device is final for the visit."""

    def __init__(self, device: Device, credential: Credential, platform: Platform) -> None:
        self._who = f"{device.id}: {device.address} port {device.port or 161}"
        self._account = credential.username or None
        self._security = security(device, credential)
        self._way = snmp_way(device, credential)
        self._context = ContextData(contextName=device.options.get("snmp_context", ""))
        self._gate = Gate(device, platform, credential)
        self._platform = platform
        self._target = self._reach(device)
        self._admitted(loop().run(loop().engine(_key(self._security))))
        self._trouble: VisitError | None = None
        self._uptime: int | None = None
        self._uptime_in_front = True
        self._heard = False

    def ask(self, ask: Ask) -> Answer:
        """The rows below the ask's OIDs, as snmprec; empty where the device has no such object."""
        if self._trouble is not None:
            raise self._trouble
        verb, *wheres = ask.text.split()
        roots = [tuple(map(int, where.strip(".").split("."))) for where in wheres]
        try:
            # One errand into the loop for all questions of an ask: each costs a change of thread.
            rows = loop().run(self._get(roots) if verb == "get" else self._walks(roots, ask))
        except (LoginRefused, Unreachable) as error:
            self._trouble = error
            raise
        body = b"".join(snmprec_row(*row) for row in rows)
        return Answer(body, "text/x-snmprec", account=self._account, way=self._way)

    def close(self) -> None:
        """The engine lives on for the next device."""

    def _admitted(self, engine: SnmpEngine) -> None:
        """Take the account's engine, told that this device's objects may be asked for."""
        self.engine = engine
        engine.message_dispatcher.admit(self._address, self._gate, self._platform)

    @property
    def _address(self) -> tuple[str, int]:
        host, port = tuple(self._target.transport_address)[:2]
        return host, port

    def _reach(self, device: Device) -> UdpTransportTarget | Udp6TransportTarget:
        kind = Udp6TransportTarget if ":" in device.address else UdpTransportTarget
        wait_s = _wait_s(device)
        try:
            return loop().run(
                kind.create((device.address, device.port or 161), timeout=wait_s, retries=RETRIES)
            )
        except Exception as error:
            raise Unreachable(f"{self._who}: no such host: {shown(str(error))}") from None

    async def _walks(self, roots: list[Oid], ask: Ask) -> list[Row]:
        """Everything below each root, or an error: half a walk is no answer."""
        ends_at = time.monotonic() + ask.limit_s
        walks = [Walk(root) for root in roots]
        size_bytes = 0
        async for row in self._rows(walks):
            size_bytes += len(row[2]) + 4 * len(row[0])
            if size_bytes > ask.limit_bytes:
                raise TooMuch(f"{self._who}: {ask.name} is over {ask.limit_bytes} bytes")
            if time.monotonic() > ends_at:
                raise Incomplete(f"{self._who}: {ask.name} took over {ask.limit_s:g} s")
        if not self._uptime_in_front:
            found = await self._get([_UPTIME])
            self._watch_uptime(int(found[0][2]) if found else None)
        return [row for walk in walks for row in walk.rows]

    async def _rows(self, walks: list[Walk]) -> AsyncIterator[Row]:
        """GETBULK of all walks at once until the answers leave each; fewer if they do not fit.

        The first of several asks one row of each.
        """
        most, repetitions = REPETITIONS, 1 if len(walks) > 1 else _FIRST
        while going := [walk for walk in walks if not walk.is_over][:most]:
            found = await self._bulk([walk.last for walk in going], repetitions)
            if found is None:
                if most == 1:
                    last = dotted(going[0].last)
                    raise NotAnswered(f"{self._who}: {last}: the answer does not fit")
                most = max(1, most // 4)
            elif not found and len(going) == 1:
                going[0].is_over = True
            elif not found:
                most = 1
            for number, (oid, value) in enumerate(found or ()):
                row = going[number % len(going)].take(oid, value, self._who)
                if row is not None:
                    yield row
            fit = max(1, most // max(1, sum(not walk.is_over for walk in walks)))
            repetitions = min(fit, _GROWTH * repetitions)

    async def _bulk(self, after: list[Oid], repetitions: int) -> list[tuple[Oid, Any]] | None:
        """The rows after each of these, in turns; None where they do not fit into one message.

        The uptime is asked for once in front of them (a non-repeater), which costs no question.
        An agent that does not keep to that gives itself away, and is asked without from then on.
        """
        if not self._uptime_in_front or min(after) <= _UPTIME:
            return await self._exchange(*after, bulk=(0, repetitions))
        found = await self._exchange(_BEFORE_UPTIME, *after, bulk=(1, repetitions))
        if found is None:
            return None
        if _is_in_front(found, after):
            self._watch_uptime(int(found[0][1]))
            return found[1:]
        self._uptime_in_front = False
        return await self._bulk(after, repetitions)

    async def _get(self, oids: list[Oid]) -> list[Row]:
        """Those of these single values that the device has."""
        rows = []
        for start in range(0, len(oids), _AT_ONCE):
            rows += await self._got(oids[start : start + _AT_ONCE])
        if seen := [int(value) for oid, _, value in rows if oid == _UPTIME]:
            self._watch_uptime(seen[0])
        return rows

    async def _got(self, oids: list[Oid]) -> list[Row]:
        found = await self._exchange(*oids)
        if found is None:
            raise NotAnswered(f"{self._who}: the answer to {len(oids)} values does not fit")
        if not found and len(oids) > 1:  # an old agent refuses all of them for one it lacks
            return [row for oid in oids for row in await self._got([oid])]
        return [row_of(oid, value) for oid, value in found if not isinstance(value, ABSENT)]

    def _watch_uptime(self, ticks: int | None) -> None:
        """Raise Incomplete where the device restarted since the last look: its answers mix two."""
        before, self._uptime = self._uptime, ticks
        if ticks is None or before is None or ticks >= before or before > _WRAP - 8_640_000:
            return
        raise Incomplete(
            f"{self._who}: restarted while it was being read",
            code="device_restarted",
            next_step="read it again when it is up",
        )

    async def _exchange(
        self, *oids: Oid, bulk: tuple[int, ...] = ()
    ) -> list[tuple[Oid, Any]] | None:
        """One question and its answer; None when the answer is too big for one message.

        `bulk` is how many of the objects are asked once, and how many rows of each of the others.
        """
        said = await self._send(oids, bulk)
        if self._may_be_another(said.trouble):
            self._admitted(await loop().engine(_key(self._security), self.engine))
            said = await self._send(oids, bulk)
        if said.trouble is not None:
            raise self._meaning(said.trouble, oids)
        self._heard = True
        self.engine.message_dispatcher.answered.add(self._address)
        if said.status == "tooBig":
            return None
        if said.status == "noSuchName":
            return []
        if said.status:
            raise NotAnswered(
                f"{self._who}: {dotted(oids[0])} was answered with {shown(said.status)}"
            )
        return said.rows

    async def _send(self, oids: tuple[Oid, ...], bulk: tuple[int, ...]) -> Said:
        peer = Peer(self.engine, self._security, self._target, self._context)
        try:
            async with loop().in_flight:
                return await exchange(peer, oids, bulk)
        except VisitError:
            raise
        except Exception as error:  # a library that cannot decode an answer says so in many ways
            raise Unexpected(f"{self._who}: {shown(str(error))}") from None

    def _may_be_another(self, trouble: Any) -> bool:
        """Whether an agent with another identity may stand at this address: a device replaced or
        set up anew, the other unit of a pair. The engine remembers the old one by its address; a
        new one it cannot understand (silence), one met elsewhere says that it is not the old."""
        if self._heard:
            return False
        if isinstance(trouble, errind.RequestTimedOut):
            return self._address in self.engine.message_dispatcher.answered
        return isinstance(trouble, errind.UnknownEngineID)

    def _meaning(self, trouble: Any, oids: tuple[Oid, ...]) -> VisitError:
        """An engine's error in our words."""
        said = shown(str(trouble))
        if isinstance(trouble, errind.RequestTimedOut):
            if self._heard:
                return Incomplete(
                    f"{self._who}: fell silent at {dotted(oids[0])}", code="device_silent"
                )
            return Unreachable(
                f"{self._who}: no answer",
                next_step="check the address, the firewall between and the device's list of "
                "managers; a wrong community is silence too",
            )
        if isinstance(trouble, errind.UnknownEngineID) and self._heard:
            return Incomplete(
                f"{self._who}: another agent answers since {dotted(oids[0])}",
                code="device_restarted",
                next_step="read it again; at a shared address of a pair, read each unit at its own",
            )
        if isinstance(trouble, (*_REFUSED, *_REFUSED_LEVEL)):
            return LoginRefused(
                f"{self._who}: the account is refused: {said}",
                next_step="check user, both passwords and the algorithms on the device",
            )
        return Unexpected(f"{self._who}: {said}")


def open_snmp(device: Device, credential: Credential, platform: Platform) -> Snmp:
    """A way to a device; nothing is sent before the first ask. Raises ConfigurationError."""
    return Snmp(device, credential, platform)


def _is_in_front(found: list[tuple[Oid, Any]], after: list[Oid]) -> bool:
    """Whether an answer is the uptime and then rows of each walk in turns, as RFC 3416 4.2.3 says.

    An agent that repeats the uptime with the others goes on from it, to objects that lie before
    every walk: nothing that belongs to one can.
    """
    if not found or found[0][0] != _UPTIME or isinstance(found[0][1], ABSENT):
        return False
    return all(
        oid > after[number % len(after)] or isinstance(value, ABSENT)
        for number, (oid, value) in enumerate(found[1:])
    )


def _wait_s(device: Device) -> float:
    """Seconds to wait for each answer. Raises ConfigurationError (`option_invalid`)."""
    said = device.options.get("snmp_wait_s", str(WAIT_S))
    if not re.fullmatch(r"\d{1,3}(\.\d+)?", said):
        raise ConfigurationError(
            f"{device.id}: snmp_wait_s {said!r} is no number of seconds", code="option_invalid"
        )
    return float(said)


def _key(account: CommunityData | UsmUserData) -> tuple[Any, ...]:
    return tuple(sorted((name, str(value)) for name, value in vars(account).items()))
