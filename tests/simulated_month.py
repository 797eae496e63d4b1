"""A month of the daemon: the clock is handed to it, devices answer from tapes, the store is real.

The daemon's own turns are taken one after another, as its main loop and its spool's thread take
them. What cannot be real in a minute is not: hours pass by themselves, the disk's free space is
said, and the way to a device ends at a tape.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count, cycle
from pathlib import Path
from random import Random
from types import SimpleNamespace

import yaml
from pytest_mock import MockerFixture

from agent.config import Config, StoreModel, load_config
from agent.daemon import Daemon
from agent.door import Request
from agent.notify import Notifier
from agent.settings import CalendarModel
from agent.steady import SteadyClock
from agent.timetable import jitter
from agent.transports import Transport
from agent.transports.tape import TapeTransport
from agent.wired import agent_of, make_keys
from agent.work import keep_spool, tidy
from evidence.device import Device
from evidence.errors import EnvironmentProblem, Unreachable
from store.app import make_app
from store.serve import serving
from tests.fixtures_lab import tape_of
from tests.month_oracle import Plan, Span
from tests.ports import closed_port

TAPES = {
    "linux": tape_of("linux/firewall.nftables", "linux/firmware.debian-12"),
    "asa": tape_of("asa/firewall.pair", "asa/firmware.asa5516"),
}
SUBJECTS = ("firmware", "firewall")
SCHEDULES = (
    *("hourly", "daily at 02:30", "daily at 11:00", "daily at 23:55", "weekly on monday at 04:00"),
    *("monthly on last at 02:30", "monthly on 1 at 10:00", "daily at 00:00"),
)
JITTER = 20


@dataclass
class Month:
    """A plan, lived through minute by minute. `asked` is what an operator asked for and when."""

    folder: Path
    plan: Plan
    every: timedelta
    push_every: timedelta
    random: Random
    asked: list[tuple[str, datetime]] = field(default_factory=list)
    _moments: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self._now = self.plan.whole.start

    def true_time(self) -> datetime:
        """It goes on by a moment whenever somebody looks."""
        return self._now + timedelta(milliseconds=next(self._moments))

    def wall(self) -> datetime:
        now = self.true_time()
        return now + self.plan.step(now)

    def elapsed_s(self) -> float:
        return (self.true_time() - self.plan.whole.start).total_seconds()

    def open(self, device: Device) -> Transport:
        if self.plan.is_out(device.id, self._now):
            raise Unreachable(f"{device.id}: no answer")
        # Without the tape's own times: the answers are of now.
        told = TAPES[device.platform].answers
        return TapeTransport([replace(one, at=None) for one in told])

    def live(self, mocker: MockerFixture) -> None:
        """Every turn of the month, and what happens between them."""
        for module in ("work", "daemon"):
            mocker.patch(f"agent.{module}.Connector", return_value=self.open)
        mocker.patch("agent.room.shutil.disk_usage", self._disk_usage)
        config = load_config(self.folder / "agent.yaml")
        running: ExitStack | None = None
        while self._now < self.plan.whole.end:
            self._moments = count()
            if self.plan.is_off(self._now):
                if running is not None:
                    running.close()
                running = None
            else:
                if running is None:
                    running = ExitStack()
                    daemon = running.enter_context(self._started(config))
                self._turn(daemon)
            self._now += self.every
        assert running is not None, "the month ends with the agent at work"
        keep_spool(config, daemon.agent, daemon.notifier)
        running.close()

    @contextmanager
    def _started(self, config: Config) -> Iterator[Daemon]:
        with agent_of(config) as made:
            clock = SteadyClock(self.wall, self.elapsed_s)
            daemon = Daemon(config, replace(made, clock=clock), Notifier({}))
            daemon.start()
            yield daemon

    def _turn(self, daemon: Daemon) -> None:
        self.plan.turns.append(self._now)
        daemon.turn()
        if self.random.random() < 0.01 and not self.plan.is_full(self._now):
            name = self.random.choice(list(self.plan.schedules))
            self.asked.append((name, self._now))
            daemon._serve(Request((name,)), "alice", lambda message: None)
        if not (self._now - self.plan.whole.start) % self.push_every:
            self._spool(daemon)

    def _spool(self, daemon: Daemon) -> None:
        config = daemon.config
        if any(span.holds(self._now) for span in self.plan.store_out):
            config = replace(config, store=StoreModel(url=f"http://127.0.0.1:{closed_port()}"))
            try:
                keep_spool(config, daemon.agent, daemon.notifier)
            except EnvironmentProblem as error:
                assert error.code == "store_unreachable"
        else:
            keep_spool(config, daemon.agent, daemon.notifier)
        if self._now.hour == 0:
            tidy(config, daemon.agent)

    def _disk_usage(self, path: object) -> SimpleNamespace:
        return SimpleNamespace(free=1_000_000 if self.plan.is_full(self._now) else 10**12)


def make_plan(whole: Span, devices: int, random: Random) -> Plan:
    """A month of trouble: what happens is given, when and to whom is drawn."""
    names = [f"lab-{n:02d}" for n in range(devices)]
    schedules = dict(zip(names, cycle(SCHEDULES), strict=False))
    days = list(range(1, (whole.end - whole.start).days - 1))
    random.shuffle(days)

    def span(day: int, hours: float, earliest: int = 3, latest: int = 23) -> Span:
        start = whole.start + timedelta(days=day, hours=random.randint(earliest, latest))
        return Span(start, start + timedelta(hours=hours))

    day_off, away = span(days[0], 26), span(days[1], 30)
    restart = Span(away.end, away.end + timedelta(minutes=30))
    return Plan(
        whole=whole,
        schedules=schedules,
        subjects={name: SUBJECTS for name in names},
        late={name: jitter(name, CalendarModel(jitter_minutes=JITTER)) for name in names},
        sites={name: "main" if n % 3 else "colo" for n, name in enumerate(names)},
        holidays=frozenset({date(2027, 1, 1), date(2026, 12, 25)}),
        maintenance={"colo": span(days[2], 9, 14)},
        off=[day_off, restart],
        full=[span(days[3], 8, 3, 12)],
        device_out={name: span_of(whole, random) for name in names[::4]},
        store_out=[away],
        steps=[
            (span(days[2], 0.7), timedelta(days=1)),
            (span(days[3], 0.7), timedelta(days=-1)),
        ],
    )


def span_of(whole: Span, random: Random) -> Span:
    start = whole.start + (whole.end - whole.start) * random.random() * 0.8
    return Span(start, start + timedelta(hours=random.randint(2, 40)))


def write_configuration(folder: Path, plan: Plan, url: str) -> None:
    (window,) = plan.maintenance.values()
    maintenance = {"start": window.start, "end": window.end, "sites": ["colo"], "reason": "work"}
    settings = {
        "id": "agent-1",
        "state": "state",
        "store": {"url": url},
        "limits": {"workers": 4},
        "calendar": {
            "quiet": ["09:00-13:30"],
            "holidays": sorted(plan.holidays),
            "maintenance": [maintenance],
            "jitter_minutes": JITTER,
        },
    }
    devices = [
        {
            "id": name,
            "platform": platform,
            "subjects": list(SUBJECTS),
            "site": plan.sites[name],
            "schedule": words,
            **({"host": f"192.0.2.{n}"} if platform == "asa" else {"transport": "local"}),
        }
        for n, (name, words) in enumerate(plan.schedules.items(), start=1)
        for platform in [("asa" if n % 5 == 0 else "linux")]
    ]
    (folder / "agent.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    (folder / "devices.yaml").write_text(yaml.safe_dump({"devices": devices}), "utf-8")


@contextmanager
def lived(month: Month, mocker: MockerFixture) -> Iterator[Config]:
    """A month that has been lived through, its store still open."""
    folder = month.folder
    key = make_keys(folder / "state")
    app = make_app(folder / "store", clock=month.true_time)
    app.state.custody.enrol("agent-1", ["main", "colo"], key.public)
    with serving(app) as url:
        write_configuration(folder, month.plan, url)
        month.live(mocker)
        yield load_config(folder / "agent.yaml")
