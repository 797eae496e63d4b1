"""Answers of Cisco's EoX service, saved as JSON: hardware by exact product id, software by train.

A record of software has no product id: what was asked names release and system (`12.4(15)T,IOS`),
and its dates are those of the release's train.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from evidence.errors import ConfigurationError, shown
from evidence.lifecycle.entry import Entry, day_of
from evidence.trains import train

RECORDS = "EOXRecord"
_FIELDS = {
    "end_of_sale": "EndOfSaleDate",
    "end_of_software_maintenance": "EndOfSWMaintenanceReleases",
    "end_of_security_fixes": "EndOfSecurityVulSupportDate",
    "last_day_of_support": "LastDateOfSupport",
}


def rows_of_eox(answer: Mapping[str, Any], read_on: date) -> tuple[list[Entry], list[str]]:
    """The rows in an answer, and what was left out: a product the service knows no end of, a
    release of a system that we do not read.

    Raises ConfigurationError (`catalogue_row`) naming the product whose date is none.
    """
    rows: list[Entry] = []
    left: list[str] = []
    for record in answer[RECORDS]:
        product = str(record.get("EOLProductID") or "").strip()
        error = record.get("EOXError") or {}
        asked = str(record.get("EOXInputValue") or "").strip()
        if not error and _is_of_software(record):
            row = _software(asked, record, read_on)
            if row is None:
                left.append(f"{asked or 'a release'}: its system or train is not known")
            elif all(one.key != row.key or one.milestones != row.milestones for one in rows):
                rows.append(row)
            continue
        if error or not product:
            named = product or asked or "a record without a product"
            left.append(f"{named}: {error.get('ErrorDescription') or 'no end announced'}")
            continue
        rows.append(
            Entry(
                vendor="Cisco",
                kind="hardware",
                product="",
                name=str(record.get("ProductIDDescription") or product),
                match=product,
                rule="model",
                edition="",
                milestones=_milestones(product, record),
                source_url=str(record.get("LinkToProductBulletinURL") or ""),
                retrieved_on=read_on.isoformat(),
                confidence="vendor",
                note="",
            )
        )
    return rows, left


# The service's names of systems, without what stands between letters.
_SYSTEMS = {
    "ios": "ios",
    "iosxe": "iosxe",
    "iosxr": "iosxr",
    "nxos": "nxos",
    "asa": "asa",
    "asaos": "asa",
    "adaptivesecurityappliance": "asa",
}
_NAMES = {"ios": "IOS", "iosxe": "IOS XE", "iosxr": "IOS XR", "nxos": "NX-OS", "asa": "ASA"}


def _is_of_software(record: Mapping[str, Any]) -> bool:
    return "swrelease" in str(record.get("EOXInputType") or "").casefold()


def _software(asked: str, record: Mapping[str, Any], read_on: date) -> Entry | None:
    """The row of a release's train; None where its system or train is not known to us."""
    release, _, system = asked.rpartition(",")
    product = _SYSTEMS.get("".join(sign for sign in system.casefold() if sign.isalnum()))
    found = train(product, release.strip())
    if product is None or found is None:
        return None
    return Entry(
        vendor="Cisco",
        kind="software",
        product=product,
        name=f"{_NAMES[product]} {found}",
        match=found,
        rule="train",
        edition="",
        milestones=_milestones(asked, record),
        source_url=str(record.get("LinkToProductBulletinURL") or ""),
        retrieved_on=read_on.isoformat(),
        confidence="vendor",
        note="",
    )


def _milestones(product: str, record: Mapping[str, Any]) -> dict[str, date]:
    found: dict[str, date] = {}
    for name, field in _FIELDS.items():
        text = str((record.get(field) or {}).get("value") or "").strip()
        if not text:
            continue
        try:
            found[name] = day_of(text)
        except ValueError:
            raise ConfigurationError(
                f"{product}, {field}: {shown(text)} is no date of this time", code="catalogue_row"
            ) from None
    return found
