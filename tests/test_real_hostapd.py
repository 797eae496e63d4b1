"""A real hostapd with the driver that needs no radio, read as the agent reads its own host."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.platforms import platform
from agent.redact import SiteKey
from agent.transports.local import open_local
from agent.visit import Visit, Visitor
from evidence.device import Device
from evidence.facts import WirelessNetwork

pytestmark = pytest.mark.part("root", "hostapd")

PASSPHRASE = "canary-passphrase-of-the-test"
WPA3 = f"""ssid=KY-Trade
wpa=2
wpa_key_mgmt=SAE
rsn_pairwise=CCMP
ieee80211w=2
sae_password={PASSPHRASE}
"""
# No cipher is named: what hostapd then takes is its own answer, not our reading of its papers.
BARE = f"ssid=KY-舊\nutf8_ssid=1\nwpa=3\nwpa_passphrase={PASSPHRASE}\n"


def test_what_the_daemon_runs_is_what_its_file_says(tmp_path: Path) -> None:
    with hostapd(WPA3, tmp_path):
        network, visit = read(tmp_path)
    assert network.ssid == "KY-Trade"
    assert network.enabled is True
    assert network.bound_to == ("wlan0",)
    assert (network.versions, network.akm) == (("wpa3",), ("sae",))
    assert (network.pairwise, network.group, network.pmf) == (("ccmp",), "ccmp", "required")
    assert network.wps is False
    assert_no_secret(visit)


def test_ciphers_left_to_the_daemon_are_asked_of_it(tmp_path: Path) -> None:
    with hostapd(BARE, tmp_path):
        network, visit = read(tmp_path)
    assert network.ssid == "KY-舊"
    assert (network.versions, network.akm) == (("wpa", "wpa2"), ("psk",))
    assert network.group == ("tkip" if "tkip" in network.pairwise else "ccmp")
    assert_no_secret(visit)


def test_a_file_edited_since_does_not_hide_what_runs(tmp_path: Path) -> None:
    with hostapd(BARE, tmp_path):
        write(tmp_path, WPA3)
        network, _ = read(tmp_path)
    assert (network.ssid, network.akm) == ("KY-舊", ("psk",))
    assert network.pmf is None, "the file is no witness of what runs"


def test_a_daemon_that_does_not_run_leaves_the_file(tmp_path: Path) -> None:
    write(tmp_path, WPA3)
    network, _ = read(tmp_path)
    assert (network.akm, network.enabled) == (("sae",), None)


def read(folder: Path) -> tuple[WirelessNetwork, Visit]:
    one = platform("hostapd")
    device = Device(
        id="ap-1",
        platform="hostapd",
        subjects=("wireless",),
        options={"config": str(folder / "hostapd.conf"), "control": str(folder / "control")},
    )
    visit = Visitor(
        device=device,
        platform=one,
        open_transport=lambda: open_local(device, one),
        clock=lambda: datetime.now(UTC),
        key=SiteKey(b"the key of the tests"),
    ).visit(["wireless"])
    reading = visit.readings[0]
    assert reading.failure is None, reading.failure
    (network,) = reading.of(WirelessNetwork)
    return network, visit


def assert_no_secret(visit: Visit) -> None:
    assert visit.captures
    assert not any(PASSPHRASE.encode() in body for body in visit.captures.values())


def write(folder: Path, network: str) -> Path:
    path = folder / "hostapd.conf"
    path.write_text(
        f"interface=wlan0\ndriver=none\nctrl_interface={folder / 'control'}\n"
        f"hw_mode=g\nchannel=1\n{network}",
        "utf-8",
    )
    return path


@contextmanager
def hostapd(network: str, folder: Path) -> Iterator[None]:
    program = shutil.which("hostapd", path=os.pathsep.join((os.environ["PATH"], "/usr/sbin")))
    assert program is not None
    with (
        (folder / "hostapd.out").open("wb") as log,
        subprocess.Popen(
            [program, str(write(folder, network))],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            while not (folder / "control" / "wlan0").exists():
                assert process.poll() is None, (folder / "hostapd.out").read_text()
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait()
