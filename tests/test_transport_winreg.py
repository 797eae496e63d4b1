"""The registry pipe against a real Samba: what is read, refused, and never sent."""

from __future__ import annotations

import socket
import struct
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from smbprotocol.exceptions import SMBException

from agent.collect import Job
from agent.credentials import Keyring, Sources
from agent.doctor.device import account
from agent.gate.winreg import INTERFACE, OPEN_HKLM, OPEN_HKU, Query, WinregGate
from agent.line import Line
from agent.platforms import platform
from agent.redact import SiteKey
from agent.secret import Credential, Secret
from agent.told import ask_rows
from agent.transports.winreg import open_winreg, rpc
from agent.transports.winreg.pipe import _Frames
from agent.visit import Visitor
from collectors.windows import asks
from evidence.device import Device
from evidence.errors import (
    Denied,
    Incomplete,
    LoginRefused,
    NotAnswered,
    Unreachable,
)
from evidence.facts import ProgramsSeen, RemoteAccess, RemoteDesktopPolicy, Unit
from evidence.reading import Reading
from tests import by_hand
from tests.fixtures_samba import PASSWORD, READER, REGISTRY, STRANGER, Samba, samba, served
from tests.real_servers import listener

__all__ = ["samba"]
WINDOWS = platform("windows")
SAMBA = pytest.mark.part("root", "smbd", "net", "smbpasswd")


def host(port: int) -> Device:
    return Device(
        id="trade-07",
        platform="windows",
        subjects=("remote_desktop",),
        transport="winreg",
        address="127.0.0.1",
        port=port,
    )


def held(user: str = READER, password: str = PASSWORD) -> Credential:
    return Credential(username=user, password=Secret(password))


def read(port: int, subject: str, credential: Credential | None = None) -> Reading:
    device = host(port)
    return (
        Visitor(
            device=device,
            platform=WINDOWS,
            open_transport=lambda: open_winreg(device, credential or held(), WINDOWS),
            clock=lambda: datetime.now(UTC),
            key=SiteKey(b"the key of the tests"),
        )
        .visit([subject])
        .readings[0]
    )


@SAMBA
def test_the_pipe_gives_the_facts_that_an_export_gives(samba: Samba) -> None:
    over_pipe = read(samba.port, "remote_desktop")
    assert over_pipe.failure is None, over_pipe.failure
    export = by_hand.read("windows", "remote_desktop", ("reg export", REGISTRY.encode("utf-16")))
    [unit] = over_pipe.of(Unit)
    assert unit.hostname == "TRADE-07"
    assert set(over_pipe.facts) - {unit} == set(export.facts)
    [effective] = [o for o in over_pipe.of(RemoteDesktopPolicy) if o.source == "effective"]
    assert (effective.idle_limit_s, effective.nla_required) == (900.0, True)
    assert effective.lpt_port is True  # a text with a line of its own forbids nothing
    assert effective.unreadable == ("MaxDisconnectionTime",)  # a text, where a number belongs
    assert over_pipe.ways == ("smb dialect=3.1.1 cipher=AES-128-GCM",)


@SAMBA
def test_programs_and_services_are_found(samba: Samba) -> None:
    reading = read(samba.port, "remote_access")
    assert reading.failure is None, reading.failure
    assert [one.service for one in reading.of(RemoteAccess)] == ["TeamViewer"]
    [seen] = reading.of(ProgramsSeen)
    assert (seen.programs, seen.listeners) == (2, None)


@SAMBA
def test_an_answer_is_what_reg_query_writes(samba: Samba) -> None:
    way = open_winreg(host(samba.port), held(), WINDOWS)
    lines = way.ask(asks.MACHINE).body.decode().splitlines()
    missing = way.ask(asks.BIOS).body.decode()
    way.close()
    place = rf"HKEY_LOCAL_MACHINE\{asks.MACHINE_KEY}"
    assert lines[:4] == [
        *("", place),
        "    fDenyTSConnections    REG_DWORD    0x0",
        "    (Default)    REG_SZ    a default value",
    ]
    assert lines[4] == f"    Big    REG_BINARY    {'AB' * 9001}"
    assert lines[5] == r"    Odd    REG_MULTI_SZ    ab\0c"
    assert rf"{place}\WinStations" in lines[7:]
    assert missing.startswith("ERROR_FILE_NOT_FOUND: ")


@SAMBA
def test_a_refused_password_is_tried_once(samba: Samba) -> None:
    way = open_winreg(host(samba.port), held(password="another one"), WINDOWS)
    for _ in range(2):
        with pytest.raises(LoginRefused, match="0xc000006d") as caught:
            way.ask(asks.POLICY)
        assert caught.value.code == "auth_failed"
    way.close()
    refused = (samba.folder / "127.0.0.1.log").read_text(errors="replace")
    assert refused.count("another one") == 0


@SAMBA
def test_a_key_that_windows_denies_fails_the_reading(samba: Samba) -> None:
    """Not found would mean: nothing is configured. Denied means: nobody knows."""
    key = rf"HKLM\{asks.POLICY_KEY}"
    samba.net("registry", "setsd_sddl", key, "O:BAG:SYD:P(A;;0xf003f;;;BA)(A;;0xf003f;;;SY)")
    try:
        reading = read(samba.port, "remote_desktop", held(STRANGER))
    finally:
        samba.net("registry", "setsd_sddl", key, "O:BAG:SYD:P(A;;0xf003f;;;WD)")
    assert reading.failure is not None
    assert reading.failure.code == "privilege_missing"


