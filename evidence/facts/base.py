"""What every fact has."""

from __future__ import annotations

from dataclasses import dataclass

# A field that came after facts were signed: left out of a record while it holds its default, so
# that what was signed before keeps its digest.
LATER = {"later": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """The base of all facts. Its only subclasses are in this folder."""

    subject_unit: str | None = None
