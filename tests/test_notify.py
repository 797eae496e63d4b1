"""The watchdog's ping: only when scheduler and spool both moved, as a real socket receives it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.notify import Notifier


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


def notifier_to(manager: socket.socket) -> Notifier:
    return Notifier({"NOTIFY_SOCKET": str(manager.getsockname())})


def heard(manager: socket.socket) -> list[str]:
    """Everything that has arrived."""
    manager.setblocking(False)
    words = []
    while True:
        try:
            words.append(manager.recv(4096).decode())
        except BlockingIOError:
            return words


def test_ready_status_and_stopping_arrive_as_one_line_each(manager: socket.socket) -> None:
    notifier = notifier_to(manager)
    notifier.ready()
    notifier.status("two\nlines")
    notifier.stopping()
    assert heard(manager) == ["READY=1", "STATUS=two lines", "STOPPING=1"]


def test_no_part_alone_feeds_the_watchdog(manager: socket.socket) -> None:
    notifier = notifier_to(manager)
    for _ in range(3):
        notifier.progress("scheduler")
    assert heard(manager) == []
    notifier.progress("spool")
    assert heard(manager) == ["WATCHDOG=1"]
    for _ in range(3):
        notifier.progress("spool")
    assert heard(manager) == []
    notifier.progress("scheduler")
    assert heard(manager) == ["WATCHDOG=1"]


def test_an_abstract_address_is_understood() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0evidence-test-notify")
        Notifier({"NOTIFY_SOCKET": "@evidence-test-notify"}).ready()
        assert heard(listening) == ["READY=1"]


def test_without_a_manager_nothing_happens(tmp_path: Path) -> None:
    Notifier({}).ready()
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).ready()


def test_turns_come_as_often_as_the_watchdog_needs() -> None:
    assert Notifier({}).pace_s(15.0) == 15.0
    assert Notifier({"WATCHDOG_USEC": "300000000"}).pace_s(15.0) == 15.0
    assert Notifier({"WATCHDOG_USEC": "4000000"}).pace_s(15.0) == 1.0
