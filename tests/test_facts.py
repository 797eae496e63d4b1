"""Facts as records: what came later stays out of a record until it says something."""

from __future__ import annotations

from evidence.facts import FirewallRule, from_record, to_record


def test_a_later_field_is_left_out_while_it_says_nothing() -> None:
    record = to_record(FirewallRule(key="a"))
    assert "conditions" not in record and "not_understood" not in record
    assert from_record(record) == FirewallRule(key="a")


def test_a_later_field_that_says_something_is_kept() -> None:
    rule = FirewallRule(key="a", conditions=("ct state new",), not_understood=("frobnicate 3",))
    assert to_record(rule)["conditions"] == ["ct state new"]
    assert from_record(to_record(rule)) == rule
