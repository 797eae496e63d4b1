"""Runs that people ask a site for: the agent fetches them by a long poll and tells how they go.

The store never calls an agent. A wish names devices and a subject, nothing else; the agent reads
those of its own inventory with its own asks, or refuses. What is read comes as evidence like any
other, requested by whoever asked. Wishes are kept in memory: they are no evidence, a restart
forgets what waits, and the audit trail says who asked.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from evidence.clock import Clock, stamp
from evidence.text import Text
from store.access import Access
from store.problems import Refused
from store.reading import body_of, record_of

LONGEST_S = 20
"""How long a poll is held; less than proxies and the agent's own time-out allow."""
FORGOTTEN_AFTER = timedelta(hours=1)
"""A wish that no agent fetched: it would come as a surprise later."""
MOST_DEVICES = 200
_LOOK_EVERY_S = 0.25
_MOST_KEPT = 20
_LIMIT_BYTES = 16 * 1024


class State(StrEnum):
    waiting = "waiting"
    running = "running"
    done = "done"
    refused = "refused"
    forgotten = "forgotten"

    @property
    def text(self) -> Text:
        return _WORDS[self]

    @property
    def over(self) -> bool:
        return self not in (State.waiting, State.running)


_WORDS = {
    State.waiting: Text("waits for the agent", "等待代理程式領取"),
    State.running: Text("is read", "採集中"),
    State.done: Text("done", "已完成"),
    State.refused: Text("the agent refused", "代理程式拒絕"),
    State.forgotten: Text("not fetched within an hour", "一小時內未領取，已取消"),
}


@dataclass(slots=True)
class AskedRun:
    """`devices` empty: all of the site; `subject` empty: all of each. `read` and `failed` count
    readings so far; `run` is the run record's id, `why` what the agent said against it."""

    id: str
    agent: str
    devices: tuple[str, ...]
    subject: str
    by: str
    at: datetime
    state: State = State.waiting
    read: int = 0
    failed: int = 0
    run: str = ""
    why: str = ""


class AskedRuns:
    """The wishes of one store, one at a time for an agent."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._of: defaultdict[str, deque[AskedRun]] = defaultdict(lambda: deque(maxlen=_MOST_KEPT))

    def ask(self, agent: str, devices: tuple[str, ...], subject: str, by: str) -> AskedRun:
        """Raises Refused `run_waits` while another is not over, `form_invalid` for too many."""
        if len(devices) > MOST_DEVICES:
            raise Refused(f"at most {MOST_DEVICES} devices are named", code="form_invalid")
        with self._lock:
            self._forget(agent)
            if any(not one.state.over for one in self._of[agent]):
                raise Refused("another run of this agent is not over", code="run_waits")
            made = AskedRun(secrets.token_hex(8), agent, devices, subject, by, self._clock())
            self._of[agent].appendleft(made)
            return made

    def of(self, agent: str) -> list[AskedRun]:
        """The newest first."""
        with self._lock:
            self._forget(agent)
            return list(self._of[agent])

    def take(self, agent: str) -> AskedRun | None:
        """What waits for this agent, which is running from now on. An agent that was restarted in
        the middle and polls again has given up what it ran."""
        with self._lock:
            self._forget(agent)
            for one in self._of[agent]:
                if one.state is State.running:
                    one.state, one.why = State.refused, "the agent did not say how it ended"
                if one.state is State.waiting:
                    one.state = State.running
                    return one
        return None

    def tell(self, agent: str, id: str, said: dict[str, Any]) -> None:
        """How a run goes. Raises Refused `not_found`, `body_invalid`."""
        state, read, failed = said.get("state"), said.get("read", 0), said.get("failed", 0)
        texts = [said.get(name, "") for name in ("run", "why")]
        right = state in (State.running, State.done, State.refused)
        right = right and all(type(one) is int and 0 <= one < 10**9 for one in (read, failed))
        if not right or not all(isinstance(one, str) and len(one) <= 500 for one in texts):
            raise Refused("a run has a state and counts", code="body_invalid")
        with self._lock:
            for one in self._of[agent]:
                if one.id == id and one.state is State.running:
                    one.state, one.read, one.failed = State(str(state)), read, failed
                    one.run, one.why = texts
                    return
        raise Refused("no such run is under way", code="not_found")

    def _forget(self, agent: str) -> None:
        for one in self._of[agent]:
            if one.state is State.waiting and self._clock() - one.at > FORGOTTEN_AFTER:
                one.state = State.forgotten


class AskedRunPages:
    """The agents' side."""

    def __init__(self, runs: AskedRuns, access: Access) -> None:
        self.runs, self.access = runs, access

    def routes(self) -> list[Route]:
        return [
            Route("/v1/runs/wait", self.wait, methods=["POST"]),
            Route("/v1/runs/{id}", self.told, methods=["POST"]),
        ]

    async def wait(self, request: Request) -> Response:
        """The next run that somebody asked for; 204 when nobody did while the poll was held."""
        admitted = await run_in_threadpool(self.access.admit, request)
        admitted.check_body(await body_of(request, _LIMIT_BYTES))
        until = time.monotonic() + LONGEST_S
        while (found := self.runs.take(admitted.caller.agent)) is None:
            if time.monotonic() >= until or await request.is_disconnected():
                return Response(status_code=204)
            await asyncio.sleep(_LOOK_EVERY_S)
        return JSONResponse(
            {
                "id": found.id,
                "devices": list(found.devices),
                "subject": found.subject or None,
                "by": found.by,
                "asked_at": stamp(found.at),
            }
        )

    async def told(self, request: Request) -> Response:
        """`{"state": "running" | "done" | "refused", "read", "failed", "run", "why"}`."""
        admitted = await run_in_threadpool(self.access.admit, request)
        body = await body_of(request, _LIMIT_BYTES)
        admitted.check_body(body)
        self.runs.tell(admitted.caller.agent, request.path_params["id"], record_of(body))
        return Response(status_code=204)
