"""Panorama: a name it tells can end no question, and a group it refuses is no empty group."""

import pytest

from agent.gate import Gate
from agent.platforms import platform
from collectors import panorama
from collectors.panorama import _sent
from evidence.errors import Denied
from evidence.facts import FirewallRule
from evidence.tape import read_tape
from tests import toy
from tests.by_hand import read
from tests.test_cases import CASES

TAPE = read_tape(CASES / "panorama" / "firewall.groups.tape")


@pytest.mark.parametrize(
    "name", ["x'/></rules><clear/>", 'a"b', "a<b", "a>b", "a&b", "'", "", "x" * 401]
)
def test_a_name_that_could_end_its_place_is_never_sent(name: str) -> None:
    with pytest.raises(Denied):
        panorama.GROUP(group=_sent(name))
    with pytest.raises(Denied):
        panorama.RULE_HITS(group="HQ", base="pre", rule=_sent(name))


@pytest.mark.parametrize("name", ["Branch office", "總公司", "a.b-c_d", "50%", "R&D"[:1]])
def test_other_names_are_asked_for_as_they_are(name: str) -> None:
    ask = panorama.GROUP(group=_sent(name))
    method, target, body = ask.request
    Gate(toy.device(443), platform("panorama"), toy.CREDENTIAL).request(
        method, target, body.encode()
    )


def test_a_group_that_is_refused_fails_the_reading() -> None:
    """Its rules would be missing, and nothing would show it."""
    answers = [(one.ask, one.body) for one in TAPE.answers if not one.error]
    assert read("panorama", "firewall", *answers).failure is None
    refused = b"<response status='error' code='16'><msg>Unauthorized request</msg></response>"
    changed = [(ask, refused if "Branch%20office%27%5D" in ask else body) for ask, body in answers]
    assert changed != answers
    reading = read("panorama", "firewall", *changed)
    assert reading.failure is not None and reading.failure.code == "privilege_missing"


def test_rules_are_asked_one_by_one_where_that_is_wanted() -> None:
    answers = [(one.ask, one.body) for one in TAPE.answers if not one.error]
    rule = panorama.RULE_HITS(group="HQ", base="pre", rule=_sent("web in"))
    whole = panorama.HITS(group="HQ", base="pre")
    body = dict(answers)[whole.text]
    reading = read("panorama", "firewall", *answers, (rule.text, body), rule_hits="each")
    assert reading.failure is None, reading.failure
    counted = {one.name for one in reading.of(FirewallRule) if one.counted}
    assert "web in" in counted
