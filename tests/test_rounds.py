"""What breaks off is read again, twice, and only that; every attempt is told of in the bundle."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from agent.brake import Brake
from agent.collect import Progress, Run, collect, jobs_for
from agent.connect import Connector
from agent.logins import Logins
from agent.rounds import Effort
from agent.transports import Transport
from agent.visit import Budget
from evidence.bundle import load_bundle
from evidence.collection import Collection
from evidence.device import Device
from lab.devices import Mischief
from lab.devices.ssh import LabSsh
from tests.fixtures_lab import ASA, ASA_TERMINAL, Site, by_device, failure_of, tape_of
from verify.reread import Outcome, reread

DROP = Mischief(drop_after_bytes=700)


class Waiting(Brake):
    """Does not wait; notes how long it should, and does something meanwhile."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._meanwhile = meanwhile

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self._meanwhile()
        return self.pulled


def run(
    site: Site, brake: Brake, effort: Effort | None = None, progress: Progress | None = None
) -> tuple[Run, dict[str, Collection]]:
    """A run of the site, and what the bundle of each device says; each is read again alike."""
    config = site.write()
    with site.agent(config) as agent:
        connector = Connector(Logins(agent, "lin"), config.credentials, config.devices)
        jobs = jobs_for(config.devices.values())
        made = collect(agent, jobs, connector, "lin", brake=brake, effort=effort, progress=progress)
        kept = [load_bundle(one.path) for one in agent.ledger.bundles_in("spooled") if one.path]
    for bundle in kept:
        again = reread(bundle.collection, bundle.captures)
        assert {one.outcome for one in again} == {Outcome.same}
    return made, {bundle.collection.device.id: bundle.collection for bundle in kept}


def heal(lab: LabSsh) -> Callable[[], None]:
    def meanwhile() -> None:
        lab.mischief = Mischief()

    return meanwhile


@pytest.mark.parametrize("terminal", [ASA_TERMINAL, None], ids=["terminal", "exec"])
def test_a_device_that_dropped_is_read_by_the_next_connection(
    lab_site: Site, terminal: object
) -> None:
    if terminal:
        lab = lab_site.ssh("fw-01", ASA, "firewall", terminal=ASA_TERMINAL, mischief=DROP)
    else:
        tape = tape_of("linux/firewall.nftables")
        lab = lab_site.ssh("fw-01", tape, "firewall", mischief=DROP)
    brake = Waiting(heal(lab))
    made, kept = run(lab_site, brake)
    (reading,) = by_device(made).values()
    assert reading.failure is None
    assert [round(one) for one in brake.waits] == [20]
    asks = kept["fw-01"].asks
    broke = [one for one in asks if one.failure and one.failure.code == "device_disconnected"]
    assert [one.attempt for one in broke] == [1]
    assert {one.attempt for one in asks} == {1, 2}
    second = {one.capture for one in asks if one.attempt == 2 and one.capture}
    assert set(reading.captures) == second
    assert lab.attempts == 2


def test_what_was_read_before_the_drop_is_not_read_again(lab_site: Site) -> None:
    lab = lab_site.ssh("fw-01", ASA, "firmware", "firewall", terminal=ASA_TERMINAL)

    def on_ask(device: object, ask: object) -> None:
        if "show access-list" in getattr(ask, "text", "") and lab.attempts == 1:
            lab.hang_up()

    made, kept = run(lab_site, Waiting(), progress=Progress(on_ask=on_ask))
    assert {one.failure for one in by_device(made).values()} == {None}
    assert {one.attempt for one in kept["fw-01"].asks if one.subject == "firmware"} == {1}
    assert {one.attempt for one in kept["fw-01"].asks if one.subject == "firewall"} == {1, 2}


def test_a_device_that_drops_for_ever_is_tried_three_times(lab_site: Site) -> None:
    lab = lab_site.ssh("fw-01", ASA, "firewall", terminal=ASA_TERMINAL, mischief=DROP)
    brake = Waiting()
    made, kept = run(lab_site, brake)
    assert failure_of(by_device(made)["fw-01", "firewall"]) == "device_disconnected"
    assert [round(one) for one in brake.waits] == [20, 120]
    assert lab.attempts == 3
    assert {one.attempt for one in kept["fw-01"].asks if one.failure} == {1, 2, 3}


def test_a_device_that_is_gone_after_its_drop_is_tried_on(lab_site: Site) -> None:
    """As one does that restarts: the next connection is refused, the third finds it again."""
    lab = lab_site.ssh("fw-01", ASA, "firewall", terminal=ASA_TERMINAL, mischief=DROP)
    config = lab_site.write()
    where = dict(config.devices)
    away = iter((replace(where["fw-01"], port=1), where["fw-01"]))

    def back() -> None:
        heal(lab)()
        where["fw-01"] = next(away)

    with lab_site.agent(config) as agent:
        connector = Connector(Logins(agent, "lin"), config.credentials, config.devices)

        def opened(device: Device) -> Transport:
            return connector(where[device.id])

        jobs = jobs_for(config.devices.values())
        made = collect(agent, jobs, opened, "lin", brake=Waiting(back))
    assert by_device(made)["fw-01", "firewall"].failure is None
    assert lab.attempts == 2


