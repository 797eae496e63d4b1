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


ASA = (
    (
        "show access-list",
        "access-list OUT; 4 elements; name hash: 0x1\n"
        "access-list OUT line 1 extended permit tcp any object web eq https (hitcnt=2) 0x00000011\n"
        "  access-list OUT line 1 extended permit tcp any host 10.20.1.10 eq https (hitcnt=2) "
        "0x00000011\n"
        "access-list OUT line 2 extended permit tcp any 10.20.2.0 255.255.255.0 eq smtp "
        "(hitcnt=0) 0x00000012\n"
        "access-list OUT line 3 extended permit tcp any host 10.20.9.9 eq ssh (hitcnt=0) "
        "0x00000013\n"
        "access-list OUT line 4 extended deny ip any any (hitcnt=7) 0x00000014\n"
        "access-list IN; 1 elements; name hash: 0x2\n"
        "access-list IN line 1 extended permit ip any host 10.99.0.5 (hitcnt=1) 0x00000021\n",
    ),
    (
        "show running-config access-group",
        "access-group OUT in interface outside\naccess-group IN in interface inside\n",
    ),
    (
        "show running-config object",
        "object network web\n host 10.20.1.10\nobject network mail-net\n"
        " subnet 10.20.2.0 255.255.255.0\nobject network outer-mail\n"
        " subnet 203.0.113.64 255.255.255.192\nobject network off\n host 10.20.9.9\n"
        "object network peer\n host 10.99.0.5\nobject network peer-seen\n host 192.0.2.5\n"
        "object network lan\n subnet 10.0.0.0 255.0.0.0\n",
    ),
    (
        "show running-config nat",
        "nat (inside,outside) source static lan lan destination static peer-seen peer "
        "no-proxy-arp\n"
        "nat (dmz,outside) source static mail-net outer-mail description of mail inactive\n"
        "nat (dmz,outside) source static off outer-mail inactive\n"
        "!\nobject network web\n"
        " nat (dmz,outside) static 203.0.113.10 service tcp 8443 https \n"
        "object network lan\n nat (inside,outside) dynamic interface\n"
        "!\nnat (any,outside) after-auto source dynamic any interface\n",
    ),
)


def test_a_rule_of_an_asa_names_the_address_behind_the_translation() -> None:
    reading = read("asa", "firewall", *((ask, text.encode()) for ask, text in ASA))
    assert nat(reading) == [
        "destination 203.0.113.10 tcp/https to 10.20.1.10 8443 by web",
        "destination 203.0.113.64/26 to 10.20.2.0/24 by source static mail-net outer-mail",
        None,
        None,
        "destination 192.0.2.5 to 10.99.0.5 by source static lan lan",
    ]


def test_before_8_3_it_names_the_address_that_the_interface_sees() -> None:
    configuration = (
        "ASA Version 8.2(5)\nhostname fw\n"
        "static (dmz,outside) tcp 203.0.113.10 https 10.20.1.10 8443 netmask 255.255.255.255\n"
        "static (dmz,outside) 203.0.113.11 10.20.1.11 netmask 255.255.255.255\n"
        "access-list OUT extended permit tcp any host 203.0.113.10 eq https\n"
        "access-list OUT extended permit tcp any host 203.0.113.11 eq smtp\n"
        "access-list OUT extended permit tcp any host 10.20.1.11 eq smtp\n"
        "access-group OUT in interface outside\n"
    )
    reading = read("asa", "firewall", ("show running-config", configuration.encode()))
    assert nat(reading) == [
        "destination 203.0.113.10/32 tcp/https to 10.20.1.10/32 8443 by static",
        "destination 203.0.113.11/32 to 10.20.1.11/32 by static",
        None,
    ]


def test_names_of_a_kept_configuration_lead_there_too() -> None:
    configuration = (
        "ASA Version 9.16(4)\nhostname fw\nobject network web\n host 10.20.1.10\n"
        "object-group network servers\n network-object object web\n"
        "object network web\n nat (dmz,outside) static interface\n"
        "access-list OUT extended permit tcp any object-group servers eq https\n"
        "access-group OUT in interface outside\n"
    )
    reading = read("asa", "firewall", ("show running-config", configuration.encode()))
    assert nat(reading) == ["destination interface outside to 10.20.1.10 by web"]


BOTH_WAYS = """\
<source-translation><static-ip><bi-directional>{word}</bi-directional>
<translated-address>203.0.113.10</translated-address></static-ip></source-translation>
"""


@pytest.mark.parametrize(
    ("word", "zone", "told"),
    [
        ("yes", "outside", "destination 203.0.113.10/32 to 10.20.1.10/32 by publish"),
        ("yes", "inside", None),
        ("no", "outside", None),
    ],
)
def test_a_static_source_translation_of_pan_os_may_work_backwards(
    word: str, zone: str, told: str | None
) -> None:
    body = RULES.format(zone=zone, address="203.0.113.0/24", more="")
    start, end = "<destination-translation>", "</destination-translation>"
    before, _, rest = body.partition(start)
    before = before.replace(
        "<source><member>any</member></source>\n<destination><member>203.0.113.10",
        "<source><member>10.20.1.10</member></source>\n<destination><member>any",
    )
    body = before + BOTH_WAYS.format(word=word) + rest.partition(end)[2]
    assert nat(read("panos", "firewall", ("rules", body.encode()))) == [told]


def test_a_network_of_a_rule_holds_what_is_translated() -> None:
    body = RULES.format(zone="outside", address="203.0.113.0/24", more="").encode()
    (said,) = nat(read("panos", "firewall", ("rules", body)))
    assert said == "destination 203.0.113.10/32 to 10.20.1.10/32 8443 by publish"


def test_panorama_s_nat_stands_before_and_behind_by_group_and_target() -> None:
    tape = read_tape(CASES / "panorama" / "firewall.groups.tape")

    def rule(name: str, target: str = "") -> str:
        return (
            f"<entry name='{name}'><from><member>untrust</member></from><to><member>untrust"
            "</member></to><source><member>any</member></source><destination>"
            "<member>web-servers</member></destination><destination-translation>"
            f"<translated-address>10.9.9.9</translated-address></destination-translation>{target}"
            "</entry>"
        )

    only_b = "<target><devices><entry name='001801000002'/></devices></target>"

    def with_nat(body: str) -> str:
        pre = f"<pre-rulebase><nat><rules>{rule('publish')}</rules></nat>"
        post = f"<post-rulebase><nat><rules>{rule('late', only_b)}</rules></nat>"
        if "<entry name='HQ'><pre-rulebase>" not in body:
            return body
        return body.replace("<pre-rulebase>", pre).replace("<post-rulebase>", post)

    answers = [replace(one, body=with_nat(one.body.decode()).encode()) for one in tape.answers]
    reading = read_case(replace(tape, answers=tuple(answers)), "firewall")
    told = {one.subject_unit: one.nat for one in reading.of(FirewallRule) if one.name == "web in"}
    assert told["001801000001"] is not None
    assert told["001801000001"].endswith("to 10.9.9.9/32 by publish")
    assert str(told["001801000002"]).endswith("by late"), "one for this firewall alone stands last"
    assert "publish" in str(told["001801000002"])
