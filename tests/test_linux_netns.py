"""Real traffic through a real router's rules, read over a real sshd: exactly what was used."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.platforms import platform
from agent.redact import SiteKey
from agent.transports.ssh import open_ssh
from agent.visit import Visit, Visitor
from evidence.device import Device
from evidence.facts import FirewallRule, RuleUsage, SoftwareRelease, Unit
from evidence.reading import Reading
from tests import by_hand
from tests.fixtures_netns import SERVER, Load, Net, inside, run

pytestmark = [
    pytest.mark.part("root", "netns", "ip", "sshd", "ssh-keygen", "ping"),
    pytest.mark.part("nft", "iptables", "iptables-nft", "iptables-legacy"),
]

# Tests of rules in the table that goes by the tool's name: match, verdict, comment.
POLICY = (
    ("-m conntrack --ctstate RELATED,ESTABLISHED", "ACCEPT", "established"),
    ("-s 192.0.2.0/24", "DROP", "blocklist"),
    (f"-d {SERVER}/32 -p tcp -m tcp --dport 8080", "ACCEPT", "web"),
    (f"-d {SERVER}/32 -p tcp -m tcp --dport 8443", "ACCEPT", "unused web"),
    ("-p icmp -m icmp --icmp-type 8", "ACCEPT", "ping"),
    ("-p tcp -m tcp --dport 23", "DROP", "never telnet"),
    ("-p udp -m udp --dport 161", "ACCEPT", "unused snmp"),
)
USED = {"established", "web", "ping", "never telnet", "policy of FORWARD"}
UNUSED = {"blocklist", "unused web", "unused snmp"}

NFTABLES = f"""
flush ruleset
table inet fw {{
  set bad {{ type ipv4_addr; flags interval; counter; elements = {{ 192.0.2.0/24 }} }}
  counter c_web {{ }}
  chain FORWARD {{ type filter hook forward priority 0; policy drop;
    ct state established,related counter accept comment "established"
    ip saddr @bad counter drop comment "blocklist"
    ip daddr {SERVER} tcp dport 8080 counter name c_web accept comment "web"
    ip daddr {SERVER} tcp dport {{ 8443, 9443 }} counter accept comment "unused web"
    icmp type echo-request limit rate 100/second counter accept comment "ping"
    tcp dport 23 counter log prefix "telnet " drop comment "never telnet"
    udp dport 161 counter accept comment "unused snmp"
    tcp dport 25 drop comment "uncounted"
    counter comment "policy of FORWARD"
  }}
}}
table ip nat {{
  chain post {{
    type nat hook postrouting priority 100;
    ip saddr 10.99.1.0/24 counter masquerade comment "hide"
  }}
}}
"""


def load_nft(net: Net) -> None:
    net.on_router("nft", "-f", "-", text=NFTABLES)


def load_iptables(net: Net, program: str = "iptables-nft") -> None:
    rules = [f'-A FORWARD {match} -m comment --comment "{name}" -j {verdict}'
             for match, verdict, name in POLICY]  # fmt: skip
    chains = (":INPUT ACCEPT [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]")
    text = "\n".join(["*filter", *chains, *rules, "COMMIT", ""])
    net.on_router(f"{program}-restore", text=text)


def load_legacy(net: Net) -> None:
    load_iptables(net, "iptables-legacy")


def send(net: Net) -> None:
    """Five connections to the web, twenty pings, a telnet and a mail that are dropped."""
    net.listen(8080)
    assert net.connect(8080, 5) == 5
    net.ping(20)
    for dropped in (23, 25, 7777):
        net.knock(dropped)


def visit(net: Net, *subjects: str) -> Visit:
    device = Device(
        id="router",
        platform="linux",
        address="127.0.0.1",
        port=net.port,
        subjects=subjects,
    )
    linux = platform("linux")
    visitor = Visitor(
        device=device,
        platform=linux,
        open_transport=lambda: open_ssh(device, net.credential, linux, {net.fingerprint}),
        clock=lambda: datetime.now(UTC),
        key=SiteKey(b"netns"),
    )
    with inside(net.router):
        return visitor.visit(subjects)


def read(net: Net) -> Reading:
    reading = visit(net, "firewall").readings[0]
    assert reading.failure is None, reading.failure
    return reading


def counts(reading: Reading) -> dict[str, int | None]:
    """What each counter said, by the rule's comment or the name of the policy."""
    rules = {rule.key: rule for rule in reading.of(FirewallRule)}
    assert len(rules) == len(reading.of(FirewallRule)), "a key stands for one rule"
    return {
        rule.comment or f"policy of {rule.policy}": usage.count
        for usage in reading.of(RuleUsage)
        if (rule := rules[usage.key]).policy in ("FORWARD", "post")
    }


