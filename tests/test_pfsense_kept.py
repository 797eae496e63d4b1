"""A kept `config.xml` of pfSense."""

from __future__ import annotations

import json

from evidence.facts import FirewallRule
from evidence.reading import Reading
from tests.by_hand import read

CONFIG = """\
<?xml version="1.0"?>
<pfsense><version>21.5</version>
<system><user><name>admin</name><bcrypt-hash>$2b$10$canarykeptcanarykeptca</bcrypt-hash></user>
<snmpd><rocommunity>canary-kept</rocommunity></snmpd></system>
<aliases><alias><name>web</name><type>host</type><address>10.20.1.10 10.20.1.11</address></alias>
<alias><name>ports</name><type>port</type><address>443 8443</address></alias></aliases>
<filter>
<rule><id/><tracker>1700000001</tracker><type>pass</type><interface>wan</interface>
<ipprotocol>inet</ipprotocol><protocol>tcp</protocol><source><any/></source>
<destination><address>web</address><port>ports</port></destination><descr>web in</descr><log/>
<created><time>1700000000</time><username>admin@10.0.0.1</username></created></rule>
<rule><tracker>1700000001</tracker><type>block</type><interface>lan</interface>
<ipprotocol>inet46</ipprotocol><source><network>lan</network></source>
<destination><not/><address>10.0.0.0/8</address><port>1024:65535</port></destination><disabled/>
<descr>copied by hand</descr></rule>
<rule><interface>opt1,opt2</interface><floating>yes</floating><quick>yes</quick>
<direction>any</direction><protocol>icmp</protocol><icmptype>echoreq</icmptype>
<source><any/></source><destination><any/></destination><os>Linux</os><max/></rule>
</filter></pfsense>
"""


def kept(text: str) -> Reading:
    return read("pfsense", "firewall", ("config.xml", text.encode()))


def test_a_kept_configuration_is_rules_without_counters() -> None:
    reading = kept(CONFIG)
    assert reading.failure is None, reading.failure
    rules = {one.name: one for one in reading.of(FirewallRule) if not one.implicit}
    web, copied, floating = rules["web in"], rules["copied by hand"], rules[None]
    assert (web.vendor_id, copied.vendor_id) == ("1700000001", None)
    assert web.destinations == ("10.20.1.10", "10.20.1.11")
    assert set(web.services) == {"tcp/443", "tcp/8443"}
    assert (web.permits, web.logged, web.created_at is not None) == (True, True, True)
    assert (copied.enabled, copied.permits, copied.destinations_negated) == (False, False, True)
    assert copied.sources == ("lan",)
    assert floating.permits is True, "what is not written is the default"
    assert floating.not_understood == ("os 'Linux'",)


def test_rules_of_a_group_of_interfaces_come_before_those_of_one() -> None:
    group = "<ifgroups><ifgroupentry><ifname>inside</ifname><members>lan opt1</members>"
    entry = "<rule><interface>inside</interface><source><any/></source><destination><any/>"
    text = CONFIG.replace("<filter>", f"{group}</ifgroupentry></ifgroups><filter>").replace(
        "</filter>", f"{entry}</destination><descr>inside</descr></rule></filter>"
    )
    rules = [one for one in kept(text).of(FirewallRule) if one.policy == "in"]
    names = [one.name for one in sorted(rules, key=lambda one: one.position)]
    assert names == ["inside", "web in", "copied by hand", "Default deny rule"]
    assert rules[0].source_zones == ("lan", "opt1")


def test_what_stands_twice_is_two_rules() -> None:
    start, end = CONFIG.index("<rule><interface>opt1"), CONFIG.index("</filter>")
    reading = kept(CONFIG[:end] + CONFIG[start:end] + CONFIG[end:])
    keys = [one.key for one in reading.of(FirewallRule)]
    assert len(keys) == len(set(keys)) == 5


def test_the_rules_are_those_of_the_api() -> None:
    """Key and match of a rule are the same, whichever way it was read."""
    row = {
        "id": 0, "type": "pass", "interface": ["wan"], "ipprotocol": "inet", "protocol": "tcp",
        "source": "any", "source_port": None, "destination": "web", "destination_port": "ports",
        "descr": "web in", "disabled": False, "log": True, "tracker": 1700000001,
        "floating": False, "quick": False,
    }  # fmt: skip
    aliases = [
        {"name": "web", "type": "host", "address": ["10.20.1.10", "10.20.1.11"]},
        {"name": "ports", "type": "port", "address": ["443", "8443"]},
    ]
    answers = [
        (f"GET /api/v2/firewall/{name}?limit=0&offset=0", _answer(data))
        for name, data in (("rules", [row]), ("aliases", aliases))
    ]
    by_api = read("pfsense", "firewall", *answers).of(FirewallRule)[0]
    kept_ = next(one for one in kept(CONFIG).of(FirewallRule) if one.name == "web in")
    assert (by_api.key, by_api.match_digest) == (kept_.key, kept_.match_digest)


def _answer(data: object) -> bytes:
    return json.dumps({"code": 200, "status": "ok", "message": "", "data": data}).encode()


def test_what_is_none_or_half_of_one_is_refused() -> None:
    for text, code in (
        (CONFIG[: len(CONFIG) // 2], "output_incomplete"),
        (CONFIG.replace("pfsense>", "opnsense>"), "output_unexpected"),
        (CONFIG[: CONFIG.index("<filter>")] + "</pfsense>", "result_empty_suspicious"),
    ):
        reading = kept(text)
        assert reading.failure is not None
        assert reading.failure.code == code, reading.failure
