"""Large blobs in parts, small bundles whole, and how much an agent may send."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from heapq import heapify, heappop, heappush
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from agent.config import StoreModel
from agent.push import client as pushing
from evidence.bundle import Bundle
from evidence.clock import Clock
from evidence.errors import EnvironmentProblem
from evidence.request import sign_request
from evidence.seal import SigningKey
from store.fsck import fsck
from store.problems import Refused
from store.quota import Quota
from store.schema import statement
from tests.fixtures_bundle import AT, MakeBundle
from tests.fixtures_store import Served, StoreClient, served_store

BODY = bytes(range(256)) * 2000


class Upload:
    """An upload of BODY as an agent sends it, a part at a time."""

    def __init__(self, client: StoreClient, body: bytes = BODY) -> None:
        self.client = client
        record = {"digest": sha256(body).hexdigest(), "size_bytes": len(body)}
        begun = client.call("POST", "/v1/uploads", json.dumps(record).encode())
        assert begun.status_code == 201, begun.text
        self.path, self.offset = begun.headers["Location"], int(begun.headers["Upload-Offset"])

    def add(self, at: int, part: bytes) -> requests.Response:
        signed = sign_request(self.client.key, "PATCH", self.path, "", part, AT)
        headers = {**signed, "Upload-Offset": str(at)}
        return requests.patch(self.client.url + self.path, part, headers=headers, timeout=20)


def test_an_upload_that_broke_off_goes_on_where_it_ended(
    store: Served, client: StoreClient
) -> None:
    first = Upload(client)
    assert first.offset == 0
    assert first.add(0, BODY[:1000]).headers["Upload-Offset"] == "1000"
    again = Upload(client)
    assert (again.path, again.offset) == (first.path, 1000)
    assert client.call("HEAD", again.path).headers["Upload-Offset"] == "1000"
    wrong = again.add(500, BODY[500:])
    assert (wrong.status_code, wrong.json()["code"]) == (409, "offset_wrong")
    assert wrong.json()["offset"] == 1000
    assert again.add(1000, BODY[1000:]).status_code == 201
    blob = f"/v1/blobs/sha256/{sha256(BODY).hexdigest()}"
    assert client.get(blob).content == BODY
    assert client.call("HEAD", again.path).status_code == 404
    assert not list((store.state / "uploads").iterdir())
    assert list(fsck(store.custody)) == []


def test_an_upload_of_other_bytes_is_no_blob(store: Served, client: StoreClient) -> None:
    upload = Upload(client)
    answer = upload.add(0, BODY[::-1])
    assert (answer.status_code, answer.json()["code"]) == (422, "digest_mismatch")
    assert client.get(f"/v1/blobs/sha256/{sha256(BODY).hexdigest()}").status_code == 404
    assert Upload(client).offset == 0
    too_much = Upload(client).add(0, BODY + b"x")
    assert (too_much.status_code, too_much.json()["code"]) == (413, "body_too_large")


def test_an_upload_is_its_agents_own_and_ends_after_a_day(
    store: Served, client: StoreClient
) -> None:
    upload = Upload(client)
    upload.add(0, BODY[:10])
    key = SigningKey.generate()
    store.custody.enrol("agent-2", ["main"], key.public)
    assert StoreClient(store.url, key).call("HEAD", upload.path).status_code == 404
    assert client.call("HEAD", "/v1/uploads/store.key").status_code == 404
    (path,) = (store.state / "uploads").iterdir()
    old_s = time.time() - 25 * 3600
    os.utime(path, (old_s, old_s))
    Upload(client, b"another")
    assert not path.exists()


def agent_client(
    store: Served,
    key: SigningKey,
    clock: Clock = lambda: AT,
    wait: Callable[[float], object] = time.sleep,
) -> pushing.StoreClient:
    return pushing.StoreClient(StoreModel(url=store.url), key, clock, Path(), wait)


def test_the_agent_sends_a_large_capture_in_parts(
    store: Served,
    signing_key: SigningKey,
    make_bundle: MakeBundle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pushing, "PART_BYTES", 16)
    bundle = make_bundle(1)
    assert max(map(len, bundle.captures.values())) > 16
    client = agent_client(store, signing_key)
    client.put_bundle(bundle)
    assert client.bundle(bundle.digest) == bundle


# Whole bundles


def put_whole(client: StoreClient, digest: str, data: bytes) -> requests.Response:
    path = f"/v1/bundles/sha256/{digest}"
    signed = sign_request(client.key, "PUT", path, "", data, AT)
    headers = {**signed, "Content-Type": "application/zip"}
    return requests.put(client.url + path, data, headers=headers, timeout=20)


def test_a_whole_bundle_is_the_same_as_its_parts(
    store: Served, client: StoreClient, make_bundle: MakeBundle, signing_key: SigningKey
) -> None:
    bundles = [make_bundle(number) for number in range(3)]
    first = put_whole(client, bundles[0].digest, bundles[0].to_bytes())
    again = client.put_bundle(bundles[0])
    assert (first.status_code, again.status_code, again.content) == (201, 200, first.content)
    reader = agent_client(store, signing_key)
    assert reader.bundle(bundles[0].digest) == bundles[0]
    assert list(fsck(store.custody)) == []


def test_a_bundle_that_is_not_whole_leaves_nothing(
    store: Served, client: StoreClient, make_bundle: MakeBundle, small_bundle: Bundle
) -> None:
    data, other = small_bundle.to_bytes(), make_bundle(7)
    mixed = Bundle(small_bundle.envelope, {**small_bundle.captures, "0" * 64: b"x"}).to_bytes()
    without = Bundle(small_bundle.envelope, {}).to_bytes()
    wrong = Bundle(small_bundle.envelope, dict.fromkeys(small_bundle.captures, b"x")).to_bytes()
    for digest, body, status, code in (
        (small_bundle.digest, data[:-1], 400, "archive_altered"),
        (small_bundle.digest, b"no archive", 400, "archive_unreadable"),
        (small_bundle.digest, mixed, 400, "archive_incomplete"),
        (small_bundle.digest, without, 409, "blobs_missing"),
        (small_bundle.digest, wrong, 422, "digest_mismatch"),
        (other.digest, data, 422, "digest_mismatch"),
    ):
        answer = put_whole(client, digest, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert client.get("/v1/bundles").json()["items"] == []
    assert not [one for one in (store.state / "blobs").rglob("*") if one.is_file()]
    assert put_whole(client, small_bundle.digest, data).status_code == 201


# How much


def test_an_hour_s_share_is_spent_and_comes_back() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    quota = Quota(3600, lambda: now)
    quota.spend("a", 3600)
    quota.spend("b", 3000)
    with pytest.raises(Refused) as caught:
        quota.spend("a", 100)
    assert (caught.value.code, caught.value.retry_after_s) == ("quota_exceeded", 100)
    now += timedelta(seconds=100)
    quota.spend("a", 100)
    now += timedelta(hours=3)
    quota.spend("a", 10_000)  # larger than a share, and the account was full


def test_an_agent_that_is_told_to_wait_waits_and_loses_nothing(
    tmp_path: Path, signing_key: SigningKey, make_bundle: MakeBundle
) -> None:
    passed_s: list[float] = []

    def now() -> datetime:
        return AT + timedelta(seconds=sum(passed_s))

    share = 3_600_000  # a thousand bytes a second
    with served_store(
        tmp_path / "store", limit_bytes=share, quota_bytes_an_hour=share, clock=now
    ) as store:
        store.custody.enrol("agent-1", ["main"], signing_key.public)
        body = bytes(share)
        spent = StoreClient(store.url, signing_key)
        assert spent.put(f"/v1/blobs/sha256/{sha256(body).hexdigest()}", body).status_code == 201
        client = agent_client(store, signing_key, now, passed_s.append)
        bundles = [make_bundle(number) for number in range(20)]
        receipts = [client.put_bundle(one, one.to_bytes()) for one in bundles]
        assert len({one.digest for one in receipts}) == 20
        assert passed_s and all(0 < one <= 60 for one in passed_s)
        stubborn = agent_client(store, signing_key, now, lambda seconds: None)
        with pytest.raises(EnvironmentProblem) as caught:
            stubborn.put_bundle(make_bundle(99), make_bundle(99).to_bytes())
        assert caught.value.code == "quota_exceeded"


def test_the_burst_of_a_month_s_end_is_in_within_half_an_hour(
    tmp_path: Path, make_bundle: MakeBundle, drill_count: Callable[[int, int], int]
) -> None:
    """3,000 bundles of 30 agents within five minutes, each with a share for four fifths of its own:
    what is refused is told when to come again, comes then, and is there once."""
    keys = [SigningKey.generate() for _ in range(drill_count(3, 30))]
    each = drill_count(20, 100)
    bundles = [
        [make_bundle(number, agent=f"agent-{place}", key=key) for number in range(each)]
        for place, key in enumerate(keys)
    ]
    share = each * 4 // 5 * max(len(one.to_bytes()) for one in bundles[0])
    now = [AT]
    began_s = time.monotonic()
    with served_store(tmp_path / "store", quota_bytes_an_hour=share, clock=lambda: now[0]) as store:
        for place, key in enumerate(keys):
            store.custody.enrol(f"agent-{place}", ["main"], key.public)
        coming = [
            (300.0 * number / each, place, number)
            for place in range(len(keys))
            for number in range(each)
        ]
        heapify(coming)
        told = 0
        at_s = 0.0
        while coming:
            at_s, place, number = heappop(coming)
            now[0] = AT + timedelta(seconds=at_s)
            one = bundles[place][number]
            body, path = one.to_bytes(), f"/v1/bundles/sha256/{one.digest}"
            headers = sign_request(keys[place], "PUT", path, "", body, now[0])
            headers["Content-Type"] = "application/zip"
            answer = requests.put(store.url + path, data=body, headers=headers, timeout=20)
            if answer.status_code == 429:
                told += 1
                heappush(coming, (at_s + int(answer.headers["Retry-After"]), place, number))
            else:
                assert answer.status_code == 201, answer.text
        assert told >= len(keys) and at_s <= 30 * 60
        assert time.monotonic() - began_s < 300, "and the store itself keeps up"
        with store.custody.database.reading() as rows:
            digests = list(rows.scalars(select(statement.c.digest)))
        assert sorted(digests) == sorted(one.digest for some in bundles for one in some)
        assert list(fsck(store.custody)) == []
