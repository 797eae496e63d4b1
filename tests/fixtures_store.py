"""A store served from a thread, and a client that signs its requests as an agent does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from evidence.bundle import Bundle
from evidence.clock import Clock
from evidence.request import sign_request
from evidence.seal import SigningKey
from store.app import make_app
from store.custody import Custody
from store.metrics import Metrics
from store.serve import serving
from tests.fixtures_bundle import AT
from tests.fixtures_database import lay_migrated


@dataclass(frozen=True)
class StoreClient:
    """An agent's side of the store's API; its requests are made at `now` (None: as they are)."""

    url: str
    key: SigningKey
    now: datetime | None = AT

    def call(self, method: str, path: str, body: bytes = b"") -> requests.Response:
        parts = urlsplit(path)
        now = self.now or datetime.now(UTC)
        headers = sign_request(self.key, method, parts.path, parts.query, body, now)
        return requests.request(
            method, self.url + path, data=body or None, headers=headers, timeout=20
        )

    def put(self, path: str, body: bytes) -> requests.Response:
        return self.call("PUT", path, body)

    def get(self, path: str) -> requests.Response:
        return self.call("GET", path)

    def put_bundle(self, bundle: Bundle) -> requests.Response:
        """Captures first, then the envelope; the first refusal, or the answer to the envelope."""
        for digest, body in bundle.captures.items():
            answer = self.put(f"/v1/blobs/sha256/{digest}", body)
            if not answer.ok:
                return answer
        return self.put(f"/v1/bundles/sha256/{bundle.digest}", bundle.envelope.to_json())


@dataclass(frozen=True)
class Served:
    """A running store: its address, custody and state folder."""

    url: str
    custody: Custody
    state: Path
    metrics: Metrics


@contextmanager
def served_store(
    state: Path,
    *,
    database_url: str | None = None,
    accept_replayed: bool = False,
    limit_bytes: int = 1_000_000,
    quota_bytes_an_hour: int = 1_000_000_000,
    clock: Clock = lambda: AT,
) -> Iterator[Served]:
    app = make_app(
        state if database_url else lay_migrated(state),
        clock=clock,
        database_url=database_url,
        accept_replayed=accept_replayed,
        blob_limit_bytes=limit_bytes,
        envelope_limit_bytes=limit_bytes,
        quota_bytes_an_hour=quota_bytes_an_hour,
    )
    with serving(app) as url:
        yield Served(url, app.state.custody, state, app.state.metrics)


@pytest.fixture
def store(tmp_path: Path, database_url: str | None, signing_key: SigningKey) -> Iterator[Served]:
    """A store at which `agent-1` is enrolled for the site `main`, at the time of the bundles."""
    with served_store(tmp_path / "store", database_url=database_url) as served:
        served.custody.enrol("agent-1", ["main"], signing_key.public)
        yield served


@pytest.fixture
def client(store: Served, signing_key: SigningKey) -> StoreClient:
    return StoreClient(store.url, signing_key)
