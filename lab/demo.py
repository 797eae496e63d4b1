"""The demo: a broker's network in one process, half a year of its history, and one month's proof.

Real listeners on loopback answer from tapes (SSH, HTTPS, SNMP v3, RDP); this machine itself
is one of the devices. 200 days of history are replayed from tapes under one injected clock,
marked so in every bundle, and taken only by a store that was told to take them.
"""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from starlette.applications import Starlette

from agent.assess import assess
from agent.cli.commands.judging import controls_table, said_by_people
from agent.collect import Job, Run, collect
from agent.collect import Progress as Hooks
from agent.config import Config, load_config
from agent.connect import Connector
from agent.logins import Logins
from agent.pack import lay_out_work_book, make_pack
from agent.push import StoreClient, push
from agent.rounds import Effort
from agent.sealing import Agent
from agent.transports.tape import TapeTransport
from agent.wired import agent_of, make_keys, system_clock
from evidence.clock import add_months, period_of, taipei_day
from evidence.judged import Assessed
from lab.people import PASSWORD, PEOPLE, add_people, work_on
from lab.words import WORDS
from lab.world import World
from store.app import make_app
from store.serve import serving

HISTORY_DAYS = 200
# The rule of which a delivered log shows traffic, and the counters none.
BROKEN = "edge/telnet-legacy"
# Whole months judged beside the one that runs: enough for a column each, and for one to be signed.
_MOST_MONTHS = 4


@dataclass(frozen=True)
class Show:
    """Where the demo speaks, and in which language."""

    console: Console
    language: str

    def say(self, key: str, **values: object) -> str:
        return WORDS["en" if self.language == "en" else "zh-TW"][key].format(**values)

    @contextmanager
    def progress(self, key: str, total: int, **values: object) -> Iterator[Hooks]:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console) as bar:
            task = bar.add_task(self.say(key, **values), total=total)
            yield Hooks(on_visit=lambda visit: bar.advance(task))


def run_demo(folder: Path, once: bool, language: str, days: int, picture: Path | None) -> int:
    """Run the whole way through, once. Returns the exit code."""
    show = Show(Console(highlight=False, record=picture is not None), language)
    folder = folder.resolve()
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)
    world = World(system_clock(), days)
    with world.listening() as listening, _store(folder) as (address, store):
        world.write(folder, listening, address, language)
        config = load_config(folder / "agent.yaml")
        with agent_of(config) as agent:
            for device, fingerprint in listening.host_keys.items():
                agent.ledger.accept_host_key(device, fingerprint, "demo", world.now)
            _replay(show, agent, config, world)
            run = _read(show, agent, config)
            for period in _months_before(world):
                assess(config, agent, period, agent.clock())
            assessed = assess(config, agent, period_of(world.now), agent.clock())
            # First to the store: the report prints the root of its log.
            _push(show, agent, config)
            work_on(store.state.console, agent.id, next(reversed(_months_before(world)), None))
            pack = make_pack(config, agent, assessed, folder / "packs")
            _tell(show, folder, assessed, run, pack, address)
        if picture is not None:
            _draw(show, picture)
        if not once:
            show.console.print(show.say("stop"))
            _wait()
    return 0


@contextmanager
def _store(folder: Path) -> Iterator[tuple[str, Starlette]]:
    """The embedded store, told to take replayed bundles, with the agent's key enrolled and the
    demo's people in it: its address, and the application."""
    key = make_keys(folder / "state")
    app = make_app(folder / "store", clock=system_clock, accept_replayed=True)
    app.state.custody.enrol("demo-agent", ["taipei"], key.public)
    add_people(app.state.console)
    with serving(app) as address:
        yield address, app


def _months_before(world: World) -> list[str]:
    """The newest whole months of the past that is replayed, the oldest first."""
    first, last = taipei_day(world.now) - timedelta(days=world.days), taipei_day(world.now)
    starts = [add_months(last.replace(day=1), -back) for back in range(_MOST_MONTHS, 0, -1)]
    return [f"{one:%Y-%m}" for one in starts if one >= first]


