"""A router is asked by its one way: by REST no line of the command line, by SSH no request."""

import pytest

from collectors import mikrotik
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import NotAnswered
from evidence.facts import FirewallRule, RuleUsage
from evidence.reading import Reading
from tests.by_hand import read


def asked(transport: str, code: str) -> list[Ask]:
    """Everything asked of a router that answers nothing, until the reading gives up."""
    flow = mikrotik.firewall(Device(id="router", platform="mikrotik", transport=transport))
    sent = [next(flow)]
    with pytest.raises(NotAnswered):
        while True:
            sent.append(flow.throw(NotAnswered("no answer", code=code)))
    return sent


@pytest.mark.parametrize(("transport", "kind"), [("https", "http"), ("ssh", "command")])
def test_a_router_is_asked_by_its_one_way(transport: str, kind: str) -> None:
    sent = asked(transport, "ask_refused")
    assert {one.kind for one in sent} == {kind}
    wanted = mikrotik.MENUS["ip", "filter"]
    assert sent[-1] == (wanted.rest if kind == "http" else wanted.line)


def test_a_menu_that_the_account_may_not_read_is_the_last_that_is_asked() -> None:
    assert len(asked("https", "privilege_missing")) == 1


EXPORT = r"""# 2026-01-01 00:00:00 by RouterOS 7.16
# software id = ABCD-1234
#
# model = RB4011iGS+
/interface list
add name=WAN
/ip firewall address-list
add address=10.0.0.0/8 list=office
add address=10.9.9.9 disabled=yes list=office
add address=bad.example.com list=names timeout=1d
/ip firewall filter
add action=accept chain=input comment="a \"quoted\" one, 5\" wide" connection-state=\
    established,related
add action=drop chain=input disabled=yes in-interface-list=!LAN
add action=accept chain=forward dst-port=80,443 log=yes protocol=tcp \
    src-address-list=office
add action=accept chain=forward icmp-options=8:0-255 protocol=icmp
add action=accept chain=forward icmp-options=3:4 protocol=icmp src-address-list=names
add action=drop chain=forward frobnicate=3
/ip firewall nat
add action=dst-nat chain=dstnat dst-address=203.0.113.1 dst-port=80 protocol=tcp \
    to-addresses=10.1.1.1 to-ports=8080
/ip firewall service-port
set ftp disabled=yes
/ipv6 firewall filter
add action=accept chain=input protocol=icmpv6
"""


def exported(text: str) -> Reading:
    return read("mikrotik", "firewall", ("/export", text.encode()))


def test_an_export_tells_the_rules_without_counters() -> None:
    for text in (EXPORT, EXPORT.replace("/ip firewall", "/ip/firewall")):
        reading = exported(text)
        assert reading.failure is None, reading.failure
        assert not reading.of(RuleUsage)
        found = [one for one in reading.of(FirewallRule) if not one.implicit]
        told = [(one.enabled, one.permits, one.sources, one.services) for one in found]
        assert told == [
            (True, True, ("any",), ("any",)),
            (False, False, ("any",), ("any",)),
            (True, True, ("10.0.0.0/8",), ("tcp/80", "tcp/443")),
            (True, True, ("any",), ("icmp/8",)),
            (True, True, ("names",), ("icmp/3/4",)),
            (True, False, ("any",), ("any",)),
            (True, None, ("any",), ("tcp/80",)),
            (True, True, ("any",), ("icmpv6",)),
        ]
        assert found[0].conditions == ("connection-state established,related",)
        assert found[2].logged is True
        assert found[5].not_understood == ("frobnicate=3",)
        assert found[6].nat == "dst-nat to 10.1.1.1:8080"
        defaults = {one.key for one in reading.of(FirewallRule) if one.implicit}
        assert {"filter/ip/input/(default)", "filter/ip6/forward/(default)"} <= defaults


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (EXPORT.replace("/ip firewall nat\n", "set 0 disabled=yes\n/ip firewall nat\n"),
         "output_unexpected"),
        (EXPORT[: EXPORT.index("established,related")], "output_incomplete"),
        (EXPORT[: EXPORT.index("/interface list")], "result_empty_suspicious"),
        ("/ip firewall filter\nadd chain=input\n", "output_unexpected"),
    ],
)  # fmt: skip
def test_an_export_that_is_not_whole_is_no_list(text: str, code: str) -> None:
    failure = exported(text).failure
    assert failure is not None
    assert failure.code == code, failure
