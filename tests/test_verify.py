"""evidence-verify: what it demands, how deep it gets, and what each failure comes to."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest

import collectors
from agent.platforms import platforms
from evidence.archive import write_archive
from evidence.bundle import Bundle, seal
from evidence.facts import SoftwareRelease
from evidence.log import leaf_hash
from evidence.pack import read_pack, write_pack
from evidence.reading import Reading
from evidence.receipt import Entry, Receipt
from evidence.replay import installed_version, source_digest
from evidence.runs import Assessment, RunRecord
from evidence.seal import Envelope, SigningKey
from tests.fixtures_bundle import AT, MakeBundle
from verify.command import examine
from verify.report import Level, Report
from verify.trust import Trust, load_trust

ROOT = Path(__file__).resolve().parent.parent
READER = '''"""A collector for one test."""

from evidence.ask import Ask
from evidence.errors import NotAnswered
from evidence.facts import SoftwareRelease

VERSION = Ask("version", "show version")
RULES = Ask("rules", "show access-list")


def firmware(device):
    capture = yield VERSION
    return [SoftwareRelease(vendor="Cisco", product="asa", version=capture.text().split()[6])]


def firewall(device):
    try:
        yield RULES
    except NotAnswered:
        raise
    return []
'''


@pytest.fixture
def trust(signing_key: SigningKey) -> Trust:
    return Trust({signing_key.public: "agent.pem"})


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A platform `example` beside the real ones, for as long as the test runs."""
    folder = tmp_path / "readers"
    folder.mkdir()
    (folder / "example.py").write_text(READER)
    monkeypatch.setattr(collectors, "__path__", [*collectors.__path__, str(folder)])
    yield __import__("collectors.example", fromlist=["example"])
    sys.modules.pop("collectors.example", None)
    if hasattr(collectors, "example"):
        del collectors.example


def read_by(bundle: Bundle, module: ModuleType, key: SigningKey, **changes: object) -> Bundle:
    """The bundle as if `collectors.example` had made its readings, with changes to the first."""
    made = [
        replace(
            reading,
            parser=f"collectors.example.{reading.subject}",
            parser_version=installed_version(),
            parser_digest=source_digest(module),
        )
        for reading in bundle.collection.readings
    ]
    first = replace(made[0], **changes)  # type: ignore[arg-type]
    collection = replace(bundle.collection, readings=(first, *made[1:]))
    return seal(collection, bundle.captures.values(), key)


def written(tmp_path: Path, bundle: Bundle) -> Path:
    path = tmp_path / "bundle.zip"
    path.write_bytes(bundle.to_bytes())
    return path


def codes(report: Report) -> set[str]:
    return {problem.code for problem in report.problems}


# Bundles


def test_a_bundle_of_a_trusted_key_holds(
    tmp_path: Path, small_bundle: Bundle, trust: Trust
) -> None:
    report = examine(written(tmp_path, small_bundle), trust, Level.signatures)
    assert (report.exit_code, report.reached) == (0, Level.signatures)
    assert [signer.name for signer in report.signers] == ["agent.pem"]
    assert report.digest == small_bundle.digest


def test_a_changed_byte_fails(tmp_path: Path, small_bundle: Bundle, trust: Trust) -> None:
    path = written(tmp_path, small_bundle)
    data = path.read_bytes()
    for place in range(4, len(data), 7):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        report = examine(path, trust)
        assert (report.exit_code, report.reached) == (1, Level.nothing), place


def test_a_stranger_s_key_is_named_and_does_not_meet_the_policy(
    tmp_path: Path, small_bundle: Bundle, signing_key: SigningKey
) -> None:
    for trust in (Trust(), Trust({SigningKey.generate().public: "other.pem"})):
        report = examine(written(tmp_path, small_bundle), trust)
        assert report.exit_code == 3
        assert report.reached is Level.nothing
        assert report.signers[0].keyid == signing_key.public.keyid
        assert report.signers[0].name is None


def test_what_is_no_bundle_cannot_be_read(tmp_path: Path, trust: Trust) -> None:
    assert examine(tmp_path / "absent.zip", trust).exit_code == 2
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7")
    assert examine(path, trust).exit_code == 2


