"""`decide`: decisions from a file, all or nothing, signed, folded, packed, and verified again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from agent.decisions import entered, keep_decisions, read_decisions
from agent.ledger.restore import restore_record
from agent.pack import make_pack
from evidence.control import Decision, Verdict
from evidence.decisions import Decisions, in_force
from evidence.errors import ConfigurationError, SealError
from evidence.pack import read_pack
from evidence.seal import Envelope
from evidence.statement import DECISIONS, Statement
from store.claims import claims_of
from tests.fixtures_pack import NOW, Broker, MakeBroker
from tests.fixtures_program import Run
from verify.command import verify_file

REVIEW = "CC-17010.b.f"
RISKY = "fw-01/global/ip/outside/1"
WHOLE = {
    "rule": "fw-01/rule 1",
    "decision": "保留",
    "reason": "每季維護",
    "owner": "李大同",
    "approver": "陳美玲",
}


def written(
    folder: Path, *decisions: Mapping[str, object], reviews: tuple[object, ...] = ()
) -> Path:
    path = folder / "decisions.yaml"
    content = {"decisions": list(map(dict, decisions)), "reviews": list(reviews)}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return path


def decide(broker: Broker, path: Path) -> Envelope:
    judged = broker.assess()
    told = read_decisions(path, judged.readings, judged.book, NOW)
    return keep_decisions(broker.agent, told, "wang")


def finding_of(broker: Broker) -> tuple[Verdict, Verdict, str]:
    [found] = [
        one for one in broker.assess().judgement.result(REVIEW).findings if one.subject == RISKY
    ]
    return found.verdict, found.verdict_alone, found.reason.zh


def test_a_decision_of_a_file_is_judged_by(make_broker: MakeBroker, tmp_path: Path) -> None:
    broker = make_broker()
    assert finding_of(broker)[:2] == (Verdict.partly, Verdict.partly)
    decide(broker, written(tmp_path, WHOLE))
    verdict, alone, reason = finding_of(broker)
    assert (verdict, alone) == (Verdict.satisfied, Verdict.partly)
    assert "李大同" in reason and "保留" in reason
    [said] = entered(broker.agent)
    assert said.entered_by == "wang"
    assert said.dispositions[0].decision is Decision.keep
    assert said.dispositions[0].digest == f"{1:064x}", "bound to what the rule matches today"


def test_a_review_moves_its_clock(make_broker: MakeBroker, tmp_path: Path) -> None:
    broker = make_broker()
    review = {
        "review": f"{REVIEW}/dmz_review",
        "done_on": NOW.date(),
        "owner": "陳美玲",
        "reason": "紀錄 115-防-07",
    }
    decide(broker, written(tmp_path, reviews=(review,)))
    [clock] = [
        one
        for one in broker.assess().judgement.result(REVIEW).clocks
        if one.activity.id == "dmz_review"
    ]
    assert (clock.verdict, clock.by) == (Verdict.satisfied, "陳美玲")
    assert clock.next_due_on is not None and clock.next_due_on.isoformat() == "2027-05-23"


def _without(key: str) -> dict[str, object]:
    return {name: value for name, value in WHOLE.items() if name != key}


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ({**WHOLE, "rule": "fw-01/no such"}, "no rule is called so"),
        ({**WHOLE, "decision": "perhaps"}, "key `decision`"),
        ({**WHOLE, "reason": ""}, "key `reason`"),
        (_without("owner"), "key `owner`"),
        ({**WHOLE, "aprover": "x"}, "key `aprover`"),
        ({**WHOLE, "decided_on": NOW.date().replace(year=2027)}, "not here yet"),
        ({**WHOLE, "due": NOW.date().replace(day=1)}, "before it was decided"),
    ],
)
def test_one_mistake_and_nothing_counts(
    make_broker: MakeBroker, tmp_path: Path, spoilt: Mapping[str, object], said: str
) -> None:
    broker = make_broker(days=1)
    with pytest.raises(ConfigurationError, match=said) as refused:
        decide(broker, written(tmp_path, {**WHOLE, "rule": "fw-01/rule 0"}, spoilt))
    assert "decisions.yaml:" in refused.value.message
    assert not entered(broker.agent)


def test_a_file_without_decisions_or_of_an_unknown_review_is_refused(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    broker = make_broker(days=1)
    with pytest.raises(ConfigurationError, match="holds no decision"):
        decide(broker, written(tmp_path))
    review = {"review": "x/y", "done_on": NOW.date(), "owner": "a", "reason": "b"}
    with pytest.raises(ConfigurationError, match="known: CC-"):
        decide(broker, written(tmp_path, reviews=(review,)))


HARDWARE = "fw-01/hardware FCH1"
PLAN = {
    "about": HARDWARE,
    "target": NOW.date().replace(year=2027),
    "reason": "115 年度汰換",
    "owner": "李大同",
    "approver": "陳美玲",
    "planned_on": NOW.date().replace(year=2025, month=6),
    "record": "114-資-031",
}


def retirement(folder: Path, **lists: object) -> Path:
    path = folder / "plans.yaml"
    path.write_text(yaml.safe_dump(lists, allow_unicode=True), "utf-8")
    return path


def hardware_of(broker: Broker) -> tuple[Verdict, str]:
    findings = broker.assess().judgement.result("CC-17010.a.j").findings
    [found] = [one for one in findings if one.subject == HARDWARE]
    return found.verdict, found.reason.zh


def test_an_ended_device_fails_and_its_plan_in_time_makes_it_partly(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    broker = make_broker(days=1)
    assert hardware_of(broker)[0] is Verdict.not_satisfied
    decide(broker, retirement(tmp_path, plans=[PLAN]))
    verdict, reason = hardware_of(broker)
    assert verdict is Verdict.partly
    assert "汰除計畫（李大同，2025-06-23，至 2027-11-23，核准者 陳美玲）" in reason
    assert "114-資-031" in reason


def test_a_plan_written_today_is_late_and_a_measure_makes_up_for_it(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    broker = make_broker(days=1)
    today = {key: PLAN[key] for key in PLAN if key not in ("planned_on", "record")}
    decide(broker, retirement(tmp_path, plans=[today]))
    verdict, reason = hardware_of(broker)
    assert verdict is Verdict.not_satisfied
    assert "逾期訂定：2026-11-23 訂定，晚於 2025-09-30" in reason
    measure = {
        "about": HARDWARE,
        "measure": "僅管理網段可達",
        "reason": "汰換前",
        "owner": "李大同",
        "until": NOW.date().replace(month=12),
    }
    decide(broker, retirement(tmp_path, measures=[measure]))
    verdict, reason = hardware_of(broker)
    assert verdict is Verdict.partly
    assert "未經核准" in reason and "逾期訂定" in reason


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ({**PLAN, "about": "fw-01/hardware none"}, "nothing is called"),
        ({**PLAN, "record": ""}, "name the `record`"),
        ({**PLAN, "target": NOW.date().replace(year=2024)}, "before it was planned"),
        ({**PLAN, "planned_on": NOW.date().replace(year=2027)}, "not here yet"),
        ({**PLAN, "owner": ""}, "key `owner`"),
    ],
)
def test_a_plan_with_a_mistake_is_refused(
    make_broker: MakeBroker, tmp_path: Path, spoilt: Mapping[str, object], said: str
) -> None:
    broker = make_broker(days=1)
    with pytest.raises(ConfigurationError, match=said):
        decide(broker, retirement(tmp_path, plans=[spoilt]))
    assert not entered(broker.agent)


def test_a_changed_decision_in_the_statement_does_not_parse(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    envelope = decide(make_broker(days=1), written(tmp_path, WHOLE))
    record = json.loads(envelope.payload)
    record["predicate"]["dispositions"][0]["decision"] = "disable"
    with pytest.raises(SealError, match="subjects"):
        Decisions.of(Statement.parse(json.dumps(record).encode()))


def test_what_was_said_later_does_not_count_before(make_broker: MakeBroker, tmp_path: Path) -> None:
    broker = make_broker(days=1)
    decide(broker, written(tmp_path, WHOLE))
    [said] = entered(broker.agent)
    assert in_force([said, said], NOW) == said.dispositions
    assert not in_force([said], NOW.replace(year=2025))


def test_the_store_takes_it_and_a_lost_ledger_gets_it_back(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    broker = make_broker(days=1)
    envelope = decide(broker, written(tmp_path, WHOLE))
    statement = Statement.parse(envelope.payload)
    assert statement.predicate_type == DECISIONS
    assert (claims_of(statement).agent, claims_of(statement).kind) == ("agent-1", "decisions")
    restore_record(broker.agent.ledger, envelope)
    assert len(entered(broker.agent)) == 1


@pytest.fixture
def decided_pack(make_broker: MakeBroker, tmp_path: Path) -> tuple[Path, Path]:
    broker = make_broker()
    decide(broker, written(tmp_path, WHOLE))
    path = make_pack(broker.config, broker.agent, broker.assess(), tmp_path / "packs", paper=False)
    return path, broker.config.state / "signing.pub.pem"


def test_the_pack_carries_the_decisions_and_is_judged_again_with_them(
    decided_pack: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path, key = decided_pack
    assert verify_file(path, [key]) == 0
    assert "decisions and reviews of people" in capsys.readouterr().out
    kinds = [
        Statement.parse(envelope.payload).predicate_type
        for _, envelope in read_pack(path.read_bytes()).records()
    ]
    assert kinds.count(DECISIONS) == 1


def test_at_the_terminal(make_broker: MakeBroker, tmp_path: Path, run: Run) -> None:
    make_broker()
    form = run("decide", "--open")
    assert form.returncode == 0
    told = yaml.safe_load(form.stdout)
    assert RISKY in [one["rule"] for one in told["decisions"]]
    assert [one["about"] for one in told["plans"]] == [HARDWARE]
    (tmp_path / "empty.yaml").write_text(form.stdout, "utf-8")
    refused = run("decide", "empty.yaml")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "decisions_invalid" in refused.stderr
    done = run("decide", written(tmp_path, {**WHOLE, "approver": "李大同"}))
    assert done.returncode == 0
    assert "same person" in done.stderr
    listed = run("decide", "--json")
    assert json.loads(listed.stdout)["subject"] == RISKY
