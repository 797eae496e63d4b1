"""The log's proofs hold for every small tree and for nothing else; records keep what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO

import pytest

from evidence.archive import open_archive, write_archive
from evidence.bundle import Bundle
from evidence.errors import SealError
from evidence.log import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    consistent,
    frontier,
    included,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
)
from evidence.pack import MANIFEST_NAME, read_pack, write_pack
from evidence.runs import Assessment, RunRecord
from evidence.seal import Envelope, SigningKey
from evidence.statement import Statement

AT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
LEAVES = [leaf_hash(b"%d" % number) for number in range(24)]


def plain_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word: the definition our quicker ways are held against."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(plain_root(leaves[:split]), plain_root(leaves[split:]))


def test_roots_are_those_of_the_certificate_transparency_vectors() -> None:
    entries = [
        bytes.fromhex(text)
        for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")
    ] + [bytes(range(0x60, 0x70))]
    leaves = [leaf_hash(entry) for entry in entries]
    assert root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of(leaves[:1]).hex() == (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )
    assert root_of(leaves[:2]).hex() == (
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    )
    assert root_of(leaves).hex() == (
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


def test_every_inclusion_proof_of_small_trees_holds_for_its_place_only() -> None:
    for size in range(1, len(LEAVES)):
        tree = LEAVES[:size]
        root = root_of(tree)
        assert root == plain_root(tree)
        for index in range(size):
            proof = inclusion_proof(tree, index)
            holds = [
                place for place in range(size) if included(LEAVES[index], place, size, proof, root)
            ]
            assert holds == [index]
            assert not included(LEAVES[index], index, size, [*proof, root], root)
            assert not proof or not included(LEAVES[index], index, size, proof[:-1], root)
            assert not included(leaf_hash(b"other"), index, size, proof, root)


def test_every_consistency_proof_of_small_trees_holds_and_no_other_history_does() -> None:
    for size in range(len(LEAVES)):
        root = root_of(LEAVES[:size])
        for old in range(size + 1):
            old_root = root_of(LEAVES[:old])
            proof = consistency_proof(LEAVES[:size], old)
            assert consistent(old, size, proof, old_root, root)
            assert not consistent(old, size, [*proof, root], old_root, root)
            if old:
                other = root_of([leaf_hash(b"other"), *LEAVES[1:old]])
                assert not consistent(old, size, proof, other, root)


def test_the_frontier_proves_each_entry_as_it_is_appended() -> None:
    grown = Frontier()
    for index, leaf in enumerate(LEAVES):
        proof = grown.proof_of_next()
        grown = grown.append(leaf)
        assert proof == inclusion_proof(LEAVES[: index + 1], index)
        assert grown == frontier(LEAVES[: index + 1])
        assert included(leaf, index, grown.size, proof, grown.root)


def test_no_proof_beyond_the_tree() -> None:
    with pytest.raises(IndexError):
        inclusion_proof(LEAVES, len(LEAVES))
    with pytest.raises(IndexError):
        consistency_proof(LEAVES, len(LEAVES) + 1)


def test_a_run_names_its_bundles_and_the_run_before(
    signing_key: SigningKey, small_bundle: Bundle
) -> None:
    run = RunRecord(
        agent="agent-1",
        agent_version="0.1.0",
        run="run-2",
        requester="schedule",
        started_at=AT,
        ended_at=AT,
        bundles=(small_bundle.digest,),
        gaps=small_bundle.collection.gaps,
        previous=sha256(b"run-1").hexdigest(),
    )
    statement = Statement.parse(run.seal(signing_key).payload)
    assert RunRecord.of(statement) == run
    assert statement.subjects == {f"bundles/{small_bundle.digest}": small_bundle.digest}
    with pytest.raises(SealError):
        Assessment.of(statement)
    with pytest.raises(SealError):
        RunRecord.of(Statement(statement.predicate_type, {}, statement.predicate))


def test_an_assessment_names_its_readings_and_its_rules(
    signing_key: SigningKey, small_bundle: Bundle
) -> None:
    reading = small_bundle.collection.readings[0]
    assessment = Assessment(
        agent="agent-1",
        agent_version="0.1.0",
        period="2026-11",
        assessed_at=AT,
        revision=2,
        previous=sha256(b"revision 1").hexdigest(),
        readings=(reading.digest,),
        inputs={"rule_book": sha256(b"book").hexdigest()},
        observations=({"check": "release_is_supported"},),
        findings=({"control": "CC-17010", "verdict": "符合"},),
    )
    statement = Statement.parse(assessment.seal(signing_key).payload)
    assert Assessment.of(statement) == assessment
    assert statement.predicate["provisional"] is True
    unnamed = replace(assessment, period="2026-1").seal(signing_key)
    with pytest.raises(SealError, match="not a month"):
        Assessment.of(Statement.parse(unnamed.payload))


def test_a_pack_holds_what_its_manifest_names_and_nothing_else(
    signing_key: SigningKey, small_bundle: Bundle
) -> None:
    ((digest, body),) = small_bundle.captures.items()
    members = {
        f"records/{small_bundle.digest}.json": small_bundle.envelope.to_json(),
        f"captures/{digest}": body,
        "sections/1-findings.json": b"{}",
        "workbook.xlsx": b"PK...",
    }
    out = BytesIO()
    write_pack(out, {"agent": "agent-1", "period": "2026-11"}, members, signing_key)
    pack = read_pack(out.getvalue())
    pack.manifest.verify([signing_key.public])
    assert [envelope for _, envelope in pack.records()] == [small_bundle.envelope]
    assert pack.blob("captures", digest) == body
    assert pack.blob("captures", "0" * 64) is None

    misnamed = BytesIO()
    write_pack(
        misnamed, {}, {f"records/{'0' * 64}.json": small_bundle.envelope.to_json()}, signing_key
    )
    with pytest.raises(SealError):
        list(read_pack(misnamed.getvalue()).records())


def test_a_pack_without_one_of_its_members_is_incomplete(signing_key: SigningKey) -> None:
    whole = BytesIO()
    write_pack(whole, {}, {"a.txt": b"a", "b.txt": b"b"}, signing_key)
    archive = open_archive(whole.getvalue())
    manifest = archive.read(MANIFEST_NAME)
    for members in ({"a.txt": b"a"}, {"a.txt": b"a", "b.txt": b"b", "c.txt": b"c"}):
        out = BytesIO()
        write_archive(out, {**members, MANIFEST_NAME: manifest})
        with pytest.raises(SealError) as caught:
            read_pack(out.getvalue())
        assert caught.value.code == "archive_incomplete"
    out = BytesIO()
    write_archive(out, {"a.txt": b"a", "b.txt": b"B", MANIFEST_NAME: manifest})
    with pytest.raises(SealError) as caught:
        read_pack(out.getvalue())
    assert caught.value.code == "digest_mismatch"
    assert Envelope.parse(manifest).verify([signing_key.public])
