"""The month's pack, taken away from the console and verified with two keys and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import delete, select, update

from evidence.pack import read_pack
from evidence.retention import Act
from store.fsck import fsck
from store.month.tables import assessment, visit
from store.pack import make_pack
from store.problems import Refused
from store.retention.classes import lengthen
from store.retention.ends import Ends
from store.retention.years import Class
from tests.fixtures_office import Office, code_of
from verify.command import examine
from verify.report import Level
from verify.trust import Trust


@pytest.mark.part("cjk-fonts")
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
    taken = read_pack(answer.content)
    assert taken.statement.predicate["standing"] == "signed"
    paper = PdfReader(BytesIO(taken.archive.read("report.pdf"))).pages
    assert "已簽核：編製 王工程、覆核 林主管" in paper[0].extract_text()
    sign = paper[len(paper) - 1].extract_text().replace("\n", "")
    assert "王工程（wang）編製 2026-12-" in sign and "林主管（lin）覆核 2026-12-" in sign
    assert "尚無人電子簽核" not in sign and "不以電子簽核" in sign
    agent = office.kept.month.agent.signing_key.public
    trust = Trust({agent: "agent"}, office.kept.custody.key.public)
    report = examine(pack, trust, Level.signatures)
    assert report.problems == () and report.exit_code == 0
    assert list(office.kept.custody.files.incoming.iterdir()) == []


def test_who_may_not_read_bytes_takes_no_pack(office: Office) -> None:
    refused = office.people["root"].enter().post(f"{office.base}/pack", {})
    assert (refused.status_code, code_of(refused)) == (403, "not_allowed")


# After the end of its retention

OVER = datetime(2032, 1, 1, tzinfo=UTC)


def captures(office: Office) -> set[str]:
    shelf = office.kept.custody.shelf
    with office.kept.custody.database.reading() as rows:
        visits = rows.scalars(select(visit.c.digest)).all()
    return {digest for one in visits for digest in shelf.statement(one).subjects.values()}


def test_what_is_needed_or_cannot_be_told_is_not_deleted(office: Office) -> None:
    custody, name = office.kept.custody, office.kept.month.agent.id
    november = (name, "2026-11")
    with pytest.raises(InterruptedError), custody.database.transaction() as rows:
        all_of_it = Ends(rows, custody.shelf, OVER).deletable(november)
        assert captures(office) <= set(all_of_it.blobs)
        # As if it had been read in October: what November was judged by is kept as long as that.
        rows.execute(update(visit).values(period="2026-10"))
        middle = Ends(rows, custody.shelf, datetime(2031, 11, 15, tzinfo=UTC))
        able = middle.deletable((name, "2026-10"))
        assert captures(office) - set(able.blobs) and able.needed
        # A statement that is of no month as yet.
        one = rows.scalar(select(visit.c.digest)) or ""
        rows.execute(delete(visit).where(visit.c.digest == one))
        able = Ends(rows, custody.shelf, OVER).deletable((name, "2026-10"))
        assert not set(able.blobs) & set(custody.shelf.statement(one).subjects.values())
        # An assessment that cannot be read.
        rows.execute(update(assessment).values(period="2031-12", digest="0" * 64))
        with pytest.raises(Refused) as caught:
            Ends(rows, custody.shelf, OVER).deletable((name, "2026-10"))
        assert caught.value.code == "retention_locked"
        raise InterruptedError  # nothing of this was


def step(office: Office, who: str, act: Act) -> None:
    office.later()
    person = office.people[who].enter()
    page = person.get(f"{office.base}/retention").text
    root = page.partition('name="root" value="')[2].partition('"')[0]
    fields = {"act": act.value, "reason": "over", "root": root, **person.proof()}
    assert person.post(f"{office.base}/retention", fields).status_code == 303


def test_a_pack_names_what_was_deleted_and_still_holds(office: Office, tmp_path: Path) -> None:
    custody = office.kept.custody
    wang = office.people["wang"].enter()
    control = f"{office.base}/controls/CC-17010.f.h"
    file = {"file": ("a.pdf", b"%PDF-1.7 as it was", "application/pdf")}
    fields = {"verdict": "satisfied", "reason": "shown in the file", "until": ""}
    assert wang.post(f"{control}/evidence", fields, files=file).status_code == 303
    lengthen(custody, Class.captures, 7, "a longer rule", "host:test")
    office.kept.now[0] = OVER
    step(office, "wang", Act.deletion_asked)
    step(office, "lin", Act.deleted)
    name = office.kept.month.agent.id
    pack, _ = make_pack(custody, name, "2026-11", tmp_path, OVER, paper=False)
    trust = Trust({office.kept.month.agent.signing_key.public: "agent"}, custody.key.public)
    report = examine(pack, trust, Level.signatures)
    assert report.problems == () and report.exit_code == 0
    (said,) = (note.en for note in report.notes if "end of their retention" in note.en)
    assert "1 files were deleted" in said and "王工程" in said and "林主管" in said
    assert not [name for name in read_pack(pack.read_bytes()).archive.names if "attach" in name]

    # Two years later the rest: the month's inputs with it, so that it cannot be judged again.
    office.kept.now[0] = OVER.replace(year=2034)
    step(office, "wang", Act.deletion_asked)
    step(office, "lin", Act.deleted)
    answer = office.people["wu"].enter().post(f"{office.base}/pack", {})
    assert code_of(answer) == "month_unfolded"
    assert "was deleted on 2034" in answer.text
    assert list(fsck(custody)) == []
