"""`rules idle|risky|shadowed|expired|dmz`: the rule review, at the terminal and as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.commands.counting import counters
from agent.cli.commands.explaining import explain
from agent.cli.month import judged_month
from agent.cli.options import (
    ConfigOption,
    JsonOption,
    LanguageOption,
    PeriodOption,
    XlsxOption,
    configured,
)
from agent.cli.words import WIDE, console, say, show
from evidence.clock import parse_at, stamp, taipei_day
from evidence.errors import ConfigurationError
from evidence.judged import Judged
from evidence.observation import Result
from evidence.text import Text
from report.codes import STATES, word
from report.csv_file import to_csv
from report.review import EXPIRED, EXPOSED, GONE, REACH, SPECIFIC, TRAFFIC, View, views
from report.section import Column, Section, Table
from report.workbook import Imprint, to_workbook

rules = typer.Typer(
    help="The rule review: what is idle, risky, never reached, past its time, or of the DMZ.",
    no_args_is_help=True,
)

Row = dict[str, Any]
Select = Callable[[View, bool], bool]

HEADINGS: Mapping[str, Text] = {
    "firewall": Text("firewall", "防火牆"),
    "number": Text("#", "序號"),
    "rule": Text("rule", "規則"),
    "way": Text("from > to", "來源 > 目的區域"),
    "state": Text("state", "狀態"),
    "seen": Text("traffic", "流量"),
    "last_traffic_on": Text("last traffic", "最後流量"),
    "unseen_h": Text("unseen h", "未觀察時數"),
    "provable_on": Text("provable on", "可證明日"),
    "window_from": Text("observed since", "觀察起日"),
    "resets": Text("counter resets", "計數歸零次數"),
    "why": Text("why", "說明"),
    "ends_on": Text("ends on", "到期日"),
    "traffic": Text("traffic", "流量狀態"),
    "risk": Text("risk", "風險"),
    "gravest": Text("risk", "風險"),
    "ticket": Text("ticket", "單號"),
    "owner": Text("owner", "負責人"),
    "verdict": Text("verdict", "查核結果"),
    "due_on": Text("due", "期限"),
    "subject": Text("key", "規則識別"),
}

RULE = ("firewall", "number", "rule")
# The states of a rule's traffic in a narrow column; only the second is 六個月內無流量.
SEEN = {
    "has_traffic": Text("seen", "有流量"),
    "no_traffic_6m_proven": Text("none, proven", "無（已證明）"),
    "insufficient_history": Text("too short", "歷史不足"),
    "not_measurable": Text("not counted", "無法量測"),
    "not_understood": Text("rule unclear", "規則難解"),
    "rule_disabled": Text("rule is off", "規則停用"),
}
# What a narrow terminal shows shorter, or under another name.
_IN_FULL = {"traffic": "state", "seen": "state", "gravest": "risk"}
_LONG = ("why", "risk", "subject")
_UNBROKEN = (
    *("firewall", "number", "seen", "unseen_h", "resets", "ticket"),
    *("last_traffic_on", "provable_on", "ends_on", "due_on"),
)

AllOption = Annotated[bool, typer.Option("--all", help="Also what could not be judged.")]
FirewallOption = Annotated[
    str | None, typer.Option("--firewall", help="Only this firewall.", show_default=False)
]
SortOption = Annotated[
    str | None, typer.Option("--sort", help="A column, as --json names it.", show_default=False)
]
CsvOption = Annotated[
    Path | None, typer.Option("--csv", help="Write them to this file.", show_default=False)
]
ExplainOption = Annotated[
    str | None,
    typer.Option("--explain", help="Tell one rule's story instead.", show_default=False),
]


@dataclass(frozen=True, slots=True)
class Question:
    """A list of rules: `select` says whether a rule is on it (its second argument: with what could
    not be judged, too). `with_all`: columns that only tell something then. `findings`: to be on
    it is nothing good. `wide`: columns for a wide terminal; `spare`: left out on
    a narrow one where there are those of `with_all`. `next_step`: what to do about it."""

    name: str
    help: str
    title: Text
    columns: tuple[str, ...]
    select: Select
    findings: bool = True
    with_all: tuple[str, ...] = ()
    wide: tuple[str, ...] = ()
    spare: tuple[str, ...] = ()
    next_step: Text | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person at the terminal wants of a list."""

    everything: bool
    firewall: str | None
    sort: str | None
    csv: Path | None
    xlsx: Path | None


