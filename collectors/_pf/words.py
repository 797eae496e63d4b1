"""The words of a rule: IP versions, actions, protocols with their ports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

FAMILIES = {"inet": "ip", "inet6": "ip6", "inet46": "inet", "": "inet"}
PERMITS = {"pass": True, "block": False, "reject": False}
_PROTOCOLS = {
    **{"": "any", "any": "any", "tcp/udp": "tcp-udp", "ipv6-icmp": "icmp6", "icmpv6": "icmp6"},
}


def services(
    protocol: str, ports: Iterable[str], senders: Iterable[str], control: Iterable[str]
) -> Iterator[str]:
    """Services as `tcp/443`, `tcp-udp/53 from 1024-65535`, `icmp/echoreq`.

    Ports are numbers, ranges, or names that nobody resolves; `control` are ICMP types.
    """
    name = _PROTOCOLS.get(protocol.lower(), protocol.lower())
    kinds = [one for one in control if one and one != "any"]
    if name.startswith("icmp") and kinds:
        yield from (f"{name}/{one}" for one in kinds)
        return
    for port in [_range(one) for one in ports] or [""]:
        for sender in [_range(one) for one in senders] or [""]:
            service = f"{name}/{port}" if port else name
            yield f"{service} from {sender}" if sender else service


def _range(port: str) -> str:
    return "" if port in ("", "any") else port.replace(":", "-")
