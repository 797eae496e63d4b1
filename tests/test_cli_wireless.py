"""`evidence-agent wireless`: a controller's networks and a capture of the air, side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from zipfile import ZipFile

import pytest

from evidence.tape import TapeAnswer
from tests.air import RADIOTAP, frame, pcap, radiotap, rsn

Run = Callable[..., CompletedProcess[str]]
DEVICES = """devices:
  - {id: unifi-1, platform: unifi, host: 192.0.2.7, subjects: [wireless]}
  - {id: air-3f, platform: air_capture, options: {folder: /nowhere}, subjects: [wireless]}
  - {id: wlc-9, platform: c9800, host: 192.0.2.9, subjects: [wireless]}
"""
STAFF, GUEST, TWIN = "02:00:00:00:00:11", "02:00:00:00:00:12", "02:00:00:00:00:66"


def rows(*found: dict[str, Any]) -> bytes:
    return json.dumps({"meta": {"rc": "ok"}, "data": found}).encode()


def network(name: str, **said: Any) -> dict[str, Any]:
    return {
        "_id": name,
        "name": name,
        "enabled": True,
        "security": "wpapsk",
        "wpa_mode": "wpa2",
        "wpa_enc": "ccmp",
        "pmf_mode": "optional",
        "private_preshared_keys": [],
        "x_passphrase": "canary of " + name,
        **said,
    }


ANSWERS = (
    TapeAnswer(
        "/api/s/default/rest/wlanconf",
        rows(
            network("KY-Staff"),
            network("KY-Guest", security="open", is_guest=True, l2_isolation=True),
        ),
    ),
    TapeAnswer(
        "/api/s/default/stat/device",
        rows(
            {
                "type": "uap",
                "name": "AP-3F",
                "mac": "02:00:00:00:00:10",
                "vap_table": [
                    {"bssid": STAFF, "essid": "KY-Staff", "radio": "ng", "up": True},
                    {"bssid": GUEST, "essid": "KY-Guest", "radio": "ng", "up": True},
                ],
            }
        ),
    ),
)
AIR = pcap(
    RADIOTAP,
    radiotap(frame(b"KY-Staff", rsn((2,), (4, 2), 2), bssid=STAFF)),
    radiotap(frame(b"KY-Guest", privacy=False, bssid=GUEST)),
    radiotap(frame(b"KY-Staff", privacy=False, bssid=TWIN), dbm=-38),
    radiotap(frame(b"Cafe\x1b[2J", rsn((2,)), bssid="02:00:00:00:00:77")),
)


@pytest.fixture
def site(run: Run, tmp_path: Path) -> Path:
    assert run("init").returncode == 0
    (tmp_path / "devices.yaml").write_text(DEVICES)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    story = ("--captured-at", now, "--delivered-by", "Lin", "--reason", "a walk round the floor")
    for device, name, answers in (
        ("unifi-1", "unifi", ANSWERS),
        ("air-3f", "air_capture", (TapeAnswer("air.pcap", AIR),)),
    ):
        words: list[object] = []
        for number, answer in enumerate(answers):
            path = tmp_path / f"{device}-{number}"
            path.write_bytes(answer.body)
            words += ["--answer", answer.ask, path]
        said = ("--platform", name, "-s", "wireless", "--device", device)
        done = run("read", *said, *story, *words)
        assert done.returncode == 0, done.stderr
    return tmp_path


def test_what_is_set_what_is_on_the_air_and_what_is_wrong(run: Run, site: Path) -> None:
    done = run("wireless", "--json", "--language", "en")
    assert done.returncode == 1
    found = {
        (row["ssid"], row["standing"]): row for row in map(json.loads, done.stdout.splitlines())
    }
    staff = found["KY-Staff", "on the air"]
    assert staff["set"] == "WPA2, psk, CCMP, PMF optional"
    assert staff["air"] == "WPA2, psk, CCMP/TKIP, group TKIP, no PMF"
    assert staff["verdict"] == "not satisfied"
    assert "weaker on the air than set: TKIP allowed" in staff["why"]
    assert "one passphrase that everybody has" in staff["why"]
    guest = found["KY-Guest", "on the air, for guests"]
    assert (guest["set"], guest["air"]) == ("open", "open")
    twin = found["KY-Staff", TWIN]
    assert "is no access point of ours (open, no encryption)" in twin["why"]
    assert any(
        row["device"] == "wlc-9" and row["verdict"] == "could not be examined"
        for row in found.values()
    )
    assert "canary" not in done.stdout and "\x1b" not in done.stdout
    chinese = run("wireless").stdout
    assert "空中訊號" in chinese and "不符合" in chinese


def test_where_nothing_is_read_there_is_nothing_to_show(run: Run, tmp_path: Path) -> None:
    assert run("init").returncode == 0
    (tmp_path / "devices.yaml").write_text("devices: []\n")
    done = run("wireless")
    assert done.returncode == 0 and "give one the subject `wireless`" in done.stderr
    assert done.stdout == ""


def test_the_pack_holds_them_too(run: Run, site: Path) -> None:
    done = run("pack")
    assert done.returncode == 0, done.stderr
    (pack,) = (site / "state" / "packs").glob("*.zip")
    with ZipFile(pack) as file:
        ours = file.read("sections/wireless-wireless_networks.csv").decode("utf-8-sig")
        others = file.read("sections/wireless-wireless_others.csv").decode("utf-8-sig")
    assert "空中訊號較設定為弱：允許 TKIP" in ours and "全體共用密碼" in ours
    assert TWIN in others and "非自有基地臺使用本公司網路名稱" in others
    assert "Cafe\\x1b[2J" in others and "鄰近基地臺" in others
    assert STAFF not in others, "ours"
    assert "canary" not in ours + others
