"""From answers to facts: the release that runs, the chassis and its parts, the unit itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from collectors.snmp import words
from collectors.snmp.answers import CHASSIS, MODULE, STACK, Answers, Physical, is_blanked, said
from collectors.snmp.family import UNAME, Family, View
from collectors.snmp.identify import is_shared_agent
from collectors.snmp.members import members_of
from evidence.facts import Fact, HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

_VIRTUAL = re.compile(
    r"\b(?:k?vm|xen|qemu|v(?:mx|srx|thunder)|asav|ngfwv|csr1000v|c8000v)\b|vmware|i440fx|hyper-v"
    r"|vthunder|virtual (?:machine|appliance|platform|edition)|[-_]vm(?:\d|\b)|^FG\w*VM",
    re.IGNORECASE,
)
# The kernel named behind the product's own release: "GSM7352S …, 8.0.3.25, VxWorks 6.6".
_KERNEL = re.compile(r"(?:, |^)(Linux|VxWorks)(?: release:| )(\d+\.\d\S*?)(?=,| |$)")
# Makers whose name is no common word, by which a text can be told to be of another's device.
_MAKERS = re.compile(
    r"(?i)\b(?:forti(?=\w)|(?:cisco|juniper|palo alto|check ?point|huawei|aruba|arista|sonicwall"
    r"|sophos|mikrotik|zyxel|ubiquiti|extreme|brocade|netgear|d-link|dell|hp)\b)"
)
_MODEL = re.compile(r"(?=\S*[A-Z]{2})(?=\S*\d{2})[\w+/.-]+")
_OPTICS = re.compile(r"SFP|XFP|GBIC|transceiver|optic|\bBASE-", re.IGNORECASE)

Identity = tuple[str | None, str | None]  # model and serial number
_PROBE_SOFTWARE = "1.3.6.1.2.1.16.19.2.0"
_UPS_MODEL = "1.3.6.1.2.1.33.1.1.2.0"
_UPS_SOFTWARE = "1.3.6.1.2.1.33.1.1.3.0"
_UPS_AGENT = "1.3.6.1.2.1.33.1.1.4.0"
_PRINTER_SERIAL = "1.3.6.1.2.1.43.5.1.1.17"
# LLDP-EXT-MED-MIB lldpXMedLocSoftwareRev, …SerialNum, …ModelName; RFC 4639 docsDevSwCurrentVers
# and docsDevSerialNumber.
_MED = "1.0.8802.1.1.2.1.5.4795.1.2.{}.0".format
_MED_SOFTWARE, _MED_SERIAL, _MED_MODEL = _MED(4), _MED(5), _MED(7)
_MODEM_SOFTWARE = "1.3.6.1.2.1.69.1.3.5.0"
_MODEM_SERIAL = "1.3.6.1.2.1.69.1.1.4.0"
STRANGERS = (_MED_SOFTWARE, _MED_SERIAL, _MED_MODEL, _MODEM_SOFTWARE, _MODEM_SERIAL)
_DEVICE_DESCRIPTION = "1.3.6.1.2.1.25.3.2.1.3.1"
_HOST_UPTIME = "1.3.6.1.2.1.25.1.1.0"
_AGENT_UPTIME = "1.3.6.1.2.1.1.3.0"
_NAME = "1.3.6.1.2.1.1.5.0"


def facts_of(
    family: Family, view: View, rows: tuple[Physical, ...], answered_at: datetime
) -> Iterator[Fact]:
    """All facts; the release that runs and the chassis come first of their kind."""
    main = view.chassis[0] if view.chassis else None
    version = family.find("version", view) or _version(family, view)
    model = family.find("model", view) or _standard_model(family, view, main)
    serial = family.find("serial", view) or _standard_serial(family, view)
    if version or family.product:
        yield SoftwareRelease(
            vendor=family.vendor,
            product=family.product,
            name=family.name,
            version=version,
            build=family.find("build", view),
            train=train(family.product, version),
            part=family.part,
        )
    yield from _kernel(view)
    if model or serial:
        yield HardwareItem(
            vendor=family.vendor or (main.maker if main else None),
            model=model,
            serial=serial,
            description=(main.description or main.name) if main else None,
            revision=main.hardware if main else None,
            virtual=_VIRTUAL.search(f"{model} {main.description if main else ''}") is not None,
        )
    known = {(model, serial), (None, serial)}
    yield from _parts(family, view, rows, known)
    yield from members_of(family, view, version, {number for _, number in known})
    yield _unit(family, view, model, serial, answered_at)


def _kernel(view: View) -> Iterator[SoftwareRelease]:
    """The kernel that sysDescr names. Of the system around it, it says nothing."""
    description = said(view.description) or ""
    if match := UNAME.match(description) or _KERNEL.search(description):
        yield SoftwareRelease(product=match[1].lower(), version=match[2], part="kernel")


def _version(family: Family, view: View) -> str | None:
    """The version where no family says where to look: worded in sysDescr, else as ENTITY-MIB
    or the RMON probe configuration has it.

    A sysDescr that names another maker is not the device's own word: it was set by hand.
    """
    description = _KERNEL.sub("", said(view.description) or "")
    if not _names_another_maker(family, description):
        is_known = family.knows("version") or UNAME.match(description) is not None
        if (worded := words.version_of(description, is_known)) is not None:
            return worded
    main = view.chassis[0] if view.chassis else None
    revisions = (
        said(view.answers.raw(_PROBE_SOFTWARE)),
        main.software if main else None,
        _of_all(row.software for row in view.modules) if family.product is None else None,
        said(view.answers.raw(_MED_SOFTWARE)),
        said(view.answers.raw(_MODEM_SOFTWARE)),
        said(view.answers.raw(_UPS_SOFTWARE)),
        said(view.answers.raw(_UPS_AGENT)),
    )
    # A bare number is a counter of builds, or of nothing; it is no release.
    return next((one for one in revisions if one and re.search(r"\d\W*[.A-Za-z]", one)), None)


def _of_all(values: Iterable[str | None]) -> str | None:
    """The value that all have which have one; None where two differ."""
    told = {one for one in values if one}
    return told.pop() if len(told) == 1 else None


def _names_another_maker(family: Family, description: str) -> bool:
    """Whether the text names a maker, and only others than the sysObjectID's."""
    if family.vendor is None:
        return False
    own = family.vendor.casefold().replace(" ", "")
    named = [one.casefold().replace(" ", "") for one in _MAKERS.findall(description)]
    return bool(named) and not any(one in own for one in named)


