"""What the daemon shows: figures for Prometheus, log lines as JSON, and the page that explains."""

from __future__ import annotations

import json
import logging
import re
import time
import urllib.request
from pathlib import Path

import pytest

import store.metrics
from agent.logs import JsonLines, about
from agent.metrics import FIGURES, PREFIX, Metrics
from evidence.metrics import serve_metrics
from tests.test_daemon import ROOT, configuration, daemon_of, wait_for

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
FAULTS = (ROOT / "docs" / "faults.md").read_text("utf-8")
LINE = re.compile(r'[a-z_]+(\{[a-z]+="[a-z_]+"\})? -?[0-9.e+-]+')


def figures(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        lines = [line for line in answer.read().decode().splitlines() if line[0] != "#"]
    assert all(LINE.fullmatch(line) for line in lines)
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_a_figure_that_is_not_known_is_not_there() -> None:
    metrics = Metrics()
    metrics.count("readings_total", "read", 2)
    metrics.count("readings_total", "read")
    server = serve_metrics(PREFIX, FIGURES, metrics, 0)
    try:
        assert figures(server.server_port) == {f'{PREFIX}readings_total{{state="read"}}': 3}
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.whole
def test_the_daemon_shows_what_it_did(tmp_path: Path) -> None:
    path = configuration(tmp_path)
    path.write_text(path.read_text("utf-8") + "daemon: {metrics_port: 0}\n")
    said: list[str] = []
    with daemon_of(path) as daemon:
        assert daemon.stderr is not None
        while not said or "/metrics" not in said[-1]:
            said.append(json.loads(daemon.stderr.readline())["message"])
        port = int(re.findall(r":(\d+)/metrics", said[-1])[0])
        wait_for(daemon, lambda: f'{PREFIX}runs_total{{by="schedule"}}' in figures(port))
        wait_for(daemon, lambda: f"{PREFIX}devices" in figures(port))
        shown = figures(port)
    assert shown[f'{PREFIX}readings_total{{state="read"}}'] == 1
    assert shown[f"{PREFIX}asks_total"] >= 1
    assert abs(shown[f"{PREFIX}last_run_timestamp_seconds"] - time.time()) < 120
    assert shown[f"{PREFIX}clock_step_seconds"] == 0


def test_a_log_line_says_what_it_is_about() -> None:
    record = logging.LogRecord("agent", logging.WARNING, "", 0, "%s is late", ("it",), None)
    with about(run="r-1"), about(device="fw-1"):
        line = json.loads(JsonLines().format(record))
    assert {key: line[key] for key in ("level", "message", "run", "device")} == {
        "level": "WARNING",
        "message": "it is late",
        "run": "r-1",
        "device": "fw-1",
    }
    assert "device" not in json.loads(JsonLines().format(record))


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_the_page_explains_every_figure(name: str) -> None:
    assert f"`{PREFIX}{name}`" in PAGE


def test_the_dashboard_shows_every_figure_and_no_other() -> None:
    board = json.loads((ROOT / "config" / "grafana" / "evidence.json").read_text("utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    known = {PREFIX + name for name in FIGURES} | {
        store.metrics.PREFIX + name for name in store.metrics.FIGURES
    }
    assert set(re.findall(r"evidence_\w+", " ".join(asked))) == known
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


@pytest.mark.parametrize(
    "code",
    [
        *("env_socket", "env_running", "operator_denied", "device_busy", "run_stopped"),
        *("restart_needed", "request_invalid", "daemon_gone", "quiet_hours", "maintenance"),
        *("disk_full", "spool_full", "env_disk", "env_ledger_damaged", "ledger_rebuilt"),
        *("agent_off", "run_missed", "env_account"),
    ],
)
def test_the_page_explains_every_code_of_the_daemon(code: str) -> None:
    sources = [
        path.read_text("utf-8")
        for folder in ("agent", "evidence")
        for path in (ROOT / folder).rglob("*.py")
    ]
    assert any(f'"{code}"' in text for text in sources), "the page explains what there is"
    assert f"`{code}`" in PAGE


def test_every_test_that_the_page_of_faults_names_exists() -> None:
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", FAULTS)
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not re.search(rf"^def {test}\(", (ROOT / "tests" / file).read_text("utf-8"), re.M)
    ]
    assert len(named) > 20 and not missing
