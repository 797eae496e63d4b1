"""When a question by SNMP is given up. Lost packets and liars are made up: no agent does so on
demand."""

from __future__ import annotations

import asyncio
import sys
from itertools import cycle
from types import SimpleNamespace
from typing import Any

import pytest
from pysnmp.proto import errind
from pytest_mock import MockerFixture

from agent.transports.snmp.exchange import exchange

RETRIES, DISCOVERIES = 2, 4
SILENT, STRANGER = errind.RequestTimedOut(), errind.NotInTimeWindow()


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ([SILENT], RETRIES + 1),
        ([STRANGER], DISCOVERIES + 1),
        ([STRANGER, SILENT], 2 * (RETRIES + 1)),
    ],
    ids=["silent", "always a stranger", "in turns"],
)
def test_every_question_ends(mocker: MockerFixture, said: list[Any], asked: int) -> None:
    # The package has a function of the module's name.
    module = sys.modules["agent.transports.snmp.exchange"]
    mocker.patch.object(module, "_introduce")
    sent = mocker.patch.object(module, "_sent", side_effect=[(None, one) for one in _some(said)])
    peer: Any = SimpleNamespace(target=SimpleNamespace(retries=RETRIES))
    assert asyncio.run(exchange(peer, ((1, 3, 6),))).trouble is said[-1]
    assert sent.call_count == asked


def _some(said: list[Any]) -> list[Any]:
    turn = cycle(said)
    return [next(turn) for _ in range(20)]
