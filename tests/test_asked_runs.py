"""Runs that people ask for at the store: fetched by the agent, of its own devices alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.ledger import Ledger
from agent.wired import make_keys, system_clock
from evidence.runs import RunRecord
from evidence.seal import Envelope
from evidence.statement import RUN, Statement
from store.app import make_app
from store.asked_runs import FORGOTTEN_AFTER, AskedRun, AskedRuns, State
from store.problems import Refused
from store.serve import serving
from tests.fixtures_bundle import AT
from tests.fixtures_office import Office, code_of
from tests.test_daemon import configuration, daemon_of, wait_for


class Site:
    def __init__(self) -> None:
        self.now = AT
        self.runs = AskedRuns(self.clock)

    def clock(self) -> datetime:
        return self.now

    def ask(self) -> AskedRun:
        return self.runs.ask("agent-1", ("fw-01",), "", "wang")


def test_one_run_at_a_time_is_taken_once_and_told_of_by_its_agent_only() -> None:
    site = Site()
    asked = site.ask()
    with pytest.raises(Refused) as caught:
        site.ask()
    assert caught.value.code == "run_waits"
    assert site.runs.take("agent-2") is None
    assert site.runs.take("agent-1") is asked and asked.state is State.running
    for agent, id in (("agent-2", asked.id), ("agent-1", "x")):
        with pytest.raises(Refused) as caught:
            site.runs.tell(agent, id, {"state": "done"})
        assert caught.value.code == "not_found"
    for said in (
        {},
        {"state": "waiting"},
        {"state": "done", "read": -1},
        {"state": "done", "why": 1},
    ):
        with pytest.raises(Refused) as caught:
            site.runs.tell("agent-1", asked.id, said)
        assert caught.value.code == "body_invalid"
    site.runs.tell("agent-1", asked.id, {"state": "running", "read": 2, "failed": 1})
    assert (asked.read, asked.failed) == (2, 1)
    site.runs.tell("agent-1", asked.id, {"state": "done", "read": 3, "failed": 1, "run": "r-1"})
    assert (asked.state, asked.run) == (State.done, "r-1")
    with pytest.raises(Refused):
        site.runs.tell("agent-1", asked.id, {"state": "running"})


def test_what_nobody_fetched_is_forgotten_and_what_was_given_up_is_said() -> None:
    site = Site()
    first = site.ask()
    site.now += FORGOTTEN_AFTER + timedelta(seconds=1)
    assert site.runs.take("agent-1") is None and first.state is State.forgotten
    second = site.ask()
    assert site.runs.take("agent-1") is second
    assert site.runs.take("agent-1") is None, "it was restarted meanwhile"
    assert second.state is State.refused
    assert [one.id for one in site.runs.of("agent-1")] == [second.id, first.id]


@pytest.mark.whole
def test_an_engineer_asks_and_the_audit_trail_says_so(office: Office) -> None:
    path = f"/a/{office.kept.month.agent.id}/runs"
    wang = office.people["wang"]
    assert code_of(office.people["wu"].post(path, {"devices": ""})) == "not_allowed"
    hostile = "<script>alert(1)</script>\x1b[2J"
    assert wang.post(path, {"devices": f"fw-01, {hostile}", "subject": ""}).status_code == 303
    assert code_of(wang.post(path, {"devices": ""})) == "run_waits"
    page = office.people["wu"].get(path).text
    assert "等待代理程式領取" in page and "<script>alert" not in page and "\x1b" not in page
    assert "&lt;script&gt;" in page
    rows = wang.get(path, **{"HX-Request": "true"}).text
    assert "<table>" in rows and "<html" not in rows
    assert "要求即時採集" in office.people["root"].get("/audit").text


@pytest.mark.whole
def test_an_agent_fetches_a_run_reads_its_own_and_refuses_what_is_not(tmp_path: Path) -> None:
    app = make_app(tmp_path / "store", clock=system_clock)
    custody, runs = app.state.custody, app.state.console.runs
    path = configuration(tmp_path)
    with serving(app) as url:
        custody.enrol("agent-1", ["main"], make_keys(tmp_path / "state").public)
        settings = f"store: {{url: '{url}'}}\ndaemon: {{asked_runs: true}}\n"
        path.write_text(path.read_text("utf-8") + settings, "utf-8")
        with daemon_of(path) as daemon:
            strange = runs.ask("agent-1", ("router-9",), "", "wang")
            wait_for(daemon, lambda: strange.state.over)
            assert strange.state is State.refused and strange.why.startswith("device_unknown")
            asked = runs.ask("agent-1", ("this-host",), "firmware", "wang")
            wait_for(daemon, lambda: asked.state.over)
            assert (asked.state, asked.read, asked.failed) == (State.done, 1, 0)
    ledger = Ledger(tmp_path / "state")
    kept = [RunRecord.of(Statement.parse(Envelope.parse(one).payload))
            for _, _, one in ledger.records(kind=RUN)]  # fmt: skip
    ledger.close()
    assert "store:wang" in {one.requester for one in kept}, "the evidence says who asked"
