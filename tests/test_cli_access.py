"""`evidence-agent crypto` and `remote-access`: a site of servers and gateways, answers by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from evidence.tape import read_tape

Run = Callable[..., CompletedProcess[str]]
CASES = Path(__file__).parent / "cases"
DEVICES = """devices:
  - {id: ssh-01, platform: ssh_wire, host: 192.0.2.44}
  - {id: tls-01, platform: tls_wire, host: 192.0.2.44}
  - {id: rt-01, platform: ios, host: 192.0.2.45, subjects: [crypto]}
  - {id: vpn-01, platform: asa, host: 192.0.2.46, subjects: [remote_access]}
  - {id: vpn-02, platform: fortios, host: 192.0.2.47, subjects: [remote_access]}
"""
ZONES = "devices:\n  vpn-01: {inside: internal, outside: external}\n"
TAPES = (
    ("ssh-01", "crypto", "ssh_wire/crypto.strong.tape"),
    ("tls-01", "crypto", "tls_wire/crypto.weak.tape"),
    ("rt-01", "crypto", "ios/crypto.router.tape"),
    ("vpn-01", "remote_access", "asa/remote_access.anyconnect.tape"),
)


@pytest.fixture
def site(run: Run, tmp_path: Path) -> Path:
    assert run("init").returncode == 0
    (tmp_path / "devices.yaml").write_text(DEVICES)
    (tmp_path / "zones.yaml").write_text(ZONES)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    story = ("--captured-at", now, "--delivered-by", "Lin", "--reason", "no way in")
    for device, subject, tape in TAPES:
        words: list[object] = []
        for number, answer in enumerate(read_tape(CASES / tape).answers):
            path = tmp_path / f"{device}-{number}"
            path.write_bytes(answer.body)
            words += ["--answer", answer.ask, path]
        platform = tape.partition("/")[0]
        done = run(
            *("read", "--platform", platform, "-s", subject, "--device", device), *story, *words
        )
        assert done.returncode == 0, done.stderr
    return tmp_path


def rows(done: CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_cryptography_service_by_service_the_worst_first(run: Run, site: Path) -> None:
    done = run("crypto", "--json", "--language", "en")
    assert done.returncode == 1
    found = rows(done)
    by_name = {row["what"]: row for row in found}
    assert by_name["ssh 192.0.2.44:22"]["verdict"] == "satisfied"
    weak = by_name["tls 192.0.2.44:443"]
    assert weak["verdict"] == "not satisfied"
    assert "TLSv1" in weak["broken"]
    assert "TLS_DH_anon_WITH_AES_128_CBC_SHA" in weak["broken"]
    assert by_name["password username bare"]["broken"] == "hash clear"
    assert by_name["password username audit"]["verdict"] == "satisfied"
    order = [row["verdict"] for row in found]
    assert order.index("not satisfied") < order.index("satisfied")
    assert "破解或強度不足" in run("crypto").stdout


def test_ways_in_with_who_may_take_them(run: Run, site: Path) -> None:
    done = run("remote-access", "--json", "--language", "en")
    assert done.returncode == 1
    by_name = {(row["device"], row["way"]): row for row in rows(done)}
    gateway = by_name["vpn-01", "AnyConnect"]
    assert (gateway["verdict"], gateway["one_factor"]) == ("not satisfied", 2)
    assert "vendor-acme" in gateway["why"]
    assert by_name["vpn-01", "AnyConnect vendors"]["verdict"] == "not satisfied"
    outside = by_name["vpn-01", "administration on outside"]
    assert outside["verdict"] == "not satisfied"
    assert by_name["vpn-01", "administration on inside"]["verdict"] == "satisfied"
    unread = [row for (device, _), row in by_name.items() if device == "vpn-02"]
    assert unread and all(row["verdict"] == "could not be examined" for row in unread)
    assert "單一因子" in run("remote-access").stdout
