"""Services asked for their cryptography before any log-in: ours, sslyze, ssh-audit, nmap's scripts.

A thousand services are a thousand addresses of loopback with one nginx, one sshd and one xrdp
behind them, which share the cores with whoever asks. Each side asks as many at once as it does by
itself, one connection at a time to a service where it is ours. sslyze and ssh-audit ask a tenth
of them: their rate is told, and what they found is compared. Then the same TLS services and SSH
proposals with a distance before them (`benchmarks.distance`), as services have in a network; and
the sshd's proposal said by a process that does nothing else (`benchmarks.proposer`), for sshd's
own process for each connection costs more than any client.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from agent.platforms import Platform, platform
from agent.redact import SiteKey
from agent.transports.wire import open_wire
from agent.visit import Visitor
from benchmarks.distance import away
from benchmarks.proposer import saying
from benchmarks.result import Result
from benchmarks.scratch import packages
from collectors.tls_wire import versions_and_suites
from evidence.device import Device
from evidence.facts import AlgorithmOffer, RdpNegotiation
from evidence.reading import Reading

TLS, SSH, RDP = platform("tls_wire"), platform("ssh_wire"), platform("rdp_wire")
SUITES = replace(TLS, collectors={"crypto": versions_and_suites})  # no more than nmap's script asks
SSLYZE, SSH_AUDIT = "sslyze==6.3.1", "ssh-audit==3.9.0"
WORKERS = 64
AWAY_WORKERS = 128
SAID_WORKERS = 256  # from away, where the other end costs nothing: a proposal is one short wait
RDP_WORKERS = 16  # each handshake costs the one xrdp a process and a signature
# What a connection and its first answer take where a round trip is of 20 ms.
AWAY_MS = 40.0
# The sign has nmap run them on a port of no usual number: otherwise it says nothing, and quickly.
_SSH_SCRIPT, _RDP_SCRIPT = "+ssh2-enum-algos", "+rdp-enum-encryption"
T = TypeVar("T")
_SHARE = 10  # the slower peers ask one service in so many
_SSLYZE_PROGRAM = """
import sys, time, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
from sslyze import ScanCommand, Scanner, ServerNetworkLocation, ServerScanRequest
commands = {one for one in ScanCommand if one.value.endswith("cipher_suites")}
commands |= {ScanCommand.CERTIFICATE_INFO, ScanCommand.ELLIPTIC_CURVES}
began = time.perf_counter()
scanner = Scanner()
scanner.queue_scans([
    ServerScanRequest(ServerNetworkLocation("bench.test", int(sys.argv[2]), ip_address=one),
                      scan_commands=commands)
    for one in sys.argv[3:]
])
found = set()
for one in scanner.get_results():
    result = one.scan_result.tls_1_2_cipher_suites.result
    found.add(",".join(sorted(s.cipher_suite.name for s in result.accepted_cipher_suites)))
print(time.perf_counter() - began)
print("\\n".join(found))
"""


_AUDIT_PROGRAM = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from ssh_audit.ssh_audit import main
sys.exit(main())
"""


def run(*, count: int = 1000, peers: bool = True, away_ms: float = AWAY_MS) -> Iterator[Result]:
    """TLS against sslyze and nmap, SSH and RDP against nmap; the same services in the same run."""
    places = [f"127.1.{number // 200}.{number % 200 + 1}" for number in range(count)]
    with tempfile.TemporaryDirectory() as name, _servers(Path(name)) as (tls, ssh, rdp):
        yield from _tls(places, tls, peers)
        yield from _ssh(places, ssh, peers)
        yield from _said(places, ssh, away_ms, peers)
        # xrdp starts a process for each connection, which outlives it: thousands stop a machine.
        yield _rdp(places[::_SHARE], rdp, peers)
        yield from _from_away(places, tls, ssh, away_ms, peers)


