"""Does a device run a release that the company has approved: its train, and at least its minimum?

Support alone allows several trains side by side and a release from before the last patch. Which
train a product is to run, and from which release on, is the company's criterion, by product; a
product without one is not asked for here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from checks._observed import observed
from evidence.facts import SoftwareRelease
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text
from evidence.trains import train as train_of

CHECK = "release_is_approved"
FIRMWARE = Text("its firmware", "韌體")


def check(
    readings: Readings,
    *,
    trains: Mapping[str, Sequence[str]] | None = None,
    minimum: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Observation]:
    """`trains`: by product family, the trains that may run (`fortios: ["7.4"]`). `minimum`: by
    product family, the lowest release of each train that may (`fortios: ["7.4.8", "7.2.11"]`). An
    approved train without one may run any release; where no trains are named, one without a
    lowest release is not assessed."""
    trains, minimum = trains or {}, minimum or {}
    if not trains and not minimum:
        return
    yield from unread(readings, "firmware", CHECK, FIRMWARE)
    for device, reading in readings.each("firmware"):
        for one in reading.of(SoftwareRelease) if reading else ():
            product = one.product or ""
            if one.part != "operating system" or product not in {*trains, *minimum}:
                continue
            unit = f"{device.id}/{one.subject_unit}" if one.subject_unit else device.id
            assert reading is not None
            yield observed(
                CHECK,
                readings,
                device,
                reading,
                subject=f"{unit}/release {product}",
                about="firmware",
                answer=_answer(one, product, trains.get(product), minimum.get(product, ())),
                measures={
                    "product": product,
                    "version": one.version,
                    "train": one.train,
                    "approved_trains": list(trains.get(product, ())),
                    "minimum": list(minimum.get(product, ())),
                },
            )


def _answer(
    one: SoftwareRelease, product: str, trains: Sequence[str] | None, minimum: Sequence[str]
) -> tuple[Result, str, Text]:
    told = f"{one.name or product} {one.version or '?'}"
    name = one.train or train_of(product, one.version)
    if one.version is None or name is None:
        words = Text(f"{told}: its train is not known", f"{told}：版本系列不明")
        return Result.not_assessed, "unknown_version", words
    if trains is not None and name not in trains:
        wanted = ", ".join(trains)
        words = Text(
            f"{told} is not of an approved train ({wanted})",
            f"{told} 非核可之版本系列（{wanted}）",
        )
        return Result.not_satisfied, "train_not_approved", words
    lowest = next((low for low in minimum if train_of(product, low) == name), None)
    if lowest is None and trains is None:
        words = Text(
            f"{told}: the company names no lowest release of its train",
            f"{told}：公司未訂此版本系列之最低版本",
        )
        return Result.not_assessed, "no_criteria", words
    if lowest is not None:
        order = _compared(one.version, lowest)
        if order is None:
            words = Text(
                f"{told} cannot be compared with the minimum {lowest}",
                f"{told} 無法與最低版本 {lowest} 比較",
            )
            return Result.not_assessed, "version_not_comparable", words
        if order < 0:
            words = Text(
                f"{told} is older than the minimum {lowest}", f"{told} 低於最低版本 {lowest}"
            )
            return Result.not_satisfied, "older_than_minimum", words
    words = Text(f"{told} is approved", f"{told} 為核可版本")
    return Result.satisfied, "release_approved", words


def _compared(version: str, lowest: str) -> int | None:
    """-1, 0 or 1; None where the two are not made of numbers and letters in the same order.

    Numbers are compared as numbers, letters as letters: 7.4.10 is newer than 7.4.9, 15.2(7)E10
    than 15.2(7)E9, 10.1.14-h9 than 10.1.14, 17.9.4a than 17.9.4.
    """
    ours, theirs = _parts(version), _parts(lowest)
    for mine, other in zip(ours, theirs, strict=False):
        if isinstance(mine, int) != isinstance(other, int):
            return None
        if mine != other:
            return -1 if mine < other else 1  # type: ignore[operator]
    return (len(ours) > len(theirs)) - (len(ours) < len(theirs))


def _parts(version: str) -> list[int | str]:
    """Its numbers and letters in order, from the first number on: `FL.10.13` begins with 10."""
    found = re.findall(r"\d+|[A-Za-z]+", re.sub(r"^\D+", "", version))
    return [int(part) if part.isdigit() else part.casefold() for part in found]
