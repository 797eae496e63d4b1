"""Writing what a command was asked to write: files and work books, with the place said."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from agent.cli.words import say
from evidence.errors import EnvironmentProblem
from report.section import Section
from report.workbook import Imprint, to_workbook


def write_file(path: Path, body: bytes) -> None:
    """Raises EnvironmentProblem (`env_io`)."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    except OSError as error:
        raise EnvironmentProblem(
            f"{path} cannot be written: {error.strerror}",
            code="env_io",
            next_step="name another place",
        ) from None
    say(str(path))


def write_work_book(path: Path, section: Section, of: str, at: datetime, language: str) -> None:
    """A section alone as a work book: not a pack, and nothing of it is signed."""
    title = f"{section.title.in_(language)} {of}"
    imprint = Imprint(title=title, mark="", digest="", made_at=at)
    write_file(path, to_workbook([section], imprint, language))
