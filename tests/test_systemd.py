"""The units: hardened to a figure, and without a key that systemd does not know."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from agent.brake import Brake
from agent.platforms import platforms

FOLDER = Path(__file__).resolve().parent.parent / "systemd"
UNITS = sorted((*FOLDER.glob("*.service"), *FOLDER.glob("*.timer")))
# Exposure as `systemd-analyze security` counts it, from 0 to 10. What a unit needs costs: the
# network, and for the rules of the own host root with two capabilities.
EXPOSURES = {
    "evidence-agent.service": 1.5,
    "evidence-agent-host.service": 1.9,
    "evidence-store.service": 1.5,
}


@pytest.mark.part("systemd-analyze")
@pytest.mark.parametrize(("name", "most"), EXPOSURES.items())
def test_a_unit_exposes_no_more_than_it_needs(name: str, most: float) -> None:
    # The threshold is ten times the exposure; the exit code says whether it is passed.
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={most * 10:.0f}"]
    done = subprocess.run([*command, FOLDER / name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:]


def test_every_service_has_its_figure() -> None:
    assert {unit.name for unit in UNITS if unit.suffix == ".service"} == set(EXPOSURES)


def test_the_watchdog_waits_longer_than_any_ask() -> None:
    """Each ask is told before it leaves; the next word comes when it is over."""
    slowest_s = max(ask.limit_s for one in platforms().values() for ask in one.all_asks)
    assert int(setting("evidence-agent.service", "WatchdogSec")) > slowest_s


def test_systemd_waits_longer_than_a_run_takes_to_be_given_up() -> None:
    assert int(setting("evidence-agent.service", "TimeoutStopSec")) > Brake().budget_s + 5


def setting(unit: str, key: str) -> str:
    lines = (FOLDER / unit).read_text().splitlines()
    (value,) = (line.partition("=")[2] for line in lines if line.startswith(f"{key}="))
    return value


@pytest.mark.part("systemd-analyze")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_knows_every_key_of_a_unit(unit: Path) -> None:
    command = ["systemd-analyze", "verify", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Unknown" not in done.stderr
