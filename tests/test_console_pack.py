"""The month's pack, taken away from the console and verified with two keys and nothing else."""

from __future__ import annotations

from pathlib import Path

from evidence.pack import read_pack
from tests.fixtures_office import Office, code_of
from verify.command import examine
from verify.report import Level
from verify.trust import Trust


def test_the_auditor_takes_the_signed_month_away_and_it_holds(
    office: Office, tmp_path: Path
) -> None:
    assert office.sign("wang", "prepared", "all looked at").status_code == 303
    assert office.sign("lin", "reviewed").status_code == 303
    answer = office.people["wu"].enter().post(f"{office.base}/pack", {})
    assert answer.status_code == 200, code_of(answer)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    pack = tmp_path / "pack.zip"
    pack.write_bytes(answer.content)
    assert read_pack(answer.content).statement.predicate["standing"] == "signed"
    agent = office.kept.month.agent.signing_key.public
    trust = Trust({agent: "agent"}, office.kept.custody.key.public)
    report = examine(pack, trust, Level.signatures)
    assert report.problems == () and report.exit_code == 0
    assert list(office.kept.custody.files.incoming.iterdir()) == []


def test_who_may_not_read_bytes_takes_no_pack(office: Office) -> None:
    refused = office.people["root"].enter().post(f"{office.base}/pack", {})
    assert (refused.status_code, code_of(refused)) == (403, "not_allowed")
