"""Destination translation: a rule that leads from an outer address to an inner one says so."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from evidence.facts import FirewallRule
from evidence.reading import Reading
from evidence.tape import TapeAnswer, read_tape
from tests.by_hand import read
from tests.test_cases import CASES, read_case

FORTIOS = """\
config firewall vip
    edit "vip-web"
        set extip 203.0.113.10
        set mappedip "10.20.1.10"
        set extintf "wan1"
    next
    edit "vip-mail"
        set extip 203.0.113.11
        set extintf "wan1"
        set portforward enable
        set mappedip "10.20.1.25"
        set extport 25
        set mappedport 2525
    next
end
config firewall vipgrp
    edit "published"
        set member "vip-web" "vip-mail"
    next
end
config firewall policy
    edit 1
        set action accept
        set srcintf "wan1"
        set dstintf "dmz"
        set srcaddr "all"
        set dstaddr "vip-web"
        set service "HTTPS"
    next
    edit 2
        set action accept
        set srcintf "wan1"
        set dstintf "dmz"
        set srcaddr "all"
        set dstaddr "published"
        set service "ALL"
        set nat enable
    next
    edit 3
        set action accept
        set srcintf "dmz"
        set dstintf "wan1"
        set srcaddr "all"
        set dstaddr "all"
        set service "ALL"
    next
end
"""


def nat(reading: Reading) -> list[str | None]:
    assert reading.failure is None, reading.failure
    return [rule.nat for rule in reading.of(FirewallRule) if not rule.implicit]


def test_a_fortigates_virtual_ips_stand_with_the_policies_that_lead_to_them() -> None:
    reading = read("fortios", "firewall", ("show full-configuration", FORTIOS.encode()))
    web = "destination 203.0.113.10 to 10.20.1.10"
    mail = "destination 203.0.113.11 tcp/25 to 10.20.1.25 2525"
    assert nat(reading) == [web, f"source; {web}; {mail}", None]
    first = reading.of(FirewallRule)[0]
    assert first.destinations == ("vip-web",), "what it matches is called as before"


def test_the_same_by_rest() -> None:
    tape = read_tape(CASES / "fortios" / "firewall.two_vdoms.tape")
    rows = [
        {
            "name": "web-orders",
            "extip": "203.0.113.10",
            "mappedip": [{"range": "10.20.1.10"}],
            "portforward": "disable",
        }
    ]
    body = [
        {
            "http_method": "GET",
            "results": rows,
            "vdom": "root",
            "status": "success",
            "http_status": 200,
            "serial": "FG100FTK00000001",
            "version": "v7.2.8",
            "build": 1639,
        }
    ]
    answer = TapeAnswer("GET /api/v2/cmdb/firewall/vip?vdom=*", json.dumps(body).encode())
    with_vip = read_case(replace(tape, answers=(*tape.answers, answer)), "firewall")
    plain = read_case(tape, "firewall")
    told = [(old, new) for old, new in zip(nat(plain), nat(with_vip), strict=True) if old != new]
    assert told
    assert all("destination 203.0.113.10 to 10.20.1.10" in str(new) for _, new in told)


RULES = """\
<response status="success"><result><rulebase><security><rules>
<entry name="web in" uuid="u1"><from><member>{zone}</member></from><to><member>dmz</member></to>
<source><member>any</member></source><destination><member>{address}</member></destination>
<service><member>any</member></service><application><member>any</member></application>
<action>allow</action></entry></rules></security>
<nat><rules><entry name="publish"><from><member>outside</member></from>
<to><member>outside</member></to><source><member>any</member></source>
<destination><member>203.0.113.10</member></destination>
<destination-translation><translated-address>10.20.1.10</translated-address>
<translated-port>8443</translated-port></destination-translation>{more}</entry>
<entry name="hide"><source-translation/></entry></rules></nat></rulebase></result></response>
"""


@pytest.mark.parametrize(
    ("zone", "address", "more", "told"),
    [
        (
            "outside",
            "203.0.113.10",
            "",
            "destination 203.0.113.10/32 to 10.20.1.10/32 8443 by publish",
        ),
        ("inside", "203.0.113.10", "", None),
        ("outside", "203.0.113.11", "", None),
        ("outside", "203.0.113.10", "<disabled>yes</disabled>", None),
    ],
)
def test_a_rule_of_pan_os_names_the_address_before_translation(
    zone: str, address: str, more: str, told: str | None
) -> None:
    body = RULES.format(zone=zone, address=address, more=more).encode()
    assert nat(read("panos", "firewall", ("rules", body))) == [told]
