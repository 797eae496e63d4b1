"""`evidence-agent rdp`: a site of two hosts, one of them probed on the wire."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from evidence.tape import read_tape

Run = Callable[..., CompletedProcess[str]]
CASES = Path(__file__).parent / "cases"
DEVICES = """devices:
  - {id: pc-01, platform: windows, host: 192.0.2.7, subjects: [remote_desktop]}
  - {id: wire-01, platform: rdp_wire, options: {desktop: pc-01}}
  - {id: srv-01, platform: linux, host: 192.0.2.8, subjects: [remote_desktop]}
"""


@pytest.fixture
def site(run: Run, tmp_path: Path) -> Path:
    assert run("init").returncode == 0
    (tmp_path / "devices.yaml").write_text(DEVICES)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    story = ("--captured-at", now, "--delivered-by", "Lin", "--reason", "no way in")
    for device, tape in (
        ("pc-01", "windows/remote_desktop.policy.tape"),
        ("wire-01", "rdp_wire/remote_desktop.freerdp_tls.tape"),
    ):
        words: list[object] = []
        for number, answer in enumerate(read_tape(CASES / tape).answers):
            path = tmp_path / f"{device}-{number}"
            path.write_bytes(answer.body)
            words += ["--answer", answer.ask, path]
        platform = tape.partition("/")[0]
        done = run(
            "read",
            "--platform",
            platform,
            "-s",
            "remote_desktop",
            "--device",
            device,
            *story,
            *words,
        )
        assert done.returncode == 0, done.stderr
    return tmp_path


def test_set_in_force_and_on_the_wire_stand_side_by_side(run: Run, site: Path) -> None:
    done = run("rdp", "--json", "--language", "en")
    assert done.returncode == 1
    rows = {row["device"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert set(rows) == {"pc-01", "wire-01", "srv-01"}
    host = rows["pc-01"]
    assert "policy: NLA, tls, idle 15 min, lock 15 min" in host["configured"]
    assert "effective: NLA, tls, idle 15 min" in host["effective"]
    assert "redirects local printer" in host["effective"]
    assert host["wire"].endswith("no NLA, TLS")
    assert host["verdict"] == "not satisfied"
    assert "NLA required, the wire does without" in host["why"]
    assert "pc-01" not in host["why"]  # it stands in the row
    assert (rows["srv-01"]["verdict"], rows["srv-01"]["wire"]) == ("could not be examined", "")
    chinese = run("rdp").stdout
    assert "網路端" in chinese
    assert "設定與網路端不一致" in chinese
