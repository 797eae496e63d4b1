"""Which family a device is of: by its sysObjectID first, then by what sysDescr says."""

from __future__ import annotations

import re

from collectors.snmp.answers import Answers
from collectors.snmp.family import ANY, Family
from collectors.snmp.vendors import FAMILIES, VENDORS

_ENTERPRISES = "1.3.6.1.4.1."
# Agents that many makers build on: net-snmp, its forerunner, and sysObjectIDs that say nothing.
_SHARED = ("8072", "2021", "0", "99999", "27282")


def enterprise_of(object_id: str) -> str | None:
    """The enterprise number in a sysObjectID; None where it is not below enterprises."""
    below = object_id.removeprefix(_ENTERPRISES)
    return below.split(".")[0] if below != object_id else None


def is_shared_agent(object_id: str) -> bool:
    """Whether the sysObjectID names an agent's maker and not the device's."""
    return enterprise_of(object_id) in (None, *_SHARED)


def family_of(object_id: str, description: str, answers: Answers) -> Family:
    """The family that fits best; for a stranger, one that knows only the vendor's name, or none.

    The longest sysObjectID decides, then a family whose sysDescr fits before one that does
    not look at it. sysDescr alone decides only where the sysObjectID cannot.
    """
    shared = is_shared_agent(object_id)
    ranked = [
        (_length(family, object_id), _is_probed(family, answers), bool(family.says), -order, family)
        for order, family in enumerate(FAMILIES)
        if _is_candidate(family, object_id, answers, shared) and family.fits(description)
    ]
    if ranked:
        return max(ranked, key=lambda rank: rank[:4])[4]
    return _by_number_alone(object_id) or Family(vendor=VENDORS.get(enterprise_of(object_id) or ""))


def _by_number_alone(object_id: str) -> Family | None:
    """The family of a sysObjectID whose sysDescr says nothing known, if only one product has it.

    A family that is told by sysDescr only is none for whatever else its maker makes.
    """
    longest = max(_length(family, object_id) for family in FAMILIES)
    found = [
        family
        for family in FAMILIES
        if longest
        and _length(family, object_id) == longest
        and (longest > 1 or not family.says or family.asks())
    ]
    return found[0] if len({family.product for family in found}) == 1 else None


def _is_candidate(family: Family, object_id: str, answers: Answers, shared: bool) -> bool:
    if _length(family, object_id):
        return True
    if not shared:
        return False
    return _is_probed(family, answers) or (ANY in family.under and bool(family.says))


def _is_probed(family: Family, answers: Answers) -> bool:
    if not family.probe:
        return False
    return re.search(family.probed, answers.raw(family.probe) or "") is not None


def _length(family: Family, object_id: str) -> int:
    """How many arcs of the sysObjectID the family names; 0: none of its own fits."""
    below = f"{object_id.removeprefix(_ENTERPRISES)}."
    return max(
        (len(one.split(".")) for one in family.under if below.startswith(f"{one}.")), default=0
    )