@SAMBA
def test_a_host_that_cannot_encrypt_gets_no_password(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with served(tmp_path, "server max protocol = SMB2_10") as server:
        reading = read(server.port, "remote_desktop")
    assert reading.failure is not None
    assert reading.failure.code == "smb_not_encrypted"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "smb_failed"),
        (b"\xff\xff\xff\xff" + bytes(64), "smb_failed"),  # a frame of 4 GB
        (b"\0\0\0\x40" + b"\xfeSMB" + bytes(60), "smb_failed"),
        (b"", "smb_failed"),
    ],
)
def test_garbage_is_no_smb(said: bytes, code: str) -> None:
    with listener(said) as port:
        reading = read(port, "remote_desktop")
    assert reading.failure is not None
    assert reading.failure.code == code


def test_a_byte_now_and_then_is_waited_for_no_longer_than_the_ask_has() -> None:
    began = time.monotonic()
    with listener(*[b"\0"] * 40, pause_s=0.05) as port:
        way = open_winreg(host(port), held(), WINDOWS)
        with pytest.raises((Unreachable, Incomplete)):
            way.ask(replace(asks.POLICY, limit_s=0.3))
        way.close()
    assert time.monotonic() - began < 10


def test_nobody_answers_for_the_host_in_plain_words() -> None:
    ours, theirs = socket.socketpair()
    line = Line()
    frames = _Frames(("127.0.0.1", 445), line)
    frames._sock, frames.connected, frames.sealed = ours, True, True
    with ours, theirs:
        theirs.sendall(struct.pack(">I", 64) + b"\xfeSMB" + bytes(60))
        with pytest.raises(SMBException, match="not encrypted"):
            frames.recv(5)


@pytest.mark.parametrize(("way", "module"), [("winreg", "smbprotocol"), ("winrm", "pypsrp")])
def test_without_the_extra_the_doctor_says_the_mend(
    way: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    (tmp_path / "reader").write_text("username: reader\npassword: a password\n")
    (tmp_path / "reader").chmod(0o600)
    device = replace(host(445), transport=way, credential="cred:reader")
    [said] = account(device, Keyring(Sources(tmp_path), {}), None)
    assert (said.state, said.exit_code) == ("fail", 3)
    assert "extra_missing" in said.said
    assert said.mend == "install evidence-agent[windows]"


KEY = bytes(20)
SET_VALUE, SAVE_KEY = 22, 20


@pytest.mark.parametrize(
    "message",
    [
        rpc.call(SET_VALUE, 2, KEY),
        rpc.call(SAVE_KEY, 2, KEY),
        rpc.call(OPEN_HKLM, 2, struct.pack("<II", 0, 0x02000000)),  # every right there is
        rpc.open_hive(OPEN_HKU, 2),
        rpc.open_key(2, KEY, "SAM"),
        rpc.open_key(2, KEY, rf"{asks.POLICY_KEY}\Below"),
        rpc.open_key(2, KEY, asks.POLICY_KEY)[:-4] + struct.pack("<I", 0x0002),
        rpc.query_value(2, KEY, "DefaultPassword", 64),
        rpc.bind().replace(INTERFACE[:16], bytes(16)),
        rpc.bind() + b"more",
    ],
)
def test_the_gate_lets_only_reading_of_what_is_declared_through(message: bytes) -> None:
    gate = WinregGate(host(445), WINDOWS, held())
    assert gate.admit(asks.POLICY.text) == Query("HKLM", asks.POLICY_KEY)
    gate.message(rpc.bind())
    gate.message(rpc.open_hive(OPEN_HKLM, 2))
    gate.message(rpc.open_key(3, KEY, asks.POLICY_KEY))
    with pytest.raises(Denied):
        gate.message(message)


def test_what_is_declared_for_a_command_line_alone_is_not_asked() -> None:
    way = open_winreg(host(445), held(), WINDOWS)
    with pytest.raises(NotAnswered):
        way.ask(asks.GROUPS)
    with pytest.raises(Denied):
        way.ask(replace(asks.POLICY, text=r'reg query "HKLM\SAM"'))
    way.close()


def test_the_dry_run_lists_what_this_way_carries() -> None:
    texts = [str(row["text"]) for row in ask_rows([Job(host(445), ("remote_desktop",))])]
    assert asks.POLICY.text in texts
    assert all(text.startswith("reg query ") for text in texts)


@pytest.mark.parametrize("cut", range(0, 60, 3))
def test_a_reply_that_is_cut_off_is_none(cut: int) -> None:
    whole = struct.pack("<HHIIII", 4, 8, 1, 4, 0, 2) + "n\0".encode("utf-16-le")
    whole += struct.pack("<II", 1, 4) + struct.pack("<IIII", 1, 4, 0, 4) + b"\x07\0\0\0"
    whole += struct.pack("<IIII", 1, 4, 1, 4)
    reply = rpc.Reply(whole + bytes(4))
    assert reply.value(reply.name()) == rpc.Value("n", 4, b"\x07\0\0\0", 4)
    with pytest.raises(ValueError, match="cut off"):
        broken = rpc.Reply(whole[: min(cut, len(whole) - 1)])
        broken.value(broken.name())
