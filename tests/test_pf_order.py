"""pf's last match, and the quick rule that ends the matter, told as a list of first matches."""

from hypothesis import given
from hypothesis import strategies as st

from collectors._pf.order import in_order
from evidence.facts import FirewallRule

# What a rule matches, as the packets of 0 to 5 that it takes, and whether it is quick.
RULES = st.lists(st.tuples(st.frozensets(st.integers(0, 5)), st.booleans()), max_size=12)


def by_pf(rules: list[tuple[frozenset[int], bool]], packet: int) -> int | None:
    """The rule that decides, as pf works it out."""
    decided = None
    for place, (taken, quick) in enumerate(rules):
        if packet in taken:
            decided = place
            if quick:
                break
    return decided


@given(RULES)
def test_the_first_match_in_the_order_told_is_the_rule_by_which_pf_decides(
    rules: list[tuple[frozenset[int], bool]],
) -> None:
    drafts = [(FirewallRule(key=str(n)), quick) for n, (_, quick) in enumerate(rules)]
    order = [int(rule.key) for rule in in_order(drafts)]
    for packet in range(6):
        first = next((place for place in order if packet in rules[place][0]), None)
        assert first == by_pf(rules, packet)


def test_each_direction_is_counted_from_one() -> None:
    drafts = [(FirewallRule(key=way, policy=way), True) for way in ("in", "out", "in#2")]
    assert [rule.position for rule in in_order(drafts)] == [1, 1, 1]
