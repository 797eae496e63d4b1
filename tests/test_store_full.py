"""A store whose disk is full: it says so, keeps what it has readable, and goes on by itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from agent.collect import collect
from agent.config import StoreModel
from agent.push import StoreClient, push
from agent.transports.tape import TapeTransport
from evidence.errors import EnvironmentProblem
from evidence.tape import TapeAnswer
from store.app import make_app
from store.clock import system_clock
from store.custody import Custody
from store.fsck import fsck
from store.people.roles import Role
from store.serve import serving
from tests.agent_loop import JOBS, agent_in
from tests.fixtures_office import PASSWORD, Person, code_of
from tests.fixtures_program import run_program
from tests.test_disk_faults import fill

WORD = "目前僅供查閱"


@pytest.mark.part("root")
def test_a_store_on_a_full_disk_is_read_only_and_goes_on_when_there_is_room(
    small_disk: Path, tmp_path: Path
) -> None:
    agent, now = agent_in(tmp_path / "agent"), [system_clock()]

    def read(turn: int) -> None:
        tape = [TapeAnswer("os_release", f"ID=debian\nTURN={turn}\n".encode() * 2000)]
        collect(agent, JOBS[:1], lambda device: TapeTransport(tape))

    app = make_app(small_disk / "store", clock=lambda: now[0])
    custody, console = app.state.custody, app.state.console
    custody.enrol("agent-1", ["main"], agent.signing_key.public)
    with serving(app) as url:
        settings = StoreModel(url=url)
        client = StoreClient(settings, agent.signing_key, lambda: now[0], tmp_path)
        read(1)
        push(agent.ledger, client)
        custody.index.catch_up()
        for account, role in (("root", Role.administrator), ("wu", Role.auditor)):
            console.people.add(account, account, PASSWORD, "host:test", with_code=False)
            console.people.grant(account, "*", role, "host:test")
        root, wu = (Person(console, url, account, "").enter() for account in ("root", "wu"))
        assert WORD not in wu.get("/audit").text
        csrf = root.csrf()

        filler = fill(small_disk)
        read(2)
        with pytest.raises(EnvironmentProblem) as caught:
            push(agent.ledger, client)
        assert caught.value.code == "store_full"
        assert len(agent.ledger.bundles_in("spooled")) == 1, "the agent keeps it"
        now[0] += timedelta(minutes=2)  # that somebody was here cannot be noted, either
        for page in ("/audit", "/a/agent-1/retention", "/account"):
            answer = wu.get(page)
            assert (answer.status_code, WORD in answer.text) == (200, True), page
        (stored,) = agent.ledger.bundles_in("stored")
        assert client.receipt(stored.digest).digest and client.bundle(stored.digest).captures
        fields = {"account": "wu", "role": "auditor", "site": "main", "csrf": csrf}
        answer = root.post("/people/grant", fields, csrf=False)
        assert (answer.status_code, code_of(answer)) == (507, "store_full")

        filler.unlink()
        push(agent.ledger, client)
        assert not agent.ledger.bundles_in("spooled")
        assert root.post("/people/grant", fields, csrf=False).status_code == 303
        assert WORD not in wu.get("/audit").text
        assert list(fsck(custody)) == []
    agent.ledger.close()


@pytest.mark.part("root")
def test_a_backup_that_finds_no_room_is_one_line(small_disk: Path, tmp_path: Path) -> None:
    Custody(tmp_path / "store", system_clock).close()
    fill(small_disk, 96 * 1024)
    done = run_program(
        tmp_path, {}, "backup", small_disk / "copy", "--state", tmp_path / "store", of="store"
    )
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line.partition(" the database: ")[0]) == (
        *(3, "evidence-store: store_full:"),
    )
