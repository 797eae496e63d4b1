"""pf's last match, and the quick rule that ends the matter, told as a list of first matches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors._pf.order import in_order
from evidence.facts import FirewallRule
from tests.by_hand import read

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


@pytest.mark.parametrize(
    ("said", "sources", "services"),
    [
        ("from any to any port = https", "any", "tcp/https"),
        ("from any to any port 8000:8010", "any", "tcp/8000-8010"),
        ("from any to any port != 25", "any", "tcp/!25"),
        ("from any to any port >= 1024", "any", "tcp/>1023"),
        ("from any to any port <= 1023", "any", "tcp/<1024"),
        ("from any to any port 80 >< 90", "any", "tcp/81-89"),
        ("from any to any port 80 <> 90", "any", "tcp/80<>90"),
        ("from 10.0.0.1 - 10.0.0.9 to any", "10.0.0.1-10.0.0.9", "tcp"),
        ("from <web> port > 1023 to any port = 53", "<web>", "tcp/53 from >1023"),
    ],
)
def test_ports_and_ranges_are_told_as_pf_prints_them(
    said: str, sources: str, services: str
) -> None:
    text = (
        f'@0(1700000001) pass in quick on igb0 inet proto tcp {said} label "USER_RULE: x"\n'
        "  [ Evaluations: 1  Packets: 2  Bytes: 3  States: 0 ]\n"
    )
    (rule,) = read("pfsense", "firewall", ("pfctl -vvsr", text.encode())).of(FirewallRule)
    assert (" ".join(rule.sources), " ".join(rule.services)) == (sources, services)
    assert not rule.not_understood
