"""Sophos Firewall (SFOS) from what an administrator exports: rules, without any counter.

The XML API takes name and password within each request, in the clear of its own text, which the
agent does not send. So `Entities.xml` of Backup & firmware > Import export is read, or an answer of
the API that somebody delivers. Neither holds a count: the firewall itself only shows whether a rule
had traffic in the past 24 hours, and not by any interface that is documented.

From the API's documentation and public code; not confirmed on a firewall of our own.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable

from collectors._managed.apart import apart
from collectors.sophos._objects import objects
from collectors.sophos._rules import rules
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected, shown
from evidence.facts import Fact

VENDOR = "Sophos"
TRANSPORTS = ("folder",)
ALIASES = ("sophos_sfos", "sfos")

Flow = Generator[Ask, Capture, Iterable[Fact]]

ENTITIES = Ask(
    "entities",
    "Entities.xml",
    "file",
    secrets=(
        Secret(
            "regex",
            r"(?s)<(?:\w*Password\w*|\w*PresharedKey|\w*Secret\w*|PassPhrase)"
            r"(?: [^>]*)?>(?P<secret>[^<]+)<",
        ),
        Secret(
            "regex", r"(?s)<(?:PrivateKey|CommunityString|HashKey)(?: [^>]*)?>(?P<secret>[^<]+)<"
        ),
    ),
    also=("get FirewallRule", "Get FirewallRule"),
)


def firewall(device: Device) -> Flow:
    """Every firewall rule in the order of evaluation, the drop behind them last."""
    capture = yield ENTITIES
    who = f"{device.id}: {ENTITIES.text!r}"
    found = capture.xml()
    if found.tag not in ("Response", "Configuration"):
        raise Unexpected(f"{who}: no export and no answer of a Sophos Firewall")
    login = (found.findtext("Login/status") or "").strip()
    if login and "success" not in login.casefold():
        raise NotAnswered(f"{who}: {shown(login)}", code="ask_refused")
    told = list(apart(rules(found, objects(found)), who))
    if not any(not one.implicit for one in told):
        raise Unexpected(
            f"{who}: no firewall rule in it",
            code="result_empty_suspicious",
            next_step="export everything, or with the rules all objects that they name",
        )
    return [*told]
