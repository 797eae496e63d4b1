"""What real servers offer: sshd and openssl's own server, in weak and in strong settings.

The expectation is the server's own: what `sshd -T` says it was configured with, and what
`openssl ciphers` says its setting stands for.
"""

from __future__ import annotations

import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509

from agent.platforms import platform
from agent.redact import SiteKey
from agent.transports.wire import _exchange, open_wire
from agent.visit import Visit, Visitor
from evidence.device import Device
from evidence.facts import AlgorithmOffer, Certificate
from evidence.reading import Reading
from evidence.tls_suites import BEFORE_TLS13, SUITES
from tests.ports import free_port
from tests.real_servers import listener, running, wait_for

pytestmark = pytest.mark.whole  # sockets, and devices that take their time

SSHD = "/usr/sbin/sshd"
EVERY = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
SHARED = ("PSK", "SRP", "GOST")  # suites with a key shared beforehand, which nobody is asked for


def visit(name: str, port: int, **options: str) -> Visit:
    one = platform(name)
    device = Device(
        id="srv",
        platform=name,
        subjects=("crypto",),
        transport="wire",
        address="127.0.0.1",
        port=port,
        options={"pause_ms": "0", **options},
    )
    return Visitor(
        device=device,
        platform=one,
        open_transport=lambda: open_wire(device, one),
        clock=lambda: datetime.now(UTC),
        key=SiteKey(b"the key of the tests"),
    ).visit(["crypto"])


def read(name: str, port: int, **options: str) -> Reading:
    return visit(name, port, **options).readings[0]


def offers(reading: Reading) -> dict[tuple[str, str | None], AlgorithmOffer]:
    assert reading.failure is None, reading.failure
    return {(one.part, one.place): one for one in reading.of(AlgorithmOffer)}


# --- SSH ---

WEAK = """
KexAlgorithms +diffie-hellman-group1-sha1,diffie-hellman-group-exchange-sha1
Ciphers +3des-cbc,aes128-cbc
MACs +hmac-md5
HostKeyAlgorithms +ssh-rsa,ssh-dss
RequiredRSASize 1024
"""
STRONG = """
KexAlgorithms curve25519-sha256
Ciphers aes256-gcm@openssh.com
MACs hmac-sha2-512-etm@openssh.com
"""


@contextmanager
def sshd(folder: Path, settings: str, *keys: tuple[str, int]) -> Iterator[tuple[int, list[str]]]:
    """A server with these settings and keys; its port, and how to ask it for its settings."""
    port, names = free_port(), []
    for kind, bits in keys:
        name = folder / f"key_{kind}"
        command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(name)]
        subprocess.run([*command, *(["-b", str(bits)] if bits else [])], check=True)
        names.append(f"HostKey {name}\n")
    config = folder / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nPidFile none\n{''.join(names)}{settings}"
    )
    Path("/run/sshd").mkdir(exist_ok=True)
    with running([SSHD, "-D", "-e", "-f", str(config)], folder, {}) as process:
        wait_for(port, process)
        yield port, [SSHD, "-T", "-f", str(config)]


def configured(command: list[str], name: str) -> set[str]:
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    [line] = [one for one in said.splitlines() if one.startswith(f"{name} ")]
    return set(line.split()[1].split(","))


@pytest.mark.part("root", "sshd")
@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        (WEAK, [("rsa", 1024), ("dsa", 0), ("ed25519", 0)]),
        (STRONG, [("ed25519", 0)]),
        ("", [("rsa", 3072), ("ecdsa", 256)]),
        ("KexAlgorithms diffie-hellman-group-exchange-sha256\n", [("rsa", 2048)]),
        ("KexAlgorithms diffie-hellman-group1-sha1\n", [("rsa", 2048)]),
        ("KexAlgorithms diffie-hellman-group18-sha512\n", [("rsa", 2048)]),
        ("KexAlgorithms ecdh-sha2-nistp256\n", [("rsa", 2048)]),
        ("KexAlgorithms ecdh-sha2-nistp384\n", [("rsa", 2048)]),
    ],
    ids=["weak", "strong", "default", "group exchange", "group1", "group18", "p256", "p384"],
)
def test_sshd_proposes_what_it_is_set_to(
    settings: str, keys: list[tuple[str, int]], tmp_path: Path
) -> None:
    with sshd(tmp_path, settings, *keys) as (port, ask):
        found = offers(read("ssh_wire", port))
        set_to = {
            "kex": configured(ask, "kexalgorithms"),
            "cipher": configured(ask, "ciphers"),
            "mac": configured(ask, "macs"),
        }
        accepted = configured(ask, "hostkeyalgorithms")
    for part, names in set_to.items():
        assert set(found[part, None].names) == names, part
    assert set(found["host_key", None].names) <= accepted
    assert found["version", None].names == ("2",)
    rsa = dict(keys).get("rsa")
    assert dict(found["host_key", None].sizes_bits) == ({"rsa": rsa} if rsa else {})


