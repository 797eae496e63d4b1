"""A kept `config.xml` of OPNsense."""

from __future__ import annotations

import json
from dataclasses import replace

from evidence.facts import FirewallRule
from evidence.reading import Reading
from evidence.tape import TapeAnswer, read_tape
from tests.by_hand import read
from tests.test_cases import CASES, read_case

OLD = """\
<rule uuid="0b1c"><type>pass</type><interface>wan</interface><ipprotocol>inet</ipprotocol>
<protocol>tcp</protocol><source><any>1</any></source><destination><address>web</address>
<port>443</port></destination><descr>web in</descr><log>1</log></rule>
<rule><type>block</type><interface>lan</interface><ipprotocol>inet46</ipprotocol>
<source><network>lan</network></source><destination><not>1</not><address>10.0.0.0/8</address>
</destination><disabled>1</disabled><frob>x</frob></rule>
"""
NEW = """\
<OPNsense><Firewall><Alias><aliases><alias uuid="a1"><enabled>1</enabled><name>web</name>
<type>host</type><content>10.20.1.10</content></alias></aliases></Alias>{rules}</Firewall></OPNsense>
"""
NEW_RULE = """\
<Filter><rules><rule uuid="9f"><enabled>1</enabled><sequence>1</sequence><action>block</action>
<quick>1</quick><interface>opt1</interface><direction>in</direction><ipprotocol>inet</ipprotocol>
<protocol>any</protocol><source_net>web</source_net><destination_net>any</destination_net>
<log>0</log><description>new page</description></rule></rules></Filter>
"""


def kept(old: str, new: str = "") -> Reading:
    body = f"<opnsense><system/>{NEW.format(rules=new)}<filter>{old}</filter></opnsense>"
    return read("opnsense", "firewall", ("config.xml", body.encode()))


def test_rules_of_either_page_are_told_without_counters() -> None:
    reading = kept(OLD)
    assert reading.failure is None, reading.failure
    web, off, default = reading.of(FirewallRule)
    assert (web.vendor_id, web.destinations, web.services) == (
        "0b1c",
        ("10.20.1.10",),
        ("tcp/443",),
    )
    assert (web.permits, web.logged, web.enabled) == (True, True, True)
    assert (off.enabled, off.permits, off.destinations_negated) == (False, False, True)
    assert (default.implicit, default.permits, default.position) == (True, False, 3)
    assert off.not_understood == ("frob 'x'",)
    new, _ = kept("", NEW_RULE).of(FirewallRule)
    assert (new.vendor_id, new.sources, new.permits) == ("9f", ("10.20.1.10",), False)


def rule(name: str, interface: str, *, page: str = "new", more: str = "", weight: int = 1) -> str:
    if page == "new":
        return (
            f"<rule uuid='{name}'><enabled>1</enabled><sequence>{weight}</sequence><action>pass"
            f"</action><quick>1</quick><interface>{interface}</interface><direction>in</direction>"
            "<ipprotocol>inet</ipprotocol><protocol>any</protocol><source_net>any</source_net>"
            f"<destination_net>any</destination_net><description>{name}</description>{more}</rule>"
        )
    return (
        f"<rule><type>pass</type><interface>{interface}</interface><ipprotocol>inet</ipprotocol>"
        f"<source><any>1</any></source><destination><any/></destination><descr>{name}</descr>"
        f"{more}</rule>"
    )


GROUPS = """\
<ifgroups version="1.0.0">
<ifgroupentry uuid="g1"><ifname>Inside</ifname><members>lan,opt1</members><sequence>20</sequence>
</ifgroupentry>
<ifgroupentry uuid="g2"><ifname>Guests</ifname><members>opt2 opt3</members><sequence>10</sequence>
</ifgroupentry>
</ifgroups>
"""


def both(old: str, new: str, aliases: str = "") -> Reading:
    body = (
        f"<opnsense><system/>{GROUPS}<OPNsense><Firewall><Alias><aliases>{aliases}</aliases></Alias>"
        f"<Filter><rules>{new}</rules></Filter></Firewall></OPNsense><filter>{old}</filter>"
        "</opnsense>"
    )
    return read("opnsense", "firewall", ("config.xml", body.encode()))


