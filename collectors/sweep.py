"""A polite sweep by SNMP: who is at each address of the networks that the configuration names.

Each address is asked once for three values of the system group, few addresses a second. What
answers is a neighbour; so is what answers that it does not know the account. Silence shows nothing.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator
from ipaddress import ip_network
from typing import Any

from collectors._neighbours import address_of, named_networks
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import Fact, Neighbour, Surroundings

TRANSPORTS = ("sweep",)

DESCRIPTION, OBJECT_ID, NAME = (f"1.3.6.1.2.1.1.{number}.0" for number in (1, 2, 5))
EVERYWHERE = "0.0.0.0/0"
# What is sent to an address, and to which addresses.
SYSTEM = Ask("system", f"get {DESCRIPTION} {OBJECT_ID} {NAME}", kind="snmp")
SWEEP = Ask(
    "sweep",
    "sweep {range}",
    kind="probe",
    holes={"range": r"[0-9A-Fa-f.:]{2,39}/\d{1,3}"},
    limit_s=280.0,  # less than the agent's watchdog waits; a wider range is named in parts
)

Flow = Generator[Ask, Capture, Iterable[Fact]]


def neighbours(device: Device) -> Flow:
    """Every address that answered. Raises Unexpected, Incomplete: a sweep that broke off.

    Without ranges there is only what somebody delivered, of wherever it is.
    """
    found: list[Fact] = []
    for network in named_networks(device) or [ip_network(EVERYWHERE)]:
        capture = yield SWEEP(range=str(network))
        found += _answers(capture)
    return found


def _answers(capture: Capture) -> Iterator[Fact]:
    """One JSON object an address that answered; the last says which network, how many asked."""
    lines = [_object(line, capture) for line in capture.text().splitlines() if line.strip()]
    if not lines or "asked" not in lines[-1]:
        raise Incomplete(f"{capture.device}: {capture.ask.text!r} has no last line")
    last = lines[-1]
    yield Surroundings(
        networks=(str(last.get("range")),),
        ways=("snmp",),
        asked=int(last["asked"]),
        answered=len(lines) - 1,
    )
    for line in lines[:-1]:
        address = address_of(str(line.get("address")))
        values = line.get("values")
        if address is None or not isinstance(values, dict):
            raise Unexpected(f"{capture.device}: {capture.ask.text!r}: {shown(str(line))!r}")
        yield Neighbour(
            seen_by="snmp",
            addresses=(address,),
            name=values.get(NAME) or None,
            description=values.get(DESCRIPTION) or None,
            object_id=values.get(OBJECT_ID) or None,
            refused=not values,
        )


def _object(line: str, capture: Capture) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Incomplete(f"{capture.device}: {capture.ask.text!r} breaks off: {shown(line)!r}")
    return found
