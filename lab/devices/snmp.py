"""An SNMP device of the lab: a version 3 agent that answers from a recording and logs each PDU."""

from __future__ import annotations

import asyncio
import os
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from pysnmp.carrier.asyncio.dgram.udp import DOMAIN_NAME, UdpTransport
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413.cmdrsp import CommandResponderBase
from pysnmp.entity.rfc3413.context import SnmpContext
from pysnmp.proto import rfc1902, rfc1905
from pysnmp.proto.api import v2c
from pysnmp.proto.rfc3412 import MsgAndPduDispatcher

from evidence.capture import snmprec_rows
from evidence.tape import Tape

Oid = tuple[int, ...]
_UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_AUTH_PRIV = 3
_TYPES = {
    "2": rfc1902.Integer32,
    "6": rfc1902.ObjectIdentifier,
    "64": rfc1902.IpAddress,
    "65": rfc1902.Counter32,
    "66": rfc1902.Unsigned32,
    "67": rfc1902.TimeTicks,
    "70": rfc1902.Counter64,
}
_NAMES = {
    rfc1905.GetRequestPDU.tagSet: "get",
    rfc1905.GetNextRequestPDU.tagSet: "getnext",
    rfc1905.GetBulkRequestPDU.tagSet: "getbulk",
    rfc1905.SetRequestPDU.tagSet: "set",
}


@dataclass(frozen=True, slots=True)
class SnmpAccount:
    """Who may ask: a version 3 user (SHA-256, AES-128), or with a community a version 2c one."""

    username: str = "auditor"
    password: str = ""
    second: str = ""
    community: str | None = None


@dataclass(frozen=True, slots=True)
class SnmpMischief:
    """How an agent misbehaves. The defaults are an agent that does not."""

    circles: bool = False  # jump back at every thousandth row
    silent_after: int | None = None  # say nothing more after this many questions
    restart_after: int | None = None  # the uptime starts again after this many questions
    nothing: bool = False  # answer GETBULK without an error and without a row
    most_rows: int | None = None  # answer tooBig when more rows are wanted at once
    repeats_all: bool = False  # take no notice of how many objects GETBULK asks for once only


class LabSnmp:
    """An agent on loopback. `lines` is kind and objects of each PDU it accepted, in order.

    Its rows are all snmprec answers of the tape together. With a `log` file, lines are
    appended to it too.
    """

    def __init__(
        self,
        tape: Tape,
        account: SnmpAccount,
        mischief: SnmpMischief | None = None,
        log: Path | None = None,
    ) -> None:
        self.lines: list[str] = []
        self.account = account
        self.mischief = mischief or SnmpMischief()
        self._log = log
        body = b"\n".join(answer.body for answer in tape.answers if not answer.error)
        self.rows = {oid: _value(tag, raw) for oid, tag, raw in snmprec_rows(body, "the lab")}
        self.oids = sorted(self.rows)
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = Event()
        self._thread = Thread(target=self._run, name="lab-snmp")

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._ready.wait(1):
            assert self._thread.is_alive()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def heard(self, line: str) -> None:
        self.lines.append(line)
        if self._log is not None:
            with self._log.open("a") as file:
                file.write(line + "\n")

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        engine = self._loop.run_until_complete(self._open())
        # Not before the loop runs for good: an earlier call to stop it would be lost.
        self._loop.call_soon(self._ready.set)
        try:
            self._loop.run_forever()
        finally:
            engine.close_dispatcher()
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()

    async def _open(self) -> SnmpEngine:
        """The engine with one user or one community, listening on a free port."""
        engine = _engine()
        transport = UdpTransport().open_server_mode(("127.0.0.1", 0))
        config.add_transport(engine, DOMAIN_NAME, transport)
        if self.account.community is not None:
            config.add_v1_system(engine, "lab", self.account.community)
        else:
            config.add_v3_user(
                engine,
                self.account.username,
                config.USM_AUTH_HMAC192_SHA256,
                self.account.password,
                config.USM_PRIV_CFB128_AES,
                self.account.second,
            )
        _Responder(engine, SnmpContext(engine), self)
        while transport.transport is None:
            await asyncio.sleep(0.01)
        self.port = transport.transport.get_extra_info("sockname")[1]
        return engine


