"""Reports of vulnerability scanners, as files: Nessus, OpenVAS/Greenbone, Qualys.

Read is what the report says was scanned, when, and what is open; nothing is scanned by this. A
report that breaks off, declares a document type or is a bomb is no report.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable

from collectors.scan import nessus, openvas, qualys
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered
from evidence.facts import Fact

TRANSPORTS = ("folder",)

# A scan's policy stands in a .nessus file: Nessus stars its passwords out, other tools may not.
_TITLED = r"<(?:fullName|preferenceName|name)>[^<]*(?:password|passphrase|community)[^<]*</\w+>"
_WITHIN = r"(?:(?!</item>|</preference>).){0,800}?"
_SECRETS = tuple(
    Secret("regex", rf"(?is){_TITLED}{_WITHIN}<{value}>(?P<secret>[^<*][^<]*)<")
    for value in ("selectedValue", "preferenceValues", "value")
)
Reader = Callable[[Capture, Device], Iterable[Fact]]


def _file(name: str, text: str) -> Ask:
    return Ask(name, text, "file", secrets=_SECRETS, limit_bytes=192 * 1024 * 1024)


NESSUS = _file("nessus", "scan.nessus")
NESSUS_CSV = _file("nessus_csv", "nessus.csv")
OPENVAS = _file("openvas", "openvas.xml")
QUALYS = _file("qualys", "qualys.xml")
QUALYS_CSV = _file("qualys_csv", "qualys.csv")

Flow = Generator[Ask, Capture, Iterable[Fact]]


def weaknesses(device: Device) -> Flow:
    """What every report in the folder says. Raises NotAnswered where there is none."""
    readers: tuple[tuple[Ask, Reader], ...] = (
        (NESSUS, nessus.report),
        (NESSUS_CSV, nessus.table),
        (OPENVAS, openvas.report),
        (QUALYS, qualys.report),
        (QUALYS_CSV, qualys.table),
    )
    found: list[Fact] = []
    missing: NotAnswered | None = None
    for ask, read in readers:
        try:
            capture = yield ask
        except NotAnswered as error:
            missing = missing or error
            continue
        found += read(capture, device)
    if not found and missing is not None:
        raise missing
    return found
