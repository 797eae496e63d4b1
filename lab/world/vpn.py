"""The lab's gateway for people who work elsewhere: a FortiGate's SSL-VPN and what it encrypts with,
as its REST API gives them. A vendor's account has one factor, and old algorithms are still on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from collectors import fortios as platform
from lab.world.fortios import enveloped

SERIAL = "FG60FTK21009876"
_STAFF, _VENDOR = "vpn-staff", "vendor-settlement"


def answers(at: datetime) -> Mapping[str, bytes]:
    """What the gateway answers at a moment, by ask."""
    tables: Mapping[str, Any] = {
        platform.SSL_VPN.text: {
            "status": "enable",
            "port": 10443,
            "ssl-min-proto-ver": "tls1-1",
            "algorithm": "medium",
            "servercert": "Fortinet_Factory",
            "source-interface": [{"name": "wan1"}],
            "default-portal": "no-access",
            "authentication-rule": [
                {"id": 1, "groups": [{"name": _STAFF}], "users": [], "portal": "tunnel"},
                {"id": 2, "groups": [], "users": [{"name": _VENDOR}], "portal": "tunnel"},
            ],
        },
        platform.USERS.text: [
            _user("wang", two_factor="fortitoken"),
            _user("lin", two_factor="fortitoken"),
            _user(_VENDOR, two_factor="disable"),
        ],
        platform.USER_GROUPS.text: [
            {
                "name": _STAFF,
                "group-type": "firewall",
                "member": [{"name": "wang"}, {"name": "lin"}],
            }
        ],
        platform.USER_PEERS.text: [],
        **{ask.text: [] for ask in (*platform.SERVERS, *platform.TUNNELS)},
        platform.TUNNELS[0].text: [
            {
                "name": "to-dr-site",
                "type": "static",
                "interface": "wan1",
                "ike-version": "1",
                "mode": "aggressive",
                "authmethod": "psk",
                "proposal": "aes256-sha256 3des-sha1",
                "dhgrp": "14 2",
            }
        ],
        platform.ADMIN_INTERFACES.text: [
            {"name": "wan1", "ip": "203.0.113.2 255.255.255.0", "allowaccess": "ping https"},
            {"name": "internal", "ip": "10.99.0.2 255.255.255.0", "allowaccess": "ping https ssh"},
        ],
        platform.SESSIONS.text: [],
        platform.HA_MEMBERS.text: [],
    }
    texts = {ask: enveloped(results, SERIAL) for ask, results in tables.items()}
    log = json.loads(enveloped(_log(at), SERIAL, many=False)) | {"completed": 100}
    log["total_lines"] = len(log["results"])
    asked = platform.VPN_LOGS[0](vdom="root", start="0").text
    return {ask: text.encode() for ask, text in {**texts, asked: json.dumps(log)}.items()}


def _user(name: str, two_factor: str) -> Mapping[str, Any]:
    return {"name": name, "type": "password", "status": "enable", "two-factor": two_factor}


def _log(at: datetime) -> Sequence[Mapping[str, Any]]:
    """The newest first: a day of staff's, and the vendor at night."""
    found: list[Mapping[str, Any]] = []
    for ago in range(1, 35):
        then = at - timedelta(days=ago)
        day = then.date().isoformat()
        found += (then.isoweekday() < 6) * [
            _entry(f"{day} 18:02:11", "tunnel-down", "wang", 2 * ago, duration=33_000),
            _entry(f"{day} 08:52:11", "tunnel-up", "wang", 2 * ago),
        ]
        if ago == 9:
            found += [
                _entry(f"{day} 02:41:07", "tunnel-down", _VENDOR, 901, duration=2_400),
                _entry(f"{day} 02:01:07", "tunnel-up", _VENDOR, 901),
            ]
    return found


def _entry(moment: str, action: str, user: str, tunnel: int, **more: int) -> Mapping[str, Any]:
    day, time = moment.split(" ")
    return {
        **{"date": day, "time": time, "tz": "+0800", "type": "event", "subtype": "vpn"},
        **{"action": action, "tunneltype": "ssl-tunnel", "tunnelid": tunnel, "user": user},
        **{"remip": "198.51.100.23", "group": _STAFF, "vd": "root", **more},
    }
