"""The review forms of the pack: one row a rule, by the zones it joins, with its decision."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.config import load_config
from agent.decisions import keep_decisions, read_decisions
from evidence.control import fold
from evidence.observation import Result
from evidence.text import Text
from report.review import views
from report.section import Table
from report.sections.rule_review import COLUMNS, row_of
from report.words import UNTOLD
from tests.fixtures_pack import NOW, Broker, MakeBroker, MonthPack
from tests.test_rules_command import ZONES


@pytest.fixture
def zoned(make_broker: MakeBroker, tmp_path: Path) -> Broker:
    """A broker whose zones are mapped: two rules lead into the DMZ, one everywhere."""
    (tmp_path / "zones.yaml").write_text(ZONES, "utf-8")
    broker = make_broker(days=4)
    with (tmp_path / "agent.yaml").open("a") as file:
        file.write("zones: zones.yaml\n")
    return Broker(load_config(tmp_path / "agent.yaml"), broker.agent, NOW)


def table(pack: MonthPack, section: str, name: str) -> list[dict[str, Any]]:
    record = json.loads(pack.member(f"sections/{section}.json"))
    [found] = [one for one in record["tables"] if one["id"] == name]
    rows: list[dict[str, Any]] = found["rows"]
    return rows


def test_each_way_between_zones_has_its_rules_and_the_clock(zoned: Broker, tmp_path: Path) -> None:
    pack = MonthPack(zoned, tmp_path / "packs")
    ways = table(pack, "dmz_review", "dmz_review_zones")
    assert [(one["way"]["zh"], one["rules"]) for one in ways] == [
        ("任意 > 任意", 1),
        ("內部 > DMZ", 2),
    ]
    assert [one["open"] for one in ways] == [1, 0]
    assert {one["last"]["zh"] for one in ways} == {"尚無辦理紀錄"}
    rules = table(pack, "dmz_review", "dmz_review")
    assert [one["rule"] for one in rules][1:] == ["rule 0", pack_name(rules)]
    assert rules[0]["risk"]["zh"].startswith(("開放應隔離之區域", "來源為任意"))
    assert all(one["decision"] is None for one in rules)


def pack_name(rules: list[dict[str, Any]]) -> str:
    return str(rules[2]["rule"])


def test_a_decision_that_was_entered_stands_in_the_form(zoned: Broker, tmp_path: Path) -> None:
    said = {"rule": "fw-01/rule 1", "decision": "停用", "reason": "已改用專線", "owner": "李大同"}
    review = {
        "review": "CC-17010.b.f/dmz_review",
        "done_on": NOW.date(),
        "owner": "陳美玲",
        "reason": "紀錄 115-防-07",
    }
    path = tmp_path / "decisions.yaml"
    path.write_text(yaml.safe_dump({"decisions": [said], "reviews": [review]}), "utf-8")
    judged = zoned.assess()
    keep_decisions(zoned.agent, read_decisions(path, judged.readings, judged.book, NOW), "lin")
    pack = MonthPack(zoned, tmp_path / "packs")
    [row] = [one for one in table(pack, "dmz_review", "dmz_review") if one["rule"] == "rule 1"]
    assert row["decision"] == {"en": "disable", "zh": "停用"}
    assert (row["why"], row["approver"]) == ("已改用專線", None)
    [way, _] = table(pack, "dmz_review", "dmz_review_zones")
    assert (way["by"], way["overdue"]["zh"]) == ("陳美玲", "否")
    assert way["next"].startswith("2027-05-23")
    sheet = pack.sheet("DMZ 規則半年檢視表")
    headings = [str(cell.value).split("\n")[0] for cell in sheet[1]]
    assert headings == [column.heading.zh for column in COLUMNS]


def test_a_rule_s_verdict_is_the_review_clause_s_and_no_ticket_s(zoned: Broker) -> None:
    judged = zoned.assess()
    [rule_0, rule_1, _] = views(judged)
    assert rule_1.finding is not None and rule_0.finding is not None
    assert (rule_0.finding.state, rule_1.finding.state) == ("in_use", "must_decide")
    about = next(one for one in judged.observations if one.subject == rule_1.held.subject)
    ticket = replace(
        about,
        check="rule_is_decided",
        state="ticket_incomplete",
        result=Result.not_applicable,
        measures={"ticket": "CR-1"},
    )
    again = fold(
        judged.book,
        judged.profile,
        judged.policy,
        (ticket, *judged.observations),
        period=judged.period,
        at=judged.at,
    )
    [_, found, _] = views(replace(judged, judgement=again))
    assert found.finding is not None and found.finding.state == "must_decide"


def test_a_decision_by_ticket_stands_in_the_form_and_silence_is_no_missing_answer(
    zoned: Broker,
) -> None:
    judged = zoned.assess()
    [view, *_] = views(judged)
    assert row_of(view)["reviewed"] == Text("none", "無")
    about = next(one for one in judged.observations if one.subject == view.held.subject)
    ticket = replace(
        about,
        check="rule_is_decided",
        state="decided",
        measures={"ticket": "CR-1", "decision": "keep", "decided_on": "2026-11-08"},
    )
    told = row_of(replace(view, seen={**view.seen, "rule_is_decided": ticket}))["reviewed"]
    assert told == Text(
        "keep\nCR-1\n2026-11-08（民國 115/11/08）", "保留\nCR-1\n2026-11-08（民國 115/11/08）"
    )
    silent = replace(about, state="no_traffic_6m_proven", measures={})
    for seen, last in ((silent, Text("none known", "查無")), (None, UNTOLD)):
        traffic = {} if seen is None else {"rule_carries_traffic": seen}
        assert row_of(replace(view, seen=traffic))["last"] == last


def test_the_yearly_form_has_every_rule(zoned: Broker, tmp_path: Path) -> None:
    pack = MonthPack(zoned, tmp_path / "packs")
    rules = table(pack, "yearly_review", "yearly_review")
    assert len(rules) == len(views(zoned.assess())) == 3


def test_a_table_says_where_there_is_nothing() -> None:
    empty = Table(id="a", title=COLUMNS[0].heading, columns=COLUMNS, rows=())
    assert empty.record()["empty"]["zh"] == "本月無"
