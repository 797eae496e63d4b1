"""The shipped rule book, policy and profile hold together; bad ones are refused by place."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from copy import deepcopy
from importlib import import_module
from typing import Any

import pytest

from evidence.control import Answer, Applies, Audit, Join, Policy, Profile, RuleBook, Source
from evidence.errors import ConfigurationError
from tests.judging import company, rule_book, shipped

BOOK = "controls/twse-2025-04-11.yaml"
# Every clause of the source this rule book was written from, section by section.
CLAUSES = {
    "CC-11000": ("",),
    "CC-12000": ("3",),
    "CC-13000": ("3",),
    "CC-14000": ("1", "2", "3", "4", "5"),
    "CC-16000": ("6",),
    "CC-17010": (
        "",
        "a.a",
        "a.tbd-patch",
        "a.tbd-segment",
        "a.tbd-minsvc",
        "a.h",
        "a.i",
        "a.j",
        "b.a",
        "b.b",
        "b.c",
        "b.d",
        "b.e",
        "b.f",
        "b.g",
        "b.h",
        "c.a",
        "c.b",
        "c.c",
        "c.d",
        "d",
        "e",
        "f.a",
        "f.b",
        "f.c",
        "f.d",
        "f.e",
        "f.f",
        "f.g",
        "f.h",
        "g",
        "h",
        "i",
        "j.a",
        "j.b",
        "j.c",
        "j.d",
        "j.e",
        "j.f",
        "k",
        "l",
        "m.a",
        "m.b",
    ),
    "CC-17020": ("", "tbd-backup", "tbd-log", "tbd-timesync", "tbd-capacity"),
    "CC-18000": ("1", "tbd-account", "tbd-privileged", "tbd-password", "tbd-review"),
    "CC-19000": ("4.b", "4.c", "4.j", "4.k", "4.l", "8.c", "9", "10.f"),
    "CC-20000": ("5",),
    "CC-21100": ("rw.a", "rw.b", "rw.c", "8.a", "8.b", "tbd-iot", "tbd-mobile", "tbd-cloud"),
    "CC-23000": ("1", "2", "3"),
}


def test_every_clause_is_there_once() -> None:
    wanted = [f"{head}.{item}".rstrip(".") for head, items in CLAUSES.items() for item in items]
    assert [control.id for control in rule_book()] == wanted


def test_ids_are_pinned_to_the_version() -> None:
    book = rule_book()
    control = book.control("CC-17010.b.f")
    assert control.pinned == "twse-fl007290@2025-04-11:CC-17010.b.f"
    assert book.control(control.pinned) is control


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("CC-17010.b.g", "CC-14000.5"),
        ("CC-17010.b.h", "CC-17010.b.g"),
        ("CC-17010.b.i", "CC-17010.b.h"),
    ],
)
def test_clauses_of_version_113_are_found_where_they_went(old: str, new: str) -> None:
    assert rule_book().control(f"twse-fl007290@2024-11-12:{old}").id == new


def test_items_a_b_f_and_m_bind_every_broker_and_the_others_do_not() -> None:
    for control in rule_book():
        head, _, item = control.id.partition(".")
        if head == "CC-17010" and item:
            wanted = Applies.all if item[0] in "abfm" else Applies.net
            assert control.applies is wanted, control.id
            assert control.audit is Audit.monthly


def test_what_was_not_seen_says_so() -> None:
    for control in rule_book():
        assert (control.caveat is None) == (control.verified and control.code_verified)
        if control.source in (Source.knowledge, Source.inference):
            assert control.caveat is not None
            assert control.caveat.zh == "條文內容待核對"


def test_the_review_clause_has_both_clocks_and_the_deadline() -> None:
    control = rule_book().control("CC-17010.b.f")
    assert control.join is Join.rule_is_decided
    assert [(one.id, one.months, one.since) for one in control.activities] == [
        ("yearly_review", 12, "last_done"),
        ("dmz_review", 6, "last_done"),
        ("decommissioned_rules", 6, "decommissioned"),
    ]
    assert control.activities[1].scope == {"zone": "dmz"}


def test_every_check_and_setting_that_is_named_exists() -> None:
    policy = company()
    told = [policy.checks, *(part.checks for part in policy.parts)]
    named = {use.check for control in rule_book() for use in control.checks}
    for name in named.union(*told):
        known = inspect.signature(import_module(f"checks.{name}").check).parameters
        assert set(policy.settings(name)) <= set(known), name
    for control in rule_book():
        for use in control.checks:
            known = inspect.signature(import_module(f"checks.{use.check}").check).parameters
            assert set(use.settings) <= set(known), control.id


def test_co_located_devices_get_every_check_again() -> None:
    book = rule_book()
    everywhere = {use.check for control in book for use in control.checks}
    # The count of what is there is a clause of its own (.2); all other checks are run again by .3.
    colo = [*book.control("CC-23000.2").checks, *book.control("CC-23000.3").checks]
    assert {use.check for use in colo} == everywhere
    assert all(use.scope == {"site": "colo"} for use in colo)


def test_every_period_the_policy_gives_belongs_to_an_activity() -> None:
    known = {f"{control.id}/{one.id}" for control in rule_book() for one in control.activities}
    assert set(company().activity_months) <= known


def test_periods_left_open_are_the_companys_or_the_tiers() -> None:
    policy = company()
    for control in rule_book():
        for one in control.activities:
            said = policy.months(control, one, None) is not None
            assert said or one.by_tier, f"{control.id}/{one.id} has no period"


def test_every_suspect_says_who_named_it() -> None:
    suspects = company().suspects
    assert suspects
    assert all(one.source.startswith("https://") and one.basis for one in suspects)


def test_a_rule_book_is_the_same_after_its_record() -> None:
    book = rule_book()
    again = RuleBook.of_record(json.loads(json.dumps(book.record())))
    assert (again, again.digest) == (book, book.digest)


def _unknown_key(book: dict[str, Any]) -> None:
    book["controls"][3]["chekcs"] = []


def _unknown_inner_key(book: dict[str, Any]) -> None:
    book["controls"][9]["checks"][0]["setings"] = {}


def _unknown_word(book: dict[str, Any]) -> None:
    book["controls"][0]["basis"]["applies"] = "everybody"


def _missing(book: dict[str, Any]) -> None:
    del book["controls"][1]["zh"]


def _twice(book: dict[str, Any]) -> None:
    book["controls"].append(book["controls"][0])


def _nothing_to_judge_by(book: dict[str, Any]) -> None:
    book["controls"][0]["manual"] = False


def _unseen_but_verified(book: dict[str, Any]) -> None:
    book["controls"][0]["basis"]["source"] = "K"


def _alias_to_nowhere(book: dict[str, Any]) -> None:
    book["aliases"]["old"] = "CC-99999"


def _zero_months(book: dict[str, Any]) -> None:
    book["controls"][2]["activities"][0]["months"] = 0


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (_unknown_key, "controls[3]: key `chekcs` is unknown"),
        (_unknown_inner_key, "controls[9].checks[0]: key `setings` is unknown"),
        (_unknown_word, "controls[0].basis.applies: 'everybody' is unknown"),
        (_missing, "controls[1]: key `zh` is missing"),
        (_twice, "CC-11000 stands twice"),
        (_nothing_to_judge_by, "CC-11000 has no check and is not manual"),
        (_unseen_but_verified, "CC-11000 is K, so it is not verified"),
        (_alias_to_nowhere, "aliases.old: CC-99999"),
        (_zero_months, "activities[0].months: a whole number above 0"),
    ],
)
def test_a_mistake_is_refused_with_its_place(
    spoil: Callable[[dict[str, Any]], None], place: str
) -> None:
    book = deepcopy(shipped(BOOK))
    spoil(book)
    with pytest.raises(ConfigurationError) as caught:
        RuleBook.of_record(book)
    assert place in caught.value.message


@pytest.mark.parametrize("waved_through", ["not_assessed", "applicability_undetermined"])
def test_a_policy_lets_nothing_unknown_weigh_less_than_a_pass(waved_through: str) -> None:
    record = company().record()
    record["order"].remove(waved_through)
    record["order"].append(waved_through)
    with pytest.raises(ConfigurationError, match="must stand last"):
        Policy.of_record(record)


def test_a_policy_orders_every_verdict() -> None:
    record = shipped("policy/company-2026.yaml")
    record["order"].remove("satisfied")
    with pytest.raises(ConfigurationError, match=r"policy\.order"):
        Policy.of_record(record)


@pytest.mark.parametrize(
    ("written", "answer"),
    [(True, Answer.yes), (False, Answer.no), ("yes", Answer.yes), ("unknown", Answer.unknown)],
)
def test_yaml_makes_yes_a_boolean(written: object, answer: Answer) -> None:
    assert Profile.of_record({"net_order": written}).net_order is answer


@pytest.mark.parametrize("written", ["maybe", 1, None, ["yes"]])
def test_another_answer_is_refused(written: object) -> None:
    with pytest.raises(ConfigurationError, match="net_order"):
        Profile.of_record({"net_order": written})


@pytest.mark.parametrize("bad", [None, [], "text", 7])
def test_what_is_not_a_mapping_is_refused(bad: object) -> None:
    with pytest.raises(ConfigurationError):
        RuleBook.of_record(bad)