REFUSED: dict[str, tuple[str, Callable[[Site], object]]] = {
    "a refused log-in": (
        "auth_failed",
        lambda site: site.ssh("x", ASA, "firmware", terminal=ASA_TERMINAL, password="wrong"),
    ),
    "a cut off log-in": (
        "auth_cut_off",
        lambda site: site.ssh(
            "x", ASA, "firmware", terminal=ASA_TERMINAL, mischief=Mischief(hangs_up=True)
        ),
    ),
    "a locked account": (
        "auth_locked",
        lambda site: site.ssh(
            "x", ASA, "firmware", terminal=ASA_TERMINAL, mischief=Mischief(locked=True)
        ),
    ),
    "another identity": (
        "identity_mismatch",
        lambda site: site.ssh(
            "x", ASA, "firmware", terminal=ASA_TERMINAL, expected={"serial": "other"}
        ),
    ),
    "nobody there": (
        "device_unreachable",
        lambda site: site.ssh("x", ASA, "firmware", terminal=ASA_TERMINAL, port=1),
    ),
    "old algorithms": (
        "ssh_legacy_only",
        lambda site: site.ssh(
            "x", ASA, "firmware", terminal=ASA_TERMINAL, mischief=Mischief(legacy_only=True)
        ),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_is_not_tried_again(lab_site: Site, what: str) -> None:
    code, add = REFUSED[what]
    lab = add(lab_site)
    brake = Waiting()
    made, _ = run(lab_site, brake)
    assert failure_of(by_device(made)["x", "firmware"]) == code
    assert brake.waits == []
    assert isinstance(lab, LabSsh) and lab.attempts <= 1


def test_others_do_not_wait_for_one_that_dropped(lab_site: Site) -> None:
    lab_site.ssh("fw-01", ASA, "firewall", terminal=ASA_TERMINAL, mischief=DROP)
    lab_site.ssh("fw-02", ASA, "firewall", terminal=ASA_TERMINAL)
    done: list[str] = []
    at_wait: list[list[str]] = []
    brake = Waiting(lambda: at_wait.append(list(done)))
    run(lab_site, brake, progress=Progress(on_visit=lambda visit: done.append(visit.device.id)))
    assert at_wait == [["fw-02"], ["fw-02"]]
    assert done == ["fw-02", "fw-01"]


def test_an_agent_that_is_stopped_in_a_pause_keeps_what_came_of_it(lab_site: Site) -> None:
    lab = lab_site.ssh("fw-01", ASA, "firewall", terminal=ASA_TERMINAL, mischief=DROP)
    brake = Waiting()
    brake._meanwhile = brake.pull
    made, kept = run(lab_site, brake)
    assert failure_of(by_device(made)["fw-01", "firewall"]) == "device_disconnected"
    assert lab.attempts == 1
    assert kept["fw-01"].asks


def test_a_session_over_its_time_is_ended_and_others_are_not(lab_site: Site) -> None:
    """One byte a second: the ask has what the session has left, and the next is not asked."""
    slow = Mischief(bytes_per_s=1)
    tape = tape_of("linux/firewall.nftables")
    lab_site.ssh("quick", tape, "firewall")
    began = time.monotonic()
    run(lab_site, Waiting())
    # Of this machine as it is now: one that is quick takes a tenth of it at most.
    limit_s = max(1.5, 10 * (time.monotonic() - began))
    lab = lab_site.ssh("slow", tape, "firewall", "firmware", mischief=slow)
    effort = Effort(budget=Budget(limit_s=limit_s), retry_after_s=())
    made, _ = run(lab_site, Waiting(), effort)
    readings = by_device(made)
    assert readings["quick", "firewall"].failure is None
    assert failure_of(readings["slow", "firewall"]) == "output_incomplete"
    assert failure_of(readings["slow", "firmware"]) == "session_over"
    assert len(lab.lines) == 1
    slow_one = next(one for one in made.visits if one.device.id == "slow")
    assert (slow_one.ended_at - slow_one.started_at).total_seconds() < 7 * limit_s


def test_a_session_over_its_bytes_is_ended(lab_site: Site) -> None:
    lab_site.ssh("fw-01", ASA, "firmware", "firewall", terminal=ASA_TERMINAL)
    effort = Effort(budget=Budget(limit_bytes=2000), retry_after_s=())
    made, _ = run(lab_site, Waiting(), effort)
    assert failure_of(by_device(made)["fw-01", "firewall"]) in ("input_too_large", "session_over")
