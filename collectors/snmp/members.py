"""Members of a stack: each with its number and model, and its release where it runs another one."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.snmp.answers import Oid, is_blanked, said
from collectors.snmp.family import Family, View
from evidence.facts import Fact, HardwareItem, SoftwareRelease
from evidence.trains import train


def members_of(
    family: Family, view: View, version: str | None, known: set[str | None]
) -> Iterator[Fact]:
    """What the maker's table and ENTITY-MIB tell of members beyond the device's own numbers.

    `known` are serial numbers that are told already. A member that runs what the device runs is
    one with it; another release is told as the member's own.
    """
    if family.members is not None:
        yield from _listed(family, view, version, known)
    if not view.chassis or version is None or view.chassis[0].software != version:
        return  # the revision of a chassis is something else than what runs
    for number, row in enumerate(view.chassis[1:], 2):
        if row.software and row.software != version:
            yield _release(family, row.software, str(number))


def _listed(
    family: Family, view: View, version: str | None, known: set[str | None]
) -> Iterator[Fact]:
    columns = family.members
    assert columns is not None
    rows: dict[Oid, dict[str, str]] = {}
    for name in ("serial", "version", "model"):
        if where := getattr(columns, name):
            for index, text in view.answers.under(where):
                if (told := said(text)) is not None:
                    rows.setdefault(index, {})[name] = told
    for index in sorted(rows):
        row, number = rows[index], ".".join(map(str, index))
        serial = row.get("serial")
        if serial is not None and serial not in known:
            known.add(serial)
            yield HardwareItem(
                subject_unit=None if is_blanked(serial) else serial,
                vendor=family.vendor,
                model=row.get("model"),
                serial=serial,
                position=f"member {number}",
            )
        if version is not None and row.get("version") not in (None, version):
            yield _release(family, row["version"], number)


def _release(family: Family, version: str, member: str) -> SoftwareRelease:
    return SoftwareRelease(
        vendor=family.vendor,
        product=family.product,
        name=family.name,
        version=version,
        train=train(family.product, version),
        part=f"stack member {member}",
    )
