"""A kept configuration of PAN-OS, in each of the three forms in which it is printed."""

from __future__ import annotations

import pytest

from evidence.facts import FirewallRule, to_record
from evidence.reading import Reading
from tests.by_hand import read

SET = """\
# as kept
set deviceconfig system hostname fw
set mgt-config users admin phash $5$canarykept$canary0123456789
set shared address office ip-netmask 10.30.0.0/16
set vsys vsys1 zone trust network layer3 ethernet1/1
set vsys vsys1 address web ip-netmask 10.20.1.10
set vsys vsys1 address-group servers static [ web office ]
set vsys vsys1 service app protocol tcp port 8443
set vsys vsys1 service-group ports members [ app service-https ]
set vsys vsys1 rulebase security rules "web in" from untrust
set vsys vsys1 rulebase security rules "web in" to [ trust dmz ]
set vsys vsys1 rulebase security rules "web in" source any
set vsys vsys1 rulebase security rules "web in" destination 203.0.113.10
set vsys vsys1 rulebase security rules "web in" service ports
set vsys vsys1 rulebase security rules "web in" application any
set vsys vsys1 rulebase security rules "web in" action allow
set vsys vsys1 rulebase security rules "web in" description "the [web]; {all}"
set vsys vsys1 rulebase security rules "web in" profile-setting group strict
set vsys vsys1 rulebase security rules "web in" uuid 11111111-2222-4333-8444-555555555555
set vsys vsys1 rulebase security rules old from trust
set vsys vsys1 rulebase security rules old to untrust
set vsys vsys1 rulebase security rules old source servers
set vsys vsys1 rulebase security rules old destination any
set vsys vsys1 rulebase security rules old service any
set vsys vsys1 rulebase security rules old application any
set vsys vsys1 rulebase security rules old action deny
set vsys vsys1 rulebase security rules old disabled yes
set vsys vsys1 rulebase nat rules publish from untrust
set vsys vsys1 rulebase nat rules publish to untrust
set vsys vsys1 rulebase nat rules publish source any
set vsys vsys1 rulebase nat rules publish destination 203.0.113.10
set vsys vsys1 rulebase nat rules publish destination-translation translated-address web
set vsys vsys1 rulebase nat rules publish destination-translation translated-port 8443
"""
BRACES = """\
config {
  mgt-config { users { admin { phash $5$canarykept$canary0123456789; } } }
  shared { address { office { ip-netmask 10.30.0.0/16; } } }
  devices {
    localhost.localdomain {
      vsys {
        vsys1 {
          address { web { ip-netmask 10.20.1.10; } }
          address-group { servers { static [ web office ]; } }
          service { app { protocol { tcp { port 8443; } } } }
          service-group { ports { members [ app service-https ]; } }
          rulebase {
            security {
              rules {
                "web in" {
                  from untrust;
                  to [ trust dmz ];
                  source any;
                  destination 203.0.113.10;
                  service ports;
                  application any;
                  action allow;
                  description "the [web]; {all}";
                  profile-setting { group strict; }
                  uuid 11111111-2222-4333-8444-555555555555;
                }
                old {
                  from trust;
                  to untrust;
                  source servers;
                  destination any;
                  service any;
                  application any;
                  action deny;
                  disabled yes;
                }
              }
            }
            nat {
              rules {
                publish {
                  from untrust;
                  to untrust;
                  source any;
                  destination 203.0.113.10;
                  destination-translation { translated-address web; translated-port 8443; }
                }
              }
            }
          }
        }
      }
    }
  }
}
"""


def _m(tag: str, *values: str) -> str:
    return f"<{tag}>{''.join(f'<member>{one}</member>' for one in values)}</{tag}>"


XML = (
    "<?xml version='1.0'?><config version='10.2.0'><mgt-config><users><entry name='admin'>"
    "<phash>$5$canarykept$canary0123456789</phash></entry></users></mgt-config>"
    "<shared><address><entry name='office'><ip-netmask>10.30.0.0/16</ip-netmask></entry></address>"
    "</shared><devices><entry name='localhost.localdomain'><vsys><entry name='vsys1'><address>"
    "<entry name='web'><ip-netmask>10.20.1.10</ip-netmask></entry></address><address-group>"
    f"<entry name='servers'>{_m('static', 'web', 'office')}</entry></address-group><service>"
    "<entry name='app'><protocol><tcp><port>8443</port></tcp></protocol></entry></service>"
    f"<service-group><entry name='ports'>{_m('members', 'app', 'service-https')}</entry>"
    "</service-group><rulebase><security><rules><entry name='web in' "
    f"uuid='11111111-2222-4333-8444-555555555555'>{_m('from', 'untrust')}"
    f"{_m('to', 'trust', 'dmz')}{_m('source', 'any')}{_m('destination', '203.0.113.10')}"
    f"{_m('service', 'ports')}{_m('application', 'any')}<action>allow</action>"
    "<description>the [web]; {all}</description><profile-setting>"
    f"{_m('group', 'strict')}</profile-setting></entry><entry name='old'>{_m('from', 'trust')}"
    f"{_m('to', 'untrust')}{_m('source', 'servers')}{_m('destination', 'any')}"
    f"{_m('service', 'any')}{_m('application', 'any')}<action>deny</action>"
    "<disabled>yes</disabled></entry></rules></security><nat><rules><entry name='publish'>"
    f"{_m('from', 'untrust')}{_m('to', 'untrust')}{_m('source', 'any')}"
    f"{_m('destination', '203.0.113.10')}<destination-translation><translated-address>web"
    "</translated-address><translated-port>8443</translated-port></destination-translation>"
    "</entry></rules></nat></rulebase></entry></vsys></entry></devices></config>"
)