@pytest.mark.part("root", "sshd")
def test_nobody_tries_to_log_in(tmp_path: Path) -> None:
    with sshd(tmp_path, "LogLevel DEBUG1\n", ("rsa", 2048)) as (port, _):
        assert read("ssh_wire", port).failure is None
    log = (tmp_path / "sshd.out").read_text()
    assert "kex_exchange_identification" in log or "SSH2_MSG_KEXINIT sent" in log
    assert "userauth" not in log.replace("userauth_", "")


@pytest.mark.parametrize("version", ["1.99", "1.5"])
def test_a_server_of_the_first_version_says_so(version: str) -> None:
    proposal = kexinit()
    said = f"SSH-{version}-Cisco-1.25\r\n".encode() + (proposal if version == "1.99" else b"")
    with listener(said) as port:
        found = offers(read("ssh_wire", port))
    assert found["version", None].names == (("2", "1") if version == "1.99" else ("1",))
    assert (("kex", None) in found) == (version == "1.99")


def kexinit(**more: str) -> bytes:
    """A packet with a proposal of one algorithm a part."""
    names = ["diffie-hellman-group1-sha1", "ssh-dss", *["3des-cbc"] * 2, *["hmac-md5"] * 2]
    lists = b"".join(struct.pack(">I", len(one)) + one.encode() for one in [*names, *[""] * 4])
    payload = bytes([20]) + bytes(16) + lists + bytes(5)
    padding = 8 - (len(payload) + 5) % 8 + 8
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def test_a_banner_before_the_identification_is_passed_over() -> None:
    with listener(b"Authorised use only\r\nSSH-2.0-x_1\r\n" + kexinit()) as port:
        found = offers(read("ssh_wire", port))
    assert found["kex", None].names == ("diffie-hellman-group1-sha1",)


def test_a_proposal_byte_by_byte_is_one_proposal() -> None:
    said = b"SSH-2.0-x\r\n" + kexinit()
    with listener(*(said[at : at + 1] for at in range(len(said))), pause_s=0.001) as port:
        assert offers(read("ssh_wire", port))["cipher", None].names == ("3des-cbc",)


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-x\r\n",
        b"SSH-2.0-x\r\n" + kexinit()[:40],
        b"SSH-2.0-x\r\n\xff\xff\xff\xff" + b"\x14" * 64,  # a packet of 4 GB
        b"SSH-2.0-x\r\n\x00\x00\x00\x00" + bytes(64),
        b"SSH-2.0-x\r\n\x00\x00\x00\x10\xff" + bytes(64),  # padding longer than the packet
        b"SSH-2.0-x\r\n\x00\x00\x00\x1c\x04\x14" + b"\xff" * 64,  # lists that never end
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        bytes(range(256)) * 64,
        b"S" * 100_000,
        b"",
    ],
)
def test_garbage_is_no_proposal(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_exchange, "TIMEOUT_S", 0.5)
    with listener(said) as port:
        failure = read("ssh_wire", port).failure
    assert failure is not None
    assert failure.code in ("output_unexpected", "result_empty_suspicious")


@pytest.mark.parametrize("name", ["ssh_wire", "tls_wire"])
def test_a_byte_at_a_time_without_end_is_left_in_time(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_exchange, "TIMEOUT_S", 0.3)
    began = time.monotonic()
    pieces = {"ssh_wire": b"S", "tls_wire": b"\x16\x03\x03\x40\x00"}[name]
    with listener(pieces, *[b"\x02"] * 400, pause_s=0.05) as port:
        failure = read(name, port).failure
    assert time.monotonic() - began < 25
    assert failure is not None or name == "tls_wire"


