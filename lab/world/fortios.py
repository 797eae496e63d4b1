"""The lab's FortiGate pair: policies, counters and status as its REST API gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from lab.world.rules import LabRule

_NAMES = UUID("7f3c1d6a-6d0e-4a55-9c0b-2f7c3f1f9b11")
BUILD, VERSION, MODEL = 1639, "v7.2.8", "FG100F"


def policies(rules: Sequence[LabRule], serial: str, at: datetime) -> str:
    """`GET /api/v2/cmdb/firewall/policy?vdom=*`."""
    results = [_policy(rule) for rule in rules if rule.stands(at)]
    return enveloped(results, serial, "firewall", "policy")


def statistics(rules: Sequence[LabRule], serial: str, boot_at: datetime, at: datetime) -> str:
    """`GET /api/v2/monitor/firewall/policy?vdom=*`: a policy never hit has no hit keys at all."""
    results = [_counted(rule, boot_at, at) for rule in rules if rule.stands(at)]
    implicit = {"policyid": 0, "active_sessions": 0, "bytes": 81_520, "packets": 1_358}
    return enveloped([implicit, *results], serial, "firewall", "policy")


def services(rules: Sequence[LabRule], serial: str) -> str:
    """`GET /api/v2/cmdb/firewall.service/custom?vdom=*`: the ports behind services' names."""
    named = {_service(rule): rule for rule in rules if rule.port != "any"}
    results = [
        {"name": name, "protocol": "TCP/UDP/SCTP", f"{rule.protocol}-portrange": rule.port}
        for name, rule in named.items()
    ]
    return enveloped(results, serial, "firewall.service", "custom")


def status(serial: str, hostname: str) -> str:
    """`GET /api/v2/monitor/system/status`."""
    results = {
        "model_name": "FortiGate",
        "model_number": "100F",
        "model": MODEL,
        "hostname": hostname,
        "log_disk_status": "available",
    }
    return enveloped(results, serial, "system", "status", many=False)


def state(serial: str, hostname: str, boot_at: datetime, at: datetime) -> str:
    """`GET /api/v2/monitor/web-ui/state`: the clock and the last boot, in milliseconds."""
    results = {
        "hostname": hostname,
        "model_name": "FortiGate",
        "model_number": "100F",
        "snapshot_utc_time": int(at.timestamp() * 1000),
        "utc_last_reboot": int(boot_at.timestamp() * 1000),
    }
    return enveloped(results, serial, "web-ui", "state", many=False)


def ha_mode(serial: str) -> str:
    """`GET /api/v2/cmdb/system/ha`."""
    results = {"mode": "a-p", "group-name": "edge", "group-id": 7}
    return enveloped(results, serial, "system", "ha", many=False)


def ha_members(serials: Mapping[str, str], serial: str) -> str:
    """`GET /api/v2/monitor/system/ha-statistics`: the members of the cluster."""
    results = [
        {"hostname": hostname, "serial_no": one, "sessions": 40, "vcluster_id": 1}
        for hostname, one in serials.items()
    ]
    return enveloped(results, serial, "system", "ha-statistics", many=False)


def ha_roles(serials: Mapping[str, str], serial: str) -> str:
    """`GET /api/v2/monitor/system/ha-checksums`: who leads; the first one does."""
    results = [
        {"serial_no": one, "is_root_primary": index == 0, "is_manage_primary": index == 0}
        for index, one in enumerate(serials.values())
    ]
    return enveloped(results, serial, "system", "ha-checksums", many=False)


def uuid_of(rule: str) -> str:
    """The UUID of a policy by its name, on both units."""
    return str(uuid5(_NAMES, rule))


def _policy(rule: LabRule) -> dict[str, Any]:
    return {
        "policyid": rule.number,
        "q_origin_key": rule.number,
        "uuid": uuid_of(rule.name),
        "name": rule.name,
        "status": "enable" if rule.enabled else "disable",
        "srcintf": [{"name": "wan1" if rule.source == "any" else "internal"}],
        "dstintf": [{"name": "dmz"}],
        "srcaddr": [{"name": "all" if rule.source == "any" else rule.source}],
        "dstaddr": [{"name": "all" if rule.destination == "any" else rule.destination}],
        "srcaddr-negate": "disable",
        "dstaddr-negate": "disable",
        "service": [{"name": _service(rule)}],
        "service-negate": "disable",
        "action": "accept" if rule.permits else "deny",
        "schedule": "always",
        "logtraffic": "all" if rule.logged else "disable",
        "nat": "disable",
        "comments": rule.ticket or "",
    }


def _service(rule: LabRule) -> str:
    return "ALL" if rule.port == "any" else f"{rule.protocol.upper()}-{rule.port}"


def _counted(rule: LabRule, boot_at: datetime, at: datetime) -> dict[str, Any]:
    count = rule.flow.count(boot_at, at)
    record: dict[str, Any] = {
        "policyid": rule.number,
        "uuid": uuid_of(rule.name),
        "active_sessions": min(count, 12),
        "bytes": count * 4_200,
        "packets": count * 11,
        "software_bytes": count * 4_200,
        "software_packets": count * 11,
        "asic_bytes": 0,
        "asic_packets": 0,
    }
    first, last = rule.flow.first_at(boot_at, at), rule.flow.last_at(boot_at, at)
    if first is not None and last is not None:
        record |= {
            "hit_count": count,
            "first_used": int(first.timestamp()),
            "last_used": int(last.timestamp()),
        }
    # Sessions of a rule whose traffic has ended are over as well.
    if rule.flow.until is not None and rule.flow.until < at:
        record["active_sessions"] = 0
    return record


def enveloped(results: Any, serial: str, path: str = "", name: str = "", many: bool = True) -> str:
    """Results as every REST answer wraps them; `many`: one answer a VDOM."""
    one = {
        "http_method": "GET",
        "results": results,
        "vdom": "root",
        "path": path,
        "name": name,
        "status": "success",
        "http_status": 200,
        "serial": serial,
        "version": VERSION,
        "build": BUILD,
    }
    return json.dumps([one] if many else one)
