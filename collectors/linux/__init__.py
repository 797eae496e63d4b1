"""Linux hosts and gateways: nftables, iptables (nf_tables and legacy), releases and packages.

A rule's counter counts packets that reached the rule; behind an early `ct state established
accept` that is one a connection. It begins at zero with every boot and every load of the rules.
What is zeroed together is a chain's counters (`iptables -Z CHAIN`, `nft reset rules chain …`,
a reload) or a table's named counters (`nft reset counters table …`). That a single rule can be
zeroed by itself, nothing on the host tells: the proof names it as an assumption.

Three rule lists can stand side by side: nft's, iptables-nft's (which nft shows in part, so it
is taken from iptables-save), and legacy tables (which nft does not see). A program that is not
installed has no list; one that may not be run fails the reading.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator

from collectors._managed.openers import openers
from collectors._neighbours import inside
from collectors._neighbours.iproute import entries
from collectors.linux import _gateways, _host, _iptables, _nft, _protection, _ufw, _xrdp
from collectors.linux._account import privilege
from collectors.linux._answer import ruleset, told
from collectors.linux._draft import Draft, facts
from collectors.linux._nft_text import Ruleset
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact, ProgramsSeen, SoftwareRelease, Unit
from evidence.remote_control import found as remote_control

VENDOR = "Linux"
TRANSPORTS = ("ssh", "local", "folder")
BY_NAME = ("crypto", "host")
ALIASES = ("linux", "linux_ssh")

Flow = Generator[Ask, Capture, Iterable[Fact]]


def _as_root(name: str, command: str, *also: str) -> Ask:
    """A command that needs root. Status 1 is an answer: its error output says what is wrong."""
    return Ask(name, f"sudo -n {command}", also=(command, *also), exits=(0, 1))


def _listings(program: str) -> tuple[str, ...]:
    """The ways in which people list rules by hand; none of them is ever sent."""
    details = (
        "", "-n", "-v", "-n -v", "-v -n", "-nv", "-vn", "-v -n -x", "-n -v -x", "-nvx", "-vnx",
        "-v -n -x --line-numbers", "-n -v --line-numbers", "-v -n --line-numbers",
        "-n --line-numbers", "--line-numbers",
    )  # fmt: skip
    tables = ("", "-t filter ", "-t nat ", "-t mangle ", "-t raw ", "-t security ")
    spelled = [f"{program} {table}-L {detail}".strip() for table in tables for detail in details]
    joined = [f"{program} {table}-{flags}" for table in tables for flags in ("nvL", "vnL", "nL")]
    said = [f"{program} {table}-S{more}" for table in tables for more in ("", " -v", "v")]
    return (f"{program}-save", *spelled, *joined, f"{program} --list", *said)


NFT = _as_root("nft_ruleset", "nft -j list ruleset", "nft --json list ruleset")
NFT_TEXT = _as_root("nft_ruleset_text", "nft list ruleset", "nft -a list ruleset")
IPTABLES = _as_root("iptables_rules", "iptables-save -c", *_listings("iptables"))
IP6TABLES = _as_root("ip6tables_rules", "ip6tables-save -c", *_listings("ip6tables"))
IPTABLES_LEGACY = _as_root(
    "iptables_legacy_rules", "iptables-legacy-save -c", *_listings("iptables-legacy")
)
IP6TABLES_LEGACY = _as_root(
    "ip6tables_legacy_rules", "ip6tables-legacy-save -c", *_listings("ip6tables-legacy")
)
UFW = _as_root("ufw_status", "ufw status verbose", "ufw status", "ufw status numbered")
OS_RELEASE = Ask("os_release", "cat /etc/os-release", also=("/etc/os-release",))
NEIGHBOURS = Ask("neighbours", "ip -j neigh show", also=("ip -j neighbour show", "ip -j n"))
UNAME = Ask("uname", "uname -snrm", also=("uname -a",))
UPTIME = Ask("uptime", "cat /proc/uptime", also=("/proc/uptime",))
CLOCK = Ask("clock", "date -u +%s.%N", also=("date +%s", "date -u +%s"))
SERVICES = Ask(
    "services",
    "systemctl show nftables iptables ip6tables netfilter-persistent firewalld ufw"
    " -p Id,ActiveState,StateChangeTimestampMonotonic",
)
DPKG = Ask(
    "dpkg_packages",
    r"dpkg-query -W -f='${Package}\t${Version}\t${db:Status-Status}\n'",
    also=("dpkg-query -W",),
)
RPM = Ask("rpm_packages", r"rpm -qa --qf '%{NAME}\t%{VERSION}-%{RELEASE}\n'")
DMI = Ask("dmi", "cat /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name")
DMIDECODE = _as_root("dmi_system", "dmidecode -t system", "dmidecode -t 1")
# In English, so that a missing file is told from one that may not be read.
_XRDP_SECRETS = (
    Secret("regex", r"(?i)^[ \t]*(?:pam)?password[ \t]*=[ \t]*(?!ask\b)(?P<secret>[^\s][^\r\n]*)"),
)
XRDP = Ask(
    "xrdp_settings",
    "env LC_ALL=C cat /etc/xrdp/xrdp.ini",
    secrets=_XRDP_SECRETS,
    also=("/etc/xrdp/xrdp.ini", "xrdp.ini", "cat /etc/xrdp/xrdp.ini"),
    exits=(0, 1),
)
SESMAN = Ask(
    "xrdp_sessions",
    "env LC_ALL=C cat /etc/xrdp/sesman.ini",
    secrets=_XRDP_SECRETS,
    also=("/etc/xrdp/sesman.ini", "sesman.ini", "cat /etc/xrdp/sesman.ini"),
    exits=(0, 1),
)
PROXMOX = Ask("proxmox_version", "pveversion")
LISTENERS = Ask("listeners", "ss -Hltn", also=("ss -ltn", "ss -tln"))
# Where OpenVPN keeps its files and nothing else; keys may stand in a file themselves.
_KEYS = Secret(
    "regex", r"(?s)<(?:key|tls-auth|tls-crypt|tls-crypt-v2|secret|pkcs12)>\s*(?P<secret>.+?)\s*</"
)
OPENVPN = Ask(
    "openvpn_settings",
    "sudo -n env LC_ALL=C cat {path}",
    secrets=(_KEYS,),
    holes={"path": r"/etc/openvpn(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,4}\.conf"},
    exits=(0, 1),
    also=("openvpn.conf", "server.conf", "cat /etc/openvpn/server.conf"),
)
OPENVPN_STATUS = Ask(
    "openvpn_status",
    "sudo -n env LC_ALL=C cat {path}",
    holes={"path": r"/(?:run|etc|var/log)/openvpn(?:/?[A-Za-z0-9_-]+){0,4}\.(?:log|status)"},
    exits=(0, 1),
    also=("openvpn-status.log", "cat /var/log/openvpn/openvpn-status.log"),
)
WIREGUARD = tuple(
    _as_root(f"wireguard_{what.replace('-', '_')}", f"wg show all {what}")
    for what in ("listen-port", "allowed-ips", "latest-handshakes", "endpoints")
)
STRONGSWAN = _as_root("strongswan_connections", "swanctl --list-conns")
CLAMAV = Ask("clamav_version", "clamscan --version", exits=(0, 1, 127))
CLAMAV_LOG = Ask(
    "clamav_scan",
    "env LC_ALL=C tail -n 40 /var/log/clamav/full-scan.log",
    exits=(0, 1),
    also=("full-scan.log", "tail -n 40 /var/log/clamav/full-scan.log"),
)
PROTECTORS = Ask(
    "protection_services",
    "systemctl show clamav-daemon clamd@scan fapolicyd -p Id,ActiveState,LoadState",
)
# Only the lines of proxies: a file of settings may hold what is nobody's business. Status 1: none.
ENVIRONMENT = Ask(
    "environment",
    "grep -i _proxy= /etc/environment",
    secrets=(Secret("regex", r"://(?P<secret>[^@\s\"']+)(?:@|\Z)"),),
    exits=(0, 1),
)
FAPOLICYD = Ask(
    "fapolicyd_settings",
    "env LC_ALL=C cat /etc/fapolicyd/fapolicyd.conf",
    exits=(0, 1),
    also=("fapolicyd.conf", "cat /etc/fapolicyd/fapolicyd.conf"),
)
ID = Ask("id", "id")
SUDO = Ask("sudo_rules", "sudo -n -l", also=("sudo -l",), exits=(0, 1))
_AS_ROOT = (
    *(NFT, NFT_TEXT, IPTABLES, IP6TABLES, IPTABLES_LEGACY, IP6TABLES_LEGACY, UFW, DMIDECODE),
    *(*WIREGUARD, STRONGSWAN),
)


def firewall(device: Device) -> Flow:
    """All rules with their counters. Half a list is none: what may not be read fails it all."""
    nft = (yield from _rules(NFT)) or (yield from _rules(NFT_TEXT))
    captures = [nft] if nft else []
    dumps: list[_iptables.Dump] = []
    for family, ask, legacy in (
        ("ip", IPTABLES, IPTABLES_LEGACY),
        ("ip6", IP6TABLES, IP6TABLES_LEGACY),
    ):
        plain = yield from _rules(ask)
        found = _dump(plain, family)
        # Where `iptables` itself is legacy, asking for legacy would give every rule twice.
        beside = None if found and not found.nf_tables else (yield from _rules(legacy))
        dumps += [one for one in (found, _dump(beside, family)) if one]
        captures += [one for one in (plain, beside) if one]
    drafts = list(_drafts(nft, dumps))
    if not captures:
        ufw = yield from _rules(UFW)
        if ufw is None:
            raise NotAnswered(
                f"{device.id}: nobody delivered a list of rules",
                next_step=f"deliver {NFT.text!r} and {IPTABLES.text!r} of the host",
            )
        captures, drafts = [ufw], list(_ufw.drafts(_text(ufw), _who(ufw)))
    if not drafts:
        raise Unexpected(
            f"{device.id}: no rule and no chain with a policy in any table",
            code="result_empty_suspicious",
            next_step="check that this host filters at all, and in this network namespace",
        )
    unit = yield from _unit()
    counted = openers(facts(drafts, _host.captured_at(captures[0])))
    return [*([unit] if unit else []), *counted]


def neighbours(device: Device) -> Flow:
    """Who spoke to the host lately, of both address families; no program on a host runs LLDP by
    itself."""
    return list(inside(device, entries((yield NEIGHBOURS)), ("arp", "nd")))


def firmware(device: Device) -> Flow:
    """The distribution, its kernel, packages of interest, and the machine under it."""
    os_release, uname = (yield from _optional(OS_RELEASE)), (yield from _optional(UNAME))
    debian = _host.is_debian(os_release.text()) if os_release else None
    asks = (DPKG,) if debian else (RPM,) if debian is not None else (DPKG, RPM)
    packages: list[SoftwareRelease] = []
    for ask in asks:
        listed = yield from _optional(ask)
        packages += _host.packages(listed.text()) if listed else []
    decoded, board = (yield from _optional(DMIDECODE)), (yield from _optional(DMI))
    hardware = _host.decoded(decoded.text()) if decoded else None
    hardware = hardware or (_host.board(board.text()) if board else None)
    release = _host.system(os_release.text()) if os_release else None
    names = _host.uname(uname.text()) if uname else None
    kernel = _host.kernel(names[1]) if names else None
    hypervisor = yield from _optional(PROXMOX)
    proxmox = _host.proxmox(hypervisor.text()) if hypervisor else None
    if not (
        release or kernel or packages or proxmox or (decoded and _host.decoded(decoded.text()))
    ):
        hardware = None  # two bare lines are a machine's only beside a word of Linux
    found: list[Fact | None] = [release, proxmox, kernel, *packages, hardware]
    answered = [fact for fact in found if fact is not None]
    if not answered:
        raise Unexpected(
            f"{device.id}: no answer tells a Linux release, package or machine",
            next_step=f"deliver {OS_RELEASE.text!r} of the host",
        )
    return answered


def remote_desktop(device: Device) -> Flow:
    """xrdp's settings in force; a host without xrdp has none to log in to."""
    server = yield from _delivered(XRDP)
    sessions = yield from _delivered(SESMAN)
    if server is None and sessions is None:
        raise NotAnswered(
            f"{device.id}: nobody delivered xrdp's settings", next_step=f"deliver {XRDP.text!r}"
        )
    listening = yield from _optional(LISTENERS)
    ports = {port for _, port in _host.listeners(listening.text())} if listening else None
    return [_xrdp.policy(_xrdp.settings(server), _xrdp.settings(sessions), ports)]


