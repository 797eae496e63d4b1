"""The gate of SNMP: every message passes the engine's dispatcher before it is encoded.

Below it are only encoding, signing, encrypting and the socket. Nothing but GET, GETNEXT and
GETBULK of declared objects passes, and only to a device that was opened.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pysnmp.proto.rfc1905 import GetBulkRequestPDU, GetNextRequestPDU, GetRequestPDU
from pysnmp.proto.rfc3412 import MsgAndPduDispatcher

from agent.gate import Gate
from agent.platforms import Platform
from evidence.ask import Ask
from evidence.errors import Denied

_READS = frozenset(pdu.tagSet for pdu in (GetRequestPDU, GetNextRequestPDU, GetBulkRequestPDU))


@cache
def declared(asks: tuple[Ask, ...]) -> re.Pattern[str]:
    """The OIDs that these asks of a platform may name, with everything below each."""
    words = (
        Ask(ask.name, word, holes=ask.holes).pattern.pattern
        for ask in asks
        if ask.kind == "snmp"
        for word in (ask.template or ask.text).split()[1:]
    )
    return re.compile(rf"(?:{'|'.join(dict.fromkeys(words))})(?:\.\d+)*")


class GatedDispatcher(MsgAndPduDispatcher):  # type: ignore[misc]
    """The engine's dispatcher, with a list of who may be asked what, and who `answered`."""

    def __init__(self) -> None:
        super().__init__()
        self.answered: set[tuple[str, int]] = set()
        self._open: dict[tuple[str, int], tuple[Gate, re.Pattern[str]]] = {}

    def admit(self, address: tuple[str, int], gate: Gate, platform: Platform) -> None:
        """From now on, this platform's asks may be sent to this address.

        It stays open: what is declared is the same in each visit, and a late repetition of a
        lost message must not be taken for something new.
        """
        self._open[address] = (gate, declared(platform.all_asks))

    def send_pdu(self, *arguments: Any, **named: Any) -> Any:
        """Look at a message, then hand it on. Raises Denied."""
        address, pdu = tuple(arguments[2])[:2], arguments[10]
        if address not in self._open:
            raise Denied(f"SNMP to {address[0]} port {address[1]}: no such device is being read")
        gate, pattern = self._open[address]
        if pdu.tagSet not in _READS:
            gate.deny("message", type(pdu).__name__)
        for row in pdu["variable-bindings"]:
            if not pattern.fullmatch(asked := str(row["name"])):
                gate.deny("object", asked)
        return super().send_pdu(*arguments, **named)

    def return_response_pdu(self, *_: Any, **__: Any) -> None:
        """Send nothing: this engine is nobody's agent, and reports no error to anybody."""
