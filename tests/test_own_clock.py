"""Our own clock: NTP at boot, steps by hand, set back; readings in doubt show no silence."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.collect import Job, collect
from agent.ledger import Ledger
from agent.own_clock import OwnClock, kernel_synchronised
from agent.redact import SiteKey
from agent.sealing import Agent
from agent.steady import SteadyClock
from agent.transports.tape import TapeTransport
from agent.wired import make_keys, system_clock
from evidence.device import Device
from evidence.facts import FirewallRule, RuleUsage
from evidence.reading import OWN_CLOCK, Failure, Reading
from evidence.tape import read_tape
from evidence.usage import State, UsageProof, prove

NOW = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)
DAY = timedelta(days=1)
TAPE = Path(__file__).parent / "cases/linux/firmware.debian-12.tape"


class Host:
    """A machine whose clock can be wrong, and whose kernel knows whether NTP has it."""

    def __init__(self, folder: Path) -> None:
        self.wall, self.elapsed_s = NOW, 1000.0
        self.synchronised: bool | None = True
        self.ledger = Ledger(folder)

    def passes(self, span: timedelta) -> None:
        self.wall += span
        self.elapsed_s += span.total_seconds()

    def look(self, device: str = "fw-1") -> tuple[str, datetime | None]:
        """What a new process says of the clock; empty where it has no doubt."""
        watch = OwnClock(
            lambda: self.wall, self.ledger, lambda: self.synchronised, lambda: self.elapsed_s
        )
        doubt, set_at = watch.look(device, "firewall", self.wall)
        assert doubt is None or doubt.code == OWN_CLOCK
        return (doubt.message if doubt else ""), set_at

    def read(self) -> Reading:
        said, set_at = self.look()
        reading = Reading(
            device="fw-1",
            subject="firewall",
            at=self.wall,
            facts=(FirewallRule(key="r1"), RuleUsage(key="r1", count=0)),
            cautions=(Failure(OWN_CLOCK, said),) if said else (),
            clock_set_at=set_at,
        )
        self.ledger.keep_bundle(reading.digest, b"", [reading], "run", False)
        return reading


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path)
    yield made
    made.ledger.close()


def test_a_clock_that_ntp_has_is_not_doubted(host: Host) -> None:
    for _ in range(3):
        assert host.look() == ("", None)
        host.passes(DAY)


def test_a_clock_that_runs_on_without_ntp_is_right_still(host: Host) -> None:
    assert host.look() == ("", None)
    host.synchronised = False
    host.passes(9 * DAY)
    assert host.look() == ("", None)


@pytest.mark.parametrize("step", [10 * DAY, -10 * DAY, timedelta(minutes=6)])
def test_a_clock_that_was_set_by_hand_is_doubted_until_ntp_has_it_again(
    host: Host, step: timedelta
) -> None:
    assert host.look() == ("", None)
    host.wall += step
    host.synchronised = False  # the kernel forgets it when somebody sets the clock
    said, set_at = host.look()
    assert "not synchronised since it was set" in said and set_at is None
    host.wall -= step
    host.synchronised = True
    assert host.look() == ("", None)


def test_a_machine_that_starts_with_a_wrong_clock_is_doubted_until_ntp_corrects_it(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert host.look() == ("", None)
    monkeypatch.setattr("agent.own_clock._boot_id", lambda: "another boot")
    host.wall, host.elapsed_s, host.synchronised = NOW - 400 * DAY, 20.0, False
    assert "since the machine started" in host.look()[0]
    host.wall, host.synchronised = NOW + DAY, True
    assert host.look() == ("", None)
    host.synchronised = False
    assert host.look() == ("", None)  # it runs on as it did when it was right


def test_what_a_new_agent_read_before_ntp_had_its_clock_shows_no_silence(host: Host) -> None:
    host.synchronised = False
    assert host.look() == ("", None)  # nobody can know yet
    host.wall += DAY
    host.synchronised = True
    said, set_at = host.look()
    assert said and set_at == host.wall
    host.passes(DAY)
    assert host.look("fw-2") == ("", set_at)  # every device's readings say so, and count again
    host.passes(500 * DAY)
    assert host.look() == ("", None)  # no window reaches back so far


def test_a_step_that_the_daemon_does_not_believe_yet_is_told(host: Host) -> None:
    steady = SteadyClock(lambda: host.wall, lambda: host.elapsed_s)
    watch = OwnClock(steady, host.ledger, lambda: None, lambda: host.elapsed_s)
    assert watch.look("fw-1", "firewall", steady()) == (None, None)
    host.wall += DAY
    doubt, _ = watch.look("fw-1", "firewall", steady())
    assert doubt is not None and "stepped by 1 day" in doubt.message


def test_a_clock_set_back_between_two_boots_shows_by_the_readings_kept(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.synchronised = None
    host.wall += 5 * DAY
    ahead = host.read()
    monkeypatch.setattr("agent.own_clock._boot_id", lambda: "another boot")
    host.wall -= 4 * DAY
    reading = host.read()
    assert reading.clock_doubted and reading.clock_set_at == ahead.at
    assert Reading.of_record(reading.record()) == reading
    host.passes(2 * DAY)
    assert host.read().clock_set_at == ahead.at  # not of one that was itself in doubt
    host.passes(3 * DAY)
    assert not host.read().clock_doubted


def test_another_time_zone_of_the_machine_is_no_step(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        for zone, host.synchronised in (("Asia/Taipei", True), ("America/New_York", False)):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            watch = OwnClock(system_clock, host.ledger, lambda: host.synchronised)
            assert watch.look("fw-1", "firewall", system_clock()) == (None, None)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_reading_in_doubt_is_no_measure_of_those_after_it(host: Host) -> None:
    assert host.look() == ("", None)
    host.wall += 400 * DAY
    host.synchronised = False
    assert host.read().clock_doubted
    host.wall -= 399 * DAY
    host.synchronised = True
    assert host.look() == ("", None)


def test_the_reading_of_a_visit_says_that_its_time_is_in_doubt(host: Host) -> None:
    answers = [replace(one, at=None) for one in read_tape(TAPE).answers]
    device = Device(id="host-1", platform="linux", subjects=("firmware",))

    def firmware() -> Reading:
        agent = Agent(
            id="agent-1",
            site="main",
            ledger=host.ledger,
            signing_key=make_keys(host.ledger.folder),
            site_key=SiteKey(b"k" * 32),
            clock=lambda: host.wall,
            synchronised=lambda: host.synchronised,
        )
        run = collect(agent, [Job(device, device.subjects)], lambda device: TapeTransport(answers))
        return run.visits[0].readings[0]

    assert firmware().failure is None and not firmware().clock_doubted
    host.wall, host.synchronised = NOW - DAY, False
    assert firmware().clock_doubted


def test_readings_in_doubt_show_nothing_and_a_clock_set_back_begins_anew(
    host: Host,
) -> None:
    """Counts of days, of which some were dated wrongly: from the ledger, as the agent judges."""
    silent = [
        Reading(
            device="fw-1",
            subject="firewall",
            at=NOW + day * DAY,
            facts=(
                FirewallRule(key="r1"),
                RuleUsage(key="r1", reset_domain="acl", count=0),
                RuleUsage(key="busy", reset_domain="acl", count=1000 + day),
                FirewallRule(key="busy"),
            ),
        )
        for day in range(200)
    ]
    why = Failure(OWN_CLOCK, "our own clock is not synchronised")
    doubted = [
        replace(one, cautions=(why,)) if day in (100, 101) else one
        for day, one in enumerate(silent)
    ]
    back = [
        replace(one, cautions=(why,), clock_set_at=silent[102].at) if day == 100 else one
        for day, one in enumerate(silent)
    ]
    last_two = [
        replace(one, cautions=(why,)) if day > 197 else one for day, one in enumerate(silent)
    ]
    assert kept(host, silent).blind_gap_s == 0
    # The readings beside it speak for its time; nothing is known of the end.
    assert kept(host, doubted).blind_gap_s == 0
    assert kept(host, last_two).window_end == silent[197].at
    proof = kept(host, back)
    assert proof.state is State.insufficient
    assert max(gap.to_at for gap in proof.gaps) == silent[103].at


def kept(host: Host, readings: list[Reading]) -> UsageProof:
    """What the agent's memory makes of them."""
    folder = host.ledger.folder / (readings[100].digest + readings[-1].digest)
    ledger = Ledger(folder)
    # The newest first: a late one changes what was known of those after it.
    for reading in reversed(readings):
        ledger.keep_bundle(reading.digest, b"", [reading], "run", False)
    end = readings[-1].at + timedelta(seconds=1)
    histories = list(ledger.histories("fw-1", readings[0].at, end))
    ledger.close()
    return prove(histories, end, max_gap_s=4 * 86_400)["r1"]


def test_this_machine_says_whether_its_clock_is_kept_right() -> None:
    assert kernel_synchronised() in (True, False, None)
