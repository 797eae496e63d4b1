"""The decision table of the review clause, cell by cell, and when a decision counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from evidence.control import Decision, Disposition, Verdict, needs_decision
from evidence.control.decided import TABLE, Row, Standing
from evidence.observation import Observation, Result
from tests.judging import AT, REVIEW, decided, judged, on, review_finding, rule_seen

OLD, NEW = on("2026-09-01"), on("2026-11-20")  # found long ago; found ten days ago
HAS_TRAFFIC = rule_seen("has_traffic", Result.satisfied)
SPECIFIC = rule_seen("specific", Result.satisfied, check="rule_is_specific")
SILENT = rule_seen("no_traffic_6m_proven", Result.not_satisfied)
RISKY = rule_seen("high_risk", Result.not_satisfied, check="rule_is_specific")
GONE = rule_seen(
    "decommissioned",
    Result.not_satisfied,
    check="rule_of_decommissioned_system",
    deadline_on="2027-01-15",
)
LATER = rule_seen("insufficient_history", Result.not_assessed, provable_on="2027-02-03")
NEVER = rule_seen("insufficient_history", Result.not_assessed, provable_on=None)
BLIND = rule_seen("not_measurable", Result.not_assessed)

S, P, N, U = (
    Verdict.satisfied,
    Verdict.partly,
    Verdict.not_satisfied,
    Verdict.not_assessed,
)


@pytest.mark.parametrize(
    ("seen", "in_time", "not_yet_due", "overdue"),
    [
        pytest.param((HAS_TRAFFIC, SPECIFIC), S, S, S, id="has traffic, not risky"),
        pytest.param((SILENT, SPECIFIC), S, P, N, id="no traffic proven"),
        pytest.param((HAS_TRAFFIC, RISKY), S, P, N, id="high risk, with traffic"),
        pytest.param((SILENT, RISKY), S, P, N, id="no traffic and high risk"),
        pytest.param((LATER, SPECIFIC), S, S, S, id="history too short, provable on a date"),
        pytest.param((LATER, RISKY), S, P, N, id="history too short, but high risk"),
        pytest.param((BLIND, SPECIFIC), S, P, U, id="not measurable"),
        pytest.param((NEVER, SPECIFIC), S, P, U, id="history too short, never provable"),
        pytest.param((LATER, BLIND), S, P, U, id="one unit provable later, another never"),
    ],
)
def test_every_cell_of_the_table(
    seen: tuple[Observation, ...], in_time: Verdict, not_yet_due: Verdict, overdue: Verdict
) -> None:
    keep = [decided(Decision.keep, on("2026-11-25"))]
    new, old = {"fw-01/root/7": NEW}, {"fw-01/root/7": OLD}
    cells = [
        review_finding(judged(*seen, dispositions=keep, first_found_at=new)),
        review_finding(judged(*seen, first_found_at=new)),
        review_finding(judged(*seen, first_found_at=old)),
    ]
    assert [cell.verdict for cell in cells] == [in_time, not_yet_due, overdue]
    assert cells[0].verdict_alone is not_yet_due, "the verdict without dispositions stays beside it"


def test_the_table_has_every_cell() -> None:
    assert set(TABLE) == set(Row)
    assert all(set(cells) == set(Standing) for cells in TABLE.values())


def test_a_rule_provable_later_is_listed_with_its_date() -> None:
    finding = review_finding(judged(LATER))
    assert finding.state == "provable_later"
    assert finding.due_on is None
    assert "insufficient_history" in finding.reason.zh


def test_a_rule_that_nobody_found_before_is_open_from_today() -> None:
    finding = review_finding(judged(SILENT))
    assert (finding.verdict, finding.due_on) == (P, date(2026, 12, 30))


def test_a_decommissioned_system_has_the_clauses_own_deadline() -> None:
    running = review_finding(judged(HAS_TRAFFIC, GONE, first_found_at={"fw-01/root/7": OLD}))
    assert (running.verdict, running.due_on) == (P, date(2027, 1, 15))
    missed = rule_seen(
        "decommissioned",
        Result.not_satisfied,
        check="rule_of_decommissioned_system",
        deadline_on="2026-11-29",
    )
    assert review_finding(judged(missed)).verdict is N
    last_day = rule_seen(
        "decommissioned",
        Result.not_satisfied,
        check="rule_of_decommissioned_system",
        deadline_on="2026-11-30",
    )
    assert review_finding(judged(last_day)).verdict is P, "the last day still counts"


def test_another_reason_is_due_earlier_than_the_decommissioning() -> None:
    finding = review_finding(judged(SILENT, GONE, first_found_at={"fw-01/root/7": NEW}))
    assert finding.due_on == date(2026, 12, 20)


def test_disable_holds_until_the_device_must_show_it() -> None:
    disable = decided(Decision.disable, on("2026-11-20"))
    pending = review_finding(judged(SILENT, dispositions=[disable]))
    assert (pending.verdict, pending.due_on) == (S, date(2026, 12, 20))
    not_done = decided(Decision.disable, on("2026-10-20"), until=date(2026, 11, 15))
    late = review_finding(judged(SILENT, dispositions=[not_done]))
    assert (late.verdict, late.overdue) == (N, True)
    assert "設備上仍未見" in late.reason.zh


def test_disable_of_a_decommissioned_rule_ends_with_the_clauses_deadline() -> None:
    disable = decided(Decision.disable, on("2026-11-20"), until=date(2027, 6, 30))
    assert review_finding(judged(GONE, dispositions=[disable])).due_on == date(2027, 1, 15)


def test_a_disabled_rule_needs_nothing_more() -> None:
    gone = rule_seen("rule_disabled", Result.not_applicable)
    assert review_finding(judged(gone)).verdict is S


@pytest.mark.parametrize(
    ("zone", "at", "verdict"),
    [
        ("internal", "2025-12-01", S),  # the yearly review is due on 2026-12-01
        ("internal", "2025-11-29", N),
        ("dmz", "2026-06-01", S),  # the half-yearly one on 2026-12-01
        ("dmz", "2026-05-29", N),
        ("?", "2026-05-29", N),  # it may lie in the DMZ
    ],
)
def test_keeping_holds_until_the_next_review(zone: str, at: str, verdict: Verdict) -> None:
    rule = rule_seen(
        "no_traffic_6m_proven", Result.not_satisfied, scope=("site:main", f"zone:{zone}")
    )
    keep = decided(Decision.keep, on(at))
    found = review_finding(
        judged(rule, dispositions=[keep], first_found_at={"fw-01/root/7": on("2025-11-01")})
    )
    assert found.verdict is verdict


def test_a_decision_late_in_its_own_month_is_not_in_time() -> None:
    late = decided(Decision.keep, on("2026-11-25"))
    found_at = {"fw-01/root/7": OLD}
    assert review_finding(judged(SILENT, dispositions=[late], first_found_at=found_at)).verdict is N
    december = judged(
        SILENT,
        dispositions=[late],
        first_found_at=found_at,
        at=datetime.fromisoformat("2026-12-31T15:59:59+00:00"),
        period="2026-12",
    )
    assert review_finding(december).verdict is S, "it is mended from the next month on"


@pytest.mark.parametrize(
    "lacking",
    [
        decided(Decision.keep, on("2026-11-25"), subject="fw-01/root/8"),
        decided(Decision.keep, on("2026-11-25"), control="CC-17010.b.g"),
        decided(Decision.keep, on("2026-12-02")),
        decided(Decision.keep, on("2026-11-25"), digest="another rule"),
        decided(Decision.keep, on("2026-11-25"), until=date(2026, 11, 29)),
    ],
    ids=["another rule", "another clause", "after the assessment", "rule changed", "lapsed"],
)
def test_a_decision_that_does_not_count(lacking: Disposition) -> None:
    rule = rule_seen("no_traffic_6m_proven", Result.not_satisfied, match_digest="this rule")
    found = review_finding(judged(rule, dispositions=[lacking]))
    assert found.verdict in (P, N)


def test_a_decision_without_a_reason_does_not_count() -> None:
    keep = decided(Decision.keep, on("2026-11-25"))
    empty = replace(keep, reason=" ")
    assert review_finding(judged(SILENT, dispositions=[empty])).verdict is P


def test_the_same_person_deciding_and_approving_is_reported() -> None:
    keep = decided(Decision.keep, on("2026-11-25"), approver="Wang")
    assert "同一人" in review_finding(judged(SILENT, dispositions=[keep])).reason.zh


def test_an_approved_ticket_is_a_decision() -> None:
    ticket = rule_seen(
        "decided",
        Result.not_applicable,
        check="rule_is_decided",
        decision="keep",
        by="lin",
        approver="chen",
        decided_on="2026-11-10",
        until=None,
        reason="quarterly batch",
    )
    found = review_finding(judged(SILENT, ticket))
    assert found.verdict is S
    assert "quarterly batch" in found.reason.en


def test_a_failed_check_makes_the_clause_not_assessed_at_once() -> None:
    crashed = Observation(
        check="rule_carries_traffic",
        device="*",
        subject="check rule_carries_traffic",
        result=Result.not_assessed,
        state="check_failed",
        description=HAS_TRAFFIC.description,
        at=AT,
        scope=("*",),
    )
    result = judged(crashed).result(REVIEW)
    assert [one.verdict for one in result.findings] == [U]


def test_the_days_to_decide_do_not_run_while_history_is_merely_too_short() -> None:
    def of(number: int, *seen: Observation) -> list[Observation]:
        return [replace(one, subject=f"fw-01/root/{number}") for one in seen]

    rules = [
        *of(1, SILENT),
        *of(2, LATER),
        *of(3, HAS_TRAFFIC),
        *of(4, LATER, BLIND),
        *of(5, RISKY),
    ]
    assert needs_decision(rules) == {"fw-01/root/1", "fw-01/root/4", "fw-01/root/5"}
