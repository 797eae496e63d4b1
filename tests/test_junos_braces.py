"""A Junos configuration in braces reads as the same one in set form, or is refused."""

from __future__ import annotations

import re

import pytest

from collectors._cli.braces import in_braces, statements
from evidence.errors import EvidenceError
from evidence.facts import FirewallRule, to_record
from evidence.reading import Reading
from tests.by_hand import read

BRACES = """\
## Last changed: 2026-11-02 10:11:12 CST
version 21.4R3-S5.4;
groups {
    node0 {
        system { host-name fw-a; }
    }
}
apply-groups "${node}";
system {
    root-authentication {
        encrypted-password "$6$canary/kept$x"; ## SECRET-DATA
    }
}
/* what brokers
   use */
security {
    address-book {
        global {
            address web 10.20.1.10/32;
            address office 10.30.0.0/16;
            address-set both {
                address web;
                address office;
            }
        }
    }
    policies {
        from-zone trust to-zone untrust {
            policy web {
                description "web; {orders}";
                match {
                    source-address [ office both ];
                    destination-address any;
                    application [ junos-https tcp-8443 ];
                }
                then {
                    permit;
                    log {
                        session-close;
                    }
                }
            }
            inactive: policy old {
                match {
                    source-address any;
                    destination-address any;
                    application any;
                }
                then {
                    permit;
                }
            }
        }
        global {
            policy rest {
                match {
                    source-address any;
                    destination-address any;
                    application any;
                    inactive: from-zone dmz;
                }
                then {
                    deny;
                }
            }
        }
        default-policy {
            deny-all;
        }
    }
    zones {
        security-zone trust {
            interfaces {
                ge-0/0/1.0;
            }
        }
        security-zone untrust { }
    }
}
firewall {
    family inet {
        filter protect {
            term ssh {
                from {
                    source-address {
                        10.0.0.0/8;
                    }
                    protocol tcp;
                    destination-port [ ssh 830 ];
                }
                then accept;
            }
        }
    }
}
applications {
    application tcp-8443 {
        protocol tcp;
        destination-port 8443;
    }
}
"""
IN_SET = """\
set version 21.4R3-S5.4
set groups node0 system host-name fw-a
set apply-groups "${node}"
set system root-authentication encrypted-password "$6$canary/kept$x"
set security address-book global address web 10.20.1.10/32
set security address-book global address office 10.30.0.0/16
set security address-book global address-set both address web
set security address-book global address-set both address office
set security policies from-zone trust to-zone untrust policy web description "web; {orders}"
set security policies from-zone trust to-zone untrust policy web match source-address office
set security policies from-zone trust to-zone untrust policy web match source-address both
set security policies from-zone trust to-zone untrust policy web match destination-address any
set security policies from-zone trust to-zone untrust policy web match application junos-https
set security policies from-zone trust to-zone untrust policy web match application tcp-8443
set security policies from-zone trust to-zone untrust policy web then permit
set security policies from-zone trust to-zone untrust policy web then log session-close
set security policies from-zone trust to-zone untrust policy old match source-address any
set security policies from-zone trust to-zone untrust policy old match destination-address any
set security policies from-zone trust to-zone untrust policy old match application any
set security policies from-zone trust to-zone untrust policy old then permit
deactivate security policies from-zone trust to-zone untrust policy old
set security policies global policy rest match source-address any
set security policies global policy rest match destination-address any
set security policies global policy rest match application any
set security policies global policy rest match from-zone dmz
deactivate security policies global policy rest match from-zone dmz
set security policies global policy rest then deny
set security policies default-policy deny-all
set security zones security-zone trust interfaces ge-0/0/1.0
set security zones security-zone untrust
set firewall family inet filter protect term ssh from source-address 10.0.0.0/8
set firewall family inet filter protect term ssh from protocol tcp
set firewall family inet filter protect term ssh from destination-port ssh
set firewall family inet filter protect term ssh from destination-port 830
set firewall family inet filter protect term ssh then accept
set applications application tcp-8443 protocol tcp
set applications application tcp-8443 destination-port 8443
"""
AROUND = "# RANCID-CONTENT-TYPE: juniper\n# Chassis  SRX345\n{primary:node0}\nops@fw-a> show\n"


def kept(text: str) -> Reading:
    return read("junos", "firewall", ("show configuration", text.encode()))


def test_both_forms_give_the_same_facts() -> None:
    in_set = read("junos", "firewall", ("show configuration | display set", IN_SET.encode()))
    for text in (BRACES, AROUND + BRACES, BRACES.replace("\n", "\r\n")):
        found = kept(text)
        assert found.failure is None, found.failure
        assert [to_record(one) for one in found.facts] == [to_record(one) for one in in_set.facts]
    web, old, rest = [one for one in found.of(FirewallRule) if not one.implicit][:3]
    assert web.comment == "web; {orders}"
    assert (web.enabled, old.enabled, rest.source_zones) == (True, False, ("any",))


def test_wherever_it_breaks_off_it_is_no_list() -> None:
    """Cut at every place: what is whole there reads as less only between whole top blocks."""
    whole = {one.key for one in kept(BRACES).of(FirewallRule)}
    for end in range(BRACES.index("security {"), len(BRACES), 7):
        found = kept(BRACES[:end])
        if found.failure is None:
            depth = BRACES[:end].count("{") - BRACES[:end].count("}")
            assert depth == 0, end
            assert {one.key for one in found.of(FirewallRule)} <= whole


