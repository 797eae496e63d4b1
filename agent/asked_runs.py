"""Runs that people ask for at the store: fetched by a long poll, from here and never from there.

Only where `daemon.asked_runs` is set. The store names devices and a subject; which devices there
are and what they are asked stays this agent's own affair, and its brake, turns and log-in limits
hold as for an operator at the door.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent.door import Message, Request
from agent.door.server import Tell
from agent.push.client import Refused, StoreClient
from evidence.errors import EvidenceError, shown

log = logging.getLogger("evidence-agent")
Serve = Callable[[Request, str, Tell], None]


@dataclass(frozen=True, slots=True)
class AskedRun:
    """A wish as the store told it; `requester` is who it stands in the evidence."""

    id: str
    request: Request
    requester: str

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> AskedRun:
        """Raises KeyError, TypeError or ValueError for a record that is none."""
        devices, subject = record["devices"], record["subject"]
        if not all(isinstance(one, str) for one in (*devices, record["id"], record["by"])):
            raise TypeError("names are texts")
        if not isinstance(subject, str | None) or not record["id"].isalnum():
            raise TypeError("a subject is a text, and an id letters and digits")
        request = Request(tuple(devices), subject)
        return cls(record["id"], request, f"store:{shown(record['by'])}")


def carry_out(client: StoreClient, serve: Serve) -> bool:
    """Wait for one run and carry it out; whether there was one.

    Raises EvidenceError when the store is away, or runs no such thing.
    """
    record = client.wait_for_run()
    if record is None:
        return False
    try:
        asked = AskedRun.of_record(record)
    except (KeyError, TypeError, ValueError):
        raise Refused("the store asks for a run in another way", code="request_invalid") from None
    log.info("%s asks for %s", asked.requester, asked.request)
    counts: Counter[str] = Counter()
    done: dict[str, Any] = {}

    def tell(message: Message) -> None:
        if "visit" in message:
            counts.update(row["state"] for row in message["visit"])
            _say(client, asked.id, {"state": "running", **_told(counts)})
        done.update(message.get("done", {}))

    try:
        serve(asked.request, asked.requester, tell)
        client.tell_run(asked.id, {"state": "done", **_told(counts), "run": done.get("run", "")})
    except EvidenceError as error:
        said = {"state": "refused", **_told(counts), "why": f"{error.code}: {error.message}"[:500]}
        client.tell_run(asked.id, said)
    return True


def _told(counts: Counter[str]) -> dict[str, int]:
    return {"read": counts["read"], "failed": counts["failed"]}


def _say(client: StoreClient, id: str, said: Mapping[str, Any]) -> None:
    """Progress is worth no failure: what is read is kept, whether anybody watches or not."""
    try:
        client.tell_run(id, said)
    except EvidenceError as error:
        log.warning("the store was not told how the run goes: %s", error)
