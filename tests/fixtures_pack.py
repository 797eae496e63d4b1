"""A broker's month in a ledger, made of real bundles, runs and an assessment, for the pack."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from agent.assess import assess
from agent.config import Config, load_config
from agent.ledger import Ledger
from agent.pack import make_pack
from agent.redact import SiteKey
from agent.sealing import Agent, keep
from agent.visit import Exchange, Visit
from agent.wired import make_keys
from evidence.ask import Ask
from evidence.bundle import check_collection
from evidence.capture import Capture
from evidence.collection import Collection, Gap
from evidence.device import Device
from evidence.facts import Fact, FirewallRule, HardwareItem, RuleUsage, SoftwareRelease, Unit
from evidence.judged import Assessed
from evidence.pack import Pack, read_pack
from evidence.reading import Failure, Reading
from evidence.runs import RunRecord
from evidence.statement import COLLECTION, RUN, Statement

PERIOD = "2026-11"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HOSTILE = "=cmd|' /C calc'!A0\x1b[2J\u202eexe"
"""What an intruder calls a rule: a formula, a terminal's control sequence, reversed text."""
RULES = Ask("rules", "show access-list")
VERSION = Ask("version", "show version")
REFUSED = Failure("device_unreachable", "sw-01: no answer in 30 s", "check the cable")

_AGENT = """\
id: agent-1
site: taipei
state: state
language: {language}
devices: devices.yaml
"""
_DEVICES = """\
devices:
  - {id: fw-01, platform: asa, host: 192.0.2.1, secret: "cred:fw-01"}
  - {id: fw-02, platform: asa, host: 192.0.2.2, secret: "cred:fw-02"}
  - {id: sw-01, platform: snmp, host: 192.0.2.3, secret: "cred:sw-01"}
"""
_PROFILE = "name: 範例證券股份有限公司\nnet_order: unknown\ncolo: no\ntier: unknown\n"


@dataclass(frozen=True)
class Broker:
    """An agent with its configuration and what it read; `assessed` is its month."""

    config: Config
    agent: Agent
    now: datetime

    def assess(self) -> Assessed:
        return assess(self.config, self.agent, PERIOD, self.now)


MakeBroker = Callable[..., Broker]


@pytest.fixture
def make_broker(tmp_path: Path) -> Iterator[MakeBroker]:
    """make_broker(days=…, rules=…, devices=…, language=…, replayed=…): read once a day until NOW,
    the first `replayed` days from tapes."""
    with ExitStack() as stack:

        def make(
            days: int = 8,
            rules: int = 3,
            devices: str = _DEVICES,
            language: str = "zh-TW",
            replayed: int = 0,
        ) -> Broker:
            (tmp_path / "agent.yaml").write_text(_AGENT.format(language=language), "utf-8")
            (tmp_path / "devices.yaml").write_text(devices, "utf-8")
            (tmp_path / "profile.yaml").write_text(_PROFILE, "utf-8")
            config = load_config(tmp_path / "agent.yaml")
            ledger = Ledger(config.state)
            stack.callback(ledger.close)
            agent = Agent(
                id=config.id,
                site=config.site,
                ledger=ledger,
                signing_key=make_keys(config.state),
                site_key=SiteKey(b"k" * 32),
                clock=lambda: NOW,
            )
            for day in range(days):
                at = NOW - timedelta(days=days - 1 - day, hours=5)
                reader = replace(agent, replayed=day < replayed)
                read_day(reader, config, at, day, rules)
            return Broker(config, agent, NOW)

        yield make


def read_day(agent: Agent, config: Config, at: datetime, day: int, rules: int) -> None:
    """One run over all devices: sw-01 does not answer, fw-02 was never reached at all."""
    agent = replace(agent, clock=lambda: at)
    digests = []
    for device in config.devices.values():
        if device.id == "fw-02":
            continue
        visit = _failed(device, at) if device.id == "sw-01" else _read(device, at, day, rules)
        digests.append(keep(agent, visit, f"run-{day}", None).digest)
    record = RunRecord(
        agent=agent.id,
        agent_version="0.1.0",
        run=f"run-{day}",
        requester="schedule",
        started_at=at,
        ended_at=at,
        bundles=tuple(digests),
        gaps=(Gap(failure=Failure("device_busy", "fw-02: busy"), device="fw-02"),)
        if not day
        else (),
        previous=agent.ledger.newest_record(RUN),
    )
    envelope = record.seal(agent.signing_key)
    agent.ledger.keep_record(RUN, envelope.digest, envelope.to_json(), at)


