"""The daemon's figures for Prometheus: what it did, and how its spool is.

Every name is explained in `docs/operations.md` (tested).
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

from prometheus_client.core import CounterMetricFamily as Counter
from prometheus_client.core import GaugeMetricFamily as Gauge

from evidence.metrics import Figure, Values

PREFIX = "evidence_agent_"
FIGURES = {
    "runs_total": Figure(Counter, "Runs that ended, by: schedule, operator or store.", "by"),
    "readings_total": Figure(Counter, "Readings made, by state: read or failed.", "state"),
    "asks_total": Figure(Counter, "Asks that left for a device."),
    "reloads_total": Figure(
        Counter, "Configurations read anew, by outcome: taken or kept.", "outcome"
    ),
    "last_run_timestamp_seconds": Figure(Gauge, "When the newest scheduled run ended (Unix time)."),
    "devices": Figure(Gauge, "Devices in the inventory."),
    "waiting_devices": Figure(
        Gauge, "Devices that are due and wait: quiet_hours or maintenance.", "why"
    ),
    "collection_stopped": Figure(Gauge, "1 while there is no room for another run."),
    "spool_bundles": Figure(
        Gauge, "Bundles the store does not have, by state: spooled or refused.", "state"
    ),
    "spool_days": Figure(Gauge, "Days without the store that there is still room for."),
    "store_reachable": Figure(Gauge, "1 when the last push reached the store, 0 when it did not."),
    "clock_step_seconds": Figure(Gauge, "How far the clock is from the course being kept."),
    "state_free_bytes": Figure(Gauge, "Free space where the state folder lies."),
}


class Metrics:
    """Named figures with at most one label. Only names of FIGURES exist."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: dict[str, dict[str, float]] = {name: {} for name in FIGURES}

    def count(self, name: str, label: str = "", by: float = 1) -> None:
        """Add to a counter, at a value of its label."""
        with self._lock:
            self._values[name][label] = self._values[name].get(label, 0.0) + by

    def put(self, name: str, values: Mapping[str, float]) -> None:
        """Set a gauge, all values of its label at once."""
        with self._lock:
            self._values[name] = dict(values)

    def values(self) -> Values:
        """Everything known so far."""
        with self._lock:
            return {name: dict(found) for name, found in self._values.items()}
