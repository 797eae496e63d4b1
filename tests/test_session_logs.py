"""Logs of who came in from outside: when one is whole, and what it adds to a gateway's own list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.platforms import platform
from agent.transports.tape import TapeTransport
from agent.visit import Visitor
from checks import remote_sessions_are_reviewed
from evidence.device import Device
from evidence.facts import RemoteAccess, RemoteSession, SessionsSeen
from evidence.observation import Observation
from evidence.reading import Reading
from evidence.tape import TapeAnswer, read_tape
from tests import by_hand
from tests.judging import AT, failed, read, seen
from tests.test_cases import CASES, KEY

LINE = (
    "Nov {day:02} {hour:02}:00:00 asa-01 %ASA-6-113039: Group <GP> User <{user}> IP <203.0.113.5> "
    "AnyConnect parent session started.\n"
)
OTHER = "Nov {day:02} {hour:02}:30:00 asa-01 %ASA-6-302013: Built inbound TCP connection 1 for a\n"
TAKEN = datetime(2026, 11, 28, 4, tzinfo=UTC)  # noon of the 28th in Taipei


def taken(files: dict[str, str], **options: str) -> Reading:
    """A reading of these files, exported on the 28th."""
    device = Device(
        id="vpn-logs", platform="session_log", options={"logs": ",".join(files), **options}
    )
    answers = tuple(TapeAnswer(name, body.encode(), at=TAKEN) for name, body in files.items())
    visitor = Visitor(
        device=device,
        platform=platform("session_log"),
        open_transport=lambda: TapeTransport(answers),
        clock=lambda: TAKEN,
        key=KEY,
    )
    [reading] = visitor.visit(["session_log"]).readings
    assert reading.failure is None, reading.failure
    return reading


def span(files: dict[str, str], **options: str) -> tuple[str | None, str | None]:
    """From when to when a log is whole, in UTC to the minute."""
    [told] = taken(files, **options).of(SessionsSeen)
    first, last = (
        None if one is None else f"{one:%d %H:%M}" for one in (told.from_at, told.until_at)
    )
    return first, last


EARLY = OTHER.format(day=1, hour=8) + LINE.format(day=3, hour=9, user="lin")
LATE = LINE.format(day=3, hour=9, user="wu") + OTHER.format(day=28, hour=11)


@pytest.mark.parametrize(
    ("files", "options", "whole"),
    [
        # Nobody said that it is whole.
        ({"a.log": EARLY}, {}, (None, None)),
        ({"a.log": EARLY + LATE}, {"whole": "lines"}, ("01 00:30", "28 03:30")),
        ({"a.log": EARLY, "b.log": LATE}, {"whole": "lines"}, ("01 00:30", "28 03:30")),
        # A day between two files.
        (
            {"a.log": EARLY, "b.log": LATE.replace("Nov 03", "Nov 04")},
            {"whole": "lines"},
            (None, None),
        ),
        # The month so far: from its first day in Taipei to the export.
        (
            {"a.log": LINE.format(day=9, hour=9, user="lin")},
            {"whole": "month"},
            ("31 16:00", "28 04:00"),
        ),
        # A session's line that breaks off may have been another session.
        (
            {"a.log": EARLY + "Nov 05 09:00:00 asa-01 %ASA-6-113039: Group <GP> User <l\n"},
            {"whole": "month"},
            (None, None),
        ),
        # A word that nobody defined is no statement.
        ({"a.log": EARLY}, {"whole": "yes"}, (None, None)),
    ],
)
def test_a_log_is_whole_where_somebody_says_so_and_nothing_contradicts(
    files: dict[str, str], options: dict[str, str], whole: tuple[str | None, str | None]
) -> None:
    assert span(files, **options) == whole


# --- beside the gateway ---

VPN = RemoteAccess(service="AnyConnect", enabled=True, methods=("radius",))
START, END = datetime(2026, 10, 31, 16, tzinfo=UTC), AT
LOG = SessionsSeen(service="AnyConnect", from_at=START, until_at=END, sessions=1, refused=2)
SESSION = RemoteSession(
    service="AnyConnect", user="lin", began_at=datetime(2026, 11, 23, 1, tzinfo=UTC), source="::1"
)


def reviewed(*readings: Reading, group: str | None = "fw") -> list[Observation]:
    found = seen(*readings)
    devices = {
        name: replace(one, ha_group=group if name == "log" else None)
        for name, one in found.devices.items()
    }
    return list(remote_sessions_are_reviewed.check(replace(found, devices=devices)))


def test_a_log_delivered_for_a_gateway_makes_its_list_whole() -> None:
    gateway = read("fw", "remote_access", VPN)
    [alone] = reviewed(gateway)
    assert alone.state == "log_incomplete"
    [found] = reviewed(gateway, read("log", "session_log", LOG, SESSION))
    assert (found.device, found.state) == ("fw", "listed")
    assert (found.measures["users"], found.measures["refused"]) == ({"lin": 1}, 2)


def test_a_session_in_the_list_and_in_the_log_is_one() -> None:
    now = replace(SESSION, service="IPsec", user="LIN", began_at=SESSION.began_at)
    other = replace(now, began_at=datetime(2026, 11, 23, 2, tzinfo=UTC))
    for held, count in ((now, 1), (other, 2)):
        gateway = read("fw", "remote_access", VPN, held)
        [found] = reviewed(gateway, read("log", "session_log", LOG, SESSION))
        assert found.measures["sessions"] == count


def test_another_gateways_log_is_not_this_ones() -> None:
    gateway, log = read("fw", "remote_access", VPN), read("log", "session_log", LOG, SESSION)
    states = {one.device: one.state for one in reviewed(gateway, log, group="other")}
    assert states == {"fw": "log_incomplete", "log": "listed"}


def test_the_log_of_a_gateway_that_could_not_be_read_is_reviewed_all_the_same() -> None:
    log = read("log", "session_log", LOG, SESSION)
    found = reviewed(failed("fw", "remote_access", "device_unreachable"), log)
    assert {one.device: one.state for one in found} == {"fw": "not_read", "log": "listed"}


@pytest.mark.parametrize(
    ("services", "state"),
    [
        (("OpenVPN",), "listed"),
        # A host's second way in has a log of its own.
        (("OpenVPN", "WireGuard wg0"), "log_incomplete"),
    ],
)
def test_one_programs_log_tells_of_that_program(services: tuple[str, ...], state: str) -> None:
    ways = [RemoteAccess(service=one, enabled=True) for one in services]
    log = read("log", "session_log", replace(LOG, service="OpenVPN"))
    [found] = reviewed(read("fw", "remote_access", *ways), log)
    assert found.state == state


def test_a_log_that_could_not_be_read_is_told() -> None:
    found = reviewed(read("fw", "remote_access", VPN), failed("log", "session_log", "file_missing"))
    assert {one.state for one in found} == {"log_incomplete", "not_read"}


def _fortigate(*changes: tuple[bytes, bytes]) -> SessionsSeen:
    """What a FortiGate's own log tells, changed in places."""
    tape = read_tape(CASES / "fortios" / "remote_access.logged.tape")
    answers = []
    for one in tape.answers:
        body = one.body
        for old, new in changes if "ha-statistics" in one.ask or "/log/" in one.ask else ():
            body = body.replace(old, new)
        answers.append((one.ask, body))
    found = by_hand.read("fortios", "remote_access", *answers)
    assert found.failure is None, found.failure
    (seen,) = found.of(SessionsSeen)
    return seen


@pytest.mark.parametrize(
    ("changes", "complete"),
    [
        ((), True),
        (((b'"total_lines": 6', b'"total_lines": 7'),), False),  # more than it gave
        (((b'"completed": 100', b'"completed": 40'),), False),  # still searching
        (((b'"date": "2026-11-02"', b'"date": "x"'),), False),
        # Each unit of a cluster keeps a log of its own.
        (((b'"results": [],', b'"results": [{"serial_no": "A"}, {"serial_no": "B"}],'),), False),
    ],
)
def test_when_a_fortigates_own_log_is_complete(
    changes: tuple[tuple[bytes, bytes], ...], complete: bool
) -> None:
    assert (_fortigate(*changes).from_at is not None) is complete
