"""A month of the lab's world, judged and packed, and what an insider can do to the pack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from agent.assess import assess
from agent.collect import Job, collect
from agent.config import Config, load_config
from agent.pack import make_pack
from agent.rounds import Effort
from agent.sealing import Agent
from agent.transports.tape import TapeTransport
from agent.wired import agent_of, make_keys
from evidence.control import fold
from evidence.judged import Assessed
from evidence.observation import Observation
from evidence.pack import Pack, read_pack, write_pack
from evidence.runs import Assessment
from evidence.statement import Statement
from lab.world import Listening, World
from verify.trust import Trust

# Not on the second: what is signed must give back every moment as it was.
NOW = datetime(2026, 11, 23, 4, 0, 0, 123_456, tzinfo=UTC)
Change = Callable[[Assessment], Assessment]


@dataclass(frozen=True)
class Month:
    """A month of the lab's world, judged and packed; and what an insider can do to it, who has
    the agent's key and the agent's programs."""

    config: Config
    agent: Agent
    assessed: Assessed
    path: Path
    pack: Pack

    @property
    def trust(self) -> Trust:
        return Trust({self.agent.signing_key.public: "agent.pem"})

    @property
    def assessment(self) -> Assessment:
        return Assessment.of(Statement.parse(self.assessed.envelope.payload))

    def members(self) -> dict[str, bytes]:
        names = self.pack.statement.subjects
        return {name: self.pack.archive.read(name) for name in names}

    def forged(self, path: Path, change: Change, more: Mapping[str, bytes] | None = None) -> Path:
        """The pack with another assessment in it, everything signed anew."""
        envelope = change(self.assessment).seal(self.agent.signing_key)
        members = self.members()
        del members[f"records/{self.assessed.envelope.digest}.json"]
        members[f"records/{envelope.digest}.json"] = envelope.to_json()
        return self.signed(path, {**members, **(more or {})})

    def signed(self, path: Path, members: Mapping[str, bytes]) -> Path:
        with path.open("wb") as file:
            write_pack(file, self.pack.statement.predicate, members, self.agent.signing_key)
        return path

    def concluded(self, one: Assessment, observations: list[Observation]) -> Assessment:
        """The assessment with other observations, and the findings that follow from them."""
        found = fold(
            self.assessed.book,
            self.assessed.profile,
            self.assessed.policy,
            observations,
            period=one.period,
            at=one.assessed_at,
            first_found_at={
                finding.subject: finding.first_found_at
                for result in self.assessed.judgement.results
                for finding in result.findings
                if finding.first_found_at is not None
            },
        )
        records = tuple(observation.record() for observation in observations)
        return replace(one, observations=records, findings=found.records())

    def newest_bundle(self, device: str) -> str:
        """The member that holds the newest visit to a device."""
        reading = self.assessed.readings.newest[device, "firmware"]
        bundle = self.agent.ledger.bundle_of(reading.digest)
        assert bundle is not None
        return f"records/{bundle.digest}.json"


@contextmanager
def lab_month(folder: Path, days: int, read: set[str] | None = None) -> Iterator[Month]:
    """A month after `days` of history, all played from tapes; of every device by default."""
    world = World(NOW, days)
    devices = world.network.devices.keys() if read is None else read
    folder.mkdir()
    # Nothing listens: each device has a port of its own in the inventory, and is never asked.
    ports = {name: port for port, name in enumerate(world.network.devices, start=1)}
    world.write(folder, Listening(ports), "https://127.0.0.1:9", "en")
    config = load_config(folder / "agent.yaml")
    make_keys(config.state)
    with agent_of(config, replayed=True) as agent:
        for at, names in world.past():
            read_day(agent, config, world, at, [one for one in names if one in devices])
        agent = replace(agent, clock=lambda: NOW)
        assessed = assess(config, agent, "2026-11", NOW)
        path = make_pack(config, agent, assessed, folder / "packs", paper=False)
        yield Month(config, agent, assessed, path, read_pack(path.read_bytes()))


def read_day(agent: Agent, config: Config, world: World, at: datetime, names: list[str]) -> None:
    collect(
        replace(agent, clock=lambda: at),
        [Job(config.devices[name], config.devices[name].subjects) for name in names],
        lambda device: TapeTransport(world.tape(device.id, at).answers, peer="tape"),
        effort=Effort(workers=1),
    )
