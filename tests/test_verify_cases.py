"""Every case on tape, visited, sealed and verified: re-reading finds what the visit found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest

from agent.collect import Job, collect
from agent.ledger import Ledger
from agent.platforms import platforms
from agent.redact import SiteKey
from agent.rounds import Effort
from agent.sealing import Agent
from agent.transports.tape import TapeTransport
from evidence.bundle import load_bundle
from evidence.device import Device
from evidence.seal import SigningKey
from evidence.tape import TapeAnswer, read_tape
from tests.fixtures_bundle import AT
from tests.test_cases import CASES, cases
from verify.command import examine
from verify.report import Level
from verify.reread import Outcome, reread
from verify.trust import Trust

pytestmark = pytest.mark.whole


@dataclass
class Sealed:
    """An agent whose bundles lie in a folder, and what verifying the newest of them says."""

    agent: Agent

    def visit(
        self, platform: str, subjects: tuple[str, ...], answers: tuple[TapeAnswer, ...]
    ) -> Path:
        device = Device(id="case", platform=platform, subjects=subjects)
        jobs = [Job(device, subjects)]
        collect(self.agent, jobs, lambda device: TapeTransport(answers), effort=Effort(workers=1))
        path = self.agent.ledger.bundles_in("spooled")[-1].path
        assert path is not None
        return path


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger, copied for each case: its tables take longer to make than a case to read."""
    folder = tmp_path_factory.mktemp("empty") / "ledger"
    Ledger(folder).close()
    return folder


@pytest.fixture
def sealed(empty: Path, tmp_path: Path, signing_key: SigningKey) -> Iterator[Sealed]:
    ledger = Ledger(copytree(empty, tmp_path / "ledger"))
    key = SiteKey(b"the key of the test cases")
    yield Sealed(Agent("agent-1", "main", ledger, signing_key, key, lambda: AT))
    ledger.close()


@pytest.mark.parametrize("path", cases(), ids=lambda path: str(path.relative_to(CASES)))
def test_a_case_is_re_read_as_it_was_read(
    path: Path, sealed: Sealed, signing_key: SigningKey
) -> None:
    tape = read_tape(path)
    file = sealed.visit(tape.platform, (path.name.split(".")[0],), tape.answers)
    report = examine(file, Trust({signing_key.public: "agent.pem"}), Level.re_read)
    assert not report.problems
    assert (report.exit_code, report.reached) == (0, Level.re_read)


@pytest.mark.parametrize("name", sorted(platforms()))
def test_a_visit_that_got_no_answers_is_re_read_as_failed(name: str, sealed: Sealed) -> None:
    subjects = tuple(platforms()[name].collectors)
    bundle = load_bundle(sealed.visit(name, subjects, ()))
    outcomes = list(reread(bundle.collection, bundle.captures))
    assert [one.outcome for one in outcomes] == [Outcome.same] * len(subjects), outcomes
