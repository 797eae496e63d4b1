"""The lifecycle catalogue in force on a day: the newest file dated then or before."""

from __future__ import annotations

import csv
import re
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable

from evidence.errors import ConfigurationError
from evidence.lifecycle import Catalogue

_NAME = re.compile(r"catalogue-(\d{4}-\d{2}-\d{2})\.csv")


def load_catalogue(day: date) -> Catalogue:
    """What was known on `day`; before the first catalogue, the first. Raises ConfigurationError."""
    dated = sorted(_catalogues())
    if not dated:
        raise ConfigurationError("no lifecycle catalogue is installed", code="catalogue_missing")
    known = [one for one in dated if one[0] <= day]
    chosen, name = (known or dated[:1])[-1]
    text = _folder().joinpath(name).read_text("utf-8")
    return Catalogue.of_rows(csv.DictReader(text.splitlines()), chosen)


def _catalogues() -> list[tuple[date, str]]:
    names = (one.name for one in _folder().iterdir())
    return [
        (date.fromisoformat(match[1]), name) for name in names if (match := _NAME.fullmatch(name))
    ]


def _folder() -> Traversable:
    return files("config").joinpath("lifecycle")