def _replay(show: Show, agent: Agent, config: Config, world: World) -> None:
    """Every day of the past, read from tapes under that day's clock."""
    past = list(world.past())
    total = sum(len(names) for _, names in past)
    with show.progress("history", total, days=world.days) as hooks:
        for at, names in past:
            _read_day(agent, config, world, at, names, hooks)


def _read_day(
    agent: Agent, config: Config, world: World, at: datetime, names: list[str], hooks: Hooks
) -> None:
    collect(
        replace(agent, clock=lambda: at, replayed=True),
        [Job(config.devices[name], config.devices[name].subjects) for name in names],
        lambda device: TapeTransport(world.tape(device.id, at).answers, peer="tape"),
        effort=Effort(workers=1),
        progress=hooks,
    )


def _read(show: Show, agent: Agent, config: Config) -> Run:
    """Every device as it is now, over its real protocol."""
    jobs = [Job(device, device.subjects) for device in config.devices.values()]
    with show.progress("live", len(jobs)) as hooks:
        connector = Connector(Logins(agent, "demo"), config.credentials)
        return collect(agent, jobs, connector, requester="demo", progress=hooks)


def _push(show: Show, agent: Agent, config: Config) -> None:
    if config.store is None:
        return
    waiting = len(agent.ledger.bundles_in("spooled")) + len(agent.ledger.records(state="spooled"))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=show.console) as bar:
        task = bar.add_task(show.say("push"), total=waiting)
        client = StoreClient(config.store, agent.signing_key, agent.clock, config.path.parent)
        push(agent.ledger, client, on_stored=lambda digest: bar.advance(task))


def _tell(show: Show, folder: Path, assessed: Assessed, run: Run, pack: Path, address: str) -> None:
    """The month's verdict per control, and where everything lies."""
    print_ = show.console.print
    print_()
    print_(controls_table(assessed, show.language, show.console.width))
    print_(said_by_people(assessed, show.language))
    print_(show.say("provisional"))
    for visit in run.visits:
        for reading in visit.readings:
            if reading.failure is not None:
                code, message = reading.failure.code, reading.failure.message
                print_(f"  [bold red]{code}[/] {visit.device.id}: {escape(message)}")
    print_()
    bundles = folder / "state" / "bundles"
    newest = max(bundles.rglob("*.zip"), key=lambda path: path.stat().st_mtime)
    key = _shown(folder / "state" / "signing.pub.pem")
    lines = (
        ("rules", f".venv/bin/evidence-agent rules idle --config {_shown(folder)}"),
        ("explain", f".venv/bin/evidence-agent rules explain {BROKEN} --config {_shown(folder)}"),
        ("ways_in", f".venv/bin/evidence-agent remote-access --config {_shown(folder)}"),
        ("bundles", _shown(bundles)),
        ("work_book", _shown(lay_out_work_book(pack))),
        ("pack", _shown(pack)),
        ("console", f"{address}/"),
        ("people", f"{', '.join(PEOPLE)} — {PASSWORD}"),
        ("verify", f".venv/bin/evidence-verify {_shown(pack)} --keys {key}"),
        ("bundle", f".venv/bin/evidence-verify {_shown(newest)} --keys {key}"),
    )
    for name, text in lines:
        print_(f"{show.say(name)}\n    {text}", soft_wrap=True)


def _shown(path: Path) -> str:
    """A path as a person would type it here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _draw(show: Show, picture: Path) -> None:
    """What the terminal showed, as a picture that fetches nothing from elsewhere."""
    drawn = show.console.export_svg(title="make demo")
    drawn = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r'(textLength=")([\d.]+)("[^>]*>)([^<]*)', _as_wide_as_it_is, drawn)
    picture.write_text(drawn.replace("Fira Code", "Noto Sans Mono CJK TC"), "utf-8")


def _as_wide_as_it_is(found: re.Match[str]) -> str:
    """rich counts characters; those of Chinese take two columns, and would lie on each other.

    The blanks behind a text show nothing, and would share in its width.
    """
    before, length, after, text = found.groups()
    column = float(length) / max(len(unescape(text)), 1)
    text = re.sub(r"(&#160;|\s)+$", "", text)
    return f"{before}{column * cell_len(unescape(text)):g}{after}{text}"


def _wait() -> None:
    """Until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        signal.pause()
