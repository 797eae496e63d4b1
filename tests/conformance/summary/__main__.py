"""Print how many samples each set has, and how many values are right, wrong and missing."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.conformance.summary import air, dates, desktops, identity, rules
from tests.conformance.summary.recorded import Set, samples
from tests.conformance.summary.score import Sample, Score

# Who reads a folder that is not named: a directory may hold folders that nobody here has seen.
_ELSE: dict[str, Set] = {
    "show_version": identity.BY_COMMAND_LINE,
    "firewall": rules.BY_PLATFORM,
    "wireless": air.LISTINGS,
    "rdp": desktops.SETS["baseline"],
}
# What the issue asks of versions, models and serial numbers, in per cent of the values told.
FLOORS = {"version": 95.0, "hardware": 95.0, "serial": 90.0}
MOST_WRONG = 1.0
_IDENTITY = ("show_version", "snmp")


def sets(root: Path) -> Iterator[tuple[str, Iterator[Sample]]]:
    """Every set that the directory has: its name, and its cases. Nothing is read before it is
    its turn."""
    if (root / "snmp").is_dir():
        yield "snmp", samples(root / "snmp", identity.BY_SNMP)
    named: Mapping[str, Mapping[str, Set]] = {"wireless": air.SETS, "rdp": desktops.SETS}
    for kind in _ELSE:
        of = named.get(kind, {})
        for folder in sorted((root / kind).glob("*/")):
            yield f"{kind}/{folder.name}", samples(folder, of.get(folder.name, _ELSE[kind]))
    if (root / "lifecycle" / "v0").is_dir():
        yield "lifecycle/v0", dates.shipped(root / "lifecycle" / "v0")
        yield "lifecycle/v0 taken", dates.taken(root / "lifecycle" / "v0")


def scores(root: Path, only: str = "") -> list[Score]:
    """A score for each set whose name begins with `only`."""
    found = []
    for name, cases in sets(root):
        if name.startswith(only):
            score = Score(name)
            for sample in cases:
                score.add(sample)
            found.append(score)
    return found


def judged(found: Iterable[Score]) -> dict[str, dict[str, float]]:
    """Of `show_version` and `snmp`: per cent of each value told that is right, and of those that
    we claim that is contradicted; `all` is of the three values of both."""
    result: dict[str, dict[str, float]] = {}
    every = []
    for kind in _IDENTITY:
        some = [one for one in found if one.name.split("/")[0] == kind]
        for name in FLOORS:
            counts = [one.fields[name] for one in some if name in one.fields]
            every += counts
            if counts:
                result[f"{kind} {name}"] = _shares(counts)
    return {**result, **({"all": _shares(every)} if every else {})}


def _shares(counts: Sequence[Counter[str]]) -> dict[str, float]:
    right, wrong = (sum(count[name] for count in counts) for name in ("right", "wrong"))
    told = sum(count.total() for count in counts)
    return {"right": 100 * right / told, "wrong": 100 * wrong / max(right + wrong, 1)}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make conformance", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--json", action="store_true", help="everything as one JSON document")
    parser.add_argument("--misses", action="store_true", help="name each value that is not right")
    parser.add_argument("--set", default="", help="only sets whose name begins so")
    chosen = parser.parse_args(arguments)
    if not chosen.directory.is_dir():
        print(f"{chosen.directory}: there is no such directory", file=sys.stderr)
        return 2
    found = scores(chosen.directory, chosen.set)
    shares = judged(found)
    if chosen.json:
        sets_ = [one.record() for one in found]
        print(json.dumps({"sets": sets_, "identity": shares}, ensure_ascii=False, indent=1))
    else:
        print("\n".join(lines(found, chosen.misses)))
        for name, share in shares.items():
            print(f"{name}: {share['right']:.1f} % right, {share['wrong']:.1f} % contradicted")
    low = [
        f"{name}: below {FLOORS[name.split()[-1]]:.0f} %"
        for name, one in shares.items()
        if one["right"] < FLOORS.get(name.split()[-1], 0.0)
    ]
    if shares.get("all", {"wrong": 0.0})["wrong"] >= MOST_WRONG:
        low.append(f"{MOST_WRONG:.0f} % or more of what is claimed is contradicted")
    print("\n".join(low), end="\n" if low else "", file=sys.stderr)
    return 1 if low else 0


def lines(found: Iterable[Score], misses: bool) -> Iterator[str]:
    """The table, a set a line."""
    columns = ("samples", "expected", "refused", "right", "wrong", "missing")
    yield f"{'set':36}" + "".join(f"{name:>10}" for name in columns)
    for one in found:
        told = [one.samples, one.expected, one.refused]
        told += [one.total(name) for name in ("right", "wrong", "missing")]
        yield f"{one.name:36}" + "".join(f"{number:>10}" for number in told)
        if misses:
            yield from (f"    {miss}" for miss in one.misses)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