def _offer(question: Question) -> None:
    """Make a command of a question."""

    def ask(
        everything: AllOption = False,
        firewall: FirewallOption = None,
        sort: SortOption = None,
        csv: CsvOption = None,
        xlsx: XlsxOption = None,
        explain_rule: ExplainOption = None,
        period: PeriodOption = None,
        language: LanguageOption = None,
        config: ConfigOption = None,
        json: JsonOption = False,
    ) -> None:
        if sort is not None and sort not in HEADINGS:
            known = ", ".join(HEADINGS)
            raise ConfigurationError(f"no column {sort}; known: {known}", code="column_unknown")
        if explain_rule is not None:
            explain(explain_rule, None, period, language, config, json)
            return
        settings = configured(config)
        judged = judged_month(settings, period)
        wanted = Wanted(everything, firewall, sort, csv, xlsx)
        _answer(question, judged, wanted, language or settings.language, json)

    rules.command(question.name, help=question.help)(ask)


def _answer(
    question: Question, judged: Judged, wanted: Wanted, language: str, as_json: bool
) -> None:
    """The rules that a question selects. Exit 1 when there is any and that is nothing good."""
    found = [
        _row(view, language)
        for view in views(judged)
        if wanted.firewall in (None, view.held.group) and question.select(view, wanted.everything)
    ]
    by = wanted.sort
    if by is not None:
        found.sort(key=lambda row: (row[by] is None, row[by]))
    _write(question, judged, wanted, found, language)
    more = question.with_all if wanted.everything else ()
    spared = (*question.wide, *(question.spare if more else ()))
    left_out = () if console().width >= WIDE else spared
    keys = [key for key in (*RULE, *question.columns, *more) if key not in left_out]
    shown = found if as_json else [_shown(row, language) for row in found]
    show(shown, {key: HEADINGS[key].in_(language) for key in keys}, as_json, unbroken=_UNBROKEN)
    say(_counted(len(found), judged, language))
    if not as_json:
        _remark(question, judged, bool(found), language)
    if found and question.findings:
        raise typer.Exit(1)


def _shown(row: Row, language: str) -> Row:
    """The row as a person reads it: where no day is known, that is said."""
    return row | {"last_traffic_on": row["last_traffic_on"] or _NONE_KNOWN.in_(language)}


def _remark(question: Question, judged: Judged, found: bool, language: str) -> None:
    """What a list leaves unsaid: logs that contradict counters, and what to do next."""
    if question.name == "idle":
        for one in judged.observations:
            if one.check.startswith(TRAFFIC) and one.state == "log_contradicts_counter":
                say(one.description.in_(language))
    if found and question.next_step is not None:
        say(f"  → {question.next_step.in_(language)}")


def _row(view: View, language: str) -> Row:
    """Everything a list may show of a rule; days as ISO 8601."""
    traffic = view.seen[TRAFFIC].measures if TRAFFIC in view.seen else {}
    gap_s, window_at = traffic.get("blind_gap_s"), traffic.get("window_start")
    last_at, decision, finding = view.last_traffic_at, view.decision, view.finding
    risks = view.risk_words
    ends_on = view.day(EXPIRED, "ends_on") or view.day(GONE, "deadline_on")
    state = view.state(TRAFFIC)
    due_on = None if finding is None else finding.due_on
    return {
        "firewall": view.held.group,
        "number": view.number,
        "rule": view.label,
        "way": view.way,
        "state": None if state is None else word(STATES, state).in_(language),
        "seen": None if state is None else SEEN.get(state, word(STATES, state)).in_(language),
        "last_traffic_on": None if last_at is None else taipei_day(last_at).isoformat(),
        "unseen_h": None if gap_s is None else round(gap_s / 3600, 1),
        "provable_on": traffic.get("provable_on"),
        "window_from": None if window_at is None else taipei_day(parse_at(window_at)).isoformat(),
        "resets": len(traffic["proof"]["resets"]) if "proof" in traffic else None,
        "why": "; ".join(_said(view, one, language) for one in _reasons(view)),
        "ends_on": None if ends_on is None else ends_on.isoformat(),
        "traffic": None if state is None else word(STATES, state).in_(language),
        "risk": ", ".join(text.in_(language) for text in risks),
        "gravest": _short(risks, language),
        "ticket": ", ".join(view.tickets) or None,
        "owner": view.owner,
        "verdict": None if finding is None else finding.verdict.text.in_(language),
        "due_on": None if due_on is None else due_on.isoformat(),
        "decision": None
        if decision is None or decision.decision is None
        else decision.decision.value,
        "decided_at": None if decision is None else stamp(decision.at),
        "subject": view.held.subject,
    }


def _said(view: View, one: Any, language: str) -> str:
    """An observation's words without the rule's name, which stands beside them."""
    text: str = one.description.in_(language)
    title = view.held.title
    return text.removeprefix(title).lstrip(":： ")


def _reasons(view: View) -> list[Any]:
    return [view.seen[check] for check in (REACH, EXPIRED, GONE) if _bad(view, check)]


def _bad(view: View, check: str) -> bool:
    return check in view.seen and view.seen[check].result in (
        Result.not_satisfied,
        Result.partly,
        Result.not_assessed,
    )


def _short(risks: Sequence[Text], language: str) -> str:
    """The first risk, and how many more there are."""
    first = [text.in_(language) for text in risks[:1]]
    return " ".join([*first, *([f"+{len(risks) - 1}"] if len(risks) > 1 else [])])