def _parts(
    family: Family,
    view: View,
    rows: tuple[Physical, ...],
    known: set[tuple[str | None, str | None]],
) -> Iterator[HardwareItem]:
    """The stack itself, its further members, and the modules that have a serial number."""
    names = {CHASSIS: "chassis", STACK: "stack", MODULE: "module"}
    members = {row.index for row in view.chassis[1:]}
    of_members = {(row.model, row.serial) for row in view.chassis}
    for row in rows:
        if row.index not in members and row.kind not in (STACK, MODULE):
            continue
        if row.kind == MODULE and (row.serial is None or _is_optics(row)):
            continue
        model, serial = row.model or _called(row), row.serial
        if row.kind == STACK and (row.model, serial) in of_members:
            # A stack has no plate of its own: what stands here is borrowed of its first member.
            model, serial = _called(row), None
        if (model, serial) in known or not (model or serial):
            continue
        known.add((model, serial))
        yield HardwareItem(
            subject_unit=serial if row.index in members and not is_blanked(serial) else None,
            vendor=family.vendor or row.maker,
            model=model,
            serial=serial,
            part=names.get(row.kind or CHASSIS, "chassis"),
            position=row.name,
            description=row.description,
            revision=row.hardware,
        )


def _called(row: Physical) -> str | None:
    """What a chassis or stack without a model calls itself, if that says what it is.

    The name of a member is its place ("Switch 2"); a stack's may be all that it says of itself.
    """
    if row.kind == MODULE:
        return None
    if re.search(r"\d", row.description or ""):
        return row.description
    return row.name if row.kind == STACK and re.search(r"[A-Z]\d\d", row.name or "") else None


def _is_optics(row: Physical) -> bool:
    return any(_OPTICS.search(text or "") for text in (row.description, row.name, row.model))


def _unit(
    family: Family, view: View, model: str | None, serial: str | None, answered_at: datetime
) -> Unit:
    uptime_s = _ticks_s(view.answers.raw(_HOST_UPTIME) or view.answers.raw(_AGENT_UPTIME))
    main = view.chassis[0] if view.chassis else None
    return Unit(
        vendor=family.vendor or (main.maker if main else None),
        model=model,
        serial=serial,
        hostname=said(view.answers.raw(_NAME)),
        uptime_s=uptime_s,
        boot_at=None if uptime_s is None else answered_at - timedelta(seconds=uptime_s),
    )


def _ticks_s(ticks: str | None) -> float | None:
    """Seconds in a TimeTicks value. It starts again after 497 days, so boot_at may be too late."""
    return int(ticks) / 100 if ticks is not None and re.fullmatch(r"\d{1,10}", ticks) else None


def _first_under(answers: Answers, where: str) -> str | None:
    return next((text for _, value in answers.under(where) if (text := said(value))), None)


def _standard_serial(family: Family, view: View) -> str | None:
    """The serial number as a standard MIB has it; of a product no family knows, as sysDescr words
    it."""
    if (serial := _first_under(view.answers, _PRINTER_SERIAL)) is not None or family.product:
        return serial
    told = (said(view.answers.raw(where)) for where in (_MED_SERIAL, _MODEM_SERIAL))
    if (serial := next((one for one in told if one), None)) is not None:
        return serial
    if is_shared_agent(view.object_id) or UNAME.match(said(view.description) or ""):
        return None
    return words.serial_of(said(view.description) or "")


def _standard_model(family: Family, view: View, main: Physical | None) -> str | None:
    """The model where no family says where to look, by what the standard MIBs have of it.

    hrDeviceDescr is a printer's model; on hosts it is a processor, so only for printers. Some
    agents write the chassis' model as its description: one word with letters and a number.
    """
    if _first_under(view.answers, _PRINTER_SERIAL) is not None:
        return said(view.answers.raw(_DEVICE_DESCRIPTION))
    if (model := said(view.answers.raw(_UPS_MODEL))) is not None:
        return model
    if (model := said(view.answers.raw(_MED_MODEL))) is not None:
        return model
    told = (main.description, main.name) if main else ()
    return next((one for one in told if _MODEL.fullmatch(one or "")), _worded_model(family, view))


def _worded_model(family: Family, view: View) -> str | None:
    """Where no family knows the model's place: the one word of sysDescr that is like a model.

    Where there are two such words, or another's agent speaks, nobody can say.
    """
    description = said(view.description) or ""
    if family.knows("model") or is_shared_agent(view.object_id):
        return None
    if UNAME.match(description) or _names_another_maker(family, description):
        return None
    return words.model_of(description, family.vendor)
