"""No account is ever locked: one refused log-in per device and run, across agents and time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent.collect import collect, jobs_for
from agent.config import Config
from agent.connect import Connector
from agent.logins import PAUSE, Logins
from agent.rounds import Effort
from agent.visit import SCHEDULE
from agent.wired import agent_of
from evidence.reading import Reading
from lab.devices.ssh import LabSsh
from tests.fixtures_lab import ASA, ASA_TERMINAL, Site, by_device, failure_of, tape_of

AT = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
LINUX = "linux/firewall.nftables"
Readings = dict[tuple[str, str], Reading]


def read(
    config: Config, at: datetime = AT, requester: str = SCHEDULE, effort: Effort | None = None
) -> Readings:
    """A run of an agent of its own, at that time."""
    with agent_of(config) as made:
        agent = replace(made, clock=lambda: at)
        connector = Connector(Logins(agent, requester), config.credentials, config.devices)
        jobs = jobs_for(config.devices.values())
        return by_device(collect(agent, jobs, connector, requester, effort=effort))


def pinned(site: Site) -> Config:
    """The site's configuration, its host keys pinned."""
    config = site.write()
    with site.agent(config):
        return config


def codes(readings: Readings) -> list[str]:
    return [failure_of(one) for one in readings.values()]


def test_a_refusal_is_remembered_until_the_pause_is_over(lab_site: Site) -> None:
    lab = lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL, password="wrong")
    config = pinned(lab_site)
    assert codes(read(config)) == ["auth_failed"]
    held = read(config, AT + timedelta(hours=1))["fw-01", "firmware"].failure
    assert held is not None and held.code == "auth_held"
    assert "2026-11-24 02:30 (auth_failed), held to 2026-11-24 22:30" in held.message
    assert "evidence-agent collect fw-01" in held.next_step
    assert lab.attempts == 1
    assert codes(read(config, AT + PAUSE)) == ["auth_failed"]
    assert lab.attempts == 2


def test_another_credential_is_tried_at_once(lab_site: Site) -> None:
    lab = lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL, password="wrong")
    config = pinned(lab_site)
    assert codes(read(config)) == ["auth_failed"]
    stored = config.credentials.folder / "fw-01"
    stored.write_text(stored.read_text().replace("wrong", lab.account.password or ""))
    assert read(config)["fw-01", "firmware"].failure is None
    assert lab.attempts == 2


def test_an_operator_may_try_once(lab_site: Site) -> None:
    lab = lab_site.ssh("fw-01", ASA, "firmware", "firewall", terminal=ASA_TERMINAL, password="no")
    config = pinned(lab_site)
    read(config)
    later = AT + timedelta(hours=1)
    assert codes(read(config, later, "lin")) == ["auth_failed"] * 2
    assert lab.attempts == 2
    assert codes(read(config, later + timedelta(minutes=1))) == ["auth_held"] * 2
    assert lab.attempts == 2


def test_success_ends_a_hold(lab_site: Site) -> None:
    lab = lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL)
    right, lab.account = lab.account, replace(lab.account, password="changed on the device")
    config = pinned(lab_site)
    assert codes(read(config)) == ["auth_failed"]
    lab.account = right
    assert read(config, AT + timedelta(hours=1), "lin")["fw-01", "firmware"].failure is None
    assert read(config, AT + timedelta(hours=2))["fw-01", "firmware"].failure is None


def test_a_refused_second_secret_is_held_too(lab_site: Site) -> None:
    lab = lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL)
    lab.account = replace(lab.account, second="changed on the device")
    config = pinned(lab_site)
    assert codes(read(config)) == ["auth_failed"]
    assert codes(read(config, AT + timedelta(hours=1))) == ["auth_held"]
    assert lab.lines == ["enable"]


def test_a_refused_token_is_held_too(lab_site: Site) -> None:
    lab = lab_site.https("fw-01", tape_of("fortios/firewall.two_vdoms"), "firewall")
    config = pinned(lab_site)
    (config.credentials.folder / "fw-01").write_text("token: wrong\n")
    assert codes(read(config)) == ["auth_failed"]
    asked = len(lab.lines)
    assert codes(read(config, AT + timedelta(hours=1))) == ["auth_held"]
    assert len(lab.lines) == asked == 1