def remote_access(device: Device) -> Flow:
    """Remote-control programs: as packages, and by the ports that something listens on."""
    listed = (yield from _optional(DPKG)) or (yield from _optional(RPM))
    listening = yield from _optional(LISTENERS)
    packages = None if listed is None else _host.package_names(listed.text())
    open_ = None if listening is None else list(_host.listeners(listening.text()))
    if not packages:
        raise Unexpected(
            f"{device.id}: no installed package is told",
            code="result_empty_suspicious",
            next_step=f"deliver {DPKG.text!r} or {RPM.text!r} of the host",
        )
    unit = yield from _unit()
    gateways = yield from _gateways_of(device, set(packages))
    return [
        *([unit] if unit else []),
        ProgramsSeen(programs=len(packages), listeners=None if open_ is None else len(open_)),
        *remote_control(packages, (), open_ or ()),
        *gateways,
    ]


def crypto(device: Device) -> Flow:
    """What an OpenVPN server's file allows; what the host offers on the wire, others ask it."""
    server = yield from _openvpn(device)
    if server is None:
        raise NotAnswered(
            f"{device.id}: there is no OpenVPN file to read",
            next_step="name it as the option `openvpn`, or take `crypto` from its subjects: what "
            "the host offers is asked by ssh_wire and tls_wire",
        )
    return list(_gateways.openvpn_offers(server))


