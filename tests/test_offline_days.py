"""How long the agent goes on without its store: with the sizes that real readings have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from agent.collect import Job, collect
from agent.config import LimitsModel, load_config
from agent.doctor.host import look_at_spool
from agent.ledger import Ledger
from agent.room import days_without_store
from agent.transports.tape import TapeTransport
from agent.wired import agent_of
from evidence.device import Device
from evidence.facts import FirewallRule
from evidence.reading import Reading
from evidence.tape import Tape
from tests.fixtures_lab import ASA, tape_of
from tests.test_daemon import configuration

NOW = datetime(2026, 12, 1, tzinfo=UTC)
RULES = 2_000


def large_firewall() -> Tape:
    """An ASA with a list of many rules, of which no two are alike."""
    random, shown, written = Random(17010), [], []
    for line in range(1, RULES + 1):
        host = f"host 10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"
        rule = f"extended permit tcp 192.0.2.0 255.255.255.0 {host} eq {1024 + line}"
        count = f"(hitcnt={random.randrange(10**6)}) 0x{random.randrange(2**32):08x}"
        shown.append(f"access-list LONG line {line} {rule} {count} \n")
        written.append(f"access-list LONG {rule} \n")
    head = f"access-list LONG; {RULES} elements; name hash: 0x1a2b3c4d\n"
    bodies = {
        "show access-list": head + "".join(shown),
        "show running-config access-list": "".join(written),
        "show running-config access-group": "access-group LONG in interface outside\n",
        "show access-list LONG brief": head,
    }
    kept = [one for one in ASA.answers if one.ask not in bodies]
    answer = kept[0]
    more = [replace(answer, ask=ask, body=body.encode()) for ask, body in bodies.items()]
    return replace(ASA, answers=(*kept, *more))


def played(carried: TapeTransport, device: Device) -> TapeTransport:
    return carried


def test_ninety_days_of_a_large_broker_fit_the_spool_that_is_configured(tmp_path: Path) -> None:
    """50 firewalls of 2,000 rules each and 450 other devices, read daily, in today's sizes."""
    tapes = {
        "firewall": large_firewall(),
        "other": tape_of("linux/firewall.nftables", "linux/firmware.debian-12"),
    }
    with agent_of(load_config(configuration(tmp_path))) as agent:
        for name, tape in tapes.items():
            device = Device(id=name, platform=tape.platform, subjects=("firewall", "firmware"))
            carried = TapeTransport([replace(one, at=None) for one in tape.answers])
            (visit,) = collect(
                agent, [Job(device, device.subjects)], partial(played, carried)
            ).visits
            assert [reading.failure for reading in visit.readings] == [None, None]
        (rules,) = agent.ledger.readings("firewall", "firewall")
        size_bytes = {
            one.device: one.path.stat().st_size
            for one in agent.ledger.bundles_in("spooled")
            if one.path
        }
    assert len(rules.of(FirewallRule)) >= RULES
    assert size_bytes["firewall"] > 10 * size_bytes["other"]
    ninety_days = 90 * (50 * size_bytes["firewall"] + 450 * size_bytes["other"])
    assert ninety_days < LimitsModel().spool_bytes


def test_the_days_that_are_left_are_told_at_the_pace_of_the_last_month(tmp_path: Path) -> None:
    path = configuration(tmp_path)
    path.write_text(path.read_text("utf-8") + "limits: {spool_bytes: 100000000}\n", "utf-8")
    config = load_config(path)
    ledger = Ledger(config.state)
    assert days_without_store(config, ledger, NOW) is None, "no pace is known on the first day"
    for day in range(40, 0, -1):
        # Twice as much before the month that counts.
        body = bytes(2_000_000 if day > 30 else 1_000_000)
        reading = Reading(device="fw-1", subject="firewall", at=NOW - timedelta(days=day))
        ledger.keep_bundle(reading.digest, body, [reading], "run", False)
        if day > 10:
            ledger.stored(reading.digest, b"receipt", NOW)
    assert days_without_store(config, ledger, NOW) == 90
    (spool,) = [one for one in look_at_spool(config, ledger, NOW) if one.what == "spool"]
    assert spool.said == "10 bundles wait for the store; without it there is room for 90 days"
    reading = Reading(device="fw-1", subject="firewall", at=NOW)
    ledger.keep_bundle(reading.digest, bytes(1_000_000), [reading], "run", False)
    (spool,) = [one for one in look_at_spool(config, ledger, NOW) if one.what == "spool"]
    assert (spool.state, spool.mend) == ("warn", "raise limits.spool_bytes, or make room")
    ledger.close()
