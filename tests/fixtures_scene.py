"""An agent's state folder and a store that takes what it pushes, for faults between the two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.push import StoreClient
from agent.sealing import Agent
from agent.wired import make_keys, system_clock
from store.app import make_app
from store.serve import serving
from tests.agent_loop import agent_in, client_of
from tests.fixtures_database import lay_migrated


@dataclass(frozen=True)
class Scene:
    """An agent's state folder and the store it pushes to."""

    state: Path
    url: str

    @contextmanager
    def agent(self) -> Iterator[tuple[Agent, StoreClient]]:
        agent = agent_in(self.state)
        yield agent, client_of(agent, self.url, self.state)
        agent.ledger.close()

    def files(self) -> set[str]:
        return {path.stem for path in (self.state / "bundles").rglob("*.zip")}

    def unfinished(self) -> list[Path]:
        return list((self.state / "bundles").rglob(".*"))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    state = tmp_path / "agent"
    key = make_keys(state)
    app = make_app(lay_migrated(tmp_path / "store"), clock=system_clock)
    app.state.custody.enrol("agent-1", ["main"], key.public)
    with serving(app) as url:
        yield Scene(state, url)
