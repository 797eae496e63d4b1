"""The store under bad clients, broken disks and SIGKILL: what it acknowledged, it has, once."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest
import requests
from pytest_mock import MockerFixture
from sqlalchemy import func, select

from evidence.bundle import Bundle
from evidence.errors import EnvironmentProblem
from evidence.request import sign_request
from evidence.seal import SigningKey
from store.clock import system_clock
from store.custody import Custody
from store.fsck import fsck
from store.schema import blob, leaf, statement
from tests.fixtures_bundle import AT, MakeBundle
from tests.fixtures_database import Postgres
from tests.fixtures_store import Served, StoreClient, served_store

ROOT = Path(__file__).resolve().parent.parent


# Bad clients


def spoken(url: str, text: bytes, *, hang_up: bool = False) -> bytes:
    """What the store answers to these very bytes, when the client waits or when it hangs up."""
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        connection.sendall(text)
        if hang_up:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


def put(client: StoreClient, body: bytes, *headers: str) -> bytes:
    path = f"/v1/blobs/sha256/{sha256(body).hexdigest()}"
    signed = sign_request(client.key, "PUT", path, "", body, AT)
    lines = [f"PUT {path} HTTP/1.1", "Host: store", "Connection: close", *headers]
    lines += [f"{name}: {value}" for name, value in signed.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def test_lengths_that_are_absent_negative_or_lying_are_refused(
    store: Served, client: StoreClient
) -> None:
    body = b"an answer"
    chunked = b"9\r\nan answer\r\n0\r\n\r\n"
    assert b" 411 " in spoken(client.url, put(client, body))
    assert b" 411 " in spoken(client.url, put(client, body, "Transfer-Encoding: chunked") + chunked)
    assert b" 400 " in spoken(client.url, put(client, body, "Content-Length: -1") + body)
    assert b" 400 " in spoken(client.url, put(client, body, "Content-Length: 9e9") + body)
    assert b" 413 " in spoken(client.url, put(client, body, "Content-Length: 9000000") + body)
    too_short = put(client, body, "Content-Length: 8") + body
    assert b" 422 " in spoken(client.url, too_short)
    spoken(client.url, put(client, body, "Content-Length: 10") + body, hang_up=True)
    assert not list((store.state / "incoming").iterdir())
    assert b" 201 " in spoken(client.url, put(client, body, "Content-Length: 9") + body)


# Broken disks


def test_a_full_disk_is_507_and_passes(
    store: Served, client: StoreClient, make_bundle: MakeBundle, mocker: MockerFixture
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    fault = mocker.patch("store.files._sync_file_system", side_effect=full)
    answer = client.put_bundle(make_bundle(1))
    assert answer.status_code == 507
    assert answer.json()["code"] == "store_full"
    assert answer.headers["Retry-After"]
    mocker.stop(fault)
    assert client.put_bundle(make_bundle(1)).status_code == 201
    assert list(fsck(store.custody)) == []


def test_after_a_failed_fsync_nothing_is_taken_any_more(
    store: Served, client: StoreClient, make_bundle: MakeBundle, mocker: MockerFixture
) -> None:
    """The kernel may have dropped the pages: a second fsync that succeeds would prove nothing."""
    fault = mocker.patch(
        "store.files._sync_file_system", side_effect=OSError(errno.EIO, "I/O error")
    )
    assert client.put_bundle(make_bundle(1)).json()["code"] == "store_broken"
    mocker.stop(fault)
    again = client.put_bundle(make_bundle(1))
    assert (again.status_code, again.json()["code"]) == (503, "store_broken")
    assert requests.get(client.url + "/readyz", timeout=20).status_code == 503
    assert not list((store.state / "incoming").iterdir())


# A database that goes away


@pytest.mark.part("postgres")
def test_a_restart_of_postgresql_costs_an_answer_and_no_entry(
    postgres: Postgres, tmp_path: Path, signing_key: SigningKey, make_bundle: MakeBundle
) -> None:
    url = postgres.fresh()
    with served_store(tmp_path / "store", database_url=url) as served:
        served.custody.enrol("agent-1", ["main"], signing_key.public)
        client = StoreClient(served.url, signing_key)
        assert client.put_bundle(make_bundle(1)).status_code == 201
        postgres.stop(at_once=True)
        answer = client.put_bundle(make_bundle(2))
        assert (answer.status_code, answer.json()["code"]) == (503, "database_away")
        assert answer.headers["Retry-After"]
        assert requests.get(client.url + "/readyz", timeout=20).status_code == 503
        postgres.start()
        answers = [client.put_bundle(make_bundle(2)).status_code for _ in range(12)]
        assert answers[-1] == 200 and set(answers) <= {503, 201, 200}
        assert requests.get(client.url + "/readyz", timeout=20).text == "ready\n"
        assert list(fsck(served.custody)) == []
        with pytest.raises(EnvironmentProblem), served_store(tmp_path / "b", database_url=url):
            pass  # it serves alone again


# Repeats


def test_whatever_comes_how_often_in_whichever_order_is_there_once(
    store: Served,
    client: StoreClient,
    make_bundle: MakeBundle,
    drill_count: Callable[[int, int], int],
) -> None:
    bundles = [make_bundle(number) for number in range(40)]
    order = [bundles[number % 40] for number in range(drill_count(1000, 50_000))]
    Random(20261128).shuffle(order)

    def put(bundle: Bundle) -> tuple[str, bytes]:
        path, data = f"/v1/bundles/sha256/{bundle.digest}", bundle.to_bytes()
        signed = sign_request(client.key, "PUT", path, "", data, AT)
        session = sessions.__dict__.setdefault("one", requests.Session())
        headers = {**signed, "Content-Type": "application/zip"}
        answer = session.put(client.url + path, data, headers=headers, timeout=60)
        assert answer.status_code in (200, 201), answer.text
        return bundle.digest, answer.content

    sessions = threading.local()
    with ThreadPoolExecutor(8) as pool:
        receipts = set(pool.map(put, order))
    assert len(receipts) == len(bundles), "every repeat gets the same receipt"
    with store.custody.database.reading() as rows:
        for table, wanted in ((statement, 40), (leaf, 41), (blob, len(captures_of(bundles)))):
            assert rows.scalar(select(func.count()).select_from(table)) == wanted
    files = [one for one in (store.state / "blobs").rglob("*") if one.is_file()]
    assert len(files) == len(captures_of(bundles))
    assert list(fsck(store.custody)) == []


def captures_of(bundles: list[Bundle]) -> set[str]:
    return {digest for bundle in bundles for digest in bundle.captures}


# Ending


@pytest.mark.whole
def test_a_store_that_is_told_to_end_closes_its_database(tmp_path: Path) -> None:
    state = tmp_path / "store"
    with store_process(state) as (process, _):
        assert (state / "store.db-wal").exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert not (state / "store.db-wal").exists()


# SIGKILL


@dataclass
class Acknowledged:
    """The receipts that clients got, by the digest of the bundle."""

    receipts: dict[str, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    came: threading.Event = field(default_factory=threading.Event)


@contextmanager
def store_process(
    state: Path, database_url: str | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    database = [] if database_url is None else ["--database", database_url]
    command = [sys.executable, "-m", "store.cli", "serve", "--state", str(state), "--port", "0"]
    process = subprocess.Popen(
        [*command, *database],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().split()[-1]
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_every_acknowledged_bundle_is_there_once_after_kills(
    tmp_path: Path,
    database_url: str | None,
    signing_key: SigningKey,
    make_bundle: MakeBundle,
    drill_count: Callable[[int, int], int],
) -> None:
    state = tmp_path / "store"
    custody = Custody(state, system_clock, database_url=database_url)
    custody.enrol("agent-1", ["main"], signing_key.public)
    custody.close()
    random, acknowledged, kills = Random(20261123), Acknowledged(), drill_count(4, 200)

    for kill in range(kills):
        with store_process(state, database_url) as (process, url):
            client = StoreClient(url, signing_key, now=None)
            senders = [
                threading.Thread(target=send_until_dead, args=(client, make_bundle, kill, sender,
                                                               acknowledged))
                for sender in range(3)
            ]  # fmt: skip
            for sender in senders:
                sender.start()
            acknowledged.came.clear()
            assert acknowledged.came.wait(60)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(random.uniform(0.02, 0.25))
            os.kill(process.pid, signal.SIGKILL)
            for sender in senders:
                sender.join()

    with store_process(state, database_url) as (_, url):
        client = StoreClient(url, signing_key, now=None)
        for digest, receipt in acknowledged.receipts.items():
            assert client.get(f"/v1/receipts/{digest}").content == receipt
    custody = Custody(state, system_clock, database_url=database_url)
    with custody.database.reading() as rows:
        stored = rows.scalar(select(func.count()).select_from(statement)) or 0
        leaves = rows.scalar(select(func.count()).select_from(leaf))
    assert stored >= len(acknowledged.receipts) >= kills
    assert leaves == stored + 1  # and the enrolment
    assert list(fsck(custody)) == []
    custody.close()


def send_until_dead(
    client: StoreClient, make_bundle: MakeBundle, kill: int, sender: int, into: Acknowledged
) -> None:
    """Send bundle after bundle until the store does not answer any more."""
    for number in range(10_000):
        bundle = make_bundle(kill * 100_000 + sender * 10_000 + number)
        try:
            answer = client.put_bundle(bundle)
        except requests.RequestException:
            return
        assert answer.status_code == 201
        with into.lock:
            into.receipts[bundle.digest] = answer.content
            into.came.set()
