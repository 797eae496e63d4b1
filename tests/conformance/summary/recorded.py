"""A recording as it lies in its folder, and what a set does with each of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.conformance.summary.score import Sample, Values


@dataclass(frozen=True, slots=True)
class Recorded:
    """One case: its folder's name, its files, and its entry in expected.json (empty: none)."""

    kind: str
    name: str
    paths: tuple[Path, ...]
    case: Mapping[str, Any]

    @property
    def command(self) -> str:
        return str(self.case.get("command") or "")

    @property
    def body(self) -> bytes:
        """The first file; empty where only an expectation is there."""
        return self.paths[0].read_bytes() if self.paths else b""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Told(NamedTuple):
    """What our facts say, or why there are none."""

    values: Values
    refused: str | None = None


class Set(NamedTuple):
    """How a set is counted: what others, or the text itself, say of a case; and what we say."""

    wanted: Callable[[Recorded], Values]
    read: Callable[[Recorded], Told]


def samples(folder: Path, of: Set) -> Iterator[Sample]:
    """Every case of a folder. What cannot be read at all is refused, and its values are missing."""
    for one in _cases(folder):
        try:
            wanted = of.wanted(one)
        except Exception as error:
            yield Sample(one.name, refused=f"its expectation is not understood: {_short(error)}")
            continue
        try:
            told = of.read(one)
        except Exception as error:
            told = Told({}, f"not read: {_short(error)}")
        yield Sample(one.name, wanted, told.values, told.refused)


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:120]


def _cases(folder: Path) -> Iterator[Recorded]:
    cases = expected(folder)
    files: dict[str, list[Path]] = {name: [] for name in cases}
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name != "expected.json":
            name = path.name.partition("@@")[0] if "@@" in path.name else path.stem
            files.setdefault(name, []).append(path)
    for name in sorted(files):
        yield Recorded(folder.name, name, tuple(files[name]), cases.get(name, {}))


def expected(folder: Path) -> dict[str, dict[str, Any]]:
    """The expectations beside the recordings; none where there is no such file, or none to read."""
    try:
        found = json.loads((folder / "expected.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): case for name, case in found.items() if isinstance(case, dict)}
