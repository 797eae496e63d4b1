"""The store: what it takes, from whom, once, with a receipt; and what it refuses, by which name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import text

from evidence.bundle import Bundle
from evidence.checkpoint import Checkpoint
from evidence.errors import ConfigurationError, EnvironmentProblem
from evidence.log import consistent
from evidence.receipt import Receipt
from evidence.request import sign_request
from evidence.runs import Assessment, RunRecord
from evidence.seal import Envelope, SigningKey
from store.fsck import fsck
from tests.fixtures_bundle import AT, MakeBundle
from tests.fixtures_store import Served, StoreClient, served_store


def problem(response: requests.Response, status: int, code: str) -> dict[str, Any]:
    """The problem an answer tells of, which is in the form that was agreed."""
    record: dict[str, Any] = response.json()
    assert (response.status_code, record["code"]) == (status, code), record
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Correlation-Id"] == record["correlation_id"]
    assert record["title"] and record["title_zh"]
    return record


def receipt(response: requests.Response, bundle: Bundle, store: Served) -> Receipt:
    return Receipt.check(Envelope.parse(response.content), bundle.digest, store.custody.key.public)


# What it takes


def test_a_bundle_gets_a_receipt_whose_proof_holds(
    store: Served, client: StoreClient, small_bundle: Bundle
) -> None:
    answer = client.put_bundle(small_bundle)
    assert answer.status_code == 201
    found = receipt(answer, small_bundle, store)
    assert found.index == 1  # entry 0 is the enrolment of the key
    assert found.entry.agent == "agent-1"
    assert found.entry.received_at == AT


def test_a_repeat_gets_the_same_receipt_and_makes_no_second_entry(
    store: Served, client: StoreClient, small_bundle: Bundle
) -> None:
    first = client.put_bundle(small_bundle)
    again = client.put_bundle(small_bundle)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert client.get(f"/v1/receipts/{small_bundle.digest}").content == first.content
    assert len(client.get("/v1/bundles").json()["items"]) == 1


def test_concurrent_repeats_make_one_entry(
    store: Served, client: StoreClient, make_bundle: MakeBundle
) -> None:
    bundles = [make_bundle(number) for number in range(5)] * 8
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(client.put_bundle, bundles))
    assert {answer.status_code for answer in answers} == {200, 201}
    assert len({answer.content for answer in answers}) == 5
    assert list(fsck(store.custody)) == []
    listed = client.get("/v1/bundles?after=0").json()["items"]
    assert [one["index"] for one in listed] == [1, 2, 3, 4, 5]


def test_an_agent_reads_back_its_own(
    store: Served, client: StoreClient, make_bundle: MakeBundle
) -> None:
    bundles = [make_bundle(number) for number in range(3)]
    for bundle in bundles:
        client.put_bundle(bundle)
    listed = client.get("/v1/bundles?after=1").json()
    assert [one["digest"] for one in listed["items"]] == [one.digest for one in bundles[1:]]
    assert listed["next"] == 3
    assert client.get("/v1/bundles?after=3").json() == {"items": [], "next": None}
    for bundle in bundles:
        envelope = client.get(f"/v1/bundles/sha256/{bundle.digest}").content
        captures = {
            digest: client.get(f"/v1/blobs/sha256/{digest}").content for digest in bundle.captures
        }
        assert Bundle(Envelope.parse(envelope), captures) == bundle


def test_runs_and_assessments_are_records(
    client: StoreClient, signing_key: SigningKey, small_bundle: Bundle
) -> None:
    run = RunRecord(
        agent="agent-1",
        agent_version="0.1.0",
        run="run-0",
        requester="schedule",
        started_at=AT,
        ended_at=AT,
        bundles=(small_bundle.digest,),
    ).seal(signing_key)
    assessment = Assessment(
        agent="agent-1",
        agent_version="0.1.0",
        period="2026-11",
        assessed_at=AT,
        readings=(small_bundle.collection.readings[0].digest,),
        inputs={},
    ).seal(signing_key)
    for envelope in (run, assessment):
        path = f"/v1/records/sha256/{envelope.digest}"
        assert client.put(path, envelope.to_json()).status_code == 201
        assert client.put(path, envelope.to_json()).status_code == 200
        assert client.get(path).content == envelope.to_json()
    kinds = [one["kind"] for one in client.get("/v1/records").json()["items"]]
    assert kinds == ["run", "assessment"]
    refused = client.put(f"/v1/bundles/sha256/{run.digest}", run.to_json())
    problem(refused, 400, "statement_invalid")


def test_an_assessment_comes_with_what_it_was_judged_by(
    client: StoreClient, signing_key: SigningKey
) -> None:
    book = b'{"id":"book"}'
    digest = sha256(book).hexdigest()
    envelope = Assessment(
        agent="agent-1",
        agent_version="0.1.0",
        period="2026-11",
        assessed_at=AT,
        inputs={"rule_book": digest},
    ).seal(signing_key)
    path = f"/v1/records/sha256/{envelope.digest}"
    refused = client.put(path, envelope.to_json())
    assert problem(refused, 409, "blobs_missing")["missing"] == [digest]
    assert client.put(f"/v1/blobs/sha256/{digest}", book).status_code == 201
    assert client.put(path, envelope.to_json()).status_code == 201


def test_a_blob_is_there_after_it_was_put(client: StoreClient) -> None:
    body = b"an answer" * 100_000
    path = f"/v1/blobs/sha256/{sha256(body).hexdigest()}"
    assert client.call("HEAD", path).status_code == 404
    assert client.put(path, body).status_code == 201
    assert client.put(path, body).status_code == 200
    head = client.call("HEAD", path)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(body)))
    assert client.get(path).content == body


def test_an_empty_capture_is_a_blob_too(client: StoreClient) -> None:
    path = f"/v1/blobs/sha256/{sha256().hexdigest()}"
    headers = sign_request(client.key, "PUT", path, "", b"", AT) | {"Content-Length": "0"}
    assert requests.put(client.url + path, headers=headers, timeout=20).status_code == 201
    assert client.get(path).content == b""


# What it refuses


def test_bytes_of_another_digest_leave_nothing_behind(store: Served, client: StoreClient) -> None:
    path = f"/v1/blobs/sha256/{sha256(b'one').hexdigest()}"
    problem(client.put(path, b"two"), 422, "digest_mismatch")
    signed = sign_request(client.key, "PUT", path, "", b"one", AT)
    answer = requests.put(client.url + path, b"two", headers=signed, timeout=20)
    problem(answer, 422, "digest_mismatch")
    assert client.get(path).status_code == 404
    assert not list((store.state / "incoming").iterdir())
    assert not [one for one in (store.state / "blobs").rglob("*") if one.is_file()]


def test_a_bundle_under_another_name_is_refused(client: StoreClient, small_bundle: Bundle) -> None:
    answer = client.put(f"/v1/bundles/sha256/{'0' * 64}", small_bundle.envelope.to_json())
    problem(answer, 422, "digest_mismatch")


def test_missing_captures_are_listed(client: StoreClient, small_bundle: Bundle) -> None:
    path = f"/v1/bundles/sha256/{small_bundle.digest}"
    found = problem(client.put(path, small_bundle.envelope.to_json()), 409, "blobs_missing")
    assert found["missing"] == list(small_bundle.captures)
    assert client.get(f"/v1/receipts/{small_bundle.digest}").status_code == 404


def test_another_agents_captures_do_not_count_as_delivered(
    store: Served, client: StoreClient, small_bundle: Bundle, make_bundle: MakeBundle
) -> None:
    client.put_bundle(small_bundle)
    key = SigningKey.generate()
    store.custody.enrol("agent-2", ["main"], key.public)
    other = StoreClient(store.url, key)
    theirs = make_bundle(agent="agent-2", key=key)
    assert set(theirs.captures) == set(small_bundle.captures)
    answer = other.put(f"/v1/bundles/sha256/{theirs.digest}", theirs.envelope.to_json())
    problem(answer, 409, "blobs_missing")
    assert other.put_bundle(theirs).status_code == 201


def test_an_agent_sees_its_own_only(
    store: Served, client: StoreClient, small_bundle: Bundle
) -> None:
    client.put_bundle(small_bundle)
    key = SigningKey.generate()
    store.custody.enrol("agent-2", ["main"], key.public)
    other = StoreClient(store.url, key)
    (capture,) = small_bundle.captures
    for path in (
        f"/v1/blobs/sha256/{capture}",
        f"/v1/bundles/sha256/{small_bundle.digest}",
        f"/v1/receipts/{small_bundle.digest}",
    ):
        problem(other.get(path), 404, "not_found")
    assert other.get("/v1/bundles").json()["items"] == []


def test_another_agent_or_site_is_a_mismatch(
    store: Served, client: StoreClient, make_bundle: MakeBundle
) -> None:
    problem(client.put_bundle(make_bundle(site="colo")), 403, "site_mismatch")
    problem(client.put_bundle(make_bundle(agent="agent-9")), 403, "site_mismatch")
    store.custody.enrol("agent-1", ["colo"], client.key.public)
    assert client.put_bundle(make_bundle(site="colo")).status_code == 201


def test_envelopes_that_do_not_hold_are_refused(
    client: StoreClient, small_bundle: Bundle, make_bundle: MakeBundle
) -> None:
    stranger = make_bundle(3, key=SigningKey.generate())
    found = problem(client.put_bundle(stranger), 403, "envelope_invalid")
    assert stranger.envelope.signatures[0].keyid in found["detail"]
    moved = Envelope(stranger.envelope.payload, small_bundle.envelope.signatures)
    path = f"/v1/bundles/sha256/{moved.digest}"
    found = problem(client.put(path, moved.to_json()), 403, "envelope_invalid")
    assert "does not fit" in found["detail"]
    unsigned = Envelope(small_bundle.envelope.payload).to_json()
    path = f"/v1/bundles/sha256/{small_bundle.digest}"
    found = problem(client.put(path, unsigned), 400, "envelope_invalid")
    assert "no signature" in found["detail"]
    problem(client.put(path, b"{}"), 400, "envelope_invalid")


def test_replayed_bundles_are_refused_unless_the_store_is_told_to_take_them(
    client: StoreClient, make_bundle: MakeBundle, tmp_path: Path
) -> None:
    bundle = make_bundle(replayed=True)
    problem(client.put_bundle(bundle), 403, "replayed_refused")
    with served_store(tmp_path / "demo", accept_replayed=True) as demo:
        demo.custody.enrol("agent-1", ["main"], client.key.public)
        answer = StoreClient(demo.url, client.key).put_bundle(bundle)
        assert receipt(answer, bundle, demo).entry.flags == ("replayed",)


@pytest.mark.parametrize(
    ("away", "flags"),
    [
        (timedelta(minutes=4), ()),
        (timedelta(minutes=6), ("time_suspect",)),
        (-timedelta(days=89), ()),
        (-timedelta(days=91), ("time_suspect",)),
    ],
)
def test_a_suspect_time_is_taken_and_flagged(
    store: Served,
    client: StoreClient,
    make_bundle: MakeBundle,
    away: timedelta,
    flags: tuple[str, ...],
) -> None:
    bundle = make_bundle(at=AT + away)
    assert receipt(client.put_bundle(bundle), bundle, store).entry.flags == flags


@pytest.mark.parametrize(
    "name", ["..%2f..%2fstore.db", "../../store.db", "%00", "A" * 64, "a" * 300, "%E2%80%AEgpj", ""]
)
def test_names_never_become_paths(client: StoreClient, name: str) -> None:
    for folder in ("/v1/blobs/sha256/", "/v1/bundles/sha256/", "/v1/records/sha256/"):
        request = requests.Request("GET", client.url).prepare()
        request.url = client.url + folder + name  # as it is: requests would tidy it up
        answer = requests.Session().send(request, timeout=20)
        problem(answer, 400, "name_invalid")


def test_a_too_large_body_is_refused_by_its_declared_size(
    tmp_path: Path, signing_key: SigningKey
) -> None:
    with served_store(tmp_path / "small", limit_bytes=1000) as served:
        served.custody.enrol("agent-1", ["main"], signing_key.public)
        client = StoreClient(served.url, signing_key)
        body = bytes(1001)
        path = f"/v1/blobs/sha256/{sha256(body).hexdigest()}"
        problem(client.put(path, body), 413, "body_too_large")


# Who may ask


def test_unsigned_stale_forged_and_repeated_requests_are_refused(
    client: StoreClient, signing_key: SigningKey
) -> None:
    path, url = "/v1/bundles", client.url + "/v1/bundles"
    problem(requests.get(url, timeout=20), 401, "request_unsigned")
    for away_s in (-301, 301):
        late = StoreClient(client.url, signing_key, AT + timedelta(seconds=away_s))
        problem(late.get(path), 401, "request_stale")
    problem(StoreClient(client.url, SigningKey.generate()).get(path), 403, "agent_unknown")

    signed = sign_request(signing_key, "GET", path, "after=1", b"", AT)
    problem(requests.get(url + "?after=2", headers=signed, timeout=20), 401, "request_signature")
    problem(requests.get(url, headers=signed, timeout=20), 401, "request_signature")
    problem(requests.get(client.url + "/v1/records?after=1", headers=signed, timeout=20),
            401, "request_signature")  # fmt: skip
    assert requests.get(url + "?after=1", headers=signed, timeout=20).status_code == 200
    problem(requests.get(url + "?after=1", headers=signed, timeout=20), 401, "request_replayed")


def test_a_revoked_key_opens_nothing_and_a_new_one_does(
    store: Served, client: StoreClient, make_bundle: MakeBundle
) -> None:
    client.put_bundle(make_bundle(1))
    fresh = SigningKey.generate()
    store.custody.enrol("agent-1", ["main"], fresh.public)
    assert store.custody.revoke("agent-1", client.key.public.keyid) == 1
    problem(client.get("/v1/bundles"), 403, "agent_unknown")
    renewed = StoreClient(store.url, fresh)
    assert len(renewed.get("/v1/bundles").json()["items"]) == 1
    assert renewed.put_bundle(make_bundle(2, key=fresh)).status_code == 201
    with pytest.raises(ConfigurationError, match="revoked"):
        store.custody.enrol("agent-2", ["main"], client.key.public)


# The log


def test_the_checkpoint_grows_consistently(
    store: Served, client: StoreClient, make_bundle: MakeBundle
) -> None:
    def checkpoint() -> Checkpoint:
        note = requests.get(store.url + "/checkpoint", timeout=20).content.decode()
        return Checkpoint.parse(note, store.custody.key.public)

    seen = [checkpoint()]
    for number in range(6):
        client.put_bundle(make_bundle(number))
        seen.append(checkpoint())
    for old in seen:
        for new in seen[seen.index(old) :]:
            found = client.get(f"/v1/log/consistency?old={old.size}&new={new.size}").json()
            proof = [bytes.fromhex(sibling) for sibling in found["proof"]]
            assert consistent(old.size, new.size, proof, old.root, new.root)
    problem(client.get("/v1/log/consistency?old=0&new=99"), 400, "query_invalid")
    problem(client.get("/v1/log/consistency?old=x&new=1"), 400, "query_invalid")


def test_health_and_unknown_addresses(client: StoreClient) -> None:
    assert requests.get(client.url + "/healthz", timeout=20).text == "ok\n"
    assert requests.get(client.url + "/readyz", timeout=20).text == "ready\n"
    problem(client.get("/v2/everything"), 404, "not_found")
    problem(client.call("DELETE", "/v1/bundles"), 405, "method_not_allowed")


# The state folder


def test_fsck_names_what_was_changed(
    store: Served, client: StoreClient, small_bundle: Bundle
) -> None:
    client.put_bundle(small_bundle)
    assert list(fsck(store.custody)) == []
    (capture,) = small_bundle.captures
    blob = store.state / "blobs" / capture[:2] / capture
    blob.write_bytes(blob.read_bytes().replace(b"9.16(4)", b"9.16(5)"))
    (found,) = fsck(store.custody)
    assert capture in found
    envelope = store.state / "envelopes" / small_bundle.digest[:2] / small_bundle.digest
    envelope.unlink()
    assert any(small_bundle.digest in sentence for sentence in fsck(store.custody))
    with store.custody.database.transaction() as rows:
        # As an administrator of the database would.
        drop = "DROP TRIGGER leaf_is_as_written"
        rows.execute(text(drop if store.custody.database.is_sqlite else f"{drop} ON leaf"))
        rows.execute(text("UPDATE leaf SET entry = replace(entry, 'agent-1', 'agent-2')"))
    assert any(sentence.startswith("log: entry 0") for sentence in fsck(store.custody))


def test_one_process_serves_a_state_folder(store: Served) -> None:
    with pytest.raises(EnvironmentProblem) as caught, served_store(store.state):
        pass
    assert caught.value.code == "env_in_use"


def test_what_was_never_acknowledged_is_swept_at_the_start(
    tmp_path: Path, client: StoreClient, small_bundle: Bundle
) -> None:
    state = tmp_path / "swept"
    with served_store(state) as served:
        served.custody.enrol("agent-1", ["main"], client.key.public)
        StoreClient(served.url, client.key).put_bundle(small_bundle)
    orphan = state / "blobs" / "00" / ("0" * 64)
    half = state / "incoming" / "tmp-half"
    orphan.write_bytes(b"renamed, not committed")
    half.write_bytes(b"not even renamed")
    with served_store(state) as served:
        assert not orphan.exists() and not half.exists()
        assert list(fsck(served.custody)) == []
        found = StoreClient(served.url, client.key).get(f"/v1/receipts/{small_bundle.digest}")
        assert found.status_code == 200
