"""`show module`: tables of which several tell of one module, joined by its number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._cisco.parts import item, said
from collectors._cisco.release import release
from evidence.facts import HardwareItem, SoftwareRelease

# (Mod, 1), (Xbar, 1), (Lem, 1), (DPU, 1/2) and what the tables say of it by their headings.
Modules = dict[tuple[str, str], dict[str, str]]

_RULE = re.compile(r"-{2,}(?:[ \t]+-{2,})+[ \t]*")
# What the first column of every table numbers, in a short word (`Mod`, `Xbar`, `Lem`, `LFM`);
# other vendors write `Module`.
_FIRST = re.compile(r"[ \t]*[A-Z]\w{1,4} ")
_HEADING = re.compile(r"Online Diag Status|Power-Status|\S+")


def _modules(text: str) -> Modules:
    """What all tables say. Those without models belong to the kind of the last that has them:
    under `Lem …` stands `Mod Sw …`, and means the Lems."""
    found: Modules = {}
    kind = "Mod"
    lines = text.splitlines()
    for at, line in enumerate(lines[1:], 1):
        if not _RULE.fullmatch(line):
            continue
        if _FIRST.match(lines[at - 1]) is None:
            continue
        cuts = [dashes.start() for dashes in re.finditer(r"-+", line)]
        headings = _HEADING.findall(lines[at - 1])
        numbers = 2 if headings[1:2] == ["DPU"] else 1
        if "Model" in headings:
            kind = headings[numbers - 1]
        for row in lines[at + 1 :]:
            words = _cells(row, cuts)
            if not words[0].isdigit():
                break
            told = zip(headings, words, strict=False)
            found.setdefault((kind, "/".join(words[:numbers])), {}).update(told)
    return found


def _cells(row: str, cuts: list[int]) -> list[str]:
    """A row's words where there is one for each column, which some rows stand beside."""
    words = row.split()
    if len(words) == len(cuts):
        return words
    return [row[a:b].strip() for a, b in zip(cuts, [*cuts[1:], len(row)], strict=True)]


def items(text: str) -> Iterator[HardwareItem]:
    """The modules that have a model; one that is denied power has none."""
    for (kind, number), told in _modules(text).items():
        if said(told.get("Model")):
            yield item(
                told["Model"],
                told.get("Serial-Num"),
                part="module",
                position=number if kind == "Mod" else f"{kind} {number}",
                description=told.get("Module-Type"),
                revision=told.get("Hw"),
            )


def releases(text: str) -> Iterator[SoftwareRelease]:
    """The software the supervisors run: modules carry images of their own."""
    running = [
        told["Sw"]
        for told in _modules(text).values()
        if "Supervisor" in told.get("Module-Type", "") and said(told.get("Sw"))
    ]
    for version in dict.fromkeys(running):
        yield release("nxos", version)