def _read(device: Device, at: datetime, day: int, rules: int) -> Visit:
    exchanges, readings = [], []
    facts: dict[str, list[Fact]] = {"firewall": _rules(device, at, day, rules)}
    facts["firmware"] = [
        Unit(vendor="Cisco", model="ASA5525", serial="FCH1", hostname="=fw-01", boot_at=BOOT),
        SoftwareRelease(vendor="Cisco", product="asa", version="9.16(4)", train="9.16"),
        HardwareItem(vendor="Cisco", model="ASA5525", serial="FCH1"),
    ]
    for subject, ask in (("firewall", RULES), ("firmware", VERSION)):
        if subject not in device.subjects:
            continue
        body = f"{device.id} {subject} day {day}\n".encode() + repr(facts[subject]).encode()
        capture = Capture(
            device=device.id, ask=ask, body=body, asked_at=at, answered_at=at, account="auditor"
        )
        exchanges.append(Exchange(subject, ask, at, at, capture))
        readings.append(
            Reading(
                device=device.id,
                subject=subject,
                at=at,
                facts=tuple(facts[subject]),
                captures=(capture.digest,),
                parser=f"collectors.{device.platform}.{subject}",
                parser_version="0.1.0",
            )
        )
    return Visit(device, "schedule", at, at, tuple(readings), tuple(exchanges))


BOOT = datetime(2026, 1, 1, tzinfo=UTC)


def _rules(device: Device, at: datetime, day: int, count: int) -> list[Fact]:
    """The first rule is used every day, the others never; the second allows anything."""
    found: list[Fact] = [Unit(serial="FCH1", subject_unit="FCH1", boot_at=BOOT)]
    for number in range(count):
        key = f"global/ip/outside/{number}"
        wide = number == 1
        found.append(
            FirewallRule(
                subject_unit="FCH1",
                key=key,
                policy="outside",
                position=number,
                vendor_id=str(number),
                name=HOSTILE if number == 2 else f"rule {number}",
                action="permit",
                permits=True,
                sources=("any",) if wide else ("10.0.0.0/24",),
                destinations=("any",) if wide else ("192.0.2.80/32",),
                services=("any",) if wide else ("tcp/443",),
                logged=True,
                match_digest=f"{number:064x}",
                counted=True,
            )
        )
        found.append(
            RuleUsage(
                subject_unit="FCH1",
                key=key,
                reset_domain="outside",
                count=1000 + day if number == 0 else 0,
                read_at=at,
            )
        )
    return found


def _failed(device: Device, at: datetime) -> Visit:
    exchanges = tuple(Exchange(one, VERSION, at, at, error=REFUSED) for one in device.subjects)
    readings = tuple(
        Reading(device=device.id, subject=one, at=at, failure=REFUSED) for one in device.subjects
    )
    return Visit(device, "schedule", at, at, readings, exchanges)


class MonthPack:
    """A pack that was made and read back."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self.broker = broker
        self.assessed: Assessed = broker.assess()
        self.path = make_pack(broker.config, broker.agent, self.assessed, folder, paper=False)
        self.pack: Pack = read_pack(self.path.read_bytes())
        self.book: Workbook = load_workbook(io.BytesIO(self.member("workbook.xlsx")))

    def member(self, name: str) -> bytes:
        return self.pack.archive.read(name)

    def table(self, section: str) -> list[dict[str, Any]]:
        record = json.loads(self.member(f"sections/{section}.json"))
        (table,) = record["tables"] + record["registers"]
        rows: list[dict[str, Any]] = table["rows"]
        return rows

    def statements(self, kind: str) -> Iterator[Statement]:
        for _, envelope in self.pack.records():
            envelope.verify([self.broker.agent.signing_key.public])
            statement = Statement.parse(envelope.payload)
            if statement.predicate_type == kind:
                yield statement

    def collections(self) -> list[Collection]:
        return [check_collection(statement) for statement in self.statements(COLLECTION)]

    def sheet(self, title: str) -> Worksheet:
        sheet = self.book[title]
        assert isinstance(sheet, Worksheet)
        return sheet


@pytest.fixture
def month_pack(make_broker: MakeBroker, tmp_path: Path) -> MonthPack:
    return MonthPack(make_broker(), tmp_path / "packs")
