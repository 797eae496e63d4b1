"""Figures for Prometheus, on loopback only: how the log grows, who watches it, what is refused.

Text exposition format 0.0.4. Every name is explained in `docs/store.md` (tested). A figure that is
not known is not there, never 0.
"""

from __future__ import annotations

import shutil
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from sqlalchemy import func, select

from store import leaves
from store.custody import Custody
from store.schema import agent_contact, cosignature, time_stamp

PREFIX = "evidence_store_"
KINDS = {
    "log_entries": ("gauge", "Entries of the log."),
    "witnessed_entries": ("gauge", "Entries of the newest checkpoint that a witness signed."),
    "witnessed_timestamp_seconds": ("gauge", "When a witness signed last (Unix time)."),
    "stamped_entries": ("gauge", "Entries of the newest checkpoint with a time stamp."),
    "stamped_timestamp_seconds": ("gauge", "The time in the newest time stamp (Unix time)."),
    "locked_agents": ("gauge", "Agents that were seen twice and are locked."),
    "refilling": ("gauge", "1 while a restored store takes back what it had signed."),
    "state_free_bytes": ("gauge", "Free space where the state folder lies."),
    "answers_total": ("counter", "Requests by what they came to: taken, or a problem's code."),
}


class Metrics:
    """What one store's process knows of itself, and what its database says when it is asked."""

    def __init__(self, custody: Custody) -> None:
        self._custody = custody
        self.answers: Counter[str] = Counter()

    def text(self) -> str:
        lines = []
        values = self._values()
        for name, (kind, meaning) in KINDS.items():
            lines += [f"# HELP {PREFIX}{name} {meaning}", f"# TYPE {PREFIX}{name} {kind}"]
            if name == "answers_total":
                lines += [
                    f'{PREFIX}{name}{{code="{code}"}} {count}'
                    for code, count in sorted(self.answers.items())
                ]
            elif (value := values.get(name)) is not None:
                lines.append(f"{PREFIX}{name} {value:.15g}")
        return "\n".join(lines) + "\n"

    def _values(self) -> dict[str, float | None]:
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
