"""The pack of a month: what was concluded, everything it rests on, and sections to read it by.

    path = make_pack(config, agent, assess(config, agent, "2026-11", now), folder)

One signed ZIP (`evidence/pack.py`). Each section is written as sheet, CSV and JSON from the one
form in `section.py`; a further output or section changes none of the others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any
from zipfile import ZipFile

from agent.config import Config
from agent.pack.closure import gather
from agent.pack.month import month_of, month_runs
from agent.sealing import Agent
from evidence.clock import stamp
from evidence.errors import EnvironmentProblem
from evidence.judged import Assessed
from evidence.pack import write_pack
from evidence.receipt import Receipt
from evidence.replay import installed_version
from evidence.runs import Assessment
from evidence.seal import Envelope
from evidence.statement import DECISIONS, Statement
from report.binding import REPORT, WORK_BOOK, add_report, bind
from report.closure import Members
from report.month import Month


def lay_out_work_book(pack: Path) -> Path:
    """The pack's work book as a file beside it, for people to open. Returns its path."""
    target = pack.with_suffix(".xlsx")
    with ZipFile(pack) as archive:
        target.write_bytes(archive.read(WORK_BOOK))
    return target


def make_pack(
    config: Config,
    agent: Agent,
    assessed: Assessed,
    out: Path,
    *,
    paper: bool = True,
    on_unprinted: Callable[[EnvironmentProblem], None] = lambda problem: None,
) -> Path:
    """Write the pack of an assessed month into the folder `out` and return its file.

    A pack of the same revision is replaced as a whole or not at all. What the assessment cites
    and this host no longer holds is listed in the evidence index and in the manifest.
    `on_unprinted` is told why a machine made no PDF; `paper` False: none is wanted.
    Raises SealError for a bundle that does not hold, EnvironmentProblem `env_pack` for a
    folder that cannot be written.
    """
    name = f"evidence-pack-{agent.id}-{assessed.period}-r{assessed.revision}.zip"
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out, prefix=".pack-") as folder, TemporaryFile(dir=out) as kept:
            members = Members(kept)
            month = _gather(config, agent, assessed, members)
            report = bind(month, members, receipt=_receipt(agent, assessed))
            predicate = _predicate(agent, month)
            # What sets type needs as much memory again.
            del month
            if paper and (problem := add_report(report, members)):
                on_unprinted(problem)
            _write(agent, predicate, members, Path(folder) / name)
            (Path(folder) / name).rename(out / name)
    except OSError as error:
        raise EnvironmentProblem(
            f"the pack cannot be written to {out}: {error.strerror}",
            code="env_pack",
            next_step="check its owner and free space, or name another folder with --out",
        ) from None
    return out / name


def _receipt(agent: Agent, assessed: Assessed) -> Receipt | None:
    """The store's receipt for the assessment, once it has taken it."""
    kept = agent.ledger.receipt_of(assessed.envelope.digest)
    return Receipt.of(Statement.parse(Envelope.parse(kept).payload)) if kept else None


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


def _predicate(agent: Agent, month: Month) -> dict[str, Any]:
    """What the manifest says of the pack, but for whether it has a report."""
    return {
        "agent": agent.id,
        "agent_version": installed_version(),
        "period": month.period,
        "revision": month.assessed.revision,
        "made_at": stamp(agent.clock()),
        "assessment": month.assessed.envelope.digest,
        "replayed": month.replayed,
        "provisional": True,
        "absent_readings": list(month.exhibits.absent),
    }


def _write(agent: Agent, predicate: Mapping[str, Any], members: Members, path: Path) -> None:
    """Sign and write the file, down to the disk."""
    with path.open("wb") as file:
        predicate = {**predicate, "printed": REPORT in members}
        write_pack(file, predicate, members, agent.signing_key)
        file.flush()
        os.fsync(file.fileno())