def _idle(view: View, everything: bool) -> bool:
    state = view.state(TRAFFIC)
    return state == "no_traffic_6m_proven" or (
        everything and state in ("insufficient_history", "not_measurable", "not_understood")
    )


def _risky(view: View, everything: bool) -> bool:
    wanted = (Result.not_satisfied, *((Result.not_assessed,) if everything else ()))
    return any(
        check in view.seen and view.seen[check].result in wanted for check in (SPECIFIC, EXPOSED)
    )


def _shadowed(view: View, everything: bool) -> bool:
    state = view.state(REACH)
    certain = state in ("shadowed", "redundant", "matches_nothing")
    return certain or (everything and state is not None)


def _expired(view: View, everything: bool) -> bool:
    if view.state(GONE) == "decommissioned":
        return True
    state = view.state(EXPIRED)
    return state in ("expired", "expires_soon") or (everything and state is not None)


def _dmz(view: View, everything: bool) -> bool:
    return view.held.rule.enabled and (
        view.touches("dmz") or (everything and "?" in view.held.sources | view.held.destinations)
    )


def _write(
    question: Question, judged: Judged, wanted: Wanted, found: Sequence[Row], language: str
) -> None:
    """The same rows as files, with every column there is."""
    wanted_keys = (*RULE, *question.columns, *question.with_all, *HEADINGS)
    keys = tuple(dict.fromkeys(_IN_FULL.get(key, key) for key in wanted_keys))
    columns = tuple(Column(key, HEADINGS[key], 40 if key in _LONG else 16) for key in keys)
    rows = tuple({key: _cell(row[key]) for key in keys} for row in found)
    table = Table(id=question.name, title=question.title, columns=columns, rows=rows, pinned=3)
    if wanted.csv is not None:
        wanted.csv.write_bytes(to_csv(table, language))
    if wanted.xlsx is not None:
        section = Section(id=question.name, title=question.title, tables=(table,))
        imprint = Imprint(
            title=f"{judged.profile.name} {judged.period}".strip(),
            mark=question.title.in_(language),
            digest=judged.book.id,
            made_at=judged.at,
        )
        wanted.xlsx.write_bytes(to_workbook([section], imprint, language))


def _cell(value: Any) -> str | int | None:
    return value if value is None or isinstance(value, int) else str(value)


def _counted(count: int, judged: Judged, language: str) -> str:
    day = taipei_day(judged.at)
    if language == "en":
        return f"{count} rules, as of {day}" if count != 1 else f"1 rule, as of {day}"
    return f"{count} 條規則（截至 {day}）"


_NONE_KNOWN = Text("none known", "查無")
_DECIDE = Text(
    "`evidence-agent decide --open` lists what is to be decided",
    "`evidence-agent decide --open` 列出待決定之規則",
)
_QUESTIONS = (
    Question(
        "idle",
        "No traffic in six months, proven. --all: those whose history is too short, too.",
        Text("rules without traffic in six months", "六個月內無流量之規則"),
        ("way", "last_traffic_on", "unseen_h", "resets"),
        _idle,
        with_all=("seen", "provable_on"),
        wide=("way", "resets"),
        spare=("unseen_h",),
        next_step=Text(
            f"`--explain FIREWALL/#` tells one rule's story; {_DECIDE.en}",
            f"`--explain 防火牆/序號` 說明單一規則之始末；{_DECIDE.zh}",
        ),
    ),
    Question(
        "risky",
        "High risk by the company's criteria: any, too wide, open to the outside.",
        Text("rules of high risk", "高風險規則"),
        ("way", "risk"),
        _risky,
        next_step=_DECIDE,
    ),
    Question(
        "shadowed",
        "Never reached, with the earlier rules that take all of its traffic.",
        Text("rules that are never reached", "不會生效之規則"),
        ("why",),
        _shadowed,
        next_step=_DECIDE,
    ),
    Question(
        "expired",
        "Past its schedule or approval, soon to be, or of a system that was decommissioned.",
        Text("rules past their time", "逾期或涉及下線系統之規則"),
        ("ends_on", "why"),
        _expired,
        next_step=_DECIDE,
    ),
    Question(
        "dmz",
        "Every rule into or out of the DMZ, as its half-yearly review wants them.",
        Text("rules into and out of the DMZ", "DMZ 進出規則"),
        ("way", "seen", "gravest", "ticket", "due_on"),
        _dmz,
        findings=False,
        wide=("way", "ticket"),
        next_step=Text(
            f"`--xlsx FILE` has every column, for the half-yearly review; {_DECIDE.en}",
            f"`--xlsx 檔名` 輸出全部欄位，供半年檢視；{_DECIDE.zh}",
        ),
    ),
)
for _question in _QUESTIONS:
    _offer(_question)
rules.command()(explain)
rules.command()(counters)
