"""Blobs in a bucket: locked until their end, or nothing is taken.

Against Ceph's RADOS gateway in the drill. A bucket that answers everything and locks nothing is no
product one could install: that one is a stand-in of a few lines, and so says its name.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from evidence.errors import EnvironmentProblem
from evidence.seal import SigningKey
from evidence.workdays import WorkDays
from store.app import make_app
from store.blobs import StillLocked
from store.blobs.bucket import client_of
from store.clock import system_clock
from store.custody import Custody
from store.fsck import fsck
from store.heal import heal
from store.notices.found import Kind, notices
from store.retention.classes import lengthen
from store.retention.tables import blob_version
from store.retention.years import Class, end_of
from store.schema import blob
from store.serve import serving
from store.settings import ObjectLock
from tests.fixtures_bucket import Gateway
from tests.fixtures_bundle import MakeBundle
from tests.fixtures_store import StoreClient

pytestmark = pytest.mark.whole  # sockets, and devices that take their time


class Forgetful(BaseHTTPRequestHandler):
    """A stand-in for a bucket that takes the headers of a lock and forgets them."""

    keeps_versions = True
    deletes = 204

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(200, {"x-amz-version-id": "v1"} if self.keeps_versions else {})

    def do_DELETE(self) -> None:
        self._answer(self.deletes)

    def do_GET(self) -> None:
        self._answer(200)

    def _answer(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class Versionless(Forgetful):
    keeps_versions = False


@contextmanager
def answered_by(handler: type[BaseHTTPRequestHandler]) -> Iterator[ObjectLock]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield ObjectLock(endpoint=f"http://127.0.0.1:{server.server_port}", bucket="evidence")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AK")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SK")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.parametrize(
    ("bucket", "why"), [(Forgetful, "cut short"), (Versionless, "no versions")]
)
def test_a_store_does_not_serve_over_a_bucket_that_forgets_its_locks(
    tmp_path: Path, bucket: type[Forgetful], why: str
) -> None:
    with answered_by(bucket) as settings, pytest.raises(EnvironmentProblem, match=why) as caught:
        make_app(tmp_path / "store", clock=system_clock, object_lock=settings)
    assert caught.value.code == "env_object_lock"
    # And it let go of the folder.
    Custody(tmp_path / "store", system_clock, serving=True).close()


def test_a_bucket_that_is_away_is_no_reason_to_fall_back_on_the_disk(tmp_path: Path) -> None:
    nowhere = ObjectLock(endpoint="http://127.0.0.1:9", bucket="evidence")
    with pytest.raises(EnvironmentProblem) as caught:
        make_app(tmp_path / "store", clock=system_clock, object_lock=nowhere)
    assert caught.value.code == "env_bucket"


def test_a_lock_that_is_lost_later_stops_the_taking_and_is_not_ready(
    tmp_path: Path, make_bundle: MakeBundle, signing_key: SigningKey
) -> None:
    """What the daily check finds: the bucket was changed behind the store's back."""

    class Changed(Forgetful):
        locks = True

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            cut = "retention" in self.path
            self._answer(403 if cut and self.locks else 200, {"x-amz-version-id": "v1"})

        def do_DELETE(self) -> None:
            self._answer(403 if self.locks else 204)

    with answered_by(Changed) as settings:
        app = make_app(tmp_path / "store", clock=system_clock, object_lock=settings)
        custody = app.state.custody
        custody.enrol("agent-1", ["main"], signing_key.public)

        def told() -> list[Kind]:
            with custody.database.reading() as rows:
                found = notices(rows, system_clock(), WorkDays())
                return [one.kind for one in found if one.about == settings.bucket]

        with serving(app) as url:
            assert requests.get(url + "/readyz", timeout=20).status_code == 200
            client, bundle = StoreClient(url, signing_key, None), make_bundle(1)
            assert client.put_bundle(bundle).status_code == 201
            Changed.locks = False
            with pytest.raises(EnvironmentProblem, match="cut short"):
                custody.blobs.check()
            answer = client.put_bundle(make_bundle(2))
            assert (answer.status_code, answer.json()["code"]) == (503, "lock_failed")
            assert requests.get(url + "/readyz", timeout=20).status_code == 503
            assert told() == [Kind.lock_failed]
            Changed.locks = True
            custody.blobs.check()
            assert told() == []
            assert client.put_bundle(make_bundle(2)).status_code == 201


# A real one


