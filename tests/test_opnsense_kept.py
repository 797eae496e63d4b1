"""A kept `config.xml` of OPNsense."""

from __future__ import annotations

from evidence.facts import FirewallRule
from evidence.reading import Reading
from tests.by_hand import read

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
    web, off = reading.of(FirewallRule)
    assert (web.vendor_id, web.destinations, web.services) == (
        "0b1c",
        ("10.20.1.10",),
        ("tcp/443",),
    )
    assert (web.permits, web.logged, web.enabled) == (True, True, True)
    assert (off.enabled, off.permits, off.destinations_negated) == (False, False, True)
    assert off.not_understood == ("frob 'x'",)
    (new,) = kept("", NEW_RULE).of(FirewallRule)
    assert (new.vendor_id, new.sources, new.permits) == ("9f", ("10.20.1.10",), False)


def test_rules_of_both_pages_have_no_order_that_the_document_tells() -> None:
    for reading, code in (
        (kept(OLD, NEW_RULE), "output_unexpected"),
        (kept(""), "result_empty_suspicious"),
        (read("opnsense", "firewall", ("config.xml", b"<pfsense/>")), "output_unexpected"),
        (read("opnsense", "firewall", ("config.xml", b"<opnsense><fil")), "output_incomplete"),
    ):
        assert reading.failure is not None
        assert reading.failure.code == code, reading.failure
