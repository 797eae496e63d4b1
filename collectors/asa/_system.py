"""The software and hardware an ASA names, in whichever answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from evidence.facts import HardwareItem, SoftwareRelease
from evidence.trains import train

_RELEASE = re.compile(
    r"(?m)^Cisco (?:Adaptive|PIX) Security Appliance Software Version (\S+)(?: <(\w+)>)?"
)
_FXOS = re.compile(
    r"(?m)^(?:Firepower Extensible|SSP) Operating System Version (\d+\.\d+\([\w.]+\)\S*)"
)
_ASDM = re.compile(r"(?m)^Device Manager Version (\S+)")
_ITEM = re.compile(
    r'Name: *"(?P<name>[^"]*)" *, *DESCR: *"(?P<description>[^"]*)"\s+'
    r"PID: *(?P<pid>.*?) *, *VID: *(?P<vid>.*?) *, *SN:[^\S\n]*(?P<sn>\S*)",
    re.IGNORECASE,
)
_NOTHING = ("", "N/A", "n/a", "Unknown", "None")


def releases(text: str) -> Iterator[SoftwareRelease]:
    """The software of `show version`: ASA itself, the system under it, its manager's program."""
    if asa := _RELEASE.search(text):
        product = "pix" if "Cisco PIX" in asa[0] else "asa"
        yield release(product, asa[1])
    if fxos := _FXOS.search(text):
        yield release("fxos", fxos[1], "chassis operating system")
    if asdm := _ASDM.search(text):
        yield release("asdm", asdm[1], "device manager")


def release(product: str, version: str, part: str = "operating system") -> SoftwareRelease:
    return SoftwareRelease(
        vendor="Cisco",
        product=product,
        name=_NAMES.get(product),
        version=version,
        train=train(product, version),
        part=part,
    )


_NAMES = {
    "asa": "Cisco Adaptive Security Appliance Software",
    "pix": "Cisco PIX Security Appliance Software",
    "fxos": "Firepower Extensible Operating System",
    "asdm": "Cisco Adaptive Security Device Manager",
}


def system(text: str) -> HardwareItem | None:
    """The machine that `show version` names; its serial is the one licences are bound to."""
    hardware = re.search(r"(?m)^Hardware: +(.*)$", text)
    serial = re.search(r"(?m)^Serial Number: *(\S+)", text)
    kind = re.search(r"(?m)^Model Id: *(\S+)", text)
    # Other vendors write a serial number in the same words.
    if hardware is None and (serial is None or "Cisco" not in text):
        return None
    model, _, rest = (hardware[1] if hardware else "").partition(",")
    about = [kind[1] if kind else "", rest.strip(" ,")]
    return HardwareItem(
        vendor="Cisco",
        model=said(model.strip()),
        serial=said(serial[1]) if serial else None,
        description=", ".join(filter(None, about)) or None,
        virtual=model.startswith("ASAv"),
    )


def inventory(text: str) -> Iterator[HardwareItem]:
    """The parts that `show inventory` lists."""
    for item in _ITEM.finditer(text):
        name, model = item["name"].strip(), said(item["pid"])
        yield HardwareItem(
            vendor="Cisco",
            model=model,
            serial=said(item["sn"]),
            part="chassis" if name.lower() == "chassis" else "module",
            position=said(name),
            description=said(item["description"]),
            revision=said(item["vid"]),
            virtual=(model or "").startswith("ASAv"),
        )


def modules(text: str) -> tuple[list[HardwareItem], list[SoftwareRelease]]:
    """The modules of `show module`, and the software each runs.

    A row without card type and model is a place for a software module that is not installed.
    """
    cards = {row[0]: row for row in _table(text, "Card Type")}
    items, software = [], []
    for mod, (_, card, model, serial, *_) in cards.items():
        if said(card) or said(model):
            board = mod in ("0", "1") and model != "N/A" and model in card.replace(" ", "")
            items.append(
                HardwareItem(
                    vendor="Cisco",
                    model=said(model),
                    serial=said(serial),
                    part="chassis" if board else "module",
                    position=mod,
                    description=said(card),
                )
            )
    for mod, *_, version in _table(text, "MAC Address Range"):
        card = cards[mod][1] if mod in cards else ""
        if said(version):
            asa = card.startswith("ASA") or "Security Appliance" in card
            product = "asa" if asa else "firepower-services" if "FirePOWER" in card else mod
            software.append(release(product, version, "operating system" if asa else "module"))
    return items, software


def _table(text: str, heading: str) -> Iterator[list[str]]:
    """The rows of the table whose heading says so, cut where its line of dashes is."""
    cuts: list[tuple[int, int]] | None = None
    inside = False
    for line in text.splitlines():
        if line.startswith("Mod "):
            inside, cuts = heading in line, None
        elif inside and re.fullmatch(r"[- ]+", line) and "-" in line:
            cuts = [(dashes.start(), dashes.end()) for dashes in re.finditer(r"-+", line)]
        elif not line.strip():
            inside = False
        elif inside and cuts:
            last = len(cuts) - 1
            yield [
                line[start : None if at == last else cuts[at + 1][0]].strip()
                for at, (start, _) in enumerate(cuts)
            ]


def said(value: str) -> str | None:
    return None if value in _NOTHING else value


def one_of_each(
    parts: list[HardwareItem], machine: HardwareItem | None, cards: list[HardwareItem]
) -> list[HardwareItem]:
    """The parts without repetition: what several answers name is taken from the first.

    Where the chassis has another serial than `show version` says, that one is its main
    board's: contracts go by the chassis, licences by the board.
    """
    found = list(parts)
    if machine is not None:
        chassis = [one for one in parts if one.part == "chassis"]
        if not any(machine.serial in (one.serial, None) for one in chassis):
            found.append(replace(machine, part="main board") if chassis else machine)
    for card in cards:
        if not any((card.model, card.serial) == (one.model, one.serial) for one in found):
            found.append(card)
    return found


def of_failover(text: str) -> tuple[list[SoftwareRelease], list[HardwareItem]]:
    """The version, model and serial that `show failover` says are ours."""
    ours = text.partition("Other host:")[0]
    version = re.search(r"Version: Ours ([^\s,]+), Mate", ours)
    serial = re.search(r"Serial Number: Ours ([^\s,]+), Mate", ours)
    slot = re.search(r"slot 0: (\S+) hw/sw rev \(([^/]*)/(\S+)\) status", ours)
    running = version[1] if version else slot[3] if slot else None
    item = HardwareItem(
        vendor="Cisco",
        model=slot[1] if slot else None,
        serial=said(serial[1]) if serial else None,
        revision=said(slot[2]) if slot else None,
        virtual=slot is not None and slot[1].startswith("ASAv"),
    )
    return [release("asa", running)] if running else [], [item] if slot or serial else []


def of_licence(text: str) -> Iterator[HardwareItem]:
    """The identity that `show license all` says the licence is bound to."""
    for pid, serial in re.findall(r"UDI: *PID:([^\s,]+),SN:(\S+)", text)[:1]:
        yield HardwareItem(
            vendor="Cisco", model=pid, serial=said(serial), virtual=pid.startswith("ASAv")
        )
