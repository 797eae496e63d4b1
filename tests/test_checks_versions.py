"""The checks of versions: units that agree, trains that are approved, minimum releases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from checks import release_is_approved, units_run_one_version
from evidence.facts import Fact, SoftwareRelease, Unit
from evidence.observation import Observation, Result
from evidence.readings import Readings
from tests.judging import failed, read, seen


def os_release(version: str | None, unit: str | None = None, **more: Any) -> SoftwareRelease:
    values = {"product": "fortios", "name": "FortiOS", **more}
    return SoftwareRelease(version=version, subject_unit=unit, **values)


def grouped(readings: Readings, group: str, *devices: str) -> Readings:
    """The readings, these devices being units of one HA group."""
    members = {name: replace(readings.devices[name], ha_group=group) for name in devices}
    return replace(readings, devices={**readings.devices, **members})


def pair(*facts: Fact) -> list[Observation]:
    readings = [read(f"fw-{n}", "firmware", fact) for n, fact in enumerate(facts, 1)]
    names = [f"fw-{n}" for n in range(1, len(facts) + 1)]
    return list(units_run_one_version.check(grouped(seen(*readings), "fw", *names)))


def test_a_pair_that_agrees_and_one_that_does_not() -> None:
    [one] = pair(os_release("7.4.8"), os_release("7.4.8"))
    assert (one.state, one.result) == ("versions_agree", Result.satisfied)
    [other] = pair(os_release("7.4.8"), os_release("7.4.7"))
    assert (other.state, other.result) == ("versions_differ", Result.not_satisfied)
    assert "7.4.7, 7.4.8" in other.description.en
    assert other.measures["versions"] == {"fw-1 fortios": ["7.4.8"], "fw-2 fortios": ["7.4.7"]}


def test_a_pair_of_which_one_was_not_read_is_not_said_to_agree() -> None:
    readings = seen(
        read("fw-1", "firmware", os_release("7.4.8")),
        failed("fw-2", "firmware", "device_unreachable"),
    )
    states = {
        one.subject: (one.state, one.result)
        for one in units_run_one_version.check(grouped(readings, "fw", "fw-1", "fw-2"))
    }
    assert states == {
        "fw-2/firmware": ("not_read", Result.not_assessed),
        "fw/versions": ("unit_not_read", Result.not_assessed),
    }


def test_members_of_a_stack_and_nodes_of_a_cluster() -> None:
    stack = read(
        "sw-01",
        "firmware",
        os_release("16.12.4", product="iosxe"),
        os_release("16.9.3", product="iosxe", part="stack member 2"),
        os_release("15.2", product="ios", part="IOS within IOS XE"),
    )
    nodes = read(
        "fw-01",
        "firmware",
        os_release("21.4R3", "node0", product="junos"),
        os_release("21.4R3", "node1", product="junos"),
    )
    found = {one.device: one.state for one in units_run_one_version.check(seen(stack, nodes))}
    assert found == {"sw-01": "versions_differ", "fw-01": "versions_agree"}


def test_a_unit_that_does_not_tell_its_release_is_no_agreement() -> None:
    [one] = pair(os_release("7.4.8"), os_release(None))
    assert one.result is not Result.satisfied
    [one] = pair(os_release(None), os_release(None))
    assert (one.state, one.result) == ("unknown_version", Result.not_assessed)


def test_a_release_that_is_not_told_neither_agrees_nor_differs() -> None:
    [one] = pair(os_release("7.4.8"), os_release(None))
    assert (one.state, one.result) == ("unknown_version", Result.not_assessed)
    [one] = pair(os_release("7.4.8"), os_release("7.4.8", name=None, product=None))
    assert (one.state, one.result) == ("unknown_version", Result.not_assessed)
    [one] = pair(os_release("7.4.8"), Unit(serial="B"))
    assert (one.state, one.result) == ("unknown_version", Result.not_assessed)


def test_one_unit_alone_is_not_asked() -> None:
    readings = seen(read("fw-01", "firmware", os_release("7.4.8")))
    assert list(units_run_one_version.check(readings)) == []


@pytest.mark.parametrize(
    ("version", "state", "result"),
    [
        ("7.4.8", "release_approved", Result.satisfied),
        ("v7.4.10,build2573", "release_approved", Result.satisfied),
        ("7.4.7", "older_than_minimum", Result.not_satisfied),
        ("7.4", "older_than_minimum", Result.not_satisfied),
        ("7.2.11", "release_approved", Result.satisfied),
        ("7.0.15", "train_not_approved", Result.not_satisfied),
        ("x", "unknown_version", Result.not_assessed),
        (None, "unknown_version", Result.not_assessed),
    ],
)
def test_trains_and_minimum(version: str | None, state: str, result: Result) -> None:
    readings = seen(read("fw-01", "firmware", os_release(version)))
    [found] = release_is_approved.check(
        readings, trains={"fortios": ["7.4", "7.2"]}, minimum={"fortios": ["7.4.8"]}
    )
    assert (found.state, found.result) == (state, result)


@pytest.mark.parametrize(
    ("product", "version", "lowest", "state"),
    [
        ("ios", "15.2(7)E10", "15.2(7)E9", "release_approved"),
        ("ios", "15.2(7)E8", "15.2(7)E9", "older_than_minimum"),
        ("iosxe", "17.09.04a", "17.9.4", "release_approved"),
        ("iosxe", "17.09.04", "17.9.4a", "older_than_minimum"),
        ("panos", "10.1.14-h9", "10.1.14", "release_approved"),
        ("panos", "10.1.14-h9", "10.1.14-h11", "older_than_minimum"),
        ("aoscx", "FL.10.13.1040", "10.13.1000", "release_approved"),
        ("junos", "21.4R3-S5.4", "21.4R3-S10", "older_than_minimum"),
        ("asa", "9.16(4)57", "9.16(4)9", "release_approved"),
        ("asa", "9.16(interim)", "9.16(4)9", "version_not_comparable"),
    ],
)
def test_releases_are_compared_part_by_part(
    product: str, version: str, lowest: str, state: str
) -> None:
    readings = seen(read("x", "firmware", os_release(version, product=product)))
    [found] = release_is_approved.check(readings, minimum={product: [lowest]})
    assert found.state == state


def test_nothing_is_asked_of_a_product_without_a_criterion() -> None:
    readings = seen(read("x", "firmware", os_release("1.0", product="gaia")))
    assert list(release_is_approved.check(readings, trains={"fortios": ["7.4"]})) == []
    unread = seen(failed("x", "firmware", "device_unreachable"))
    assert list(release_is_approved.check(unread)) == []


def test_a_train_that_no_criterion_names_is_not_approved_by_its_silence() -> None:
    """Minimums alone say nothing of a train that has none; a list of trains may leave one open."""
    readings = seen(read("x", "firmware", os_release("6.0.1")))
    [found] = release_is_approved.check(readings, minimum={"fortios": ["7.4.8"]})
    assert (found.state, found.result) == ("no_criteria", Result.not_assessed)
    named = {"trains": {"fortios": ["6.0"]}, "minimum": {"fortios": ["7.4.8"]}}
    [found] = release_is_approved.check(readings, **named)
    assert found.state == "release_approved"