def test_re_reading_finds_the_same_facts(
    tmp_path: Path, small_bundle: Bundle, trust: Trust, reader: ModuleType, signing_key: SigningKey
) -> None:
    bundle = read_by(small_bundle, reader, signing_key)
    report = examine(written(tmp_path, bundle), trust, Level.re_read)
    assert not report.problems
    assert (report.exit_code, report.reached) == (0, Level.re_read)


def test_facts_the_same_reader_does_not_find_fail(
    tmp_path: Path, small_bundle: Bundle, trust: Trust, reader: ModuleType, signing_key: SigningKey
) -> None:
    other = (SoftwareRelease(vendor="Cisco", product="asa", version="9.99(9)"),)
    bundle = read_by(small_bundle, reader, signing_key, facts=other)
    report = examine(written(tmp_path, bundle), trust)
    assert (report.exit_code, codes(report)) == (1, {"reread_differs"})
    assert report.reached is Level.signatures


def test_a_failure_that_the_captures_do_not_bear_out_fails(
    tmp_path: Path, small_bundle: Bundle, trust: Trust, reader: ModuleType, signing_key: SigningKey
) -> None:
    failed = small_bundle.collection.readings[1].failure
    bundle = read_by(small_bundle, reader, signing_key, facts=(), failure=failed)
    assert codes(examine(written(tmp_path, bundle), trust)) == {"reread_differs"}


def test_a_newer_reader_that_differs_is_no_tampering(
    tmp_path: Path, small_bundle: Bundle, trust: Trust, reader: ModuleType, signing_key: SigningKey
) -> None:
    other = (SoftwareRelease(vendor="Cisco", product="asa", version="9.99(9)"),)
    bundle = read_by(
        small_bundle, reader, signing_key, facts=other, parser_digest=sha256(b"old").hexdigest()
    )
    path = written(tmp_path, bundle)
    report = examine(path, trust)
    assert (report.exit_code, report.reached) == (0, Level.signatures)
    assert any("no sign of tampering" in note.en for note in report.notes)
    assert examine(path, trust, Level.re_read).exit_code == 3


def test_the_agent_and_the_verifier_name_a_reader_alike() -> None:
    for platform in platforms().values():
        assert platform.parser_digest == source_digest(platform.module)


# Packs


def packed(
    tmp_path: Path,
    key: SigningKey,
    envelopes: list[Envelope],
    captures: Mapping[str, bytes],
    more: Mapping[str, bytes] | None = None,
) -> Path:
    members = dict(more or {})
    members |= {f"records/{one.digest}.json": one.to_json() for one in envelopes}
    members |= {f"captures/{digest}": body for digest, body in captures.items()}
    path = tmp_path / "pack.zip"
    with path.open("wb") as file:
        write_pack(file, {"agent": "agent-1", "period": "2026-11"}, members, key)
    return path


def run_of(bundle: Bundle, number: int, previous: Envelope | None, key: SigningKey) -> Envelope:
    return RunRecord(
        agent="agent-1",
        agent_version="0.1.0",
        run=f"run-{number}",
        requester="schedule",
        started_at=AT + timedelta(days=number),
        ended_at=AT + timedelta(days=number),
        bundles=(bundle.digest,),
        previous=None if previous is None else previous.digest,
    ).seal(key)


def assessment_of(readings: list[Reading], key: SigningKey) -> Envelope:
    return Assessment(
        agent="agent-1",
        agent_version="0.1.0",
        period="2026-11",
        assessed_at=AT,
        readings=tuple(reading.digest for reading in readings),
        inputs={},
    ).seal(key)