def kept(text: str) -> Reading:
    return read("panos", "firewall", ("show config running", text.encode()))


def test_three_forms_give_the_same_rules() -> None:
    told = [kept(form) for form in (SET, BRACES, XML)]
    for reading in told:
        assert reading.failure is None, reading.failure
    first, *others = [[to_record(one) for one in reading.facts] for reading in told]
    assert others == [first, first]
    web, old, *defaults = told[0].of(FirewallRule)
    assert (web.name, web.destination_zones, web.services) == (
        "web in",
        ("trust", "dmz"),
        ("tcp/8443", "tcp/443"),
    )
    assert web.nat == "destination 203.0.113.10/32 to 10.20.1.10/32 8443 by publish"
    assert web.comment == "the [web]; {all}"
    assert (old.enabled, old.permits, old.sources) == (
        False,
        False,
        ("10.20.1.10/32", "10.30.0.0/16"),
    )
    assert [one.implicit for one in defaults] == [True, True]


def test_a_vsys_that_is_not_named_is_the_first() -> None:
    reading = kept(SET.replace("vsys vsys1 ", ""))
    assert reading.failure is None, reading.failure
    assert [to_record(one) for one in reading.facts] == [to_record(one) for one in kept(SET).facts]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("delete rulebase security rules old", ["web in"]),
        ("move rulebase security rules old top", ["old", "web in"]),
        ("move rulebase security rules old before 'web in'", ["old", "web in"]),
        ("move rulebase security rules 'web in' after old", ["old", "web in"]),
        ("move rulebase security rules 'web in' bottom", ["old", "web in"]),
        ("rename rulebase security rules old to older", ["web in", "older"]),
        ("delete deviceconfig system hostname", ["web in", "old"]),
        ("delete address web", ["web in", "old"]),
    ],
)
def test_lines_that_change_what_stands_are_carried_out(line: str, names: list[str]) -> None:
    reading = kept(SET + line.replace("'", '"') + "\n")
    assert reading.failure is None, reading.failure
    assert [one.name for one in reading.of(FirewallRule) if not one.implicit] == names


ONE_LINE = """\
set service both protocol udp port 53 source-port 1024-65535
set rulebase security rules r1 from [ a b ] to c source any destination [ 10.1.1.1 10.2.0.0/16 ] \
application any service both description "first line
set second" action allow log-end no
set rulebase security rules r2 from a to any source 10.9.9.9 destination any service any action deny
set rulebase security rules r2 application any
delete rulebase security rules r2 source 10.9.9.9
set rulebase security rules r2 source 10.8.8.8
delete rulebase security rules r1 to
"""


def test_a_line_may_hold_several_fields_and_a_description_several_lines() -> None:
    reading = kept(ONE_LINE)
    assert reading.failure is None, reading.failure
    one, two = (rule for rule in reading.of(FirewallRule) if not rule.implicit)
    assert (one.source_zones, one.destination_zones) == (("a", "b"), ())
    assert one.destinations == ("10.1.1.1/32", "10.2.0.0/16")
    assert one.services == ("udp/53 from 1024-65535",)
    assert (one.permits, one.logged, one.comment) == (True, False, "first line\nset second")
    assert (two.permits, two.sources, two.not_understood) == (False, ("10.8.8.8/32",), ())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (SET + "delete rulebase security rules nobody\n", "output_incomplete"),
        (SET + "move rulebase security rules old before nobody\n", "output_unexpected"),
        (SET + "edit rulebase security rules old\n", "output_unexpected"),
        (SET + 'set vsys vsys1 rulebase security rules "x', "output_incomplete"),
        (SET + "set vsys vsys1 address-group a static [ b", "output_incomplete"),
        (BRACES[: BRACES.index("disabled yes")], "output_incomplete"),
        (XML[: len(XML) // 2], "output_incomplete"),
        ("set deviceconfig system hostname fw\n", "result_empty_suspicious"),
        (
            "set device-group DG pre-rulebase security rules r action allow\n",
            "result_empty_suspicious",
        ),
    ],
)
def test_what_is_not_whole_or_not_a_firewall_s_is_refused(text: str, code: str) -> None:
    reading = kept(text)
    assert reading.failure is not None
    assert reading.failure.code == code, reading.failure


PUSHED = """\
set policy panorama address central ip-netmask 10.9.0.0/16
set policy panorama pre-rulebase security rules first source central
set policy panorama pre-rulebase security rules first action allow
set policy panorama post-rulebase security rules last source any
set policy panorama post-rulebase security rules last action deny
"""


def test_what_panorama_pushed_stands_round_the_firewall_s_own_rules() -> None:
    reading = read("panos", "firewall", ("show config running", (SET + PUSHED).encode()))
    rules = [one for one in reading.of(FirewallRule) if not one.implicit]
    assert [(one.name, one.policy) for one in rules] == [
        ("first", "pre-rulebase"),
        ("web in", "rulebase"),
        ("old", "rulebase"),
        ("last", "post-rulebase"),
    ]
    assert rules[0].sources == ("10.9.0.0/16",)


def test_a_firewall_may_have_pushed_rules_alone() -> None:
    reading = read("panos", "firewall", ("show config running", PUSHED.encode()))
    names = [one.name for one in reading.of(FirewallRule) if not one.implicit]
    assert names == ["first", "last"]