def _tls(places: Sequence[str], port: int, peers: bool) -> Iterator[Result]:
    ours_s, readings = _timed(lambda: _read(TLS, places, port))
    wrong, suites = _agreed(readings)
    rate = len(places) / ours_s
    few = places[::_SHARE]
    peer = packages(SSLYZE, alone=False) if peers else "not asked for"
    if isinstance(peer, str):
        peer_rate, truth, said = None, not wrong, f"no peer: {peer}"
    else:
        command = [sys.executable, "-c", _SSLYZE_PROGRAM, str(peer), str(port), *few]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        wall, *found = done.stdout.split()
        peer_rate = len(few) / float(wall)
        same = found == [",".join(sorted(suites))]
        truth, said = not wrong and same, f"same {len(suites)} suites of TLS 1.2: {same}"
    note = (
        f"{len(places)} services, {WORKERS} at once, {len(readings[0].captures)} connections each"
    )
    yield Result(
        name="wire: TLS services read",
        ours=rate,
        peer=peer_rate,
        unit="services/s",
        against="sslyze",
        truth=truth,
        note=f"{note}; peer {len(few)} services; {said}; failed {wrong}",
    )
    wall_s, text = _nmap("ssl-enum-ciphers", places, port) if peers else (0.0, "")
    nmap = set(re.findall(r"TLS_(?!AKE)\w+", text)) if text else set()
    yield Result(
        name="wire: TLS services read",
        ours=rate,
        peer=len(places) / wall_s if wall_s else None,
        unit="services/s",
        against="nmap ssl-enum-ciphers",
        truth=not wrong and (not nmap or nmap == suites),
        note=f"{note}, certificates too; peer {len(places)} services, versions and suites"
        if wall_s
        else "no peer: nmap is not installed",
    )
    yield _suites_alone("", places, port, WORKERS, wall_s, nmap)


def _suites_alone(
    place: str, places: Sequence[str], port: int, workers: int, wall_s: float, theirs: set[str]
) -> Result:
    """What nmap's script asks, and no more, against the time it took and what it found."""
    ours_s, readings = _timed(lambda: _read(SUITES, places, port, workers=workers))
    wrong, suites = _agreed(readings)
    return Result(
        name=f"wire: TLS versions and suites alone{place}",
        ours=len(places) / ours_s,
        peer=len(places) / wall_s if wall_s else None,
        unit="services/s",
        against="nmap ssl-enum-ciphers",
        truth=not wrong and (not theirs or theirs == suites),
        note=f"{len(places)} services, {workers} at once, {len(readings[0].captures)} connections "
        f"each; failed {wrong}",
    )


def _ssh(places: Sequence[str], port: int, peers: bool) -> Iterator[Result]:
    ours_s, readings = _timed(lambda: _read(SSH, places, port))
    wrong = sum(one.failure is not None for one in readings)
    wall_s, text = _nmap(_SSH_SCRIPT, places, port) if peers else (0.0, "")
    told = text.count("kex_algorithms")
    yield Result(
        name="wire: SSH proposals read",
        ours=len(places) / ours_s,
        peer=len(places) / wall_s if wall_s else None,
        unit="services/s",
        against="nmap ssh2-enum-algos",
        truth=not wrong,
        note=f"{len(places)} services, {WORKERS} at once, {len(readings[0].captures)} connections "
        f"each (host key and smallest group, too), peer one; failed {wrong}",
    )

    alone_s, heard = _timed(lambda: _proposals(places, port))
    yield Result(
        name="wire: SSH proposals alone",
        ours=len(places) / alone_s,
        peer=len(places) / wall_s if wall_s else None,
        unit="services/s",
        against="nmap ssh2-enum-algos",
        truth=all(heard),
        note=f"one connection each, as the peer, which was told {told}",
    )
    few = places[::_SHARE]
    peer = packages(SSH_AUDIT) if peers else "not asked for"
    if isinstance(peer, str):
        return
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as targets:
        targets.write("\n".join(f"{one}:{port}" for one in few))
        targets.flush()
        options = ["-j", "--skip-rate-test", "-T", targets.name, "--threads", str(WORKERS)]
        command = [sys.executable, "-c", _AUDIT_PROGRAM, str(peer), *options]
        wall_s, done = _timed(lambda: subprocess.run(command, capture_output=True, text=True))
    found = [_audited(one) for one in json.loads(done.stdout or "[]")]
    mine = _proposed(readings[0])
    same = len(found) == len(few) and all(one == mine for one in found)
    yield Result(
        name="wire: SSH proposals read",
        ours=len(places) / ours_s,
        peer=len(few) / wall_s,
        unit="services/s",
        against="ssh-audit",
        truth=not wrong and same,
        note=f"peer {len(few)} services; same algorithms and RSA length: {same}",
    )


def _said(places: Sequence[str], ssh: int, away_ms: float, peers: bool) -> Iterator[Result]:
    """The same proposal from a process that only says it: what the clients themselves cost."""
    near, far = _free_port(), _free_port()
    with saying(near, _greeting(ssh)), away({far: near}, away_ms):
        for port, workers, place in (
            (near, RDP_WORKERS, ""),
            (far, SAID_WORKERS, f" from {away_ms:g} ms away"),
        ):
            _wait_for(port)
            ours_s, heard = _timed(partial(_proposals, places, port, workers))
            wall_s, text = _nmap(_SSH_SCRIPT, places, port) if peers else (0.0, "")
            yield Result(
                name=f"wire: SSH proposals said by one process{place}",
                ours=len(places) / ours_s,
                peer=len(places) / wall_s if wall_s else None,
                unit="services/s",
                against="nmap ssh2-enum-algos",
                truth=all(heard),
                note=f"{len(places)} services, {workers} at once, one connection each; "
                f"peer was told {text.count('kex_algorithms')}",
            )


