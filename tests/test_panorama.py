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


KEPT = """\
set deviceconfig system hostname panorama
set shared address office ip-netmask 10.30.0.0/16
set shared post-rulebase security rules last source any
set shared post-rulebase security rules last action deny
set device-group HQ devices [ 001 002 ]
set device-group HQ address web ip-netmask 10.20.1.10
set device-group HQ pre-rulebase security rules first source office
set device-group HQ pre-rulebase security rules first destination web
set device-group HQ pre-rulebase security rules first action allow
set device-group "Branch office" devices 003
set device-group "Branch office" pre-rulebase security rules second action allow
set readonly devices localhost.localdomain device-group "Branch office" parent-dg HQ
"""
KEPT_XML = """\
<config><shared>
<address><entry name="office"><ip-netmask>10.30.0.0/16</ip-netmask></entry></address>
<post-rulebase><security><rules><entry name="last"><source><member>any</member></source>
<action>deny</action></entry></rules></security></post-rulebase></shared>
<devices><entry name="localhost.localdomain"><device-group>
<entry name="HQ"><devices><entry name="001"/><entry name="002"/></devices>
<address><entry name="web"><ip-netmask>10.20.1.10</ip-netmask></entry></address>
<pre-rulebase><security><rules><entry name="first"><source><member>office</member></source>
<destination><member>web</member></destination><action>allow</action></entry></rules></security>
</pre-rulebase></entry>
<entry name="Branch office"><devices><entry name="003"/></devices><pre-rulebase><security><rules>
<entry name="second"><action>allow</action></entry></rules></security></pre-rulebase></entry>
</device-group></entry></devices>
<readonly><devices><entry name="localhost.localdomain"><device-group><entry name="Branch office">
<parent-dg>HQ</parent-dg></entry></device-group></entry></devices></readonly></config>
"""


@pytest.mark.parametrize("text", [KEPT, KEPT_XML])
def test_a_kept_configuration_tells_each_firewall_its_rules(text: str) -> None:
    reading = read("panorama", "firewall", ("show config running", text.encode()))
    assert reading.failure is None, reading.failure
    rules = [one for one in reading.of(FirewallRule) if not one.implicit]
    assert [(one.subject_unit, one.name, one.sources, one.destinations) for one in rules] == [
        ("001", "first", ("10.30.0.0/16",), ("10.20.1.10/32",)),
        ("001", "last", ("any",), ("any",)),
        ("002", "first", ("10.30.0.0/16",), ("10.20.1.10/32",)),
        ("002", "last", ("any",), ("any",)),
        ("003", "first", ("10.30.0.0/16",), ("10.20.1.10/32",)),
        ("003", "second", ("any",), ("any",)),
        ("003", "last", ("any",), ("any",)),
    ]


def test_a_firewall_s_configuration_is_none_of_panorama_s() -> None:
    text = "set rulebase security rules a action allow\n"
    reading = read("panorama", "firewall", ("show config running", text.encode()))
    assert reading.failure is not None
    assert reading.failure.code == "result_empty_suspicious"
    assert "deliver the configuration of Panorama itself" in (reading.failure.next_step or "")
