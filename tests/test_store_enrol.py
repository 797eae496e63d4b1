"""Agents come in by a token that works once, are counted, and a copy of one is locked out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import yaml
from sqlalchemy import select

from agent.collect import collect
from agent.config import StoreModel
from agent.ledger import Ledger
from agent.push import StoreClient, push
from agent.push.client import Answer
from agent.push.contact import Known, keep_in_touch
from agent.transports.tape import TapeTransport
from agent.wired import make_keys, system_clock
from evidence.checkpoint import Checkpoint
from evidence.errors import ConfigurationError, EnvironmentProblem
from evidence.request import sign_request
from evidence.seal import Envelope, SigningKey
from evidence.statement import Statement
from evidence.tape import TapeAnswer
from store.agents import callers
from store.app import make_app
from store.custody import Custody
from store.membership import Membership
from store.schema import enrol_token, leaf
from store.serve import serving
from tests.agent_loop import JOBS, agent_in
from tests.fixtures_program import Run
from tests.fixtures_relay import Relay

AGENT = "agent-1"


@dataclass
class Town:
    """A store whose clock can be turned, and its address."""

    state: Path
    database_url: str | None
    ahead: timedelta = timedelta()
    url: str = ""
    custody: Custody | None = None

    def clock(self) -> datetime:
        return system_clock() + self.ahead

    def serve(self) -> Iterator[None]:
        app = make_app(self.state, clock=self.clock, database_url=self.database_url)
        self.custody = app.state.custody
        with serving(app) as self.url:
            yield

    @property
    def open(self) -> Custody:
        assert self.custody is not None
        return self.custody

    def invite(self, agent: str = AGENT, minutes: int = 60) -> str:
        return Membership(self.open).invite(agent, ["main", "colo"], timedelta(minutes=minutes))

    def entries(self) -> list[tuple[str, str]]:
        with self.open.database.reading() as rows:
            found = [json.loads(one) for one in rows.scalars(select(leaf.c.entry))]
        return [(one["kind"], one["digest"]) for one in found]


@pytest.fixture
def town(tmp_path: Path, database_url: str | None) -> Iterator[Town]:
    made = Town(tmp_path / "store", database_url)
    yield from (made for _ in made.serve())


def asks(
    town: Town, token: str, key: SigningKey, agent: str = AGENT, signer: SigningKey | None = None
) -> requests.Response:
    """An enrolment as the agent sends it."""
    record = {"token": token.partition(".")[0], "agent": agent, "key": key.public.pem}
    body = json.dumps(record).encode()
    headers = sign_request(signer or key, "POST", "/v1/enrol", "", body, town.clock())
    return requests.post(town.url + "/v1/enrol", body, headers=headers, timeout=20)


# The token


def test_a_token_lets_one_key_in_and_the_log_says_so(town: Town) -> None:
    key, token = SigningKey.generate(), town.invite()
    answer = asks(town, token, key)
    assert (answer.status_code, answer.json()["sites"]) == (200, ["colo", "main"])
    assert town.entries() == [("enrol", key.public.keyid)]
    again = asks(town, token, key)
    assert (again.status_code, again.json()) == (200, answer.json()), "its answer was lost"
    assert len(town.entries()) == 1


def test_what_is_wrong_with_a_token_is_said_in_the_same_words(town: Town) -> None:
    used, expired, others = town.invite(), town.invite(minutes=5), town.invite("agent-2")
    asks(town, used, SigningKey.generate())
    town.ahead = timedelta(minutes=5)
    said = set()
    for token in (used, expired, others, "guessed"):
        answer = asks(town, token, SigningKey.generate())
        record = answer.json()
        assert (answer.status_code, record["code"]) == (403, "token_refused")
        said.add((record["title"], record["detail"], record["next_step"]))
    assert len(said) == 1
    assert len(town.entries()) == 1


def test_whoever_does_not_hold_the_key_cannot_bring_it_in(town: Town) -> None:
    token, key = town.invite(), SigningKey.generate()
    assert asks(town, token, key, signer=SigningKey.generate()).status_code == 401
    assert asks(town, token, key, agent="../etc").json()["code"] == "body_invalid"
    assert asks(town, token, key).status_code == 200


def test_the_store_keeps_no_token_and_none_lives_longer_than_an_hour(town: Town) -> None:
    token = town.invite()
    with town.open.database.reading() as rows:
        kept = [str(one) for one in rows.execute(select(enrol_token))]
    assert kept and not any(token.partition(".")[0] in one for one in kept)
    with pytest.raises(ConfigurationError):
        town.invite(minutes=61)


# The agent's side


def test_an_agent_enrols_collects_and_pushes(town: Town, tmp_path: Path, run: Run) -> None:
    run("init", ".")
    done = run("enrol", town.url, town.invite())
    assert (done.returncode, "delivers for colo, main" in done.stderr) == (0, True)
    written = yaml.safe_load((tmp_path / "agent.yaml").read_text())["store"]
    assert written == {"url": town.url, "public_key": "store.pub.pem"}
    assert (tmp_path / "store.pub.pem").read_text() == town.open.key.public.pem
    assert run("collect").returncode in (0, 1)
    pushed = run("push")
    assert pushed.returncode == 0, pushed.stderr
    assert [kind for kind, _ in town.entries()] == ["enrol", "collection", "run"]
    known = Known(**json.loads((tmp_path / "state" / "store.json").read_text()))
    assert known.answered and known.checkpoint
    assert Checkpoint.parse(known.checkpoint, town.open.key.public).size == 3


def test_an_agent_whose_disk_was_lost_goes_on_where_it_was(
    town: Town, tmp_path: Path, run: Run
) -> None:
    """With new keys; its runs are one chain over the loss, if what is in the store comes first."""
    run("init", ".")
    assert "rebuild" not in run("enrol", town.url, town.invite()).stderr
    run("collect")
    assert run("push").returncode == 0
    shutil.rmtree(tmp_path / "state")
    run("init", ".")
    assert run("push").returncode == 3
    said = run("enrol", town.url, town.invite()).stderr
    assert "`evidence-agent ledger rebuild --from-store` before anything is collected" in said
    assert run("ledger", "rebuild", "--from-store").returncode == 0
    run("collect")
    assert run("push").returncode == 0
    runs = [digest for kind, digest in town.entries() if kind == "run"]
    with closing(Ledger(tmp_path / "state")) as ledger:
        newest = Envelope.parse(ledger.record(runs[-1]))
    assert Statement.parse(newest.payload).predicate["previous"] == runs[0]


def test_another_store_is_not_told_the_token(town: Town, tmp_path: Path, run: Run) -> None:
    run("init", ".")
    token = town.invite()
    wrong = token.partition(".")[0] + "." + "0" * 64
    done = run("enrol", town.url, wrong)
    assert (done.returncode, "store_other" in done.stderr) == (2, True)
    assert town.entries() == []
    assert run("enrol", town.url, "half-a-token").returncode == 2
    assert run("enrol", town.url, token).returncode == 0
    elsewhere = run("enrol", "http://127.0.0.1:9", token)
    assert (elsewhere.returncode, "store_conflict" in elsewhere.stderr) == (2, True)


# Copies


@dataclass
class Host:
    """An agent's state folder on some host."""

    state: Path
    town: Town
    url: str = ""

    def push(self, turn: int) -> None:
        agent = agent_in(self.state)
        try:
            tape = [TapeAnswer("os_release", b"ID=x\nTURN=%d\n" % turn)]
            collect(agent, JOBS, lambda device: TapeTransport(tape))
            push(agent.ledger, client_at(self, agent.signing_key))
        finally:
            agent.ledger.close()

    def waiting(self) -> int:
        agent = agent_in(self.state)
        found = len(agent.ledger.bundles_in("spooled"))
        agent.ledger.close()
        return found