def _gateways_of(device: Device, packages: set[str]) -> Generator[Ask, Capture, list[Fact]]:
    """Who may come in by OpenVPN, WireGuard and strongSwan, where they are installed."""
    found: list[Fact] = []
    if "openvpn" in packages or "openvpn" in device.options:
        server = yield from _openvpn(device)
        found += _gateways.openvpn(server) if server else ()
        status = yield from _optional(OPENVPN_STATUS(path=_status(device)))
        if found and status is not None and (said := told(status)):
            found += _gateways.openvpn_sessions(said, _host.captured_at(status))
    if "wireguard-tools" in packages:
        answers = []
        for ask in WIREGUARD:
            capture = yield from _rules(ask)
            answers.append(told(capture) or "" if capture else "")
        found += _gateways.wireguard(*answers)
    if packages & {"strongswan", "strongswan-swanctl", "charon-systemd"}:
        capture = yield from _optional(STRONGSWAN)
        if capture is not None and (said := told(capture)):
            found += _gateways.strongswan(said)
    return found


def _settings(device: Device) -> str:
    return device.options.get("openvpn", "/etc/openvpn/server.conf")


def _status(device: Device) -> str:
    return device.options.get("openvpn_status", "/var/log/openvpn/openvpn-status.log")


def _openvpn(device: Device) -> Generator[Ask, Capture, str | None]:
    """The server's file; None where there is none."""
    capture = yield from _optional(OPENVPN(path=_settings(device)))
    text = capture.text() if capture else ""
    if re.match(r"cat: .*(?:No such file|not found)", text) or not text.strip():
        return None
    said = told(capture) if capture else None
    if said is not None and not _gateways.is_openvpn(said):
        raise Unexpected(f"{device.id}: {_settings(device)} is no file of OpenVPN's")
    return said