def test_agents_at_the_same_moment_make_one_attempt(
    lab_site: Site, drill_count: Callable[[int, int], int]
) -> None:
    """Each with a ledger of its own over the same state, as two processes have."""
    lab = lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL, password="wrong")
    config, agents = pinned(lab_site), drill_count(4, 16)
    with ThreadPoolExecutor(agents) as pool:
        runs = list(pool.map(lambda _: read(config), range(agents)))
    assert sorted(code for run in runs for code in codes(run)) == [
        "auth_failed",
        *["auth_held"] * (agents - 1),
    ]
    assert lab.attempts == 1


def test_a_jump_host_that_refused_is_left_alone_and_others_go_on(
    lab_site: Site, drill_count: Callable[[int, int], int]
) -> None:
    """The jump host is a device of the inventory too: its own visit counts."""
    count = drill_count(6, 60)
    near = lab_site.ssh("near", tape_of(LINUX), "firewall", password="wrong")
    for number in range(count):
        lab_site.ssh(f"fw-{number}", ASA, "firmware", terminal=ASA_TERMINAL, via="near")
    lab_site.ssh("fw-open", ASA, "firmware", terminal=ASA_TERMINAL)
    config = pinned(lab_site)
    for at in (AT, AT + timedelta(hours=1)):
        readings = read(config, at)
        assert readings.pop(("fw-open", "firmware")).failure is None
        for reading in readings.values():
            assert failure_of(reading) in ("auth_failed", "auth_held")
            assert reading.failure is not None and "near" in reading.failure.message
        assert len(readings) == count + 1
        assert near.attempts == 1
    assert not any(lab_site.heard[f"fw-{number}"] for number in range(count))


def sharing(site: Site, count: int, *wrong: int) -> list[LabSsh]:
    """Devices that take one account; those numbered in `wrong` have another password for it."""
    shared, labs = site.secret(), []
    for number in range(count):
        lab = site.ssh(f"gw-{number:02}", tape_of(LINUX), "firewall", secret="cred:shared")
        held = "another" if number in wrong else shared
        lab.account = replace(lab.account, password=held, second=None)
        labs.append(lab)
    site._credential("shared", {"username": "auditor", "password": shared})
    return labs


def test_an_account_that_devices_share_is_refused_twice_in_a_run_at_most(
    lab_site: Site, drill_count: Callable[[int, int], int]
) -> None:
    """As when the password of a directory's account has run out."""
    count = drill_count(8, 60)
    labs = sharing(lab_site, count, *range(count))
    config = pinned(lab_site)
    for run, at in enumerate((AT, AT + PAUSE, AT + 2 * PAUSE), start=1):
        came = codes(read(config, at))
        assert came.count("auth_failed") == 2
        assert came.count("auth_held") == count - 2
        assert sum(lab.attempts for lab in labs) == 2 * run


def test_one_device_that_refuses_a_shared_account_stops_no_other(lab_site: Site) -> None:
    sharing(lab_site, 8, 0)
    readings = read(pinned(lab_site))
    assert failure_of(readings.pop(("gw-00", "firewall"))) == "auth_failed"
    assert {one.failure for one in readings.values()} == {None}


def test_devices_that_refused_a_shared_account_come_after_the_others(lab_site: Site) -> None:
    """On the first day two of them may stop the rest; on no other."""
    sharing(lab_site, 6, 0, 1)
    config = pinned(lab_site)
    one_by_one = Effort(workers=1)
    assert sorted(codes(read(config, effort=one_by_one))) == ["auth_failed"] * 2 + ["auth_held"] * 4
    readings = read(config, AT + PAUSE, effort=one_by_one)
    assert {failure_of(readings.pop((f"gw-0{n}", "firewall"))) for n in (0, 1)} == {
        "auth_failed",
        "auth_held",
    }
    assert {one.failure for one in readings.values()} == {None}


def test_no_secret_is_kept_with_a_hold(lab_site: Site) -> None:
    lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL, password="canary-wrong")
    config = pinned(lab_site)
    read(config)
    kept = b"".join(one.read_bytes() for one in config.state.glob("ledger.sqlite3*"))
    assert b"auth_failed" in kept
    assert b"canary" not in kept
