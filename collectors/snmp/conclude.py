"""From answers to facts: the release that runs, the chassis and its parts, the unit itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from collectors.snmp.answers import CHASSIS, MODULE, STACK, Answers, Physical, is_blanked, said
from collectors.snmp.family import UNAME, Family, View
from collectors.snmp.identify import is_shared_agent
from collectors.snmp.members import members_of
from evidence.facts import Fact, HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

# A release as makers write it has a dot in it: 15.2(4)M7, v7.2.6, 9.16.4-P2, R80.40.
_NUMBER = r"((?:[A-Z]{1,2}\.|[A-Za-z]{0,3})\d+(?:\.\d+)+[\w.()+-]*)"
# What runs comes before the system it is built on, and both before the firmware beneath.
_RELEASE = r"(?:version|release|revision|rev\.?)"
_OTHERS = "".join(
    rf"(?<!{word} )" for word in ("hardware", "hw", "boot", "bootrom", "loader", "kernel", "rom")
)
_BEFORE = (
    rf"(?i:(?:software|application)[ -]{_RELEASE})",
    rf"(?i:(?:firmware|system|os)[ -]{_RELEASE})",
    rf"(?i:\bs/?w(?: {_RELEASE})?)",
    rf"(?i:{_OTHERS}\b(?:version|ver\.?|release|revision|rev\.?))",
    r"(?i:\b(?:firmware|f/?w))",
    r"(?:(?<=[\s,;(/])|^)[vV]",
)
_WORDED = (
    *(re.compile(rf"{before}[ :=.]*{_NUMBER}") for before in _BEFORE),
    # Broadcom's FASTPATH and its many descendants: "model, 6.3.1.11, boot loader".
    re.compile(r", (\d+(?:\.\d+){2,})(?:,|$)"),
)
# Three numbers and more, which are not the kernel's or the boot loader's.
_DOTTED = re.compile(
    r"(?i)(?<!linux )(?<!kernel )(?<!boot )(?<!loader )(?<!works )(?<!ecos-)(?<![\w.])"
    r"v?(\d+(?:\.\d+){2,}[\w-]*)(?![\d.])"
)
_PRIVATE = re.compile(r"(?:10|127|172\.(?:1[6-9]|2\d|3[01])|192\.168)(?:\.\d{1,3}){2,3}")
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
_MODEL_WORD = re.compile(
    r"(?:(?<=[\s(\[,])|^)(?=[\w+/-]{4})[A-Z][A-Za-z]*[-/]?[A-Za-z0-9+/-]*\d[A-Za-z0-9+/-]*(?![\w.])"
)
# Releases, architectures, standards and dates have letters and numbers too.
_NO_MODEL = re.compile(
    r"(?:[VvRBP]\d|Ver|Rev|Rel|Build|IEEE|RFC|SHA|MD5|IPv|SNMP|UTF|X86|Linux|L[234]\b|Layer"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?![a-z]))"
)
_OPTICS = re.compile(r"SFP|XFP|GBIC|transceiver|optic|\bBASE-", re.IGNORECASE)

Identity = tuple[str | None, str | None]  # model and serial number
_PROBE_SOFTWARE = "1.3.6.1.2.1.16.19.2.0"
_UPS_MODEL = "1.3.6.1.2.1.33.1.1.2.0"
_UPS_SOFTWARE = "1.3.6.1.2.1.33.1.1.3.0"
_UPS_AGENT = "1.3.6.1.2.1.33.1.1.4.0"
_PRINTER_SERIAL = "1.3.6.1.2.1.43.5.1.1.17"
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
    serial = family.find("serial", view) or _first_under(view.answers, _PRINTER_SERIAL)
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
        for pattern in _WORDED:
            if match := pattern.search(description):
                return match[1].rstrip(".-(")
        if family.product is None and not UNAME.match(description):
            # Four numbers of a private network are an address as well.
            found = map(str, _DOTTED.findall(description))
            numbers = {one for one in found if not _PRIVATE.fullmatch(one)}
            if len(numbers) == 1:
                return numbers.pop()
    main = view.chassis[0] if view.chassis else None
    revisions = (
        said(view.answers.raw(_PROBE_SOFTWARE)),
        main.software if main else None,
        said(view.answers.raw(_UPS_SOFTWARE)),
        said(view.answers.raw(_UPS_AGENT)),
    )
    # A bare number is a counter of builds, or of nothing; it is no release.
    return next((one for one in revisions if one and re.search(r"\d\W*[.A-Za-z]", one)), None)


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


def _standard_model(family: Family, view: View, main: Physical | None) -> str | None:
    """The model where no family says where to look, by what the standard MIBs have of it.

    hrDeviceDescr is a printer's model; on hosts it is a processor, so only for printers. Some
    agents write the chassis' model as its description: one word with letters and a number.
    """
    if _first_under(view.answers, _PRINTER_SERIAL) is not None:
        return said(view.answers.raw(_DEVICE_DESCRIPTION))
    if (model := said(view.answers.raw(_UPS_MODEL))) is not None:
        return model
    told = (main.description, main.name) if main else ()
    return next((one for one in told if _MODEL.fullmatch(one or "")), _worded_model(family, view))


def _worded_model(family: Family, view: View) -> str | None:
    """For a maker's product that no family knows: the one word of sysDescr that is like a model.

    Where there are two such words, or another's agent speaks, nobody can say.
    """
    description = said(view.description) or ""
    if family.product is not None or is_shared_agent(view.object_id):
        return None
    if UNAME.match(description) or _names_another_maker(family, description):
        return None
    maker = (family.vendor or "").casefold()
    found = _MODEL_WORD.findall(description)
    words = [one for one in found if not _NO_MODEL.match(one) and one.casefold() not in maker]
    if len(set(words)) > 1 and maker:
        # "PLANET XGS3-24042 L3 Switch with X2 slots": the one behind the maker's own name.
        named = rf"(?i){re.escape(maker.split()[0])}[\w-]*,? {re.escape(words[0])}(?![\w/+-])"
        words = words[:1] if re.match(named, description) else words
    return words[0] if len(set(words)) == 1 else None
