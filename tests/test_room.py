"""No room: collecting stops, the gap is on record, and everything goes on when room is back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.config import load_config
from agent.daemon import Daemon
from agent.notify import Notifier
from agent.room import no_room
from agent.wired import agent_of
from evidence.collection import Gap
from evidence.reading import Reading
from evidence.runs import RunRecord
from evidence.seal import Envelope
from evidence.statement import RUN, Statement
from tests.test_daemon import configuration

NOW = datetime(2026, 11, 23, 18, 31, tzinfo=UTC)


def test_what_is_free_and_what_waits_are_both_bounded(tmp_path: Path) -> None:
    config = load_config(configuration(tmp_path))
    with agent_of(config) as agent:
        assert no_room(config, agent.ledger, reserved_bytes=0) is None
        full = no_room(config, agent.ledger, reserved_bytes=2**62)
    assert full is not None and full.code == "disk_full"


def test_a_full_spool_stops_collecting_until_the_store_took_it(tmp_path: Path) -> None:
    path = configuration(tmp_path)
    path.write_text(path.read_text("utf-8") + "limits: {spool_bytes: 1000000}\n", "utf-8")
    config, now = load_config(path), NOW
    with agent_of(config) as made:
        agent = replace(made, clock=lambda: now)
        reading = Reading(device="fw-1", subject="firewall", at=NOW)
        agent.ledger.keep_bundle(reading.digest, bytes(1_000_000), [reading], "run", False)
        daemon = Daemon(config, agent, Notifier({}))
        for _ in range(3):
            daemon.turn()
            now += timedelta(minutes=1)
        assert list(agent.ledger.readings("this-host")) == []
        agent.ledger.stored(reading.digest, b"receipt", now)
        daemon.turn()
        assert len(list(agent.ledger.readings("this-host"))) == 1
        records = [Envelope.parse(bytes(one)) for _, _, one in agent.ledger.records(RUN)]
    runs = [RunRecord.of(Statement.parse(one.payload)) for one in records]
    gaps: list[Gap] = [gap for run in runs for gap in run.gaps]
    assert [(gap.failure.code, gap.from_at, gap.until_at) for gap in gaps] == [
        ("spool_full", NOW, None),
        ("spool_full", NOW, NOW + timedelta(minutes=3)),
    ]
    assert runs[-1].previous is not None and len(runs[-1].bundles) == 1