@pytest.mark.parametrize(
    "text",
    [
        "a { b c; ",
        "a { b; } }",
        "a { b [ c d ; }",
        'a { b "c; }\n',
        "a { ; }",
        "{ a; }",
        "a { b }",
        "a { b; } /* c",
        "a { inactive: ; }",
    ],
)
def test_what_is_not_whole_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError):
        statements(text, "fw-01")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a { b; }", [("a", "b")]),
        ("a { }", [("a",)]),
        (
            "a { b { c d; e [ f g ]; } }",
            [("a", "b", "c", "d"), ("a", "b", "e", "f"), ("a", "b", "e", "g")],
        ),
        ("a { <ge-[0-9]*> { b; } }", [("a", "<ge-[0-9]*>", "b")]),
        ("a { b x#y; # z;\n c; }", [("a", "b", "x#y"), ("a", "c")]),
        ('a { b "c \\" { d"; }', [("a", "b", 'c \\" { d')]),
        ("a { protect: b; }", [("a", "b")]),
    ],
)
def test_words_are_those_of_the_set_form(text: str, found: list[tuple[str, ...]]) -> None:
    assert statements(text, "fw-01") == (found, set())


def test_only_what_opens_a_block_is_in_braces() -> None:
    assert in_braces(BRACES)
    assert not in_braces(IN_SET)
    assert not in_braces("{primary:node0}\nset a b\n")
    assert not in_braces("")


def test_policies_of_logical_systems_and_tenants_are_their_own() -> None:
    policies = re.search(r"(?s)    policies \{\n.*?\n    \}\n", BRACES)
    assert policies is not None
    inner = f"security {{\n{policies[0]}}}\n"
    text = BRACES + f"logical-systems {{\n LS1 {{\n{inner} }}\n}}\ntenants {{ T1 {{ {inner} }} }}\n"
    found = kept(text)
    assert found.failure is None, found.failure
    rules = [one for one in found.of(FirewallRule) if not one.key.startswith("filter")]
    by_context = {
        context: [one.name for one in rules if one.context == context]
        for context in dict.fromkeys(one.context for one in rules)
    }
    assert list(by_context) == ["root-logical-system", "LS1", "T1"]
    assert len({tuple(names) for names in by_context.values()}) == 1
    assert len({one.key for one in rules}) == len(rules)


POLICY = """\
set security policies from-zone a to-zone b policy {name} match source-address any
set security policies from-zone a to-zone b policy {name} match destination-address any
set security policies from-zone a to-zone b policy {name} match application {application}
set security policies from-zone a to-zone b policy {name} then permit
"""
THREE = "set system host-name fw\n" + "".join(
    POLICY.format(name=name, application="junos-https") for name in "pqr"
)
PATH = "security policies from-zone a to-zone b policy"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("", "pqr"),
        (f"insert {PATH} r before policy p", "rpq"),
        (f"insert {PATH} p after policy q", "qpr"),
        (f"delete {PATH} q", "pr"),
        (f"deactivate {PATH} q\nactivate {PATH} q", "pqr"),
        ("delete interfaces ge-0/0/9", "pqr"),
    ],
)
def test_lines_that_change_what_stands_are_carried_out(line: str, names: str) -> None:
    reading = kept(f"{THREE}{line}\n")
    assert reading.failure is None, reading.failure
    found = [one for one in reading.of(FirewallRule) if not one.implicit]
    assert "".join(str(one.name) for one in found) == names
    assert all(one.enabled and one.services == ("tcp/443",) for one in found)


@pytest.mark.parametrize("line", [f"delete {PATH} z", f"insert {PATH} p before policy z"])
def test_a_policy_that_no_line_made_is_half_a_list(line: str) -> None:
    failure = kept(f"{THREE}{line}\n").failure
    assert failure is not None
    assert failure.code == "output_incomplete"


NARROWED = """\
set system host-name fw
set applications application rpc protocol udp
set applications application rpc rpc-program-number 100003
set applications application ping6 protocol icmp6
set applications application ping6 icmp6-type 128
set applications application gre protocol 47
set applications application frag protocol icmp
set applications application frag icmp-type 3
set applications application frag icmp-code 4
set policy-options prefix-list known 10.5.0.0/16
set policy-options prefix-list open 10.6.0.0/16
set policy-options prefix-list open apply-path "interfaces <*> unit <*> family inet address <*>"
set firewall family any filter all term a from source-prefix-list known
set firewall family any filter all term a from source-prefix-list open
set firewall family any filter all term a then accept
set interfaces ge-0/0/0 unit 0 filter input all
set groups unused firewall family inet filter f term a then accept
"""


def test_what_only_the_firewall_can_resolve_is_no_narrower_and_no_wider() -> None:
    names = ("rpc", "ping6", "gre", "frag", "unknown")
    reading = kept(NARROWED + "".join(POLICY.format(name=n, application=n) for n in names))
    assert reading.failure is None, reading.failure
    found = {str(one.name): one for one in reading.of(FirewallRule)}
    assert [found[name].services for name in names] == [
        *(("rpc",), ("icmp6/128",), ("gre",), ("icmp/3/4",), ("unknown",)),
    ]
    assert found["a"].sources == ("10.5.0.0/16", "open")
    assert (found["a"].family, found["a"].source_zones) == ("inet", ("ge-0/0/0.0",))


def test_groups_that_are_applied_and_bring_in_rules_are_refused() -> None:
    for applied in ("unused", "${node}"):
        group = NARROWED.replace(
            "groups unused", "groups node0" if "$" in applied else "groups unused"
        )
        reading = kept(f'{group}set apply-groups "{applied}"\n')
        assert reading.failure is not None
        assert reading.failure.code == "output_unexpected"
