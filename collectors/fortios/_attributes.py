"""What a FortiGate's policy holds, by name: what makes it match, and what it does with a session.

From the CLI references of FortiOS 6.0 to 7.6. What is in neither list, and set, is something of a
release that nobody here knows: the policy is not understood.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# Of a session that the policy took, or told for people: no part of the match.
_ASIDE = frozenset(
    (
        *("action", "policyid", "uuid", "uuid-idx", "q_origin_key", "name", "comments", "status"),
        *("label", "global-label", "logtraffic", "logtraffic-start", "custom-log-fields"),
        *("capture-packet", "replacemsg-override-group", "email-collect", "learning-mode"),
        *("anti-replay", "auto-asic-offload", "np-acceleration", "delay-tcp-npu-session"),
        *("firewall-session-dirty", "session-ttl", "schedule-timeout", "timeout-send-rst"),
        *("tcp-mss-sender", "tcp-mss-receiver", "tcp-session-without-syn", "send-deny-packet"),
        *("permit-any-host", "permit-stun-host", "dsri", "fec", "policy-offload"),
        *("policy-offload-no-limit", "cgn-log-server-grp", "cgn-session-quota", "cgn-eif"),
        *("cgn-resource-quota", "cgn-eim", "cgn-sw-eif-ctrl", "hyperscale-policy"),
        *("passive-wan-health-measurement", "traffic-shaper", "traffic-shaper-reverse"),
        *("per-ip-shaper", "dynamic-shaping", "diffserv-copy", "diffserv-forward", "outbound"),
        *("diffserv-reverse", "diffservcode-forward", "diffservcode-rev", "vlan-cos-fwd"),
        *("vlan-cos-rev", "nat", "nat46", "nat64", "natip", "natinbound", "natoutbound", "ippool"),
        *("poolname", "poolname6", "fixedport", "port-preserve", "port-random", "inbound"),
        *("pcp-inbound", "pcp-outbound", "pcp-poolname", "rtp-nat", "rtp-addr", "vpntunnel"),
        *("match-vip", "match-vip-only", "inspection-mode", "utm-status", "profile-type"),
        *("profile-group", "profile-protocol-options", "ssl-ssh-profile", "av-profile"),
        *("application-list", "casb-profile", "cifs-profile", "diameter-filter-profile"),
        *("dlp-profile", "dlp-sensor", "dnsfilter-profile", "emailfilter-profile", "gtp-profile"),
        *("file-filter-profile", "icap-profile", "ips-sensor", "ips-voip-filter", "mms-profile"),
        *("pfcp-profile", "sctp-filter-profile", "spamfilter-profile", "ssh-filter-profile"),
        *("telemetry-profile", "videofilter-profile", "virtual-patch-profile", "voip-profile"),
        *("waf-profile", "webfilter-profile", "scan-botnet-connections", "app-monitor"),
        *("ssl-mirror", "ssl-mirror-intf", "decrypted-traffic-mirror", "block-notification"),
        *("wanopt", "wanopt-detection", "wanopt-passive-opt", "wanopt-peer", "wanopt-profile"),
        *("wccp", "webcache", "webcache-https", "webproxy-forward-server", "webproxy-profile"),
        *("http-policy-redirect", "ssh-policy-redirect", "ztna-policy-redirect", "redirect-url"),
        *("http-tunnel-auth", "disclaimer", "log-http-transaction", "isolator-server"),
        *("enforce-default-app-port", "sgt-check", "internet-service-fortiguard-resource"),
        # How a user is made known; who it may be, the match says.
        *("auth-cert", "auth-path", "auth-redirect-addr", "captive-portal-exempt", "fsso"),
        *("fsso-agent-for-ntlm", "identity-based-route", "ntlm", "ntlm-enabled-browsers"),
        *("ntlm-guest", "radius-mac-auth-bypass", "radius-ip-auth-bypass", "rsso", "wsso"),
        *("radius-mac-auth-bypass-cache", "dynamic-shaping-profile", "eif-check", "eif-learn"),
        *("nat-pcp", "pba-timeout", "uuid_type", "custom-tags"),
    )
)
# Read into a rule's own fields.
_FIELDS = frozenset(
    (
        *("srcintf", "dstintf", "srcaddr", "dstaddr", "srcaddr6", "dstaddr6", "service"),
        *("srcaddr-negate", "dstaddr-negate", "schedule", "users", "groups", "fsso-groups"),
        *("application", "internet-service", "internet-service-src", "internet-service-name"),
        *("internet-service-src-name", "geoip-anycast", "geoip-match", "ztna-tags-match-logic"),
        *("policy-expiry", "policy-expiry-date", "policy-expiry-date-utc", "srcaddr4", "dstaddr4"),
        *("srcaddr6-negate", "dstaddr6-negate", "reputation-direction", "reputation-direction6"),
        *("dscp-negate", "tos-mask", "tos-negate"),
    )
)
# What narrows a policy and has no field of a rule. A negated service is the opposite of its field.
CONDITIONS = (
    *("app-category", "app-group", "url-category", "devices", "src-vendor-mac", "vlan-filter"),
    *("internet-service-id", "internet-service-src-id", "internet-service-custom"),
    *("internet-service-custom-group", "internet-service-group", "internet-service-src-custom"),
    *("internet-service-src-custom-group", "internet-service-src-group"),
    *("internet-service-negate", "internet-service-src-negate", "internet-service6"),
    *("internet-service6-src", "internet-service6-name", "internet-service6-src-name"),
    *("internet-service6-custom", "internet-service6-custom-group", "internet-service6-group"),
    *("internet-service6-src-custom", "internet-service6-src-custom-group"),
    *("internet-service6-src-group", "internet-service6-negate", "internet-service6-src-negate"),
    *("network-service-dynamic", "network-service-src-dynamic", "reputation-minimum"),
    *("reputation-minimum6", "dscp-match", "dscp-value", "tos", "sgt", "ztna-status"),
    *("ztna-ems-tag", "ztna-ems-tag-secondary", "ztna-geo-tag", "ztna-device-ownership"),
    *("ztna-ems-tag-negate", "dstport", "srcport", "tcp-flags", "internet-service-fortiguard"),
    *("internet-service-src-fortiguard", "internet-service6-fortiguard"),
    "internet-service6-src-fortiguard",
)
# Of those, more applications: the policy takes any one of all that it names.
APPLICATIONS = ("app-category", "app-group")
UNSET: tuple[Any, ...] = (None, "", [], {}, "disable", 0, "0x00", "000000")
_KNOWN = _ASIDE | _FIELDS | {"service-negate", *CONDITIONS}


def strange(row: Mapping[str, Any], actions: Mapping[str, bool]) -> Iterator[str]:
    """What nobody here knows of a policy, or what a rule's fields cannot say."""
    action = str(row.get("action", "")).lower()
    if action not in actions:
        yield f"action {action}".strip()
    if row.get("service-negate") in ("enable", 1):
        yield "service-negate enable"
    for end in ("srcaddr", "dstaddr"):
        six = row.get(f"{end}6-negate", "disable")
        if six in ("enable", 1) and row.get(f"{end}-negate", "disable") != six:
            yield f"{end}6-negate enable"
    for name, value in row.items():
        if name not in _KNOWN and not name.startswith("_") and value not in UNSET:
            yield f"{name} {value!r}"[:120]
