"""Programs that let somebody work on a computer from elsewhere, and how each is known.

Names as installers, packages and services carry them (the makers' own documentation and package
lists), never viewers alone. A port is a hint: what else may listen on it, nobody knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evidence.facts import RemoteAccess


@dataclass(frozen=True, slots=True)
class Product:
    """`words` is a pattern for names of programs, packages and services."""

    name: str
    words: str
    ports: tuple[int, ...] = ()


PRODUCTS = (
    Product("TeamViewer", r"teamviewer", (5938,)),
    Product("AnyDesk", r"anydesk", (7070,)),
    Product("RustDesk", r"rustdesk", (21118,)),
    Product(
        "VNC",
        r"(?:tight|ultra|real|tiger|turbo|x11|way)vnc|\bvnc|\bwinvnc|\btvnserver|\buvnc|\bvino\b"
        r"|\bkrfb\b",
        (5900, 5901, 5902, 5903),
    ),
    Product("Splashtop", r"splashtop", (6783,)),
    Product("Radmin", r"\bradmin|\brserver3", (4899,)),
    Product("Chrome Remote Desktop", r"chrome[ -]?remote[ -]?desktop|\bchromoting"),
    Product("ScreenConnect", r"screenconnect|connectwise control"),
    Product("LogMeIn", r"logmein|gotoassist|gotomypc|goto resolve"),
    Product("BeyondTrust Remote Support", r"beyondtrust remote|\bbomgar"),
    Product("DameWare", r"dameware"),
    Product("NoMachine", r"nomachine|\bnxserver"),
    Product("Ammyy Admin", r"ammyy"),
    Product("Supremo", r"\bsupremo"),
    Product("ToDesk", r"\btodesk"),
    Product("Sunlogin", r"sunlogin|\boray|向日葵"),
    Product("Zoho Assist", r"zoho assist|\bzohours"),
    Product("ISL Online", r"\bisl (?:light|alwayson)"),
    Product("DWService", r"\bdwagent|\bdwservice"),
    Product("MeshAgent", r"mesh ?agent"),
    Product("Parsec", r"\bparsec\b"),
)
_VIEWER = re.compile(r"viewer|\bclient\b|libvnc|-common|-doc\b", re.IGNORECASE)


def found(
    installed: Iterable[str], services: Iterable[str], listeners: Iterable[tuple[str, int]]
) -> Iterator[RemoteAccess]:
    """What of a host is remote control: once a product and way of seeing it.

    `listeners` are (address, port); what listens on a loopback address lets nobody in.
    """
    seen: set[tuple[str, str]] = set()
    for seen_as, names in (("installed", installed), ("service", services)):
        for name in names:
            product = _named(name)
            if product and (product.name, seen_as) not in seen:
                seen.add((product.name, seen_as))
                yield RemoteAccess(service=product.name, seen_as=seen_as, detail=name)
    for address, port in listeners:
        if address.startswith(("127.", "[::1]", "::1")):
            continue
        for product in PRODUCTS:
            if port in product.ports and (product.name, "listening") not in seen:
                seen.add((product.name, "listening"))
                yield RemoteAccess(
                    service=product.name, seen_as="listening", address=address, port=port
                )


def _named(name: str) -> Product | None:
    """The product that a program, package or service of this name belongs to."""
    if _VIEWER.search(name) and "teamviewer" not in name.casefold():
        return None
    return next((one for one in PRODUCTS if re.search(one.words, name, re.IGNORECASE)), None)