# --- TLS ---


def key_pair(folder: Path, name: str, kind: str, digest: str, days: int = 30) -> list[str]:
    """A self-signed certificate, as openssl's options for it."""
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    curve = ["-pkeyopt", "ec_paramgen_curve:prime256v1"] if kind == "ec" else []
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", kind, *curve, "-nodes", f"-{digest}"),
            *("-days", str(days), "-subj", f"/CN={name}.test"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return [str(certificate), str(key)]


@contextmanager
def tls_server(folder: Path, *options: str) -> Iterator[int]:
    port = free_port()
    command = ["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}", *options]
    with running(command, folder, {}) as process:
        wait_for(port, process)
        yield port


def stands_for(setting: str, *more: str) -> set[str]:
    """The suites that a cipher setting stands for, by openssl, in the registry's names."""
    command = ["openssl", "ciphers", "-V", "-stdname", *more, setting]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    names = (line.split()[2] for line in said.splitlines())
    return {name for name in names if not any(word in name for word in SHARED)}


@pytest.mark.part("openssl")
def test_our_names_of_suites_are_openssl_s() -> None:
    command = ["openssl", "ciphers", "-V", "-stdname", EVERY]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    compared = 0
    for line in said.splitlines():
        number, _, name, *_ = line.split()
        first, second = (int(one, 16) for one in number.split(","))
        if not any(word in name for word in SHARED):
            assert SUITES[first << 8 | second] == name
            compared += 1
    assert compared > 80


@pytest.mark.part("openssl")
@pytest.mark.parametrize("version", ["tls1", "tls1_1", "tls1_2"])
def test_every_suite_of_a_server_is_found(version: str, tmp_path: Path) -> None:
    certificate, key = key_pair(tmp_path, "rsa", "rsa:2048", "sha256")
    options = ["-cert", certificate, "-key", key, f"-{version}", "-cipher", EVERY]
    name = {"tls1": "TLSv1", "tls1_1": "TLSv1.1", "tls1_2": "TLSv1.2"}[version]
    with tls_server(tmp_path, *options) as port:
        found = offers(read("tls_wire", port))
    assert found["version", None].names == (name,)
    # Those of a key that this server has not are not accepted.
    wanted = {
        one
        for one in stands_for(EVERY, "-s", f"-{version}")
        if "_ECDSA_" not in one and "_DSS_" not in one
    }
    assert set(found["suite", name].names) == wanted


@pytest.mark.part("openssl")
def test_a_strong_server(tmp_path: Path) -> None:
    certificate, key = key_pair(tmp_path, "ec", "ec", "sha256")
    strong = "ECDHE+AESGCM"
    options = ["-cert", certificate, "-key", key, "-cipher", strong, "-groups", "X25519:P-256"]
    with tls_server(tmp_path, *options, "-serverpref") as port:
        reading = read("tls_wire", port)
    found = offers(reading)
    assert found["version", None].names == ("TLSv1.3", "TLSv1.2")
    assert set(found["suite", "TLSv1.2"].names) == {
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    }
    assert set(found["group", "TLSv1.3"].names) == {"x25519", "secp256r1"}
    [shown] = reading.of(Certificate)
    own = x509.load_pem_x509_certificate(Path(certificate).read_bytes())
    assert (shown.key, shown.key_bits, shown.signature_hash) == ("ec", 256, "sha256")
    assert shown.expires_at == own.not_valid_after_utc


@pytest.mark.part("openssl")
def test_old_keys_and_groups_are_seen(tmp_path: Path) -> None:
    certificate, key = key_pair(tmp_path, "old", "rsa:1024", "sha1")
    parameters = tmp_path / "dh.pem"
    subprocess.run(
        ["openssl", "dhparam", "-dsaparam", "-out", str(parameters), "1024"],
        check=True,
        capture_output=True,
    )
    options = ["-cert", certificate, "-key", key, "-tls1_2", "-cipher", "DHE-RSA-AES128-SHA:"]
    options[-1] += "@SECLEVEL=0"
    with tls_server(tmp_path, *options) as port:
        reading = read("tls_wire", port)
    assert dict(offers(reading)["version", None].sizes_bits) == {"dhe": 1024}
    [shown] = reading.of(Certificate)
    assert (shown.key, shown.key_bits, shown.signature_hash) == ("rsa", 1024, "sha1")


@pytest.mark.part("openssl")
def test_the_certificate_of_a_server_of_tls_1_3_alone(tmp_path: Path) -> None:
    certificate, key = key_pair(tmp_path, "new", "ec", "sha256")
    with tls_server(tmp_path, "-cert", certificate, "-key", key, "-tls1_3") as port:
        reading = read("tls_wire", port)
    [shown] = reading.of(Certificate)
    der = subprocess.run(
        ["openssl", "x509", "-in", certificate, "-outform", "DER"], check=True, capture_output=True
    ).stdout
    assert shown.sha256 == sha256(der).hexdigest()


@pytest.mark.part("openssl")
def test_a_server_of_two_names_is_asked_for_the_one_that_is_meant(tmp_path: Path) -> None:
    first, second = (key_pair(tmp_path, name, "ec", "sha256") for name in ("first", "second"))
    options = ["-cert", first[0], "-key", first[1], "-tls1_2", "-servername", "second.test"]
    options += ["-cert2", second[0], "-key2", second[1]]
    with tls_server(tmp_path, *options) as port:
        [other] = read("tls_wire", port).of(Certificate)
        [meant] = read("tls_wire", port, server_name="second.test").of(Certificate)
    assert (other.subject, meant.subject) == ("CN=first.test", "CN=second.test")


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x16\x03\x03\xff\xff" + b"\x02" * 64,  # a record longer than a record may be
        b"\x16\x03\x03\x00\x08\x02\xff\xff\xff\x00\x00\x00\x00",  # a hello of 16 MB
        b"\x16\x03\x03\x00\x04\x02\x00\x00\x00",
        b"\x16\x03\x03\x00\x02\x02\x00",
        b"\x15\x03\x03\x00\x02\x02\x28",  # an alert: TLS, and nothing of it accepted
        bytes(range(256)) * 400,
        b"\xff\xff\xff\xff" * 4,  # 4 GB, were it a length
        b"\x80\xff\x04",
        b"",
    ],
)
def test_garbage_is_no_hello(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_exchange, "TIMEOUT_S", 0.3)
    with listener(said) as port:
        reading = read("tls_wire", port)
    if reading.failure is None:
        assert offers(reading)["version", None].names == ()
    else:
        assert reading.failure.code in ("output_unexpected", "result_empty_suspicious")


