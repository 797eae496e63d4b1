"""Figures for Prometheus, on loopback only: what the daemon did, and how its spool is.

Text exposition format 0.0.4. Every name is explained in `docs/operations.md` (tested).
"""

from __future__ import annotations

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

PREFIX = "evidence_agent_"
KINDS = {
    "runs_total": ("counter", "Runs that ended, by who asked: schedule or operator."),
    "readings_total": ("counter", "Readings made, by state: read or failed."),
    "asks_total": ("counter", "Asks that left for a device."),
    "reloads_total": ("counter", "Configurations read anew, by outcome: taken or kept."),
    "last_run_timestamp_seconds": ("gauge", "When the newest scheduled run ended (Unix time)."),
    "devices": ("gauge", "Devices in the inventory."),
    "waiting_devices": ("gauge", "Devices that are due and wait: quiet_hours or maintenance."),
    "collection_stopped": ("gauge", "1 while there is no room for another run."),
    "spool_bundles": ("gauge", "Bundles the store does not have, by state: spooled or refused."),
    "spool_days": ("gauge", "Days without the store that there is still room for."),
    "store_reachable": ("gauge", "1 when the last push reached the store, 0 when it did not."),
    "clock_step_seconds": ("gauge", "How far the clock is from the course being kept."),
    "state_free_bytes": ("gauge", "Free space where the state folder lies."),
}


class Metrics:
    """Named figures with at most one label. Only names of KINDS exist."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: dict[str, dict[str, float]] = {name: {} for name in KINDS}

    def count(self, name: str, label: str = "", by: float = 1) -> None:
        """Add to a counter; `label` is written `key="value"`."""
        with self._lock:
            self._values[name][label] = self._values[name].get(label, 0.0) + by

    def put(self, name: str, values: Mapping[str, float]) -> None:
        """Set a gauge, all its labels at once."""
        with self._lock:
            self._values[name] = dict(values)

    def text(self) -> str:
        """Everything known so far; a figure that is not known is not there."""
        lines = []
        with self._lock:
            for name, (kind, meaning) in KINDS.items():
                lines += [f"# HELP {PREFIX}{name} {meaning}", f"# TYPE {PREFIX}{name} {kind}"]
                for label, value in sorted(self._values[name].items()):
                    labels = f"{{{label}}}" if label else ""
                    lines.append(f"{PREFIX}{name}{labels} {value:.15g}")
        return "\n".join(lines) + "\n"


def serve_metrics(metrics: Metrics, port: int) -> ThreadingHTTPServer:
    """Answer `GET /metrics` on 127.0.0.1 in a thread; `shutdown` ends it. Raises OSError."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # seconds for a request; a scraper that hangs holds nothing up

        def do_GET(self) -> None:
            found = self.path == "/metrics"
            body = metrics.text().encode("utf-8") if found else b"only /metrics is here\n"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """A scrape every few seconds is nothing to log."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
