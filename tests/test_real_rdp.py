"""The negotiation probe against xrdp in three settings and FreeRDP's shadow server in four."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from agent.platforms import platform
from agent.redact import SiteKey
from agent.transports.wire import _exchange, open_wire
from agent.visit import Visitor
from checks import rdp_agrees_with_wire
from evidence.device import Device
from evidence.facts import RdpNegotiation, RemoteDesktopPolicy
from evidence.observation import Observation
from evidence.reading import Reading
from tests import by_hand
from tests.judging import read as read_of
from tests.judging import seen
from tests.ports import closed_port, free_port
from tests.real_servers import listener, running, wait_for

pytestmark = pytest.mark.whole  # sockets, and devices that take their time

XRDP_INI = Path("/etc/xrdp/xrdp.ini")
FAIL_TLS, FAIL_NO_TLS, FAIL_NLA = "failure 1", "failure 2", "failure 5"


def read(port: int) -> Reading:
    one = platform("rdp_wire")
    device = Device(
        id="desk", platform="rdp_wire", subjects=("remote_desktop",), address="127.0.0.1", port=port
    )
    return (
        Visitor(
            device=device,
            platform=one,
            open_transport=lambda: open_wire(device, one),
            clock=lambda: datetime.now(UTC),
            key=SiteKey(b"the key of the tests"),
        )
        .visit(["remote_desktop"])
        .readings[0]
    )


def negotiated(port: int) -> RdpNegotiation:
    reading = read(port)
    assert reading.failure is None, reading.failure
    (fact,) = reading.of(RdpNegotiation)
    assert (fact.address, fact.port) == ("127.0.0.1", port)
    return fact


def said(fact: RdpNegotiation) -> list[str]:
    assert [wanted for wanted, _ in fact.answers] == ["none", "0", "1", "2", "3", "8", "11"]
    return [answer for _, answer in fact.answers]


@pytest.mark.part("root", "xrdp", "openssl")
@pytest.mark.parametrize(
    ("layer", "answers", "tls", "standard"),
    [
        (
            "negotiate",
            ["selected 0", "selected 1", "selected 0", "selected 1", "selected 0", "selected 1"],
            True,
            True,
        ),
        (
            "tls",
            [FAIL_TLS, "selected 1", FAIL_TLS, "selected 1", FAIL_TLS, "selected 1"],
            True,
            False,
        ),
        ("rdp", ["selected 0"] * 6, False, True),
    ],
)
def test_xrdp(layer: str, answers: list[str], tls: bool, standard: bool, tmp_path: Path) -> None:
    with xrdp(layer, tmp_path) as port:
        fact = negotiated(port)
    own = settings(tmp_path)
    assert (own.source, own.port, own.security_layer) == ("xrdp", port, layer)
    assert agreement(own, fact).state == "agrees"
    assert said(fact) == ["no negotiation", *answers]
    assert (fact.nla_supported, fact.nla_required) == (False, False)
    assert (fact.tls_supported, fact.standard_rdp_accepted) == (tls, standard)
    assert fact.product_version is None
    if not tls:
        assert (fact.tls_version, fact.certificate_sha256) == (None, None)
        return
    certificate = x509.load_pem_x509_certificate((tmp_path / "cert.pem").read_bytes())
    assert fact.tls_version == "TLSv1.3"
    assert fact.certificate_subject == "CN=rdp.test"
    assert fact.certificate_expires_at == certificate.not_valid_after_utc
    assert fact.certificate_sha256 == openssl_fingerprint(tmp_path / "cert.pem")


def settings(folder: Path) -> RemoteDesktopPolicy:
    """What the server's own files say, read as those of a host."""
    files = {"xrdp.ini": folder / "xrdp.ini", "sesman.ini": XRDP_INI.with_name("sesman.ini")}
    answers = [(name, path.read_bytes()) for name, path in files.items()]
    reading = by_hand.read("linux", "remote_desktop", *answers)
    assert reading.failure is None, reading.failure
    [own] = reading.of(RemoteDesktopPolicy)
    return own


def agreement(own: RemoteDesktopPolicy, wire: RdpNegotiation) -> Observation:
    """What the check says of a host's settings beside the wire."""
    places = {"host": "linux", "wire": "rdp_wire"}
    readings = seen(read_of("host", "remote_desktop", own), read_of("wire", "remote_desktop", wire))
    devices = {
        name: replace(readings.devices[name], platform=kind, address="127.0.0.1")
        for name, kind in places.items()
    }
    [found] = rdp_agrees_with_wire.check(replace(readings, devices=devices))
    return found


def test_a_setting_that_the_wire_contradicts_is_found() -> None:
    own = RemoteDesktopPolicy(source="xrdp", port=3389, security_layer="tls", nla_required=False)
    wire = RdpNegotiation(
        address="127.0.0.1", port=3389, nla_required=False, standard_rdp_accepted=True
    )
    assert agreement(own, wire).state == "disagrees"