def test_a_pack_holds_with_runs_assessment_and_receipts(
    tmp_path: Path, make_bundle: MakeBundle, signing_key: SigningKey, trust: Trust
) -> None:
    bundles = [make_bundle(number) for number in range(2)]
    runs = [run_of(bundles[0], 0, None, signing_key)]
    runs.append(run_of(bundles[1], 1, runs[0], signing_key))
    store = SigningKey.generate()
    entry = Entry(kind="collection", digest=bundles[0].digest, agent="agent-1", received_at=AT)
    receipt = Receipt(store="s", entry=entry, index=0, size=1, root=entry.leaf, proof=())
    envelopes = [
        *(bundle.envelope for bundle in bundles),
        *runs,
        assessment_of([one for b in bundles for one in b.collection.readings], signing_key),
        receipt.seal(store),
    ]
    path = packed(tmp_path, signing_key, envelopes, bundles[0].captures)
    report = examine(path, Trust(trust.agents, store.public), Level.signatures)
    assert (report.problems, report.exit_code, report.kind) == ((), 0, "pack")
    counts = {text.en: count for text, count in report.counts}
    assert (counts["visits"], counts["runs"], counts["receipts"]) == (2, 2, 1)
    assert not report.notes

    other = examine(path, Trust(trust.agents, SigningKey.generate().public))
    assert codes(other) == {"key_untrusted"}


def test_a_pack_that_is_not_whole_or_of_a_later_format_is_unreadable(
    tmp_path: Path, small_bundle: Bundle, signing_key: SigningKey, trust: Trust
) -> None:
    run = run_of(small_bundle, 0, None, signing_key)
    path = packed(tmp_path, signing_key, [small_bundle.envelope, run], small_bundle.captures)
    whole = read_pack(path.read_bytes())
    members = {name: whole.archive.read(name) for name in whole.archive.names}

    def found(members: dict[str, bytes]) -> tuple[int, str]:
        with path.open("wb") as file:
            write_archive(file, members)
        (problem,) = (report := examine(path, trust)).problems
        return report.exit_code, f"{problem.code}: {problem.message}"

    lacking = {name: body for name, body in members.items() if not name.startswith("captures/")}
    assert found(lacking)[0] == 2 and found(lacking)[1].startswith("archive_incomplete: captures/")
    assert found({**members, "note.txt": b"x"}) == (
        2,
        "archive_incomplete: the manifest does not name note.txt",
    )
    later = replace(whole.statement, predicate={**whole.statement.predicate, "format": 3})
    manifest = Envelope(later.payload()).signed_by(signing_key).to_json()
    code, said = found({**members, "manifest.json": manifest})
    assert code == 2 and said.startswith("format_unsupported: ")
    assert "of format 1, which this program reads" in said and "of format 3" in said


def test_a_missing_run_and_missing_readings_show(
    tmp_path: Path, make_bundle: MakeBundle, signing_key: SigningKey, trust: Trust
) -> None:
    bundles = [make_bundle(number) for number in range(3)]
    runs: list[Envelope] = []
    for number, bundle in enumerate(bundles):
        runs.append(run_of(bundle, number, runs[-1] if runs else None, signing_key))
    assessment = assessment_of(list(bundles[2].collection.readings), signing_key)
    path = packed(tmp_path, signing_key, [runs[0], runs[2], assessment], {})
    report = examine(path, trust)
    assert (report.exit_code, codes(report)) == (1, {"run_missing"})
    assert any("2 of 2 cited readings" in note.en for note in report.notes)


def test_a_record_of_another_key_in_a_pack_is_not_vouched_for(
    tmp_path: Path, make_bundle: MakeBundle, signing_key: SigningKey, trust: Trust
) -> None:
    stranger = make_bundle(key=SigningKey.generate())
    path = packed(tmp_path, signing_key, [stranger.envelope], stranger.captures)
    assert examine(path, trust).exit_code == 3


def test_a_receipt_whose_proof_does_not_hold_fails(
    tmp_path: Path, small_bundle: Bundle, signing_key: SigningKey, trust: Trust
) -> None:
    entry = Entry(kind="collection", digest=small_bundle.digest, agent="agent-1", received_at=AT)
    wrong = Receipt(store="s", entry=entry, index=0, size=1, root=leaf_hash(b""), proof=())
    path = packed(tmp_path, signing_key, [wrong.seal(signing_key)], {})
    report = examine(path, trust)
    assert (report.exit_code, codes(report)) == (1, {"receipt_invalid"})


# The command


def verify(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "verify.cli", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "LANG": "C.UTF-8"},
    )


