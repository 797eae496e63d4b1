"""Answers of Cisco's EoX service, saved as JSON, as rows of hardware by exact product id."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from evidence.errors import ConfigurationError, shown
from evidence.lifecycle.entry import Entry, day_of

RECORDS = "EOXRecord"
_FIELDS = {
    "end_of_sale": "EndOfSaleDate",
    "end_of_software_maintenance": "EndOfSWMaintenanceReleases",
    "end_of_security_fixes": "EndOfSecurityVulSupportDate",
    "last_day_of_support": "LastDateOfSupport",
}


def rows_of_eox(answer: Mapping[str, Any], read_on: date) -> tuple[list[Entry], list[str]]:
    """The rows in an answer, and what was left out: a product the service knows no end of.

    Raises ConfigurationError (`catalogue_row`) naming the product whose date is none.
    """
    rows: list[Entry] = []
    left: list[str] = []
    for record in answer[RECORDS]:
        product = str(record.get("EOLProductID") or "").strip()
        error = record.get("EOXError") or {}
        if error or not product:
            asked = product or record.get("EOXInputValue") or "a record without a product"
            left.append(f"{asked}: {error.get('ErrorDescription') or 'no end announced'}")
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