def _greeting(port: int) -> bytes:
    """What the sshd says first: its line, and its proposal in a packet (RFC 4253 6)."""
    record = json.loads(_asked("127.0.0.1", port))
    payload = bytes.fromhex(record["proposal_hex"])
    padding = -(len(payload) + 5) % 8 + 8
    head = struct.pack(">IB", len(payload) + padding + 1, padding)
    return bytes.fromhex(record["banner_hex"]) + head + payload + bytes(padding)


def _rdp(places: Sequence[str], port: int, peers: bool) -> Result:
    """xrdp that negotiates: standard security and TLS are accepted, NLA is not."""
    ours_s, readings = _timed(lambda: _read(RDP, places, port, "remote_desktop", RDP_WORKERS))
    wrong = sum(_negotiated(one) != (True, True, False) for one in readings)
    wall_s, text = _nmap(_RDP_SCRIPT, places, port) if peers else (0.0, "")
    found = text.count("Native RDP: SUCCESS")
    return Result(
        name="wire: remote desktops read",
        ours=len(places) / ours_s,
        peer=len(places) / wall_s if wall_s else None,
        unit="services/s",
        against="nmap rdp-enum-encryption",
        truth=not wrong,
        note=f"{len(places)} services, {RDP_WORKERS} at once, {len(readings[0].captures)} "
        f"connections each, certificates too; failed {wrong}; peer found {found}",
    )


def _negotiated(reading: Reading) -> tuple[bool | None, ...]:
    return next(
        (
            (one.standard_rdp_accepted, one.tls_supported, one.nla_supported)
            for one in reading.of(RdpNegotiation)
        ),
        (),
    )


def _from_away(
    places: Sequence[str], tls: int, ssh: int, away_ms: float, peers: bool
) -> Iterator[Result]:
    """TLS services and SSH proposals, each a round trip away."""
    far_tls, far_ssh = _free_port(), _free_port()
    distance = f"{away_ms:g} ms for a connection and its first answer, {AWAY_WORKERS} at once"
    with away({far_tls: tls, far_ssh: ssh}, away_ms):
        for port in (far_tls, far_ssh):
            _wait_for(port)
        ours_s, readings = _timed(lambda: _read(TLS, places, far_tls, workers=AWAY_WORKERS))
        wall_s, text = _nmap("ssl-enum-ciphers", places, far_tls) if peers else (0.0, "")
        theirs = set(re.findall(r"TLS_(?!AKE)\w+", text))
        alone = _suites_alone(" from away", places, far_tls, AWAY_WORKERS, wall_s, theirs)
        alone_s, heard = _timed(lambda: _proposals(places, far_ssh, AWAY_WORKERS))
        theirs_s, said = _nmap(_SSH_SCRIPT, places, far_ssh) if peers else (0.0, "")
    wrong, suites = _agreed(readings)
    yield Result(
        name="wire: TLS services read from away",
        ours=len(places) / ours_s,
        peer=len(places) / wall_s if wall_s else None,
        unit="services/s",
        against="nmap ssl-enum-ciphers",
        truth=not wrong and (not theirs or theirs == suites),
        note=f"{len(places)} services, {distance}; failed {wrong}",
    )
    yield alone
    yield Result(
        name="wire: SSH proposals alone from away",
        ours=len(places) / alone_s,
        peer=len(places) / theirs_s if theirs_s else None,
        unit="services/s",
        against="nmap ssh2-enum-algos",
        truth=all(heard),
        note=f"{len(places)} services, {distance}; peer was told {said.count('kex_algorithms')}",
    )


def _audited(said: dict[str, Any]) -> dict[str, Any]:
    """What ssh-audit found, as ours is written; signs of the protocol are no algorithms."""
    names = {"kex": "kex", "host_key": "key", "cipher": "enc", "mac": "mac"}
    found: dict[str, Any] = {
        part: [
            one["algorithm"]
            for one in said[key]
            if not one["algorithm"].startswith(("kex-strict-", "ext-info-"))
        ]
        for part, key in names.items()
    }
    sizes = {one.get("keysize") for one in said["key"] if one["algorithm"].startswith("rsa-")}
    return {**found, "rsa": sizes}