def client_at(host: Host, key: SigningKey) -> StoreClient:
    pem = host.state.parent / "store.pub.pem"
    pem.write_text(host.town.open.key.public.pem)
    settings = StoreModel(url=host.url or host.town.url, public_key=pem.name)
    return StoreClient(settings, key, system_clock, pem.parent)


@pytest.fixture
def host(town: Town, tmp_path: Path) -> Host:
    state = tmp_path / "one" / "state"
    town.open.enrol(AGENT, ["main"], make_keys(state).public)
    return Host(state, town)


def test_a_copied_agent_locks_both_until_somebody_looked(
    host: Host, town: Town, tmp_path: Path
) -> None:
    host.push(1)
    shutil.copytree(host.state, tmp_path / "two" / "state")
    copy = Host(tmp_path / "two" / "state", town)
    host.push(2)
    for one in (copy, host, copy):
        with pytest.raises(EnvironmentProblem) as caught:
            one.push(3)
        assert caught.value.code == "agent_locked"
    assert host.waiting() == len(JOBS), "nothing is lost: it is kept, not refused"
    with town.open.database.reading() as rows:
        assert [one.locked for one in callers(rows)] == [True]
    assert Membership(town.open).unlock(AGENT)
    assert not Membership(town.open).unlock(AGENT)
    host.push(4)
    assert host.waiting() == 0
    with pytest.raises(EnvironmentProblem):
        copy.push(4)