LOADS = pytest.mark.parametrize(
    "load", [load_nft, load_iptables, load_legacy], ids=["nftables", "iptables-nft", "legacy"]
)


@LOADS
def test_exactly_the_right_rules_were_used(net: Net, load: Load) -> None:
    load(net)
    send(net)
    found = counts(read(net))
    assert {name for name, count in found.items() if count} - {"hide"} == USED
    assert {name for name, count in found.items() if count == 0} == UNUSED
    assert (found["web"], found["ping"], found["never telnet"]) == (5, 1, 1)


@LOADS
def test_names_outlive_a_reload_and_a_rule_put_above(net: Net, load: Load) -> None:
    load(net)
    net.ping(3)
    before = read(net)
    load(net)
    above = ("-I", "FORWARD", "-p", "tcp", "--dport", "99", "-j", "DROP")
    if load is load_nft:
        net.on_router("nft", "insert rule inet fw FORWARD tcp dport 99 counter drop")
    else:
        net.on_router("iptables-nft" if load is load_iptables else "iptables-legacy", *above)
    after = read(net)
    matches = {rule.key: rule.match_digest for rule in after.of(FirewallRule)}
    assert matches.items() > {r.key: r.match_digest for r in before.of(FirewallRule)}.items()
    assert (counts(before)["ping"], counts(after)["ping"]) == (1, 0)


def test_text_and_json_of_nft_tell_the_same(net: Net) -> None:
    load_nft(net)
    send(net)
    over_ssh = read(net)
    text = net.on_router("nft", "list", "ruleset")
    delivered = by_hand.read("linux", "firewall", ("nft list ruleset", text.encode()))
    assert [rule.key for rule in delivered.of(FirewallRule)] == [
        rule.key for rule in over_ssh.of(FirewallRule)
    ]
    assert counts(delivered) == counts(over_ssh)


def test_rules_without_a_counter_are_unknown_not_unused(net: Net) -> None:
    load_nft(net)
    reading = read(net)
    rule = next(one for one in reading.of(FirewallRule) if one.comment == "uncounted")
    assert rule.counted is False
    assert rule.key not in {usage.key for usage in reading.of(RuleUsage)}


def test_three_rule_lists_side_by_side_are_each_told_once(net: Net) -> None:
    load_nft(net)
    load_iptables(net)
    load_legacy(net)
    send(net)
    reading = read(net)
    for name in ("web", "unused snmp"):
        places = [rule.context for rule in reading.of(FirewallRule) if rule.comment == name]
        assert places == ["fw", "filter", "legacy:filter"]


def test_iptables_rules_that_only_nft_was_asked_for_are_half_a_list(net: Net) -> None:
    load_iptables(net)
    listing = net.on_router("nft", "-j", "list", "ruleset").encode()
    reading = by_hand.read("linux", "firewall", ("nft -j list ruleset", listing))
    assert reading.failure is not None
    assert reading.failure.code == "output_incomplete"


def test_a_listing_by_hand_tells_what_the_dump_tells(net: Net) -> None:
    load_legacy(net)
    send(net)
    listing = net.on_router("iptables-legacy", "-L", "-v", "-n", "-x", "--line-numbers")
    ask = "iptables -L -v -n -x --line-numbers"
    assert counts(by_hand.read("linux", "firewall", (ask, listing.encode()))) == counts(read(net))


def test_the_router_says_what_it_is_and_since_when(net: Net) -> None:
    load_nft(net)
    rules, release = visit(net, "firewall", "firmware").readings
    [unit] = rules.of(Unit)
    assert unit.hostname == run("uname", "-n").strip()
    assert unit.boot_at is not None and unit.boot_at < datetime.now(UTC)
    assert unit.clock_offset_s is not None and abs(unit.clock_offset_s) < 5
    assert rules.at - unit.boot_at > timedelta(0)
    kernel = [one.version for one in release.of(SoftwareRelease) if one.part == "kernel"]
    assert kernel == [run("uname", "-r").strip()]