@pytest.mark.drill
def test_blobs_in_a_bucket_are_locked_and_read_back(
    gateway: Gateway, tmp_path: Path, make_bundle: MakeBundle, signing_key: SigningKey
) -> None:
    settings, state = gateway.bucket(), tmp_path / "store"
    app = make_app(state, clock=system_clock, object_lock=settings)
    custody, now = app.state.custody, system_clock()
    client = client_of(settings)
    with serving(app) as url:
        custody.enrol("agent-1", ["main"], signing_key.public)
        agent = StoreClient(url, signing_key, None)
        bundles = [make_bundle(number, at=now) for number in range(2)]
        assert agent.put_bundle(bundles[0]).status_code == 201
        assert agent.put_bundle(bundles[1]).status_code == 201
        assert agent.put_bundle(bundles[1]).status_code == 200
        for bundle in bundles:
            for digest, body in bundle.captures.items():
                assert agent.get(f"/v1/blobs/sha256/{digest}").content == body
        assert not [one for one in (state / "blobs").rglob("*") if one.is_file()]
        assert list(fsck(custody)) == []

        # Locked until the class's end, and nobody deletes it, bypass or not.
        (digest,) = bundles[0].captures
        with custody.database.reading() as rows:
            row = rows.execute(blob_version.select().where(blob_version.c.digest == digest)).one()
        about = {"Bucket": settings.bucket, "Key": f"blobs/{digest}", "VersionId": row.version}
        until = client.get_object_retention(**about)["Retention"]["RetainUntilDate"]
        assert until.astimezone(UTC) == end_of(f"{now.astimezone():%Y-%m}", 5)
        for more in ({}, {"BypassGovernanceRetention": True}):
            with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
                client.delete_object(**about, **more)

        # A later version hides nothing; where the rows point at it all the same, `heal` finds the
        # one before.
        made = client.put_object(Bucket=settings.bucket, Key=f"blobs/{digest}", Body=b"another")
        with custody.database.transaction() as rows:
            another = {"digest": digest, "version": made["VersionId"], "stored_at": system_clock()}
            rows.execute(blob_version.insert().values(another))
        assert list(fsck(custody)) == [f"blob {digest}: the file holds other bytes"]
        (healed,) = heal(custody, [], "host:test")
        assert healed.source == "another version in the bucket" and list(fsck(custody)) == []
        client.delete_object(Bucket=settings.bucket, Key=f"blobs/{digest}")
        body = bundles[0].captures[digest]
        assert agent.get(f"/v1/blobs/sha256/{digest}").content == body

        # A longer class lengthens the lock of what is there; a hold is the bucket's as well.
        lengthen(custody, Class.captures, 7, "a longer rule", "host:test")
        until = client.get_object_retention(**about)["Retention"]["RetainUntilDate"]
        assert until.astimezone(UTC) == end_of(f"{now.astimezone():%Y-%m}", 7)
        for on in (True, False):
            custody.blobs.hold([digest], on=on)
            held = client.get_object_legal_hold(**about)["LegalHold"]["Status"]
            assert held == ("ON" if on else "OFF")
        custody.blobs.check()


@pytest.mark.drill
def test_a_real_bucket_without_a_lock_is_refused(gateway: Gateway, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        make_app(tmp_path / "store", clock=system_clock, object_lock=gateway.bucket(locked=False))
    assert caught.value.code == "env_object_lock"


@pytest.mark.drill
def test_what_is_locked_still_is_removed_once_the_bucket_lets_it_go(
    gateway: Gateway, tmp_path: Path
) -> None:
    """The bucket's own clock decides: a lock of seconds is waited for."""
    settings = gateway.bucket()
    custody = Custody(tmp_path / "store", system_clock, object_lock=settings)
    client = client_of(settings)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=4)  # as S3 writes it
    put = client.put_object(
        Bucket=settings.bucket,
        Key="blobs/" + "0" * 64,
        Body=b"x",
        ContentMD5="ndTkYSaMgDT1yFZOFVxnpg==",
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate=until,
    )
    with custody.database.transaction() as rows:
        row = {"digest": "0" * 64, "stored_at": until}
        rows.execute(blob.insert().values(**row, size_bytes=1))
        rows.execute(blob_version.insert().values(**row, version=put["VersionId"]))
    with pytest.raises(StillLocked):
        custody.blobs.remove("0" * 64)
    assert custody.blobs.there("0" * 64)
    deadline = datetime.now(UTC) + timedelta(seconds=60)
    while custody.blobs.there("0" * 64):
        assert datetime.now(UTC) < deadline
        try:
            custody.blobs.remove("0" * 64)
        except StillLocked:
            threading.Event().wait(0.5)
    assert datetime.now(UTC) >= until
    custody.close()