def test_rules_of_both_pages_decide_in_the_order_in_which_they_are_loaded() -> None:
    """Those that float, those of groups by weight, those of one interface; new pages first."""
    floating = "<floating>yes</floating>"
    old = "".join(
        (
            rule("old lan", "lan", page="old"),
            rule("old floating, last", "wan,lan", page="old", more=floating),
            rule("old floating", "lan", page="old", more=f"{floating}<quick>1</quick>"),
            rule("old inside", "Inside", page="old"),
        )
    )
    new = "".join(
        (
            rule("lan 9", "lan", weight=9),
            rule("lan 5", "lan", weight=5),
            rule("all 7", "", weight=7),
            rule("both 8", "lan,opt1", weight=8),
            rule("inside", "Inside"),
            rule("guests", "Guests", weight=99),
        )
    )
    found = both(old, new).of(FirewallRule)
    assert [one.name for one in found if not one.implicit] == [
        *("all 7", "both 8", "old floating", "guests", "inside", "old inside", "lan 5", "lan 9"),
        *("old lan", "old floating, last"),
    ]
    zones = {str(one.name): one.source_zones for one in found}
    assert zones["inside"] == zones["old inside"] == ("lan", "opt1")
    assert zones["guests"] == ("opt2", "opt3")
    assert zones["all 7"] == ()


def test_groups_of_interfaces_are_known_by_the_api_too() -> None:
    tape = read_tape(CASES / "opnsense" / "firewall.master.tape")
    row = {"uuid": "g", "ifname": "lan", "%members": "Office,Lab", "members": "opt3,opt4"}
    body = json.dumps({"rows": [{**row, "%ifname": "LAN"}], "total": 1, "rowCount": 1})
    answer = TapeAnswer("GET /api/firewall/group/search_item", body.encode())
    reading = read_case(replace(tape, answers=(*tape.answers, answer)), "firewall")
    zones = {one.name: one.source_zones for one in reading.of(FirewallRule)}
    assert zones["staff to the order gateway"] == ("Office", "Lab")
    assert zones["guests stay out"] == ("Office", "Lab", "DMZ")


def alias(name: str, kind: str, content: str, enabled: str = "1") -> str:
    return (
        f"<alias uuid='{name}'><enabled>{enabled}</enabled><name>{name}</name><type>{kind}</type>"
        f"<content>{content}</content></alias>"
    )


ALIASES = "".join(
    (
        alias("web", "host", "10.20.1.10\n10.20.1.20-10.20.1.29\nshop.example.com"),
        alias("nets", "network", "10.30.0.0/16\n2001:db8::/48"),
        alias("holes", "network", "10.0.0.0/8\n!10.1.0.0/16"),
        alias("nested", "networkgroup", "web\nnets\ntw"),
        alias("loop", "networkgroup", "loop"),
        alias("empty", "host", ""),
        alias("off", "host", "10.9.9.9", "0"),
        alias("tw", "geoip", "TW"),
        alias("listed", "urltable", "https://example.com/list"),
        alias("ports", "port", "443\n8000:8010\nmore_ports"),
        alias("more_ports", "port", "9443"),
        *(alias(one, one, "x") for one in ("mac", "asn", "dynipv6host", "authgroup", "external")),
    )
)


def test_aliases_of_every_kind_stand_for_what_is_told_and_for_no_more() -> None:
    told = {
        "web": ("10.20.1.10", "10.20.1.20-10.20.1.29", "shop.example.com"),
        "nets": ("10.30.0.0/16", "2001:db8::/48"),
        "nested": (
            *("10.20.1.10", "10.20.1.20-10.20.1.29", "shop.example.com"),
            *("10.30.0.0/16", "2001:db8::/48", "tw"),
        ),
        **{
            one: (one,)
            for one in (
                *("holes", "loop", "empty", "off", "tw", "listed", "nobody", "mac", "asn"),
                *("dynipv6host", "authgroup", "external"),
            )
        },
    }
    new = "".join(
        rule(name, "lan").replace("<source_net>any", f"<source_net>{name}") for name in told
    )
    ported = rule("by port", "lan", more="<destination_port>ports</destination_port>").replace(
        "<protocol>any", "<protocol>TCP"
    )
    found = {str(one.name): one for one in both("", new + ported, ALIASES).of(FirewallRule)}
    assert {name: found[name].sources for name in told} == told
    assert found["by port"].services == ("tcp/443", "tcp/8000-8010", "tcp/9443")


def test_aliases_as_they_were_kept_before_are_read() -> None:
    old = rule("web in", "wan", page="old").replace(
        "<destination><any/>", "<destination><address>web</address>"
    )
    body = (
        "<opnsense><aliases><alias><name>web</name><type>host</type><address>10.20.1.10 10.20.1.11"
        f"</address></alias></aliases><filter>{old}</filter></opnsense>"
    )
    one, _ = read("opnsense", "firewall", ("config.xml", body.encode())).of(FirewallRule)
    assert one.destinations == ("10.20.1.10", "10.20.1.11")


def test_another_document_is_refused() -> None:
    for reading, code in (
        (kept(""), "result_empty_suspicious"),
        (read("opnsense", "firewall", ("config.xml", b"<pfsense/>")), "output_unexpected"),
        (read("opnsense", "firewall", ("config.xml", b"<opnsense><fil")), "output_incomplete"),
    ):
        assert reading.failure is not None
        assert reading.failure.code == code, reading.failure
