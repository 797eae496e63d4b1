"""SonicWall (SonicOS 7 API) from delivered answers: access rules, without their statistics.

A log-in by the API may end the session of the administrator who configures at that moment, and
what the answer of the statistics holds (`reporting/access-rules/ipv4`) is documented nowhere in
public. So nothing is read live, and no count is told: on the very path of the statistics a DELETE
clears them.

From public code that reads the API; not confirmed on a firewall of our own.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable

from collectors._managed.apart import apart
from collectors.sonicwall._answer import listed
from collectors.sonicwall._rules import objects, rules
from collectors.sonicwall._unit import hardware, release
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact

VENDOR = "SonicWall"
TRANSPORTS = ("folder",)
ALIASES = ("sonicos", "sonicwall_sonicos")

Flow = Generator[Ask, Capture, Iterable[Fact]]


def _get(name: str, path: str) -> Ask:
    target = f"/api/sonicos/{path}"
    return Ask(name, f"GET {target}", "http", also=(target, target[1:], f"GET {target[1:]}"))


RULES = tuple(_get(f"access_rules_{ip}", f"access-rules/{ip}") for ip in ("ipv4", "ipv6"))
OBJECTS = (
    _get("address_objects_ipv4", "address-objects/ipv4"),
    _get("address_objects_ipv6", "address-objects/ipv6"),
    _get("address_groups_ipv4", "address-groups/ipv4"),
    _get("address_groups_ipv6", "address-groups/ipv6"),
    _get("service_objects", "service-objects"),
    _get("service_groups", "service-groups"),
)
VERSION = _get("version", "version")


def firewall(device: Device) -> Flow:
    """Every access rule in the order of its zones' priorities."""
    v4 = yield RULES[0]
    v6 = yield from _optional(RULES[1])
    held = []
    for ask in OBJECTS:
        capture = yield from _optional(ask)
        held += listed(capture) if capture else []
    known = objects(held)
    told = [
        rule
        for capture in (v4, v6)
        if capture
        for rule in apart(rules(listed(capture), known), f"{device.id}: {capture.ask.name}")
    ]
    if not told:
        raise Unexpected(
            f"{device.id}: no access rule in it",
            code="result_empty_suspicious",
            next_step="every SonicWall has rules between its zones; deliver the whole answer",
        )
    return [*told]


def firmware(device: Device) -> Flow:
    """The release and the chassis."""
    capture = yield VERSION
    return [release(capture), *hardware(capture)]


def _optional(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    try:
        return (yield ask)
    except NotAnswered as error:
        if error.code != NotAnswered.code and error.code != "file_missing":
            raise
        return None
