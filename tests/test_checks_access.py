"""Remote access from outside: who comes in by how many factors, vendors' ends, sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from checks import (
    administration_is_closed_to_outside,
    remote_access_uses_mfa,
    remote_sessions_are_reviewed,
    vendor_accounts_expire,
)
from evidence.facts import (
    AccessGrant,
    Fact,
    Interface,
    RemoteAccess,
    RemoteSession,
    SessionsSeen,
    Ticket,
)
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Zones
from evidence.tape import read_tape
from tests.judging import AT, failed, on, read, seen
from tests.test_cases import CASES, read_case

VPN = RemoteAccess(service="VPN", enabled=True, port=443, interfaces=("outside",))
NONE, BOTH = Result.not_assessed, Result.satisfied


def grant(who: str, factor: bool | None, **said: Any) -> AccessGrant:
    return AccessGrant(service="VPN", who=who, enabled=True, multi_factor=factor, **said)


def mfa(*facts: Fact, **settings: Any) -> Observation:
    readings = seen(read("fw", "remote_access", *facts))
    [found] = remote_access_uses_mfa.check(readings, **settings)
    return found


@pytest.mark.parametrize(
    ("grants", "state", "result"),
    [
        ([], "nobody_told", NONE),
        ([grant("a", True)], "multi_factor", BOTH),
        ([grant("a", True), grant("b", None)], "server_decides", NONE),
        (
            [grant("a", True), grant("b", None), grant("c", False)],
            "one_factor",
            Result.not_satisfied,
        ),
        ([replace(grant("c", False), enabled=False)], "nobody_told", NONE),
        ([grant("a", True), replace(grant("c", False), enabled=False)], "multi_factor", BOTH),
    ],
)
def test_everybody_by_more_than_one_factor(
    grants: Sequence[AccessGrant], state: str, result: Result
) -> None:
    found = mfa(VPN, *grants)
    assert (found.state, found.result) == (state, result)


def test_a_service_that_is_off_lets_nobody_in_and_one_of_unknown_state_may() -> None:
    assert mfa(replace(VPN, enabled=False), grant("a", False)).state == "switched_off"
    assert mfa(replace(VPN, enabled=None), grant("a", False)).state == "one_factor"


def test_what_the_company_states_of_a_server_counts_for_that_server_alone() -> None:
    asked = [
        grant("g1", None, methods=("radius",), detail="server NPS-OTP"),
        grant("g2", None, methods=("saml",), detail="server entra"),
    ]
    assert mfa(VPN, *asked, servers_with_mfa=["NPS-*"]).state == "server_decides"
    both = mfa(VPN, *asked, servers_with_mfa=["nps-otp", "saml"])
    assert (both.state, both.result) == ("multi_factor_stated", BOTH)
    # A statement never makes two factors of one that the device itself says is all.
    one = grant("lin", False, methods=("password",))
    assert mfa(VPN, one, servers_with_mfa=["password"]).state == "one_factor"


def test_an_exempt_account_is_named_with_its_reason() -> None:
    found = mfa(VPN, grant("break-glass", False), exempt={"break-glass": "sealed"})
    assert (found.state, found.result) == ("exempt", Result.partly)
    assert "sealed" in found.description.en


def test_remote_control_and_administration_are_no_ways_in_of_this_kind() -> None:
    facts = [
        RemoteAccess(service="VNC", seen_as="installed"),
        RemoteAccess(service="administration", interfaces=("wan1",)),
    ]
    readings = seen(read("pc", "remote_access", *facts))
    assert list(remote_access_uses_mfa.check(readings)) == []


def test_what_could_not_be_read_is_not_assessed() -> None:
    readings = seen(failed("fw", "remote_access", "device_unreachable"))
    for check in (
        remote_access_uses_mfa.check,
        vendor_accounts_expire.check,
        remote_sessions_are_reviewed.check,
        administration_is_closed_to_outside.check,
    ):
        [found] = check(readings)
        assert found.result is NONE


# --- vendors ---


def vendors(*readings: Reading, **settings: Any) -> list[Observation]:
    settings = {"vendor_patterns": ["vendor*"], **settings}
    return list(vendor_accounts_expire.check(seen(*readings), **settings))


def ticket(who: str, until: date | None, approved: bool = True) -> Reading:
    return read(
        "register",
        "tickets",
        Ticket(
            ticket_id="V1",
            kind="vendor access",
            target=who,
            approved_by="wang" if approved else None,
            expires_on=until,
        ),
    )


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        (None, "endless"),
        (AT - timedelta(days=1), "ended"),
        (AT, "in_time"),
        (AT + timedelta(days=366), "in_time"),
        (AT + timedelta(days=367), "endless"),
    ],
)
def test_a_vendors_account_has_an_end(ends: datetime | None, state: str) -> None:
    [found] = vendors(read("fw", "remote_access", VPN, grant("Vendor-Acme", True, expires_at=ends)))
    assert found.state == state


def test_an_approved_ticket_is_an_end_and_one_without_approval_is_none() -> None:
    held = read("fw", "remote_access", VPN, grant("acme", True))
    until = date(2026, 12, 31)
    assert [one.state for one in vendors(held, ticket("ACME", until))] == ["in_time"]
    assert [one.state for one in vendors(held, ticket("acme", until, False))] == ["endless"]
    assert [one.state for one in vendors(held, ticket("acme", date(2026, 11, 1)))] == ["ended"]


def test_the_earlier_end_counts() -> None:
    account = grant("vendor-x", True, expires_at=AT + timedelta(days=200))
    found = vendors(read("fw", "remote_access", VPN, account), ticket("vendor-x", date(2026, 1, 1)))
    assert [one.state for one in found] == ["ended"]


def test_vendors_that_nobody_told_apart_are_not_assessed() -> None:
    held = read("fw", "remote_access", VPN, grant("acme", True))
    assert [one.state for one in vendors(held, vendor_patterns=[])] == ["vendors_not_told_apart"]
    assert vendors(held) == []  # told apart, and none is here


# --- sessions ---


def session(user: str, at: datetime, **said: Any) -> RemoteSession:
    return RemoteSession(service="VPN", user=user, began_at=at, **said)


def reviewed(*facts: Fact, **settings: Any) -> Observation:
    settings = {"hours": ["08:00-18:00"], **settings}
    readings = seen(read("fw", "remote_access", VPN, *facts))
    [found] = remote_sessions_are_reviewed.check(readings, **settings)
    return found


WHOLE = SessionsSeen(service="VPN", from_at=on("2026-10-31"), until_at=AT)


def test_a_whole_log_of_expected_sessions_is_ready_for_the_review() -> None:
    found = reviewed(WHOLE, session("lin", on("2026-11-23")))
    assert (found.state, found.result) == ("listed", BOTH)
    assert found.measures["users"] == {"lin": 1}


@pytest.mark.parametrize(
    "seen_",
    [
        [],
        [replace(WHOLE, from_at=None)],
        [replace(WHOLE, from_at=on("2026-11-05"))],
        [replace(WHOLE, until_at=on("2026-11-20"))],
    ],
)
def test_a_log_that_does_not_reach_over_the_month_shows_no_absence(
    seen_: list[SessionsSeen],
) -> None:
    assert reviewed(*seen_, session("lin", on("2026-11-23"))).state == "log_incomplete"


def test_two_logs_that_touch_cover_the_month_and_a_hole_between_them_does_not() -> None:
    first = replace(WHOLE, until_at=on("2026-11-15"))
    touching = replace(WHOLE, from_at=on("2026-11-15"))
    apart = replace(WHOLE, from_at=on("2026-11-16"))
    assert reviewed(first, touching).state == "listed"
    assert reviewed(first, apart).state == "log_incomplete"


@pytest.mark.parametrize(
    ("at", "odd"),
    [
        ("2026-11-23T00:00:00+00:00", False),  # Monday, 08:00 in Taipei
        ("2026-11-22T23:59:00+00:00", True),  # Monday, 07:59
        ("2026-11-21T04:00:00+00:00", True),  # Saturday noon
        ("2026-11-20T16:30:00+00:00", True),  # Saturday, 00:30
    ],
)
def test_hours_are_those_of_taipei(at: str, odd: bool) -> None:
    found = reviewed(WHOLE, session("lin", datetime.fromisoformat(at)))
    assert (found.state == "to_be_explained") is odd


@pytest.mark.parametrize(
    ("at", "odd"),
    [
        ("2026-11-23T14:00:00+00:00", False),  # Monday, 22:00 in Taipei
        ("2026-11-23T21:59:00+00:00", False),  # Tuesday, 05:59
        ("2026-11-23T22:01:00+00:00", True),  # Tuesday, 06:01
        ("2026-11-23T13:59:00+00:00", True),  # Monday, 21:59
    ],
)
def test_hours_of_a_night_shift_lie_on_both_sides_of_midnight(at: str, odd: bool) -> None:
    found = reviewed(WHOLE, session("lin", datetime.fromisoformat(at)), hours=["22:00-06:00"])
    assert (found.state == "to_be_explained") is odd


def test_a_session_of_somebody_whom_no_setting_lets_in_stands_out() -> None:
    found = reviewed(WHOLE, grant("lin", True), session("ghost", on("2026-11-23")))
    assert found.measures["not_granted"] == ["ghost"]
    # Where a whole group may come in, its members are not known by name.
    group = grant("staff", True, kind="group")
    assert reviewed(WHOLE, group, session("ghost", on("2026-11-23"))).state == "listed"


def test_a_session_seen_twice_is_one_and_one_of_another_month_is_none() -> None:
    twice = session("lin", on("2026-11-23"))
    first = read("fw", "remote_access", VPN, twice, at=on("2026-11-23"))
    readings = seen(read("fw", "remote_access", VPN, WHOLE, twice, session("wu", on("2026-10-01"))))
    readings = replace(readings, earlier=lambda device, subject: (first,))
    [found] = remote_sessions_are_reviewed.check(readings)
    assert found.measures["sessions"] == 1


def test_who_came_before_the_month_and_is_still_in_is_one_of_its_sessions() -> None:
    """A list of the moment, read on 23 November: it holds a tunnel that is up since October."""
    tunnel = session("wu", datetime.fromisoformat("2026-10-03T18:00:00+00:00"))
    left = replace(tunnel, user="lin", ended_at=on("2026-10-04"))
    readings = seen(read("fw", "remote_access", VPN, tunnel, left, at=on("2026-11-23")))
    [found] = remote_sessions_are_reviewed.check(readings, hours=["08:00-18:00"])
    assert found.measures["users"] == {"wu": 1}
    assert found.measures["out_of_hours"] == ["wu 2026-10-04 02:00"]


# --- administration ---


def test_where_administrators_may_log_in_is_what_the_zones_say() -> None:
    ways = [
        RemoteAccess(service="administration", interfaces=("wan1",), methods=("https",)),
        RemoteAccess(service="administration", interfaces=("lan",), methods=("ssh",)),
        RemoteAccess(service="administration", interfaces=("port9",), methods=("ssh",)),
        RemoteAccess(service="administration", interfaces=("x1",), methods=("ssh",)),
    ]
    rules = read("fw", "firewall", Interface(name="x1", zone="untrust"))
    mapped = {"wan1": "external", "lan": "internal", "untrust": "external"}
    readings = seen(
        read("fw", "remote_access", *ways), rules, zones=Zones(by_device={"fw": mapped})
    )
    found = {one.subject: one.state for one in administration_is_closed_to_outside.check(readings)}
    assert found == {
        "fw/administration on wan1": "open_to_outside",
        "fw/administration on lan": "closed_to_outside",
        "fw/administration on port9": "zone_unknown",
        "fw/administration on x1": "open_to_outside",
    }


# --- as devices tell it ---


@pytest.mark.parametrize(
    ("tape", "states"),
    [
        (
            "fortios/remote_access.portal",
            {
                "SSL-VPN root": "one_factor",
                "IPsec dial-up dialup root": "one_factor",
                "IPsec dial-up phones root": "one_factor",
            },
        ),
        ("fortios/remote_access.off", {"SSL-VPN root": "switched_off"}),
        ("asa/remote_access.anyconnect", {"AnyConnect": "one_factor"}),
        ("asa/remote_access.none", {"AnyConnect": "switched_off"}),
        (
            "linux/remote_access.gateways",
            {
                "OpenVPN": "multi_factor",
                "WireGuard wg0": "one_factor",
                "strongSwan mobile": "multi_factor",
                "strongSwan phones": "one_factor",
            },
        ),
    ],
)
def test_gateways_as_they_tell(tape: str, states: dict[str, str]) -> None:
    reading = read_case(read_tape(CASES / f"{tape}.tape"), "remote_access")
    assert reading.failure is None
    readings = seen(replace(reading, device="fw"))
    found = remote_access_uses_mfa.check(readings)
    assert {one.subject.removeprefix("fw/"): one.state for one in found} == states