def _delivered(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """A file's capture; None where nobody delivered it."""
    try:
        return (yield ask)
    except NotAnswered as error:
        if error.code not in (NotAnswered.code, "file_missing"):
            raise
        return None


def host(device: Device) -> Flow:
    """ClamAV with its signatures and last full scan, fapolicyd with its mode, and the proxy."""
    listed = (yield from _optional(DPKG)) or (yield from _optional(RPM))
    packages = set(_host.package_names(listed.text())) if listed else set()
    if not packages:
        raise Unexpected(
            f"{device.id}: no installed package is told",
            code="result_empty_suspicious",
            next_step=f"deliver {DPKG.text!r} or {RPM.text!r} of the host",
        )
    services = yield from _optional(PROTECTORS)
    active = _protection.states(services.text()) if services else {}
    version = (yield from _optional(CLAMAV)) if packages & _protection.SCANNERS else None
    log = (yield from _optional(CLAMAV_LOG)) if packages & _protection.SCANNERS else None
    control = (yield from _optional(FAPOLICYD)) if "fapolicyd" in packages else None
    sent = yield from _optional(ENVIRONMENT)
    unit = yield from _unit()
    return [
        *([unit] if unit else []),
        *([_protection.proxy(sent.text())] if sent else []),
        *_protection.clamav(
            packages, version.text() if version else None, active, log.text() if log else None
        ),
        _protection.fapolicyd(packages, active, control.text() if control else None),
    ]


def account(device: Device) -> Flow:
    """Who asks, in which groups, and what sudo lets it run."""
    capture = yield ID
    sudo = yield from _sudo()
    files = (OPENVPN(path=_settings(device)), OPENVPN_STATUS(path=_status(device)))
    known = {ask.text.removeprefix("sudo -n ") for ask in (*_AS_ROOT, *files)}
    return [privilege(capture.text(), sudo, known, _who(capture))]


def _sudo() -> Generator[Ask, Capture, str | None]:
    """What sudo lists; empty where nobody delivered it, None where the host has no sudo."""
    try:
        capture = yield SUDO
    except NotAnswered as error:
        return "" if error.code == NotAnswered.code else None
    return capture.text()


def _unit() -> Generator[Ask, Capture, Unit | None]:
    uname = yield from _optional(UNAME)
    uptime = yield from _optional(UPTIME)
    clock = yield from _optional(CLOCK)
    services = yield from _optional(SERVICES)
    return _host.unit(_host.uname(uname.text()) if uname else None, uptime, clock, services)


def _rules(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """A rule list's capture; None when nobody delivered it. A refusal ends the reading here."""
    try:
        capture = yield ask
    except NotAnswered as error:
        if error.code != NotAnswered.code:
            raise
        return None
    if ask is NFT and "JSON support not compiled" in capture.text():
        return None  # its text is asked for instead
    told(capture)
    return capture


def _optional(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """A capture that can be done without; None when it was refused."""
    try:
        return (yield ask)
    except NotAnswered:
        return None


def _drafts(nft: Capture | None, dumps: Iterable[_iptables.Dump]) -> Iterator[Draft]:
    """nft's own tables, then what iptables keeps in the kernel's two places.

    iptables-save also tries its hand at nft's own tables that have a name of iptables': those
    are known by hooked chains that iptables would not make.
    """
    text = told(nft) if nft else None
    rules = ruleset(nft, text) if nft and text is not None else Ruleset()
    own = _nft.own_tables(rules)
    shared = {(one.family, table) for one in dumps if one.nf_tables for table in one.tables}
    yield from _nft.drafts(rules, shared - own, _who(nft) if nft else "")
    for one in dumps:
        for draft in one.drafts:
            if not (one.nf_tables and (one.family, draft.rule.context) in own):
                yield draft


def _dump(capture: Capture | None, family: str) -> _iptables.Dump | None:
    text = told(capture) if capture else None
    return _iptables.dump(text, family, _who(capture)) if capture and text else None


def _text(capture: Capture) -> str:
    text = told(capture)
    if text is None:
        raise Unexpected(f"{_who(capture)}: there is no such program")
    return text


def _who(capture: Capture) -> str:
    return f"{capture.device}: {capture.ask.text!r}"
