"""`assess`, `findings`, `pack` and `verify`: what the month comes to, and the proof of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from agent.assess import assess as seal
from agent.cli.month import judged_month
from agent.cli.options import (
    PLACES,
    ConfigOption,
    JsonOption,
    LanguageOption,
    PeriodOption,
    configured,
)
from agent.cli.words import WIDE, console, say, show, table
from agent.config import Config
from agent.pack import lay_out_work_book, make_pack
from agent.wired import agent_of, system_clock
from evidence.clock import period_of
from evidence.control import Finding, Verdict
from evidence.errors import EnvironmentProblem
from evidence.judged import Judged
from verify.command import verify_file

STYLES = {
    text: style
    for verdict, style in {
        Verdict.satisfied: "green",
        Verdict.partly: "yellow",
        Verdict.not_satisfied: "bold red",
        Verdict.not_assessed: "magenta",
        Verdict.awaiting_evidence: "cyan",
        Verdict.undetermined: "cyan",
    }.items()
    for text in (verdict.text.en, verdict.text.zh)
}
_BAD = {Verdict.not_satisfied, Verdict.partly, Verdict.not_assessed}


_FINDING_HEADINGS = {
    "en": {
        "control": "control",
        "device": "device",
        "subject": "subject",
        "verdict": "verdict",
        "why": "why",
    },
    "zh-TW": {
        "control": "控制編號",
        "device": "設備",
        "subject": "查核對象",
        "verdict": "查核結果",
        "why": "說明",
    },
}


def assess(
    period: PeriodOption = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Judge the month, control by control. Exit 1 when something is not satisfied."""
    settings = configured(config)
    with agent_of(settings) as agent:
        assessed = seal(settings, agent, period or period_of(system_clock()), system_clock())
    language = language or settings.language
    show_controls(assessed, language, json)
    say(f"assessment {assessed.envelope.digest}, revision {assessed.revision}, provisional")
    if any(result.verdict in _BAD for result in assessed.judgement.results):
        raise typer.Exit(1)


def show_controls(judged: Judged, language: str, as_json: bool = False) -> None:
    """The month's verdict per control: JSON lines, or a table."""
    if as_json:
        show(_rows(judged, language), {}, as_json=True)
    else:
        console().print(controls_table(judged, language))
        say(said_by_people(judged, language))


def controls_table(judged: Judged, language: str, width: int | None = None) -> Table:
    """The verdict of each clause that readings speak of, as a table in one language, for `width`
    columns (None: those of the terminal).

    A narrow terminal leaves no room for what the clauses say; their numbers are known by heart.
    """
    headings = _HEADINGS["en" if language == "en" else "zh-TW"]
    if (width or console().width) < WIDE:
        headings = {key: heading for key, heading in headings.items() if key != "title"}
    return table(
        (row for row in _rows(judged, language) if row["read"]),
        headings,
        title=f"{judged.book.id}  {judged.period}",
        styles=STYLES,
        one_line=[key for key in ("title", "reason") if key in headings],
    )


def _rows(judged: Judged, language: str) -> list[dict[str, object]]:
    return [
        {
            "control": result.control.id,
            "title": result.control.title.in_(language),
            "verdict": result.verdict.text.in_(language),
            "reason": result.reason.in_(language),
            "caveat": result.control.caveat.in_(language) if result.control.caveat else None,
            "findings": len(result.findings),
            "read": bool(result.control.checks),
        }
        for result in judged.judgement.results
    ]


def said_by_people(judged: Judged, language: str) -> str:
    """One line for the clauses that no device can answer: how many stand at each verdict."""
    counts = Counter(
        result.verdict.text.in_(language)
        for result in judged.judgement.results
        if not result.control.checks
    )
    words = ", ".join(f"{verdict} {count}" for verdict, count in counts.most_common())
    if language == "en":
        return f"Clauses only people can answer (all are in the work book): {words}"
    return f"須由人員佐證之項目（均列於工作底稿）：{words}"


_HEADINGS = {
    "en": {"control": "control", "title": "clause", "verdict": "verdict", "reason": "reason"},
    "zh-TW": {"control": "控制編號", "title": "查核項目", "verdict": "查核結果", "reason": "說明"},
}


def findings(
    period: PeriodOption = None,
    control: Annotated[str | None, typer.Option(help="Only this clause.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Satisfied ones too.")] = False,
    language: LanguageOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """What was found, thing by thing, with the reason. Exit 1 when there is any."""
    settings = configured(config)
    judged = judged_month(settings, period)
    language = language or settings.language
    found = [
        one
        for result in judged.judgement.results
        if control in (None, result.control.id, result.control.pinned)
        for one in result.findings
        if everything or one.verdict in _BAD
    ]
    rows = [_row(one, language) if not json else dict(one.record()) for one in found]
    show(rows, _FINDING_HEADINGS["en" if language == "en" else "zh-TW"], json, styles=STYLES)
    if any(one.verdict in _BAD for one in found):
        raise typer.Exit(1)


def _row(one: Finding, language: str) -> dict[str, object]:
    return {
        "control": one.control.rpartition(":")[2],
        "device": one.device,
        "subject": one.subject,
        "verdict": one.verdict.text.in_(language),
        "why": one.reason.in_(language),
    }


def pack(
    period: PeriodOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the pack.")] = None,
    config: ConfigOption = None,
) -> None:
    """Make the month's pack: work book, sections, and the evidence they cite."""
    settings = configured(config)
    period = period or period_of(system_clock())
    with agent_of(settings) as agent:
        assessed = seal(settings, agent, period, system_clock())
        path = make_pack(
            settings, agent, assessed, _folder(settings, out), on_unprinted=_without_paper
        )
    print(path)
    print(lay_out_work_book(path))
    say(f"anyone can verify it: evidence-agent verify {path}")


def _without_paper(problem: EnvironmentProblem) -> None:
    say(f"the pack has no report.pdf: {problem.message}; {problem.next_step}")


def _folder(settings: Config, out: Path | None) -> Path:
    return out or settings.state / "packs"


def verify(
    file: Annotated[Path, typer.Argument(help="A bundle or a pack.")],
    key: Annotated[
        list[Path] | None, typer.Option("--key", help="Public keys you trust (PEM).")
    ] = None,
    store_key: Annotated[
        Path | None, typer.Option(help="The store's public key (PEM), for its receipts and packs.")
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Check digests and signatures, then read the captures again. Says which level it reached.

    Without --key it is this agent's own key that counts, where there is an agent.
    """
    keys = list(key or ()) or _own_key(config)
    raise typer.Exit(verify_file(file, keys, store_key=store_key, as_json=json))


def _own_key(config: Path | None) -> list[Path]:
    if config is None and not any(place.exists() for place in PLACES):
        return []
    own = configured(config).state / "signing.pub.pem"
    return [own] if own.exists() else []
