"""A second verifier, in shell, from docs/formats.md alone: it comes to what ours comes to."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from evidence.answers import Person
from evidence.bundle import Bundle
from evidence.log import Frontier
from evidence.receipt import Entry, Receipt
from evidence.retention import Act, RetentionStep
from evidence.seal import Envelope, PublicKey, SigningKey
from evidence.statement import Statement
from tests.fixtures_bundle import AT, MakeBundle
from tests.test_store_pack import FORGERIES, Office, altered, office, signed
from tests.test_verify import assessment_of, packed, run_of
from verify.command import examine
from verify.report import Level
from verify.trust import Trust

__all__ = ["office", "signed"]  # fixtures
DRILL = "EVIDENCE_DRILL" in os.environ
SCRIPT = Path(__file__).with_name("second_verifier.sh")
pytestmark = pytest.mark.part("openssl", "unzip", "sha256sum", "jq", "xxd")
# Folding a month again takes the checks, which no shell has.
BY_FOLDING = {"judgement_differs"}


def second(path: Path, agents: list[PublicKey], store: PublicKey | None) -> int:
    folder = path.with_name("keys")
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number, key in enumerate(agents):
        (folder / f"{number}.pem").write_text(key.pem)
    command = ["sh", str(SCRIPT), str(path), str(folder)]
    if store is not None:
        path.with_name("store.pem").write_text(store.pem)
        command.append(str(path.with_name("store.pem")))
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert not done.stderr, done.stderr
    return done.returncode


def agree(path: Path, agents: list[PublicKey], store: PublicKey | None = None) -> int:
    """What both come to. Raises AssertionError where they differ."""
    ours = examine(path, Trust({key: "agent" for key in agents}, store), Level.signatures)
    assert second(path, agents, store) == ours.exit_code, ours.problems
    return ours.exit_code


def test_bundles(tmp_path: Path, small_bundle: Bundle, signing_key: SigningKey) -> None:
    path = tmp_path / "bundle.zip"
    data = small_bundle.to_bytes()
    path.write_bytes(data)
    ours = [signing_key.public]
    assert agree(path, ours) == 0
    assert agree(path, [SigningKey.generate().public]) == 3
    for place in range(7, len(data), len(data) // 5):
        path.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
        assert agree(path, ours) == 1
    path.write_bytes(b"no archive at all")
    assert agree(path, ours) == 2
    said = small_bundle.envelope.payload.replace(b"9.16(4)", b"9.16(5)")
    forged = Envelope(said, small_bundle.envelope.signatures)
    path.write_bytes(replace(small_bundle, envelope=forged).to_bytes())
    assert agree(path, ours) == 1
    path.write_bytes(replace(small_bundle, captures={}).to_bytes())
    assert agree(path, ours) == 2


def test_packs(tmp_path: Path, make_bundle: MakeBundle, signing_key: SigningKey) -> None:
    bundles = [make_bundle(number) for number in range(3)]
    runs: list[Envelope] = []
    for number, bundle in enumerate(bundles):
        runs.append(run_of(bundle, number, runs[-1] if runs else None, signing_key))
    judged = assessment_of(list(bundles[2].collection.readings), signing_key)
    records = [*(one.envelope for one in bundles), *runs, judged]
    ours = [signing_key.public]
    assert agree(packed(tmp_path, signing_key, records, bundles[0].captures), ours) == 0
    assert agree(packed(tmp_path, signing_key, [runs[0], runs[2], judged], {}), ours) == 1
    stranger = make_bundle(key=SigningKey.generate())
    path = packed(tmp_path, signing_key, [stranger.envelope], stranger.captures)
    assert agree(path, ours) == 3


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8] if DRILL else [1, 7])
def test_receipts(tmp_path: Path, small_bundle: Bundle, signing_key: SigningKey, size: int) -> None:
    """The store signs a receipt as soon as its entry is the last of a log of `size`."""
    store, log = SigningKey.generate(), Frontier()
    for number in range(size):
        entry = Entry(
            kind="collection",
            digest=small_bundle.digest,
            agent=f"agent-{number}",
            received_at=AT,
            flags=("replayed",),
        )
        proof, before, log = tuple(log.proof_of_next()), log, log.append(entry.leaf)
    right = Receipt(
        store="store", entry=entry, index=before.size, size=size, root=log.root, proof=proof
    )
    wrong = [
        replace(right, entry=replace(entry, agent="agent-x")),
        replace(right, root=entry.leaf[::-1]),
        replace(right, index=size),
        replace(right, proof=(*proof, entry.leaf)),
        replace(right, size=size + 1),
    ]
    for receipt in (right, *wrong):
        envelopes = [small_bundle.envelope, receipt.seal(store)]
        path = packed(tmp_path, signing_key, envelopes, small_bundle.captures)
        came_to = agree(path, [signing_key.public], store.public)
        assert came_to == (0 if receipt is right else 1), receipt


def test_what_was_deleted(tmp_path: Path, signing_key: SigningKey) -> None:
    """A tombstone is the store's word, over blobs that two people agreed on."""
    store, blobs = SigningKey.generate(), tuple(letter * 64 for letter in "abc")
    right = RetentionStep(
        store="store",
        agent="agent-1",
        period="2026-11",
        act=Act.deleted,
        person=Person(account="lin", name="Lin"),
        at=AT,
        reason="over",
        proof="password+totp",
        years={"captures": 5},
        blobs=blobs,
        asked_by=Person(account="wang", name="Wang"),
        previous="d" * 64,
    )
    alone = replace(right, asked_by=right.person)
    held = replace(right, act=Act.held, asked_by=None, blobs=())
    said = Statement.parse(right.seal(store).payload)
    fewer = replace(said, subjects={f"blobs/{one}": one for one in blobs[1:]})
    for envelope, came_to in (
        (right.seal(store), 0),
        (held.seal(store), 0),
        (replace(held, act=Act.lifted, asked_by=alone.person).seal(store), 1),
        (alone.seal(store), 1),
        (Envelope(fewer.payload()).signed_by(store), 1),
        (right.seal(signing_key), 3),
    ):
        path = packed(tmp_path, signing_key, [envelope], {})
        assert agree(path, [signing_key.public], store.public) == came_to, envelope.payload


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_signed_month_of_the_store(office: Office, signed: Path) -> None:
    agent, store = office.kept.month.agent.signing_key.public, office.kept.custody.key.public
    assert agree(signed, [agent], store) == 0
    assert agree(signed, [agent]) == 3
    shown = [one for one in FORGERIES if one[0] not in BY_FOLDING]
    for code, change in shown if DRILL else shown[-2:]:
        forged = altered(office, signed, partial(change, office))
        assert agree(forged, [agent], store) == 1, code