class _Responder(CommandResponderBase):  # type: ignore[misc]
    """Answers every kind of question itself; SET is logged and refused."""

    SUPPORTED_PDU_TYPES = tuple(_NAMES)

    def __init__(self, engine: SnmpEngine, context: SnmpContext, device: LabSnmp) -> None:
        self._device = device
        super().__init__(engine, context)

    def handle_management_operation(
        self, engine: SnmpEngine, state: int, context: Any, pdu: Any
    ) -> None:
        device = self._device
        wanted = [tuple(name) for name, _ in v2c.apiPDU.get_varbinds(pdu)]
        kind = _NAMES[pdu.tagSet]
        device.heard(" ".join([kind, *(".".join(map(str, oid)) for oid in wanted)]))
        mischief = device.mischief
        if mischief.silent_after is not None and len(device.lines) > mischief.silent_after:
            return
        if kind == "set" or not self._is_private(engine):
            self.send_varbinds(engine, state, "authorizationError", 0, [])
            return
        if mischief.nothing and kind == "getbulk":
            self.send_varbinds(engine, state, 0, 0, [])
            return
        count = 1 if kind != "getbulk" else int(v2c.apiBulkPDU.get_max_repetitions(pdu))
        if mischief.most_rows is not None and count > mischief.most_rows:
            self.send_varbinds(engine, state, "tooBig", 0, [])
            return
        if kind == "get":
            rows = [self._one(oid) for oid in wanted]
        else:
            once = 0 if kind == "getnext" else int(v2c.apiBulkPDU.get_non_repeaters(pdu))
            once = 0 if mischief.repeats_all else once
            rows = self._next(wanted[:once], 1) + self._next(wanted[once:], count)
        self.send_varbinds(engine, state, 0, 0, rows)

    def _is_private(self, engine: SnmpEngine) -> bool:
        """Whether the question came as the account must ask it."""
        if self._device.account.community is not None:
            return True
        context = engine.observer.get_execution_context("rfc3412.receiveMessage:request")
        return int(context["securityLevel"]) == _AUTH_PRIV

    def _one(self, oid: Oid) -> tuple[Oid, Any]:
        value = self._device.rows.get(oid)
        limit = self._device.mischief.restart_after
        if oid == _UPTIME and limit is not None and len(self._device.lines) > limit:
            value = rfc1902.TimeTicks(100)
        return oid, rfc1905.noSuchInstance if value is None else value

    def _next(self, wanted: list[Oid], count: int) -> list[tuple[Oid, Any]]:
        """The rows after each wanted OID, up to `count` for each, interleaved as RFC 3416 says."""
        oids, found = self._device.oids, []
        for _ in range(count):
            following = []
            for oid in wanted:
                place = bisect_right(oids, oid)
                if self._device.mischief.circles and place % 1000 == 999:
                    place -= 500
                if place == len(oids):
                    found.append((oid, rfc1905.endOfMibView))
                else:
                    found.append(self._one(oids[place]))
                following.append(found[-1][0])
            wanted = following
        return found


def _engine() -> SnmpEngine:
    """An engine with an identity of its own: those of one process would share theirs."""
    dispatcher = MsgAndPduDispatcher()
    builder = dispatcher.mib_instrum_controller.get_mib_builder()
    (identity,) = builder.import_symbols("__SNMP-FRAMEWORK-MIB", "snmpEngineID")
    identity.syntax = identity.syntax.clone(b"\x80\x00\x4f\xb8\x05" + os.urandom(8))
    return SnmpEngine(msgAndPduDsp=dispatcher)


def _value(tag: str, raw: bytes) -> Any:
    kind = _TYPES.get(tag)
    return rfc1902.OctetString(raw) if kind is None else kind(raw.decode())