def test_a_server_that_picks_what_was_not_offered_accepts_nothing() -> None:
    body = b"\x03\x03" + bytes(32) + b"\0" + b"\x13\x37" + b"\0"
    hello = b"\x02" + len(body).to_bytes(3, "big") + body
    with listener(b"\x16\x03\x03" + len(hello).to_bytes(2, "big") + hello) as port:
        found = offers(read("tls_wire", port))
    assert found["version", None].names == ()


def test_a_server_that_answers_with_an_older_version_does_not_speak_the_newer() -> None:
    body = b"\x03\x01" + bytes(32) + b"\0" + b"\x00\x2f" + b"\0"
    hello = b"\x02" + len(body).to_bytes(3, "big") + body
    with listener(b"\x16\x03\x01" + len(hello).to_bytes(2, "big") + hello) as port:
        found = offers(read("tls_wire", port))
    assert found["version", None].names == ("TLSv1",)
    assert len(BEFORE_TLS13) > 200


def test_an_offer_that_no_ask_declares_is_denied() -> None:
    from evidence.ask import Ask
    from evidence.errors import Denied

    one = platform("tls_wire")
    device = Device(id="srv", platform="tls_wire", address="127.0.0.1", port=9)
    for text in ("tls hello 0303 c02f;x", "tls renegotiate", "ssh proposal"):
        with pytest.raises(Denied):
            open_wire(device, one).ask(Ask("x", text, kind="probe"))
