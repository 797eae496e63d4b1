"""Answers of other models, releases and stacks than the cases of each platform have.

Each row of `command_line_variants.jsonl` is one device: what it answered, in the form that its
maker's manual prints, and what we conclude. The texts are constructed; names and serial numbers
in them are invented.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.platforms import platforms
from evidence.facts import HardwareItem, SoftwareRelease, Unit
from evidence.reading import Reading
from tests.by_hand import read

SOURCE = Path(__file__).with_name("command_line_variants.jsonl")
DEVICES = [json.loads(line) for line in SOURCE.read_text("utf-8").splitlines()]


def said(reading: Reading) -> dict[str, Any]:
    """What the facts say, as far as a person would copy it out of the answer."""
    return {
        "releases": [
            [one.product, one.version, one.build, one.part] for one in reading.of(SoftwareRelease)
        ],
        "hardware": [
            [one.part, one.model, one.serial, one.position] for one in reading.of(HardwareItem)
        ],
        "units": [[one.hostname, one.uptime_s] for one in reading.of(Unit)],
    }


TERMINALS = {name for name, one in platforms().items() if "ssh" in one.transports}
# Its prompt is no `name#`, and its answers are read with what stands in them.
TERMINALS -= {"mikrotik", "fortios", "linux", "vyos"}
TYPED = [
    one
    for one in DEVICES
    if one["platform"] in TERMINALS
    and not any(text.startswith("<") for text in one["answers"].values())
]


def copied(ask: str, text: str) -> str:
    """The answer as somebody copies it out of a terminal under Windows."""
    lines = [f"sw-1#{ask}", *text.rstrip("\n").split("\n"), "", "sw-1#"]
    return "\r\n".join(lines)


def quoted(_: str, text: str) -> str:
    """The answer with a margin, as mails and tickets set it."""
    return "".join(f"        {line}\n" for line in text.rstrip("\n").split("\n"))


@pytest.mark.parametrize("form", [copied, quoted])
@pytest.mark.parametrize("device", TYPED, ids=lambda one: str(one["platform"]))
def test_what_stands_around_an_answer_changes_nothing(
    device: dict[str, Any], form: Callable[[str, str], str]
) -> None:
    answers = [(ask, form(ask, text).encode()) for ask, text in device["answers"].items()]
    reading = read(device["platform"], "firmware", *answers)
    assert reading.failure is None, reading.failure
    assert said(reading) == device["said"]


@pytest.mark.parametrize("device", DEVICES, ids=lambda one: str(one["platform"]))
def test_an_answer_is_read(device: dict[str, Any]) -> None:
    answers = [(ask, text.encode()) for ask, text in device["answers"].items()]
    reading = read(device["platform"], "firmware", *answers)
    assert reading.failure is None, reading.failure
    assert said(reading) == device["said"]
