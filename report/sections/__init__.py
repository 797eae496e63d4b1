"""The sections of the pack, in the order they are bound: a file each, and a line below."""

from __future__ import annotations

from collections.abc import Callable

from report.month import Month
from report.section import Section
from report.sections import (
    controls,
    cover,
    coverage,
    criteria,
    cryptography,
    decisions,
    findings,
    follow_up,
    index,
    inventory,
    lifecycle,
    remote_access,
    requests,
    restatement,
    reviews,
    rule_review,
    sign_offs,
    unread,
    wireless,
)

BUILDERS: tuple[Callable[[Month], Section], ...] = (
    controls.section,
    findings.section,
    decisions.section,
    rule_review.dmz,
    rule_review.yearly,
    unread.section,
    requests.section,
    reviews.section,
    follow_up.section,
    wireless.section,
    sign_offs.section,
    restatement.section,
    coverage.section,
    lifecycle.section,
    inventory.section,
    inventory.colocated,
    remote_access.section,
    cryptography.section,
    criteria.section,
    index.section,
)


def sections(month: Month) -> tuple[Section, ...]:
    """All sections, the cover first: it tells what the others hold."""
    others = tuple(build(month) for build in BUILDERS)
    return (cover.section(month, others), *others)
