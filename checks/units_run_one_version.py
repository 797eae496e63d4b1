"""Do units that stand in for one another run one release?

An HA pair, a stack, a cluster's nodes: after a failover the other one enforces, and a defect that
was patched on one of them is back. While an upgrade goes on they differ for a while: the finding
closes with the next reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checks._observed import observed
from evidence.device import Device
from evidence.facts import SoftwareRelease
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "units_run_one_version"
FIRMWARE = Text("its firmware", "韌體")
# Parts of a device that run its system. A boot loader, a patch or a kernel is something else.
_RUNS = ("operating system", "stack member")

# (unit as told, product) → versions.
Running = dict[tuple[str, str], set[str]]


def check(readings: Readings) -> Iterator[Observation]:
    """One observation for each HA group, and for each device of several units."""
    for one in unread(readings, "firmware", CHECK, FIRMWARE):
        if readings.devices[one.device].ha_group:
            yield one
    groups: dict[str, list[tuple[Device, Reading]]] = {}
    alone: set[str] = set()
    for device, reading in readings.each("firmware"):
        if device.ha_group and reading is None:
            alone.add(device.ha_group)
        if reading is not None:
            groups.setdefault(device.ha_group or device.id, []).append((device, reading))
    for group, members in groups.items():
        running: Running = {}
        silent = False
        for device, reading in members:
            releases = list(_releases(device, reading))
            silent |= not releases
            for unit, release in releases:
                key = (unit, release.product or release.name or "?")
                running.setdefault(key, set()).add(release.version or "?")
        pair = any(device.ha_group for device, _ in members)
        if not pair and len({unit for unit, _ in running}) < 2:
            continue  # one unit, which agrees with itself
        device, reading = members[0]
        yield observed(
            CHECK,
            readings,
            device,
            reading,
            subject=f"{group}/versions",
            about="firmware",
            answer=_answer(running, group in alone or (pair and len(members) < 2), silent),
            measures={
                "group": group,
                "versions": {f"{unit} {product}": sorted(some)
                             for (unit, product), some in running.items()},
            },
        )  # fmt: skip


def _releases(device: Device, reading: Reading) -> Iterator[tuple[str, SoftwareRelease]]:
    """What runs, by unit: a node or member as the device names it, else the device."""
    for one in reading.of(SoftwareRelease):
        if one.part == _RUNS[0]:
            yield f"{device.id}/{one.subject_unit}" if one.subject_unit else device.id, one
        elif one.part.startswith(_RUNS[1]):
            yield f"{device.id}/{one.part}", one


def _answer(
    running: Mapping[tuple[str, str], set[str]], missing: bool, silent: bool
) -> tuple[Result, str, Text]:
    """`missing`: a unit was not read; `silent`: one that was read names no release."""
    by_product: dict[str, set[str]] = {}
    for (_, product), versions in running.items():
        by_product.setdefault(product, set()).update(versions)
    differing = {name: some for name, some in by_product.items() if len(some - {"?"}) > 1}
    if differing:
        told = "; ".join(f"{name} {', '.join(sorted(some))}" for name, some in differing.items())
        words = Text(f"its units run different releases: {told}", f"各單元版本不一致：{told}")
        return Result.not_satisfied, "versions_differ", words
    if missing:
        words = Text(
            "not every unit of the group was read, so that they agree cannot be told",
            "同組設備未全數讀取，無法確認版本一致",
        )
        return Result.not_assessed, "unit_not_read", words
    if silent or "?" in set(by_product).union(*by_product.values()):
        words = Text("a unit does not tell its release", "有單元未載明版本")
        return Result.not_assessed, "unknown_version", words
    told = ", ".join(f"{name} {next(iter(some))}" for name, some in by_product.items())
    words = Text(f"its units run one release: {told}", f"各單元版本一致：{told}")
    return Result.satisfied, "versions_agree", words
