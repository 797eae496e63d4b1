"""The pack of a month: what was concluded, everything it rests on, and sections to read it by.

    path = make_pack(config, agent, assess(config, agent, "2026-11", now), folder)

One signed ZIP (`evidence/pack.py`). Each section is written as sheet, CSV and JSON from the one
form in `section.py`; a further output or section changes none of the others.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from zipfile import ZipFile

from agent.config import Config
from agent.pack.closure import Members, gather
from agent.pack.month import month_of, month_runs
from agent.platforms import parser_version
from agent.sealing import Agent
from evidence.clock import stamp
from evidence.errors import EnvironmentProblem
from evidence.judged import Assessed
from evidence.pack import write_pack
from evidence.runs import Assessment
from evidence.statement import DECISIONS, Statement
from report.csv_file import to_csv
from report.month import Month
from report.oscal import to_oscal
from report.pictures import pictures
from report.readme import readme
from report.sections import sections
from report.workbook import Imprint, to_workbook

WORK_BOOK = "workbook.xlsx"
OSCAL = "oscal/assessment-results.json"


def lay_out_work_book(pack: Path) -> Path:
    """The pack's work book as a file beside it, for people to open. Returns its path."""
    target = pack.with_suffix(".xlsx")
    with ZipFile(pack) as archive:
        target.write_bytes(archive.read(WORK_BOOK))
    return target


def make_pack(config: Config, agent: Agent, assessed: Assessed, out: Path) -> Path:
    """Write the pack of an assessed month into the folder `out` and return its file.

    A pack of the same revision is replaced as a whole or not at all. What the assessment cites
    and this host no longer holds is listed in the evidence index and in the manifest.
    Raises SealError for a bundle that does not hold, EnvironmentProblem `env_pack` for a
    folder that cannot be written.
    """
    name = f"evidence-pack-{agent.id}-{assessed.period}-r{assessed.revision}.zip"
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out, prefix=".pack-") as folder, TemporaryFile(dir=out) as kept:
            members = Members(kept)
            month = _gather(config, agent, assessed, members)
            _add_sections(month, members)
            for picture, svg in pictures(month):
                members.add(picture, svg)
            members.add(OSCAL, to_oscal(month))
            members.add("README.txt", readme(month))
            _write(agent, month, members, Path(folder) / name)
            (Path(folder) / name).rename(out / name)
    except OSError as error:
        raise EnvironmentProblem(
            f"the pack cannot be written to {out}: {error.strerror}",
            code="env_pack",
            next_step="check its owner and free space, or name another folder with --out",
        ) from None
    return out / name


def _gather(config: Config, agent: Agent, assessed: Assessed, members: Members) -> Month:
    """Put the signed records, the captures and the inputs among the members."""
    record = Assessment.of(Statement.parse(assessed.envelope.payload))
    digest = members.add_record(assessed.envelope.to_json()).digest
    runs = month_runs(agent, assessed)
    for _, envelope in runs.values():
        members.add_record(envelope)
    for one in (digest, *runs):
        receipt = agent.ledger.receipt_of(one)
        if receipt is not None:
            members.add_record(receipt)
    for _, _, decisions in agent.ledger.records(kind=DECISIONS):
        members.add_record(decisions)
    for name, input_digest in record.inputs.items():
        members.add(f"inputs/{input_digest}", assessed.inputs[name])
    exhibits = gather(agent.ledger, record.readings, members)
    known = {digest: run for digest, (run, _) in runs.items()}
    return month_of(config, agent, assessed, record, exhibits, known)


def _add_sections(month: Month, members: Members) -> None:
    """Every section in each of its forms."""
    made = sections(month)
    for section in made:
        body = json.dumps(section.record(), ensure_ascii=False, indent=1)
        members.add(f"sections/{section.id}.json", body.encode("utf-8"))
        for table in section.all_tables:
            one = table.id if table.id == section.id else f"{section.id}-{table.id}"
            members.add(f"sections/{one}.csv", to_csv(table, month.language))
        for picture in section.pictures:
            members.add(f"sections/{picture.name}", picture.png)
    imprint = Imprint(
        title=f"{month.assessed.profile.name} {month.period}".strip(),
        mark=" ".join(mark.in_(month.language) for mark in month.marks),
        digest=f"assessment sha256 {month.assessed.envelope.digest}",
        made_at=month.assessed.at,
    )
    members.add(WORK_BOOK, to_workbook(made, imprint, month.language))


def _write(agent: Agent, month: Month, members: Members, path: Path) -> None:
    """Sign and write the file, down to the disk."""
    predicate = {
        "agent": agent.id,
        "agent_version": parser_version(),
        "period": month.period,
        "revision": month.assessed.revision,
        "made_at": stamp(agent.clock()),
        "assessment": month.assessed.envelope.digest,
        "replayed": month.replayed,
        "provisional": True,
        "absent_readings": list(month.exhibits.absent),
    }
    with path.open("wb") as file:
        write_pack(file, predicate, members, agent.signing_key)
        file.flush()
        os.fsync(file.fileno())