def _proposed(reading: Reading) -> dict[str, Any]:
    offers = {one.part: one for one in reading.of(AlgorithmOffer)}
    parts = ("kex", "host_key", "cipher", "mac")
    found: dict[str, Any] = {part: list(offers[part].names) for part in parts}
    return {**found, "rsa": {bits for _, bits in offers["host_key"].sizes_bits}}


def _read(
    one: Platform,
    places: Sequence[str],
    port: int,
    subject: str = "crypto",
    workers: int = WORKERS,
) -> list[Reading]:
    def visit(place: str) -> Reading:
        device = Device(
            id=place,
            platform=one.name,
            subjects=(subject,),
            transport="wire",
            address=place,
            port=port,
            options={"pause_ms": "0"},
        )
        visitor = Visitor(
            device=device,
            platform=one,
            open_transport=lambda: open_wire(device, one),
            clock=lambda: datetime.now(UTC),
            key=SiteKey(b"benchmark" * 4),
        )
        return visitor.visit([subject]).readings[0]

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(visit, places))


def _proposals(places: Sequence[str], port: int, workers: int = WORKERS) -> list[bool]:
    """Whether each service proposed something, asked for nothing else."""

    def heard(place: str) -> bool:
        return b'"proposal_hex": ""' not in _asked(place, port)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(heard, places))


def _asked(place: str, port: int) -> bytes:
    """The record of one probe, as JSON."""
    [ask] = [ask for ask in SSH.asks if ask.name == "ssh_proposal"]
    device = Device(id=place, platform=SSH.name, address=place, port=port)
    return open_wire(device, SSH).ask(ask).body


def _agreed(readings: Sequence[Reading]) -> tuple[int, set[str]]:
    """How many failed or differ from the first, and the first's suites of TLS 1.2."""
    suites = [
        {
            name
            for offer in one.of(AlgorithmOffer)
            if offer.part == "suite" and offer.place == "TLSv1.2"
            for name in offer.names
        }
        for one in readings
    ]
    return sum(one != suites[0] or not one for one in suites), suites[0]


def _nmap(script: str, places: Sequence[str], port: int) -> tuple[float, str]:
    """Seconds and output; 0 where nmap is not installed."""
    if shutil.which("nmap") is None:
        return 0.0, ""
    command = ["nmap", "-n", "-Pn", "-p", str(port), "--script", script, *places]
    wall_s, done = _timed(lambda: subprocess.run(command, capture_output=True, text=True))
    return wall_s, done.stdout


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    done = work()
    return time.perf_counter() - began, done


@contextmanager
def _servers(folder: Path) -> Iterator[tuple[int, int, int]]:
    """nginx with TLS, an sshd and an xrdp, on every address of loopback; their ports."""
    tls, ssh, rdp = _free_port(), _free_port(), _free_port()
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"),
            *("-subj", "/CN=bench.test", "-keyout", "tls.key", "-out", "tls.pem"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    for kind in ("ed25519", "rsa"):
        command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(folder / kind)]
        subprocess.run(command, check=True)
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log /dev/null crit;"
        "events { worker_connections 4096; }"
        f"http {{ access_log off; server {{ listen 0.0.0.0:{tls} ssl backlog=4096;"
        f"ssl_certificate {folder}/tls.pem; ssl_certificate_key {folder}/tls.key;"
        "ssl_protocols TLSv1.2 TLSv1.3; location / { return 204; } } }"
    )
    (folder / "sshd_config").write_text(
        f"ListenAddress 0.0.0.0\nPort {ssh}\nPidFile none\nMaxStartups 2000\n"
        f"HostKey {folder}/ed25519\nHostKey {folder}/rsa\n"
    )
    (folder / "xrdp.ini").write_text(
        f"[Globals]\nport=tcp://:{rdp}\nfork=true\nsecurity_layer=negotiate\ncrypt_level=high\n"
        f"certificate={folder}/tls.pem\nkey_file={folder}/tls.key\n"
        f"[Logging]\nLogFile={folder}/xrdp.log\nLogLevel=ERROR\nEnableSyslog=false\n"
        "[Xorg]\nname=Xorg\nlib=libxup.so\n"
    )
    for place in ("/run/sshd", "/run/xrdp"):
        Path(place).mkdir(exist_ok=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    servers = [
        subprocess.Popen(command, **quiet)  # type: ignore[call-overload]
        for command in (
            ["/usr/sbin/nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)],
            ["/usr/sbin/sshd", "-D", "-f", str(folder / "sshd_config")],
            ["/usr/sbin/xrdp", "--nodaemon", "--config", str(folder / "xrdp.ini")],
        )
    ]
    try:
        for port in (tls, ssh, rdp):
            _wait_for(port)
        yield tls, ssh, rdp
    finally:
        for one in servers:
            one.terminate()
            one.wait(10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"nobody listens on {port}")
