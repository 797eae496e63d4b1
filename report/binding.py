"""A month bound for people: every section in each of its forms, pictures, the way to verify it."""

from __future__ import annotations

from evidence.errors import EnvironmentProblem
from evidence.receipt import Receipt
from evidence.text import Text
from report.closure import Members
from report.csv_file import csv_lines
from report.month import Month
from report.oscal import to_oscal
from report.pictures import pictures
from report.printable import Paper, to_paper
from report.readme import readme
from report.section import file_name
from report.sections import sections
from report.sign_page import sign_page
from report.streamed import Streamed, parts
from report.verifier import verifier
from report.workbook import Imprint, to_workbook

WORK_BOOK = "workbook.xlsx"
REPORT = "report.pdf"
OSCAL = "oscal/assessment-results.json"


def bind(month: Month, members: Members, *, receipt: Receipt | None = None) -> Paper:
    """Add what people read of the month to a pack's members; the report is still to be printed
    (`add_report`), once nobody holds the month any more.

    `receipt` is the store's for the assessment, whose log root is printed over the signatures.
    """
    made = sections(month)
    for section in made:
        members.add_parts(f"sections/{section.id}.json", parts(section.record(Streamed)))
        for table in section.all_tables:
            rows = csv_lines(table, month.language)
            members.add_parts(f"sections/{file_name(section, table)}", rows)
        for picture in section.pictures:
            members.add(f"sections/{picture.name}", picture.png)
    imprint = Imprint(
        title=f"{month.assessed.profile.name} {month.period}".strip(),
        mark=" ".join(mark.in_(month.language) for mark in month.marks),
        digest=f"assessment sha256 {month.assessed.envelope.digest}",
        made_at=month.assessed.at,
    )
    members.add(WORK_BOOK, to_workbook(made, imprint, month.language))
    members.add_parts(OSCAL, to_oscal(month))
    for name, svg in pictures(month):
        members.add(name, svg)
    members.add("README.txt", readme(month))
    for name, part in verifier():
        members.add(name, part)
    sign = sign_page(month.steps, month.signable, _anchors(month, receipt))
    return to_paper(made, imprint, month.language, sign)


def add_report(paper: Paper, members: Members) -> EnvironmentProblem | None:
    """Print the report into the pack. Returns why there is none, where the machine cannot."""
    try:
        members.add(REPORT, paper.to_pdf())
    except EnvironmentProblem as error:
        return error
    return None


def _anchors(month: Month, receipt: Receipt | None) -> list[tuple[Text, str]]:
    """What a signature on paper holds the evidence to."""
    anchors = [
        (Text("Assessment (SHA-256)", "評估紀錄雜湊值（SHA-256）"), month.assessed.envelope.digest),
        (Text("Signing key (keyid)", "簽章金鑰識別碼"), month.keyid),
    ]
    if receipt is None:
        unsent = Text("not yet in a store's log", "尚未登錄於保存庫")
        return [*anchors, (Text("Root of the log", "保存庫紀錄樹根值"), unsent.in_(month.language))]
    return [
        *anchors,
        (Text("Store", "保存庫"), receipt.store),
        (Text("Root of the log", "保存庫紀錄樹根值"), receipt.root.hex()),
        (Text("Entries in the log", "保存庫紀錄筆數"), str(receipt.size)),
    ]
