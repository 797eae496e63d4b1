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