def test_a_lost_answer_is_no_copy(host: Host, town: Town, relay: Callable[[int], Relay]) -> None:
    line = relay(urlsplit(town.url).port or 0)
    host.push(1)
    host.url, line.drops = f"http://127.0.0.1:{line.port}", b"HTTP/1.1 200 "
    while not line.dropped:
        with suppress(EnvironmentProblem):
            host.push(2)
    line.drops = b""
    host.url = ""
    for turn in (3, 4):
        host.push(turn)
    assert host.waiting() == 0


def test_a_revoked_agent_keeps_what_it_has(host: Host, town: Town) -> None:
    host.push(1)
    town.open.revoke(AGENT)
    with pytest.raises(EnvironmentProblem) as caught:
        host.push(2)
    assert caught.value.code == "agent_unknown"
    assert host.waiting() == len(JOBS)
    assert [kind for kind, _ in town.entries()].count("revoke") == 1


# Every agent watches the log


def test_an_agent_notices_a_log_that_shrank_or_changed(
    host: Host, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.push(1)
    touch = partial(keep_in_touch, host.state, urgent=True)
    touch(client_at(host, make_keys(host.state)))
    kept = json.loads((host.state / "store.json").read_text())["checkpoint"]
    size = Checkpoint.parse(kept, town.open.key.public).size

    def elsewhere(entries: int) -> Iterator[None]:
        """A store of the same key whose log is another one, of so many entries."""
        state = tmp_path / f"forked-{entries}"
        state.mkdir()
        shutil.copy(town.state / "store.key", state)
        other = Town(state, None)
        serving = other.serve()
        next(serving)
        other.open.enrol(AGENT, ["main"], make_keys(host.state).public)
        for _ in range(entries - 1):
            other.open.enrol(AGENT, ["main"], SigningKey.generate().public)
        host.url = other.url
        yield
        with suppress(StopIteration):
            next(serving)

    # Ours would begin to take back what it lost; this one does as if it had not been shown.
    asked = StoreClient.contact

    def unshown(one: StoreClient, generation: int, mark: str, checkpoint: str | None) -> Answer:
        return asked(one, generation, mark, None)

    monkeypatch.setattr(StoreClient, "contact", unshown)
    for entries, code in ((size - 1, "log_shrank"), (size, "log_forked"), (size + 1, "log_forked")):
        for _ in elsewhere(entries):
            with pytest.raises(EnvironmentProblem) as caught:
                touch(client_at(host, make_keys(host.state)))
            assert caught.value.code == code
            assert json.loads((host.state / "store.json").read_text())["checkpoint"] == kept


def test_a_store_is_looked_at_once_an_hour_where_nothing_waits(host: Host, town: Town) -> None:
    client = client_at(host, make_keys(host.state))
    began_at = system_clock()
    for minutes, contacts in ((0, 1), (59, 1), (60, 2), (61, 2), (119, 2), (120, 3)):
        town.ahead = timedelta(minutes=minutes)
        client.clock = partial(_at, began_at + town.ahead)
        keep_in_touch(host.state, client, urgent=False)
        kept = json.loads((host.state / "store.json").read_text())
        assert kept["generation"] == contacts, minutes


def _at(at: datetime) -> datetime:
    return at
