"""The checks of remote desktops: limits, redirections, log-in, hours, and the wire beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from checks import (
    rdp_agrees_with_wire,
    rdp_requires_nla,
    remote_control_is_sanctioned,
    remote_desktop_is_restricted,
    remote_hours_are_limited,
    remote_session_is_limited,
)
from evidence.device import Device
from evidence.facts import (
    Fact,
    LogonHours,
    ProgramsSeen,
    ProtectionState,
    RdpNegotiation,
    RemoteAccess,
    RemoteDesktopPolicy,
)
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.remote_control import found
from tests.judging import company, failed, read, seen

YES, NO, UNKNOWN = Result.satisfied, Result.not_satisfied, Result.not_assessed


def one_of(check: Any, *said: RemoteDesktopPolicy) -> Observation:
    settings = company().checks.get(check.CHECK, {})
    [found] = check.check(seen(read("pc-01", "remote_desktop", *said)), **settings)
    assert isinstance(found, Observation)
    return found


def idle(*said: RemoteDesktopPolicy) -> Observation:
    return one_of(remote_session_is_limited, *said)


def redirection(*said: RemoteDesktopPolicy) -> Observation:
    return one_of(remote_desktop_is_restricted, *said)


def in_force(**said: Any) -> RemoteDesktopPolicy:
    return RemoteDesktopPolicy(source="effective", **said)


# --- remote_session_is_limited ---

# What can be said of each of the two limits: as facts hold it, in the order of the vectors.
DISCONNECTION: dict[str, dict[str, Any]] = {
    "set": {"idle_limit_s": 900.0},
    "long": {"idle_limit_s": 901.0},
    "never": {"unlimited": ("idle",)},
    "absent": {},
    "unknown": {"unknown": ("idle",)},
}
LOCK: dict[str, dict[str, Any]] = {
    "set": {"screen_lock_s": 600.0},
    "long": {"screen_lock_s": 3600.0},
    "never": {"unlimited": ("screen_lock",)},
    "absent": {},
    "unknown": {"unknown": ("screen_lock",)},
}


@pytest.mark.parametrize("lock", LOCK)
@pytest.mark.parametrize("disconnection", DISCONNECTION)
def test_either_limit_is_enough_and_neither_absent_nor_never_is_one(
    disconnection: str, lock: str
) -> None:
    one, other = DISCONNECTION[disconnection], LOCK[lock]
    both = {
        name: (*one.get(name, ()), *other.get(name, ()))
        if isinstance(one.get(name, other.get(name)), tuple)
        else one.get(name, other.get(name))
        for name in {*one, *other}
    }
    found = idle(in_force(**both))
    words = {disconnection, lock}
    if "set" in words:
        wanted = (YES, "limited")
    elif "unknown" in words:
        wanted = (UNKNOWN, "limit_unknown")
    elif "long" in words:
        wanted = (NO, "limit_too_long")
    else:
        wanted = (NO, "unlimited" if "never" in words else "no_limit")
    assert (found.result, found.state) == wanted
    assert found.scope == ("site:main", "about:idle")


def test_the_time_to_end_a_disconnected_session_limits_no_idle_one() -> None:
    assert idle(in_force(disconnected_limit_s=60.0)).state == "no_limit"


def test_a_limit_left_to_accounts_is_said_to_be() -> None:
    found = idle(in_force(decided_by=(("idle_limit_s", "accounts"),)))
    assert (found.result, found.state) == (NO, "no_limit")
    assert "帳號" in found.description.zh


def test_a_listener_alone_leaves_the_policy_unknown() -> None:
    assert idle(RemoteDesktopPolicy(source="listener")).state == "limit_unknown"


def test_what_one_user_has_and_what_a_domain_orders_limits_nobody_else() -> None:
    user = RemoteDesktopPolicy(source="user", user="S-1-5-21-1-2-3-4", screen_lock_s=300.0)
    found = idle(in_force(), user)
    assert (found.result, found.measures["users_locked"]) == (NO, 1)
    ordered = RemoteDesktopPolicy(source="domain", screen_lock_s=300.0, idle_limit_s=300.0)
    assert (idle(ordered).result, idle(ordered).state) == (UNKNOWN, "intent_only")


def test_a_desktop_that_is_off_needs_no_limit() -> None:
    assert (idle(in_force(enabled=False)).result, idle(in_force(enabled=False)).state) == (
        YES,
        "switched_off",
    )


def test_a_policy_that_says_never_beats_the_listeners_limit() -> None:
    policy = RemoteDesktopPolicy(source="policy", unlimited=("idle",))
    listener = RemoteDesktopPolicy(source="listener", idle_limit_s=600.0)
    assert idle(policy, listener).state == "unlimited"
    limit = RemoteDesktopPolicy(source="policy", idle_limit_s=600.0)
    never = RemoteDesktopPolicy(source="listener", unlimited=("idle",))
    for said in ((limit, never), (never, limit)):
        assert idle(*said).state == "limited"
        assert idle(*said).measures["source"] == "policy"


# --- remote_desktop_is_restricted ---


@pytest.mark.parametrize(
    ("said", "state", "result"),
    [
        ({"printer": False, "clipboard": False}, "redirection_off", YES),
        ({"printer": False, "clipboard": False, "drive": True}, "redirection_off", YES),
        ({"printer": False, "clipboard": True}, "redirection_allowed", NO),
        ({"printer": True}, "redirection_allowed", NO),
        ({"printer": False}, "redirection_unknown", UNKNOWN),
        ({"enabled": False}, "switched_off", YES),
    ],
)
def test_redirection(said: dict[str, Any], state: str, result: Result) -> None:
    found = redirection(RemoteDesktopPolicy(source="listener", **said))
    assert (found.state, found.result) == (state, result)


def test_what_policy_does_not_say_the_listener_says() -> None:
    policy = RemoteDesktopPolicy(source="policy", clipboard=False)
    listener = RemoteDesktopPolicy(source="listener", clipboard=True, printer=False)
    for said in ((policy, listener), (listener, policy)):
        assert redirection(*said).state == "redirection_off"


def test_a_probe_of_the_wire_says_nothing_of_settings() -> None:
    readings = seen(read("pc-01", "remote_desktop", RdpNegotiation(address="192.0.2.1", port=3389)))
    for check in (remote_desktop_is_restricted, remote_session_is_limited):
        [found] = check.check(readings)
        assert (found.state, found.result) == ("settings_unknown", UNKNOWN)


# --- rdp_agrees_with_wire ---

WIRE = RdpNegotiation(
    address="192.0.2.7",
    port=3389,
    nla_required=True,
    nla_supported=True,
    tls_supported=True,
    standard_rdp_accepted=False,
)
STRICT = in_force(enabled=True, port=3389, nla_required=True, security_layer="tls")


def side_by_side(host: Reading, wire: Reading | None, **options: str) -> Readings:
    """A host, and the device that probes its address, or the one it names."""
    readings = seen(host, *([wire] if wire else []))
    address = "" if options else "192.0.2.7"
    devices = {"pc-01": Device(id="pc-01", platform="windows", address="192.0.2.7")}
    if wire:
        devices["wire-01"] = Device(
            id="wire-01", platform="rdp_wire", address=address, options=options
        )
    named = {name: replace(one, subjects=("remote_desktop",)) for name, one in devices.items()}
    return replace(readings, devices=named)


def compared(
    setting: RemoteDesktopPolicy, wire: RdpNegotiation | None = WIRE, **options: str
) -> Observation:
    probed = read("wire-01", "remote_desktop", wire) if wire else None
    readings = side_by_side(read("pc-01", "remote_desktop", setting), probed, **options)
    [found] = rdp_agrees_with_wire.check(readings)
    return found


def test_settings_and_wire_that_agree() -> None:
    found = compared(STRICT)
    assert (found.result, found.state) == (YES, "agrees")
    assert found.measures["effective"]["security_layer"] == "tls"
    assert found.measures["wire"]["tls_supported"] is True
    assert len(found.evidence) == 2


@pytest.mark.parametrize(
    ("setting", "wire", "word"),
    [
        ({}, {"nla_required": False}, "NLA required"),
        ({"nla_required": False}, {}, "the wire requires it"),
        ({}, {"standard_rdp_accepted": True}, "RDP's own security"),
        ({"security_layer": "rdp"}, {}, "the wire offers it"),
        ({"enabled": False}, {}, "off, and it answers"),
        ({"port": 3390}, {}, "3390 / 3389"),
    ],
)
def test_each_difference_is_named(setting: dict[str, Any], wire: dict[str, Any], word: str) -> None:
    found = compared(replace(STRICT, **setting), replace(WIRE, **wire))
    assert (found.result, found.state) == (NO, "disagrees")
    assert word in found.description.en
    assert "不一致" in found.description.zh


def test_what_neither_side_says_is_no_agreement() -> None:
    assert compared(in_force(security_layer="negotiate")).state == "nothing_to_compare"
    silent = replace(WIRE, nla_required=None, standard_rdp_accepted=None, tls_supported=None)
    assert compared(in_force(nla_required=True, security_layer="tls"), silent).result is UNKNOWN


def test_a_listener_that_nobody_probed_is_not_assessed() -> None:
    assert (compared(STRICT, None).result, compared(STRICT, None).state) == (UNKNOWN, "not_probed")


def test_a_probe_may_name_its_desktop() -> None:
    assert compared(STRICT, desktop="pc-01").state == "agrees"
    assert compared(STRICT, desktop="pc-02").state == "not_probed"


@pytest.mark.parametrize(
    ("enabled", "code", "state"),
    [
        (False, "device_unreachable", "off_and_silent"),
        (False, "output_unexpected", "not_probed"),
        (True, "device_unreachable", "not_probed"),
    ],
)
def test_silence_agrees_only_with_off(enabled: bool, code: str, state: str) -> None:
    host = read("pc-01", "remote_desktop", replace(STRICT, enabled=enabled))
    readings = side_by_side(host, failed("wire-01", "remote_desktop", code))
    found = [one for one in rdp_agrees_with_wire.check(readings) if one.device == "pc-01"]
    assert [one.state for one in found] == [state]


def test_a_probe_of_a_host_that_is_read_is_no_desktop_of_its_own() -> None:
    host, wire = read("pc-01", "remote_desktop", STRICT), read("wire-01", "remote_desktop", WIRE)
    readings = side_by_side(host, wire)
    for check in (remote_desktop_is_restricted, remote_session_is_limited):
        assert [one.device for one in check.check(readings)] == ["pc-01"]


# --- remote_hours_are_limited ---


def test_hours_that_nobody_reads_are_not_assessed() -> None:
    assert one_of(remote_hours_are_limited, STRICT).result is UNKNOWN
    assert one_of(remote_hours_are_limited, in_force(enabled=False)).result is YES


OFFICE = tuple(24 * day + hour for day in range(1, 6) for hour in range(13))  # 08:00 to 21:00
MEMBER = ProtectionState(kind="posture", product="management", detail="member of Lab.Test")


def hours(told: tuple[int, ...] | None, **said: Any) -> LogonHours:
    known: dict[str, Any] = {"account": "wang", "domain": "lab.test", "enabled": True, **said}
    return LogonHours(**known, hours_utc=told)


@pytest.mark.parametrize(
    ("accounts", "settings", "result"),
    [
        ([hours(OFFICE)], {}, YES),
        ([hours(())], {}, YES),  # at no time
        ([hours(None)], {}, NO),
        ([hours(tuple(range(168)))], {}, NO),  # every bit set is no limit
        ([hours(OFFICE), hours(None, account="svc-1")], {}, NO),
        ([hours(OFFICE), hours(None, account="SVC-1")], {"exempt": ["svc-*"]}, YES),
        ([hours(OFFICE), hours(None, enabled=False)], {}, YES),
        ([hours(None, enabled=None)], {}, NO),
        ([hours(None, enabled=False)], {}, UNKNOWN),
        ([hours(OFFICE)], {"hours": ["08:00-21:00"]}, YES),
        ([hours(OFFICE)], {"hours": ["08:00-20:00"]}, NO),
        ([hours(OFFICE)], {"hours": ["09:00-21:00"]}, NO),
        ([hours(OFFICE)], {"hours": ["08:00-21:00"], "workdays": [1, 2, 3, 4]}, NO),
        ([hours((23,))], {"hours": ["07:00-08:00"]}, YES),  # Monday morning is Sunday in UTC
        ([hours((22,))], {"hours": ["07:00-08:00"]}, NO),
    ],
)
def test_hours_of_a_directory_are_those_of_the_desktops_in_its_domain(
    accounts: list[LogonHours], settings: dict[str, Any], result: Result
) -> None:
    readings = [
        read("ad", "logon_hours", *accounts),
        read("pc-01", "remote_desktop", STRICT),
        read("pc-01", "host", MEMBER),
        read("pc-02", "remote_desktop", STRICT),
    ]
    found = remote_hours_are_limited.check(seen(*readings), **settings)
    assert [(one.device, one.result) for one in found] == [
        ("ad", result),
        ("pc-01", result),
        ("pc-02", UNKNOWN),  # of which domain it is, is not told
    ]


def test_a_directory_that_could_not_be_read_answers_nothing() -> None:
    readings = seen(
        failed("ad", "logon_hours", "file_missing"),
        read("pc-01", "remote_desktop", STRICT),
        read("pc-01", "host", MEMBER),
    )
    assert {one.result for one in remote_hours_are_limited.check(readings)} == {UNKNOWN}


# --- remote_control_is_sanctioned ---


def remote_control(*facts: Fact, sanctioned: tuple[str, ...] = ()) -> dict[str, Observation]:
    readings = seen(read("pc-01", "remote_access", *facts))
    answers = remote_control_is_sanctioned.check(readings, sanctioned=sanctioned)
    return {one.subject.removeprefix("pc-01/remote control").strip(): one for one in answers}


LOOKED = ProgramsSeen(programs=40, services=200, listeners=10)


def test_each_product_is_an_answer_of_its_own() -> None:
    facts = found(["AnyDesk", "RealVNC Server 7"], ["TeamViewer"], [("0.0.0.0", 5900)])
    answers = remote_control(LOOKED, *facts, sanctioned=("teamviewer",))
    assert {name: (one.result, one.state) for name, one in answers.items()} == {
        "AnyDesk": (NO, "unsanctioned"),
        "VNC": (NO, "unsanctioned"),
        "TeamViewer": (YES, "sanctioned"),
    }
    assert answers["VNC"].measures["seen_as"] == ["installed", "listening"]


def test_a_port_alone_is_for_a_person_to_look_at() -> None:
    port = RemoteAccess(service="VNC", seen_as="listening", address="0.0.0.0", port=5900)
    assert remote_control(LOOKED, port)["VNC"].result is UNKNOWN


@pytest.mark.parametrize(
    ("looked", "state", "result"),
    [
        (LOOKED, "none_found", YES),
        (ProgramsSeen(services=200), "programs_unknown", UNKNOWN),
    ],
)
def test_nothing_found_is_an_answer_only_where_programs_were_read(
    looked: ProgramsSeen, state: str, result: Result
) -> None:
    [answer] = remote_control(looked).values()
    assert (answer.state, answer.result) == (state, result)


def test_one_that_is_sanctioned_says_nothing_of_programs_that_were_not_read() -> None:
    answers = remote_control(
        ProgramsSeen(services=200), *found([], ["TeamViewer"], []), sanctioned=("teamviewer",)
    )
    assert {name: one.result for name, one in answers.items()} == {"TeamViewer": YES, "": UNKNOWN}


@pytest.mark.parametrize(
    "name",
    [
        *("tigervnc-viewer", "RealVNC Viewer 7.5", "libvncserver1", "AnyConnect", "Remote Desktop"),
        *("vinagre", "Microsoft Teams", "Parsecs of space"),
    ],
)
def test_viewers_and_other_names_are_no_remote_control(name: str) -> None:
    assert list(found([name], [name], [])) == []


def test_what_listens_on_loopback_lets_nobody_in() -> None:
    assert list(found([], [], [("127.0.0.1", 5900), ("[::1]", 5900)])) == []


# --- rdp_requires_nla ---


@pytest.mark.parametrize(
    ("required", "result"),
    [
        (True, Result.satisfied),
        (False, Result.not_satisfied),
        (None, Result.not_assessed),
    ],
)
def test_what_the_listener_answers(required: bool | None, result: Result) -> None:
    probe = RdpNegotiation(address="192.0.2.1", port=3390, nla_required=required)
    [found] = rdp_requires_nla.check(seen(read("pc-01", "remote_desktop", probe)))
    assert (found.result, found.subject) == (result, "pc-01/rdp 192.0.2.1:3390")
    setting = RemoteDesktopPolicy(source="policy", nla_required=required)
    [found] = rdp_requires_nla.check(seen(read("pc-01", "remote_desktop", setting)))
    assert found.result is result


def test_a_setting_answers_only_where_nobody_asked_on_the_wire() -> None:
    host, wire = read("pc-01", "remote_desktop", STRICT), read("wire-01", "remote_desktop", WIRE)
    assert [one.device for one in rdp_requires_nla.check(side_by_side(host, wire))] == ["wire-01"]
    alone = side_by_side(host, None)
    assert [one.device for one in rdp_requires_nla.check(alone)] == ["pc-01"]


def test_a_weak_answer_is_said() -> None:
    probe = RdpNegotiation(
        address="192.0.2.1",
        port=3389,
        nla_required=False,
        nla_supported=False,
        standard_rdp_accepted=True,
    )
    [found] = rdp_requires_nla.check(seen(read("pc-01", "remote_desktop", probe)))
    assert "不支援 NLA" in found.description.zh
    assert "接受標準 RDP 安全層" in found.description.zh


@pytest.mark.parametrize(
    "check",
    [
        rdp_agrees_with_wire.check,
        rdp_requires_nla.check,
        remote_desktop_is_restricted.check,
        remote_hours_are_limited.check,
        remote_session_is_limited.check,
    ],
)
def test_a_desktop_that_failed_is_a_record_with_its_code(check: Any) -> None:
    [found] = check(seen(failed("x-01", "remote_desktop", "auth_failed")))
    assert (found.state, found.result) == ("not_read", UNKNOWN)
    assert found.measures["code"] == "auth_failed"
