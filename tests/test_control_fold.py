"""The fold beside the table: applicability, clocks, manual evidence, plans, scope, and records."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from evidence.control import (
    Answer,
    Disposition,
    Kind,
    Policy,
    Profile,
    Verdict,
    fold,
)
from evidence.control.policy import WORST_FIRST
from evidence.observation import CHECK_FAILED, Observation, Result
from evidence.text import Text
from tests.judging import AT, BROKER, REVIEW, company, judged, on, rule_book, rule_seen


def said(
    kind: Kind,
    control: str,
    subject: str = "",
    at: str = "2026-11-10",
    *,
    until: date | None = None,
    verdict: Verdict | None = None,
) -> Disposition:
    return Disposition(
        kind=kind,
        control=control,
        subject=subject,
        by="lin",
        at=on(at),
        reason="seen and signed",
        until=until,
        verdict=verdict,
    )


def release(state: str, result: Result, **measures: object) -> Observation:
    return Observation(
        check="release_is_supported",
        device="sw-01",
        subject="sw-01/software ios",
        result=result,
        state=state,
        description=Text("IOS 15.2E", "IOS 15.2E"),
        at=AT,
        measures=measures,
        scope=("site:main", "subject:firmware"),
    )


# --- applicability ---


@pytest.mark.parametrize(
    ("net_order", "verdict"),
    [
        (Answer.yes, Verdict.awaiting_evidence),
        (Answer.no, Verdict.not_applicable),
        (Answer.unknown, Verdict.undetermined),
    ],
)
def test_a_clause_for_internet_order_brokers(net_order: Answer, verdict: Verdict) -> None:
    result = judged(profile=Profile(net_order=net_order)).result("CC-17010.d")
    assert (result.binds, result.verdict) == (net_order, verdict)


def test_not_knowing_whether_a_clause_binds_is_never_not_applicable() -> None:
    results = judged(profile=Profile()).results
    assert Verdict.not_applicable not in {one.verdict for one in results}
    assert {one.binds for one in results} == {Answer.yes, Answer.unknown}


def test_what_was_found_is_kept_where_applicability_is_undetermined() -> None:
    idle = replace(
        release("limit_too_long", Result.not_satisfied),
        check="remote_session_is_limited",
        scope=("site:main", "about:idle"),
    )
    result = judged(idle).result("CC-21100.rw.c")
    assert result.verdict is Verdict.undetermined
    assert [one.verdict for one in result.findings] == [Verdict.not_satisfied]


def test_a_period_by_tier_needs_the_tier() -> None:
    without = judged(profile=replace(BROKER, tier=None)).result("CC-17010.j.a")
    assert without.verdict is Verdict.undetermined
    policy = replace(company(), activity_months={"CC-17010.j.a/penetration_test": {"1": 12}})
    done = said(Kind.review, "CC-17010.j.a", "penetration_test", "2026-03-01")
    result = judged(dispositions=[done], policy=policy).result("CC-17010.j.a")
    assert (result.verdict, result.clocks[0].months) == (Verdict.satisfied, 12)


# --- the clauses' own clocks ---


def test_both_clocks_of_the_review_clause() -> None:
    reviews = [
        said(Kind.review, REVIEW, "yearly_review", "2026-02-28"),
        said(Kind.review, REVIEW, "dmz_review", "2026-05-29"),
    ]
    fine = rule_seen("has_traffic", Result.satisfied)
    yearly, dmz, deadline = judged(fine, dispositions=reviews).result(REVIEW).clocks
    assert (yearly.last_done_on, yearly.by, yearly.next_due_on, yearly.overdue) == (
        date(2026, 2, 28),
        "lin",
        date(2027, 2, 28),
        False,
    )
    assert (dmz.next_due_on, dmz.overdue, dmz.verdict) == (
        date(2026, 11, 29),
        True,
        Verdict.not_satisfied,
    )
    assert (deadline.next_due_on, deadline.overdue) == (None, False)


def test_a_review_on_the_31st_is_due_on_the_months_last_day() -> None:
    done = said(Kind.review, REVIEW, "dmz_review", "2026-08-31")
    clocks = judged(dispositions=[done]).result(REVIEW).clocks
    assert clocks[1].next_due_on == date(2027, 2, 28)


def test_a_review_without_a_record_is_awaited_not_failed() -> None:
    result = judged(rule_seen("has_traffic", Result.satisfied)).result(REVIEW)
    assert [clock.verdict for clock in result.clocks[:2]] == [Verdict.awaiting_evidence] * 2
    assert result.verdict is Verdict.awaiting_evidence
    assert result.verdict_alone is Verdict.awaiting_evidence


def test_the_deadline_clock_shows_the_earliest_rule() -> None:
    rules = [
        rule_seen(
            "decommissioned",
            Result.not_satisfied,
            check="rule_of_decommissioned_system",
            subject=f"fw-01/root/{number}",
            deadline_on=day,
        )
        for number, day in enumerate(("2027-03-01", "2027-01-15"))
    ]
    clock = judged(*rules).result(REVIEW).clocks[2]
    assert (clock.next_due_on, clock.verdict) == (date(2027, 1, 15), Verdict.partly)


# --- manual evidence, plans and exceptions ---


def test_manual_evidence_counts_for_its_audit_period_only() -> None:
    clause = "CC-18000.1"
    for at, verdict in (
        ("2026-11-10", Verdict.satisfied),
        ("2026-10-31", Verdict.awaiting_evidence),
    ):
        given = said(Kind.manual_evidence, clause, at=at, verdict=Verdict.satisfied)
        assert judged(dispositions=[given]).result(clause).verdict is verdict
    half_yearly = said(
        Kind.manual_evidence, "CC-14000.2", at="2026-06-01", verdict=Verdict.satisfied
    )
    result = judged(dispositions=[half_yearly]).result("CC-14000.2")
    assert result.verdict is Verdict.satisfied


def test_evidence_that_says_no_verdict_is_still_awaited() -> None:
    given = said(Kind.manual_evidence, "CC-18000.1")
    assert judged(dispositions=[given]).result("CC-18000.1").verdict is Verdict.awaiting_evidence


def test_nothing_observed_is_not_assessed() -> None:
    assert judged().result("CC-17010.m.a").verdict is Verdict.not_assessed


def test_only_a_person_says_that_a_bound_clause_has_no_subject() -> None:
    none = said(Kind.manual_evidence, "CC-17010.m.a", verdict=Verdict.not_applicable)
    result = judged(dispositions=[none]).result("CC-17010.m.a")
    assert (result.verdict, result.verdict_alone) == (Verdict.not_applicable, Verdict.not_assessed)


@pytest.mark.parametrize(
    ("kind", "at", "until", "verdict"),
    [
        (Kind.plan, "2025-06-01", None, Verdict.partly),
        (Kind.plan, "2026-11-01", None, Verdict.not_satisfied),  # made after the end of support
        (Kind.exception, "2026-11-01", date(2027, 1, 31), Verdict.partly),
        (Kind.exception, "2026-11-01", date(2026, 11, 29), Verdict.not_satisfied),  # lapsed
        (Kind.manual_evidence, "2026-11-01", None, Verdict.not_satisfied),
    ],
)
def test_what_excuses_a_release_past_its_support(
    kind: Kind, at: str, until: date | None, verdict: Verdict
) -> None:
    ended = release("support_ended", Result.not_satisfied, expired_on="2025-08-31")
    excuse = said(kind, "CC-17010.a.j", ended.subject, at, until=until, verdict=Verdict.satisfied)
    [finding] = judged(ended, dispositions=[excuse]).result("CC-17010.a.j").findings
    assert (finding.verdict, finding.verdict_alone) == (verdict, Verdict.not_satisfied)


@pytest.mark.parametrize(
    ("at", "until", "verdict", "words"),
    [
        (
            "2025-06-01",
            date(2027, 3, 31),
            Verdict.partly,
            "汰除計畫（lee，2025-06-01，至 2027-03-31",
        ),
        ("2025-06-01", date(2026, 11, 29), Verdict.not_satisfied, "已於 2026-11-29 失效"),
        ("2025-09-01", date(2027, 3, 31), Verdict.not_satisfied, "逾期訂定：2025-09-01"),
        ("2025-08-31", date(2026, 11, 30), Verdict.partly, "至 2026-11-30"),
    ],
)
def test_a_plan_stands_beside_what_it_is_about_in_time_or_not(
    at: str, until: date, verdict: Verdict, words: str
) -> None:
    ended = release("support_ended", Result.not_satisfied, expired_on="2025-08-31")
    plan = replace(said(Kind.plan, "", ended.subject, at, until=until), by="lee")
    [finding] = judged(ended, dispositions=[plan]).result("CC-17010.a.j").findings
    assert finding.verdict is verdict
    assert words in finding.reason.zh
    assert finding.dispositions == ((plan.id,) if verdict is Verdict.partly else ())


def test_a_late_plan_with_a_measure_in_force_is_one_step_less_and_still_said_to_be_late() -> None:
    ended = release("support_ended", Result.not_satisfied, expired_on="2025-08-31")
    late = said(Kind.plan, "", ended.subject, "2026-11-01", until=date(2027, 3, 31))
    measure = said(Kind.exception, "", ended.subject, "2026-11-02", until=date(2027, 3, 31))
    [finding] = judged(ended, dispositions=[late, measure]).result("CC-17010.a.j").findings
    assert finding.verdict is Verdict.partly
    assert "逾期訂定" in finding.reason.zh
    assert "補償性措施" in finding.reason.zh
    assert finding.dispositions == (measure.id,)


def test_a_plan_in_time_settles_what_is_about_to_end() -> None:
    soon = release("support_ends_soon", Result.partly)
    plan = said(Kind.plan, "", soon.subject)
    [finding] = judged(soon, dispositions=[plan]).result("CC-17010.a.j").findings
    assert finding.verdict is Verdict.satisfied
    assert finding.dispositions == (plan.id,)


def test_a_person_may_examine_what_a_machine_could_not() -> None:
    unknown = release("unknown_version", Result.not_assessed)
    given = said(Kind.manual_evidence, "", unknown.subject, verdict=Verdict.satisfied)
    [finding] = judged(unknown, dispositions=[given]).result("CC-17010.a.j").findings
    assert finding.verdict is Verdict.satisfied


# --- the whole clause ---


def test_one_rule_that_cannot_be_examined_weighs_as_the_policy_says() -> None:
    blind = rule_seen("default_not_shown", Result.not_assessed, check="rule_is_specific")
    risky = rule_seen("high_risk", Result.partly, check="rule_is_specific", subject="fw-01/root/8")
    assert judged(blind, risky).result("CC-17010.b.g").verdict is Verdict.not_assessed
    lighter = [verdict for verdict in WORST_FIRST if verdict is not Verdict.not_assessed]
    policy = replace(company(), order=(*lighter, Verdict.not_assessed))
    result = judged(blind, risky, policy=policy).result("CC-17010.b.g")
    assert result.verdict is Verdict.partly


def test_co_located_devices_are_judged_again_by_themselves() -> None:
    here = rule_seen("no_traffic_6m_proven", Result.not_satisfied)
    there = rule_seen(
        "no_traffic_6m_proven",
        Result.not_satisfied,
        subject="co-01/root/1",
        scope=("site:colo", "zone:colo"),
    )
    judgement = judged(here, there, profile=replace(BROKER, colo=Answer.yes))
    assert len(judgement.result(REVIEW).findings) == 2
    assert [one.subject for one in judgement.result("CC-23000.3").findings] == ["co-01/root/1"]


def test_the_counts_of_a_month() -> None:
    judgement = judged(rule_seen("has_traffic", Result.satisfied))
    assert sum(judgement.counts.values()) == len(judgement.results)
    assert judgement.result(REVIEW).counts == {Verdict.satisfied: 1}


# --- records ---


def test_folding_the_signed_records_again_gives_the_same_findings() -> None:
    seen = [
        rule_seen("no_traffic_6m_proven", Result.not_satisfied),
        release("support_ended", Result.not_satisfied, expired_on="2025-08-31"),
    ]
    dispositions = [
        said(Kind.review, REVIEW, "yearly_review"),
        said(Kind.exception, "", "sw-01/software ios", until=date(2027, 1, 1)),
    ]
    once = judged(*seen, dispositions=dispositions)
    stored = json.loads(json.dumps([one.record() for one in seen]))
    told = json.loads(json.dumps([one.record() for one in dispositions]))
    again = judged(
        *(Observation.of_record(one) for one in stored),
        dispositions=[Disposition.of_record(one) for one in told],
    )
    assert json.dumps(once.records()) == json.dumps(again.records())
    assert once.inputs == again.inputs


def test_the_order_of_dispositions_does_not_matter() -> None:
    soon = release("support_ends_soon", Result.partly)
    dispositions = [
        said(Kind.plan, "", soon.subject, "2026-11-01"),
        said(Kind.exception, "", soon.subject, "2026-11-02"),
    ]
    forward = judged(soon, dispositions=dispositions)
    backward = judged(soon, dispositions=dispositions[::-1])
    assert forward.records() == backward.records()


def test_a_policy_is_the_same_after_its_record() -> None:
    assert Policy.of_record(json.loads(json.dumps(company().record()))) == company()
    assert Profile.of_record(BROKER.record()) == BROKER


def test_a_crashed_check_leaves_no_rule_looking_judged() -> None:
    specific = Observation(
        check="rule_is_specific",
        device="fw-01",
        subject="fw-01/rule 1",
        result=Result.satisfied,
        state="specific",
        description=Text("specific", "特定"),
        at=AT,
        measures={"rule": "1", "match_digest": "a" * 64},
    )
    crashed = Observation(
        check="rule_carries_traffic",
        device="*",
        subject="check rule_carries_traffic",
        result=Result.not_assessed,
        state=CHECK_FAILED,
        description=Text("it failed", "執行失敗"),
        at=AT,
        scope=("*",),
    )
    judgement = fold(rule_book(), BROKER, company(), [specific, crashed], period="2026-11", at=AT)
    (finding,) = [one for one in judgement.result(REVIEW).findings if one.subject == "fw-01/rule 1"]
    assert finding.state == "not_measurable"
    assert finding.verdict is not Verdict.satisfied


def test_a_control_is_no_better_than_its_clauses() -> None:
    judgement = fold(rule_book(), BROKER, company(), [], period="2026-11", at=AT)
    head = judgement.result("CC-17010")
    below = [
        one.verdict
        for one in judgement.results
        if one.control.id.startswith("CC-17010.") and one.verdict is not Verdict.not_applicable
    ]
    assert head.verdict is company().worst(set(below))
    assert head.verdict is not Verdict.satisfied
    assert f"{below.count(Verdict.not_assessed)} could not be examined" in head.reason.en
