"""The forms of logs, by name; a log is of the first that knows one of its lines."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.session_log._gateways import Asa, Fortigate, GlobalProtect
from collectors.session_log._programs import OpenVpn, StrongSwan
from collectors.session_log._reader import Reader

FORMS: Mapping[str, type[Reader]] = {
    "fortigate": Fortigate,
    "asa": Asa,
    "globalprotect": GlobalProtect,
    "openvpn": OpenVpn,
    "strongswan": StrongSwan,
}
