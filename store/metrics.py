"""The store's figures for Prometheus: how the log grows, who watches it, what is refused.

Every name is explained in `docs/store.md` (tested).
"""

from __future__ import annotations

import shutil
from collections import Counter

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from sqlalchemy import func, select

from evidence.metrics import Figure, Values
from store import leaves
from store.custody import Custody
from store.schema import agent_contact, cosignature, time_stamp

PREFIX = "evidence_store_"
FIGURES = {
    "log_entries": Figure(GaugeMetricFamily, "Entries of the log."),
    "witnessed_entries": Figure(
        GaugeMetricFamily, "Entries of the newest checkpoint that a witness signed."
    ),
    "witnessed_timestamp_seconds": Figure(
        GaugeMetricFamily, "When a witness signed last (Unix time)."
    ),
    "stamped_entries": Figure(
        GaugeMetricFamily, "Entries of the newest checkpoint with a time stamp."
    ),
    "stamped_timestamp_seconds": Figure(
        GaugeMetricFamily, "The time in the newest time stamp (Unix time)."
    ),
    "locked_agents": Figure(GaugeMetricFamily, "Agents that were seen twice and are locked."),
    "refilling": Figure(
        GaugeMetricFamily, "1 while a restored store takes back what it had signed."
    ),
    "state_free_bytes": Figure(GaugeMetricFamily, "Free space where the state folder lies."),
    "answers_total": Figure(
        CounterMetricFamily, "Requests by what they came to: taken, or a problem's code.", "code"
    ),
}


class Metrics:
    """What one store's process knows of itself, and what its database says when it is asked."""

    def __init__(self, custody: Custody) -> None:
        self._custody = custody
        self.answers: Counter[str] = Counter()

    def values(self) -> Values:
        """Everything known now."""
        known = {name: {"": float(one)} for name, one in self._known().items() if one is not None}
        return {**known, "answers_total": dict(self.answers)}

    def _known(self) -> dict[str, float | None]:
        signed, stamped = cosignature.c, time_stamp.c
        with self._custody.database.reading() as rows:
            witnessed = rows.execute(
                select(signed.size, signed.received_at).order_by(signed.size.desc()).limit(1)
            ).first()
            stamp = rows.execute(
                select(stamped.size, stamped.stamped_at).order_by(stamped.size.desc()).limit(1)
            ).first()
            locked = select(func.count()).where(agent_contact.c.locked_at.is_not(None))
            return {
                "log_entries": leaves.frontier(rows).size,
                "witnessed_entries": None if witnessed is None else witnessed.size,
                "witnessed_timestamp_seconds": (
                    None if witnessed is None else witnessed.received_at.timestamp()
                ),
                "stamped_entries": None if stamp is None else stamp.size,
                "stamped_timestamp_seconds": (
                    None if stamp is None else stamp.stamped_at.timestamp()
                ),
                "locked_agents": rows.scalar(locked),
                "refilling": self._custody.refilling,
                "state_free_bytes": shutil.disk_usage(self._custody.files.incoming).free,
            }
