"""A Junos configuration as XML or JSON tells what its set form tells."""

from __future__ import annotations

import json

import pytest

from evidence.facts import to_record
from evidence.reading import Reading
from tests.by_hand import read

SET = """\
set system host-name fw
set security address-book global address web 10.1.1.1/32
set security address-book global address old range-address 10.3.0.1 to 10.3.0.9
set security address-book global address-set servers address web
set security address-book global address-set servers address old
set security policies from-zone trust to-zone dmz policy web description "to the web"
set security policies from-zone trust to-zone dmz policy web match source-address any
set security policies from-zone trust to-zone dmz policy web match destination-address servers
set security policies from-zone trust to-zone dmz policy web match application app
set security policies from-zone trust to-zone dmz policy web match application junos-https
set security policies from-zone trust to-zone dmz policy web then permit
set security policies from-zone trust to-zone dmz policy web then log session-close
set security policies from-zone trust to-zone dmz policy off match source-address any
set security policies from-zone trust to-zone dmz policy off match destination-address any
set security policies from-zone trust to-zone dmz policy off match application any
set security policies from-zone trust to-zone dmz policy off then deny
set security policies global policy last match source-address any
set security policies global policy last match destination-address any
set security policies global policy last match application any
set security policies global policy last then deny
set security zones security-zone trust interfaces ge-0/0/0.0
set applications application app term a protocol tcp
set applications application app term a destination-port 8443
set firewall family inet filter f term t from source-address 10.0.0.0/8
set firewall family inet filter f term t from source-address 10.9.0.0/16 except
set firewall family inet filter f term t then count c
set firewall family inet filter f term t then accept
set interfaces ge-0/0/0 unit 0 family inet filter input f
set interfaces ge-0/0/0 unit 0 family inet address 10.1.0.1/24
deactivate security policies from-zone trust to-zone dmz policy off
"""
ANY = {name: ["any"] for name in ("source-address", "destination-address", "application")}
JSON = {
    "configuration": {
        "@": {"junos:changed-localtime": "2026-01-01 00:00:00 CST"},
        "system": {"host-name": "fw"},
        "security": {
            "address-book": [
                {
                    "name": "global",
                    "address": [
                        {"name": "web", "ip-prefix": "10.1.1.1/32"},
                        {
                            "name": "old",
                            "range-address": [
                                {"name": "10.3.0.1", "to": {"range-high": "10.3.0.9"}}
                            ],
                        },
                    ],
                    "address-set": [
                        {"name": "servers", "address": [{"name": "web"}, {"name": "old"}]}
                    ],
                }
            ],
            "policies": {
                "policy": [
                    {
                        "from-zone-name": "trust",
                        "to-zone-name": "dmz",
                        "policy": [
                            {
                                "name": "web",
                                "description": "to the web",
                                "match": {
                                    "source-address": ["any"],
                                    "destination-address": ["servers"],
                                    "application": ["app", "junos-https"],
                                },
                                "then": {"permit": {}, "log": {"session-close": [None]}},
                            },
                            {
                                "@": {"inactive": "inactive"},
                                "name": "off",
                                "match": ANY,
                                "then": {"deny": [None]},
                            },
                        ],
                    }
                ],
                "global": {"policy": [{"name": "last", "match": ANY, "then": {"deny": [None]}}]},
            },
            "zones": {"security-zone": [{"name": "trust", "interfaces": [{"name": "ge-0/0/0.0"}]}]},
        },
        "applications": {
            "application": [
                {
                    "name": "app",
                    "term": [{"name": "a", "protocol": "tcp", "destination-port": "8443"}],
                }
            ]
        },
        "firewall": {
            "family": {
                "inet": {
                    "filter": [
                        {
                            "name": "f",
                            "term": [
                                {
                                    "name": "t",
                                    "from": {
                                        "source-address": [
                                            {"name": "10.0.0.0/8"},
                                            {"name": "10.9.0.0/16", "except": [None]},
                                        ]
                                    },
                                    "then": {"count": "c", "accept": [None]},
                                }
                            ],
                        }
                    ]
                }
            }
        },
        "interfaces": {
            "interface": [
                {
                    "name": "ge-0/0/0",
                    "unit": [
                        {
                            "name": 0,
                            "family": {
                                "inet": {
                                    "filter": {"input": {"filter-name": "f"}},
                                    "address": [{"name": "10.1.0.1/24"}],
                                }
                            },
                        }
                    ],
                }
            ]
        },
    }
}


def as_xml(tag: str, value: object) -> str:
    """The same document in the other form."""
    if isinstance(value, list):
        return "".join(as_xml(tag, one) for one in value)
    if not isinstance(value, dict):
        return f"<{tag}>{'' if value is None else value}</{tag}>"
    off = (value.get("@") or {}).get("inactive")
    inner = "".join(as_xml(name, one) for name, one in value.items() if name != "@")
    return f"<{tag}{' inactive=' + chr(34) + 'inactive' + chr(34) if off else ''}>{inner}</{tag}>"


XML = (
    '<rpc-reply xmlns:junos="http://xml.juniper.net/junos/20.1R0/junos">'
    f"{as_xml('configuration', JSON['configuration'])}<cli><banner/></cli></rpc-reply>"
)


def kept(text: str) -> Reading:
    return read("junos", "firewall", ("show configuration", text.encode()))


@pytest.mark.parametrize("text", [json.dumps(JSON), json.dumps(JSON, indent=4), XML])
def test_every_form_gives_the_same_facts(text: str) -> None:
    expected, found = kept(SET), kept(text)
    assert found.failure is None, found.failure
    assert [to_record(one) for one in found.facts] == [to_record(one) for one in expected.facts]


@pytest.mark.parametrize(
    "text",
    [XML[: len(XML) // 2], json.dumps(JSON)[:-200], "{}", "<rpc-reply/>", '{"policies": {}}', "[]"],
)
def test_what_is_none_or_half_of_one_is_refused(text: str) -> None:
    assert kept(text).failure is not None
