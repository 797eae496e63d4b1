"""The pack of a month: nothing it rests on is left out, and it can be verified without us."""

from __future__ import annotations

import json
import subprocess
import time
from hashlib import sha256
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from pytest_mock import MockerFixture

from agent.pack import closure, make_pack
from evidence.archive import write_archive
from evidence.errors import EnvironmentProblem, SealError
from evidence.pack import read_pack
from evidence.receipt import Entry, Receipt
from evidence.runs import Assessment, RunRecord
from evidence.seal import SigningKey
from evidence.statement import ASSESSMENT, RECEIPT, RUN, Statement
from tests.fixtures_pack import NOW, Broker, MakeBroker, MonthPack
from verify.command import examine
from verify.report import Level
from verify.trust import Trust


def bundle_files(broker: Broker) -> list[Path]:
    """The files of fw-01's bundles, all of which its proofs cite, oldest first."""
    bundles = broker.agent.ledger.bundles_in("spooled")
    return [one.path for one in bundles if one.device == "fw-01" and one.path is not None]


def test_every_reading_an_observation_cites_lies_in_a_bundle_with_its_captures(
    month_pack: MonthPack,
) -> None:
    readings = {one.digest: one for made_by in month_pack.collections() for one in made_by.readings}
    cited = {digest for one in month_pack.assessed.observations for digest in one.evidence}
    assert cited
    assert cited <= set(readings)
    for digest in cited:
        for capture in readings[digest].captures:
            body = month_pack.pack.blob("captures", capture)
            assert body is not None
            assert sha256(body).hexdigest() == capture


def test_a_pack_holds_the_assessment_its_inputs_and_the_runs_of_the_month(
    month_pack: MonthPack,
) -> None:
    (assessment,) = map(Assessment.of, month_pack.statements(ASSESSMENT))
    runs = [RunRecord.of(statement) for statement in month_pack.statements(RUN)]
    assert len(runs) == 8
    for name, digest in assessment.inputs.items():
        assert month_pack.pack.blob("inputs", digest) == month_pack.assessed.inputs[name]
    assert month_pack.pack.statement.predicate["assessment"] == month_pack.assessed.envelope.digest


def test_each_rule_that_needs_a_decision_has_the_picture_its_row_names(
    month_pack: MonthPack,
) -> None:
    section = json.loads(month_pack.pack.archive.read("sections/decisions.json"))
    named = [row["picture"] for row in section["tables"][0]["rows"]]
    drawn = [name for name in month_pack.pack.statement.subjects if name.startswith("pictures/F-")]
    assert drawn
    assert sorted(name for name in named if isinstance(name, str)) == sorted(drawn)
    for name in drawn:
        assert fromstring(month_pack.pack.archive.read(name)).tag.endswith("svg")


def test_a_bundle_that_left_this_host_is_listed_and_not_passed_over(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    broker = make_broker()
    bundle_files(broker)[0].unlink()
    month_pack = MonthPack(broker, tmp_path / "packs")
    absent = month_pack.pack.statement.predicate["absent_readings"]
    assert absent
    assert [
        row["reading"]
        for row in month_pack.table("index")
        if row["number"] == {"en": "absent", "zh": "未收入"}
    ] == absent


def test_a_bundle_that_is_another_than_its_name_says_ends_the_pack(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    broker = make_broker()
    first, second, *_ = bundle_files(broker)
    first.write_bytes(second.read_bytes())
    with pytest.raises(SealError) as raised:
        MonthPack(broker, tmp_path / "packs")
    assert raised.value.code == "digest_mismatch"
    assert not list((tmp_path / "packs").iterdir())


def test_a_folder_that_cannot_be_written_is_named(month_pack: MonthPack, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EnvironmentProblem, match="env_pack"):
        make_pack(
            month_pack.broker.config,
            month_pack.broker.agent,
            month_pack.assessed,
            tmp_path / "file",
            paper=False,
        )


def test_the_stores_receipts_go_with_what_they_are_for(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    broker = make_broker()
    ledger = broker.agent.ledger
    digest = next(one.digest for one in ledger.bundles_in("spooled") if one.device == "fw-01")
    entry = Entry(kind="collection", digest=digest, agent="agent-1", received_at=NOW)
    receipt = Receipt(store="s", entry=entry, index=0, size=1, root=entry.leaf, proof=())
    store_key = SigningKey.generate()
    ledger.stored(digest, receipt.seal(store_key).to_json(), NOW)
    pack = MonthPack(broker, tmp_path / "packs").pack
    statements = [Statement.parse(envelope.payload) for _, envelope in pack.records()]
    (found,) = [one for one in statements if one.predicate_type == RECEIPT]
    assert Receipt.of(found).entry.digest == digest
    assert digest in {envelope.digest for _, envelope in pack.records()}


def test_each_bundle_is_opened_once(
    make_broker: MakeBroker, tmp_path: Path, mocker: MockerFixture
) -> None:
    opened = mocker.spy(closure, "open_archive")
    month_pack = MonthPack(make_broker(), tmp_path / "packs")
    assert opened.call_count == len(month_pack.collections())


def test_the_verifier_finds_nothing_wrong_with_a_pack(month_pack: MonthPack) -> None:
    trust = Trust({month_pack.broker.agent.signing_key.public: "agent-1"})
    report = examine(month_pack.path, trust)
    assert not report.problems
    assert report.reached >= Level.signatures


def test_one_changed_byte_of_a_section_is_seen(month_pack: MonthPack, tmp_path: Path) -> None:
    body = month_pack.member("sections/controls.csv")
    members = {name: month_pack.member(name) for name in month_pack.pack.archive.names}
    members["sections/controls.csv"] = body.replace("不符合".encode(), "　符合".encode(), 1)
    changed = tmp_path / "changed.zip"
    with changed.open("wb") as file:
        write_archive(file, members)
    with pytest.raises(SealError) as raised:
        read_pack(changed.read_bytes())
    assert raised.value.code == "digest_mismatch"


@pytest.mark.part("openssl", "unzip")
def test_the_readme_tells_how_to_verify_without_our_programs(
    month_pack: MonthPack, tmp_path: Path
) -> None:
    text = month_pack.member("README.txt").decode("utf-8-sig").replace("\r\n", "\n")
    recipe = text.partition("Git for Windows)\n")[2].partition("\n\n")[0]
    (tmp_path / "agent.pem").write_text(month_pack.broker.agent.signing_key.public.pem, "ascii")
    month_pack.path.rename(tmp_path / "PACK.zip")
    script = f"set -eu\n{recipe}\n"
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert "Signature Verified Successfully" in done.stdout, done.stderr
    assert done.returncode == 0
    assert "FAILED" not in done.stdout
    (tmp_path / "pack" / "workbook.xlsx").write_bytes(b"another")
    again = recipe.partition("&& ")[2]
    done = subprocess.run(["sh", "-c", again], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0


@pytest.mark.drill
@pytest.mark.timeout(600)
def test_two_hundred_days_of_ten_devices_are_packed_in_half_a_minute(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    devices = "devices:\n" + "".join(
        f'  - {{id: fw-{n}, platform: asa, host: 192.0.2.{n}, secret: "cred:x"}}\n'
        for n in range(10, 20)
    )
    broker = make_broker(days=200, rules=100, devices=devices)
    assessed = broker.assess()
    started_s = time.monotonic()
    make_pack(broker.config, broker.agent, assessed, tmp_path / "packs", paper=False)
    assert time.monotonic() - started_s < 30
