"""The office calendars a store goes by: those that ship, and over them those somebody brought.

`evidence-store holidays FILE` brings a year. It lies as `holidays/<year>.csv` in the state folder,
as it was given, and counts from the next page on.
"""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from evidence.errors import ConfigurationError, EnvironmentProblem
from evidence.workdays import DaysOff, WorkDays, read_year

FOLDER = "holidays"


def work_days(state: Path) -> WorkDays:
    """Every year that is known here. Raises ConfigurationError `import_row` for a file that
    somebody changed by hand and that does not read."""
    shipped = Path(str(files("config").joinpath(FOLDER)))
    found: dict[int, DaysOff] = {}
    for folder in (shipped, state / FOLDER):
        for file in sorted(folder.glob("*.csv")):
            is_now = file.stat()
            year, days_off = _read(file, is_now.st_mtime_ns, is_now.st_ino)
            found[year] = days_off
    return WorkDays(found)


def bring(state: Path, file: Path) -> int:
    """Keep a year's calendar in place of what was known of that year. Returns the year.

    Raises ConfigurationError `file_missing` or `import_row`, EnvironmentProblem `env_store`.
    """
    try:
        body = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}", code="file_missing") from None
    year, _ = read_year(body, file.name)
    folder = state / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        coming = folder / f".{year}.csv"
        with coming.open("wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        coming.rename(folder / f"{year}.csv")
    except OSError as error:
        raise EnvironmentProblem(f"{folder}: {error.strerror}", code="env_store") from None
    return year


# A file that changed has another time, or was put in place of the other within one tick of it.
@lru_cache(maxsize=64)
def _read(file: Path, mtime_ns: int, inode: int) -> tuple[int, DaysOff]:
    return read_year(file.read_bytes(), file.name)