@pytest.mark.part("freerdp-shadow", "xvfb")
@pytest.mark.parametrize(
    ("security", "answers", "required", "supported", "tls", "standard"),
    [
        (
            "nla",
            [FAIL_NLA, FAIL_NLA, FAIL_NLA, "selected 2", "selected 2", FAIL_NLA, "selected 2"],
            True,
            True,
            True,
            False,
        ),
        (
            "tls",
            [FAIL_TLS, FAIL_TLS, "selected 1", FAIL_TLS, "selected 1", FAIL_TLS, "selected 1"],
            False,
            False,
            True,
            False,
        ),
        (
            "rdp",
            ["selected 0", "selected 0", *([FAIL_NO_TLS] * 5)],
            False,
            False,
            False,
            True,
        ),
        ("ext", [FAIL_TLS] * 7, None, False, False, False),
    ],
)
def test_freerdp_shadow(
    security: str,
    answers: list[str],
    required: bool | None,
    supported: bool,
    tls: bool,
    standard: bool,
    tmp_path: Path,
) -> None:
    with shadow(security, tmp_path) as port:
        fact = negotiated(port)
    assert said(fact) == answers
    assert (fact.nla_required, fact.nla_supported) == (required, supported)
    assert (fact.tls_supported, fact.standard_rdp_accepted) == (tls, standard)
    assert (fact.certificate_sha256 is not None) == tls
    # Only a listener with NLA speaks NTLM; FreeRDP names a Windows version of its own.
    assert (fact.product_version is not None) == supported


def test_another_service_is_no_remote_desktop() -> None:
    with listener(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n") as port:
        failure = read(port).failure
    assert failure is not None
    assert failure.code == "output_unexpected"
    assert "SSH-2.0" in failure.message


# A Connection Confirm that refuses, of NLA-only hosts: HYBRID_REQUIRED_BY_SERVER.
REFUSES = bytes.fromhex("030000130ed000000000000300080005000000")


def test_a_reply_that_comes_byte_by_byte_is_one_reply() -> None:
    with listener(*(REFUSES[at : at + 1] for at in range(len(REFUSES))), pause_s=0.005) as port:
        fact = negotiated(port)
    assert said(fact) == [FAIL_NLA] * 7


@pytest.mark.parametrize(
    "garbage",
    [
        REFUSES[:10],
        b"\x03\x00\xff\xff" + b"\xff" * 40,  # a length that never comes
        b"\x03\x00\x00\x00",
        b"\x03\x00\x00\x13" + b"\x0e\xd0" + b"\xff" * 13,
        bytes(range(256)) * 300,
        b"\xff\xff\xff\xff" * 4,  # 4 GB, were it a length
    ],
)
def test_garbage_for_a_reply_is_no_remote_desktop(garbage: bytes) -> None:
    with listener(garbage) as port:
        failure = read(port).failure
    assert failure is not None
    assert failure.code == "output_unexpected"


def test_a_byte_at_a_time_without_end_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_exchange, "TIMEOUT_S", 0.1)
    began = time.monotonic()
    with listener(b"\x03\x00\xff\xff", *[b"\x02"] * 30, pause_s=0.02) as port:
        failure = read(port).failure
    assert time.monotonic() - began < 15
    assert failure is not None


def test_nobody_listens() -> None:
    failure = read(closed_port()).failure
    assert failure is not None
    assert failure.code == "device_unreachable"


@contextmanager
def xrdp(layer: str, folder: Path) -> Iterator[int]:
    """xrdp on loopback, answering negotiation only: its session manager does not run."""
    port = free_port()
    openssl_key_pair(folder)
    changes = {
        "port": f"tcp://127.0.0.1:{port}",
        "security_layer": layer,
        "crypt_level": "high",
        "certificate": str(folder / "cert.pem"),
        "key_file": str(folder / "key.pem"),
        "LogFile": str(folder / "xrdp.log"),
        "EnableSyslog": "false",
    }
    text = XRDP_INI.read_text("utf-8")
    for name, value in changes.items():
        # Only the first is the server's own; `port` also names the sessions' ports.
        text = re.sub(rf"(?m)^{name}=.*$", f"{name}={value}", text, count=1)
    ini = folder / "xrdp.ini"
    ini.write_text(text, "utf-8")
    Path("/run/xrdp").mkdir(exist_ok=True)
    folder.chmod(0o755)
    with running(["xrdp", "--nodaemon", "--config", str(ini)], folder, {}) as process:
        wait_for(port, process)
        yield port


@contextmanager
def shadow(security: str, folder: Path) -> Iterator[int]:
    """FreeRDP's shadow server of an empty screen on a display number nobody uses."""
    port = free_port()
    (folder / "SAM").write_text("")
    read_end, write_end = os.pipe()
    # By default the screen starts anew when its last client leaves. The shadow server looks at
    # it once, leaves, and comes back: into that new start it could not open it, and ended.
    screen = ["Xvfb", "-noreset", "-displayfd", str(write_end), "-screen", "0", "320x240x24"]
    with running([*screen, "-nolisten", "tcp"], folder, {}, write_end):
        os.close(write_end)
        with os.fdopen(read_end) as numbers:
            display = numbers.readline().strip()
        program = shutil.which("freerdp-shadow-cli") or "freerdp-shadow-cli3"
        options = [f"/port:{port}", "/bind-address:127.0.0.1", f"/sec:{security}"]
        with running(
            [program, *options, f"/sam-file:{folder / 'SAM'}"],
            folder,
            {"DISPLAY": f":{display}", "HOME": str(folder)},
        ) as process:
            wait_for(port, process)
            yield port


def openssl_key_pair(folder: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
            *("-subj", "/CN=rdp.test"),
        ],
        check=True,
        capture_output=True,
    )
    (folder / "key.pem").chmod(0o644)


def openssl_fingerprint(certificate: Path) -> str:
    command = ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", str(certificate)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return out.strip().partition("=")[2].replace(":", "").lower()