@pytest.mark.whole
def test_the_command_says_level_and_verdict_in_both_languages(
    tmp_path: Path, small_bundle: Bundle, signing_key: SigningKey
) -> None:
    path, key = written(tmp_path, small_bundle), tmp_path / "agent.pem"
    key.write_text(signing_key.public.pem)
    done = verify(path, "--keys", key, "--level", "signatures")
    assert done.returncode == 0, done.stderr
    assert "holds" in done.stdout and "digests and signatures" in done.stdout
    done = verify(path, "--keys", tmp_path, "--level", "signatures", "--language", "zh")
    assert "驗證通過" in done.stdout and "雜湊值與簽章" in done.stdout
    done = verify(path, "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["problems"][0]["code"] == "key_untrusted"
    key.write_text("no key")
    assert verify(path, "--keys", key).returncode == 3


def test_keys_are_named_after_their_files(tmp_path: Path, signing_key: SigningKey) -> None:
    (tmp_path / "taipei.pub").write_text(signing_key.public.pem)
    (tmp_path / "notes.txt").write_text("not a key")
    assert load_trust([tmp_path]).agents == {signing_key.public: "taipei.pub"}


# The recipe


def recipe() -> str:
    """The first shell block of docs/verify.md, word for word."""
    found = re.search(r"```sh\n(.*?)```", (ROOT / "docs" / "verify.md").read_text("utf-8"), re.S)
    assert found
    return found[1]


def by_recipe(folder: Path, data: bytes, key: SigningKey) -> int:
    folder.mkdir()
    (folder / "file.zip").write_bytes(data)
    (folder / "agent.pem").write_text(key.public.pem)
    done = subprocess.run(
        ["sh", "-c", recipe()],
        cwd=folder,
        env={**os.environ, "FILE": "file.zip", "KEY": "agent.pem"},
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        assert "holds" in done.stdout, done.stdout
    return done.returncode


def zipped_again(data: bytes, change: Mapping[str, bytes]) -> bytes:
    """The same archive by another program, with members changed or added."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in dict.fromkeys([*old.namelist(), *change]):
            new.writestr(name, change[name] if name in change else old.read(name))
    return out.getvalue()


@pytest.mark.part("openssl", "unzip", "sha256sum")
def test_the_recipe_in_the_documentation_works_and_catches_changes(
    tmp_path: Path, small_bundle: Bundle, signing_key: SigningKey
) -> None:
    data = small_bundle.to_bytes()
    assert by_recipe(tmp_path / "good", data, signing_key) == 0
    assert by_recipe(tmp_path / "rezipped", zipped_again(data, {}), signing_key) == 0
    assert by_recipe(tmp_path / "other-key", data, SigningKey.generate()) != 0

    ((digest, body),) = small_bundle.captures.items()
    changed = body.replace(b"9.16(4)", b"9.16(5)")
    member = {f"captures/{digest}": changed}
    assert by_recipe(tmp_path / "capture", zipped_again(data, member), signing_key) != 0
    extra = {"captures/more": b"planted"}
    assert by_recipe(tmp_path / "extra", zipped_again(data, extra), signing_key) != 0
    said = small_bundle.envelope.payload.replace(b"9.16(4)", b"9.16(5)")
    forged = Envelope(said, small_bundle.envelope.signatures).to_json()
    member = {"envelope.json": forged}
    assert by_recipe(tmp_path / "payload", zipped_again(data, member), signing_key) != 0
    place = data.index(b"envelope.json") + 40
    flipped = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    assert by_recipe(tmp_path / "flipped", flipped, signing_key) != 0


@pytest.mark.part("openssl", "unzip", "sha256sum")
def test_the_recipe_works_for_packs_too(
    tmp_path: Path, small_bundle: Bundle, signing_key: SigningKey
) -> None:
    path = packed(tmp_path, signing_key, [small_bundle.envelope], small_bundle.captures)
    assert by_recipe(tmp_path / "pack", path.read_bytes(), signing_key) == 0
    name = f"records/{small_bundle.digest}.json"
    changed = zipped_again(path.read_bytes(), {name: b"{}"})
    assert by_recipe(tmp_path / "changed", changed, signing_key) != 0
