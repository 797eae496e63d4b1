"""`lifecycle`: what ends when, from the newest readings and the catalogue, as of any day."""

from __future__ import annotations

import json as json_text
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text as Line

from agent.catalogue import keep_catalogue, load_catalogue, read_source
from agent.cli.files import write_file, write_work_book
from agent.cli.options import (
    ConfigOption,
    JsonOption,
    LanguageOption,
    SiteOption,
    XlsxOption,
    account,
    check_site,
    configured,
)
from agent.cli.words import WIDE, console, harmless, say, show
from agent.decisions import entered
from agent.terms import Term, Terms, terms
from agent.wired import SIGNING_KEY, agent_of, system_clock
from evidence.clock import roc, stamp, taipei_day
from evidence.control import Disposition
from evidence.decisions import in_force
from evidence.errors import ConfigurationError
from evidence.lifecycle import MILESTONES, Entry
from evidence.lifecycle.update import Change, removed_share, updated
from evidence.observation import Result
from evidence.seal import SigningKey
from evidence.text import Text
from report.codes import STATES, word
from report.csv_file import to_csv
from report.raster import to_png
from report.section import Section
from report.sections.lifecycle import lifecycle_table
from report.timeline import MARKS, endings, quarters, timeline

lifecycle = typer.Typer(help="What ends when; and taking newer dates.", invoke_without_command=True)

_STYLES = {Result.not_satisfied: "bold red", Result.partly: "yellow", Result.not_assessed: "cyan"}
_MILESTONE_CELLS = 22
_QUARTER_CELLS = 12
_BAR_CELLS = 30


@lifecycle.callback()
def show_lifecycle(
    context: typer.Context,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="Any day, 2028-12-31; none: today."),
    ] = None,
    site: SiteOption = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", help="Draw it into this file.", show_default=False)
    ] = None,
    png: Annotated[
        Path | None, typer.Option("--png", help="The same as PNG.", show_default=False)
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write a table.", show_default=False)
    ] = None,
    xlsx: XlsxOption = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """What ends when, hardware and software, the worse first. Exit 1 when anything has ended,
    ends within the company's horizon, or is not known."""
    if context.invoked_subcommand is not None:
        return
    settings = configured(config)
    check_site(settings, site)
    now = system_clock()
    with agent_of(settings) as agent:
        found = terms(settings, agent, as_of.date() if as_of else taipei_day(now), now, site)
        said = in_force(entered(agent), now)
    language = language or settings.language
    _write(found, said, Files(svg, png, csv, xlsx), settings.id, now, language)
    for _, mine in found.devices:
        for one in mine if json else ():
            print(json_text.dumps(one.record(found.as_of), ensure_ascii=False))
    if not json:
        _show(found, language)
    _say_sum(found, language)
    results = {one.seen.result for _, mine in found.devices for one in mine}
    if found.not_asked or found.remarks or not found.devices or results - {Result.satisfied}:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Files:
    """Where it is written to; None: nowhere."""

    svg: Path | None
    png: Path | None
    csv: Path | None
    xlsx: Path | None


def _write(
    found: Terms,
    said: Sequence[Disposition],
    files: Files,
    agent: str,
    now: datetime,
    language: str,
) -> None:
    """The picture and the table, each where it was asked for."""
    seen = [one.seen for _, mine in found.devices for one in mine]
    sites = {device.id: device.site for device, _ in found.devices}
    if files.svg is not None or files.png is not None:
        drawn = timeline(endings(seen, sites), found.as_of, language)
        if files.svg is not None:
            write_file(files.svg, drawn.encode("utf-8"))
        if files.png is not None:
            write_file(files.png, to_png(drawn))
    table = lifecycle_table(seen, sites, said)
    if files.csv is not None:
        write_file(files.csv, to_csv(table, language))
    if files.xlsx is not None:
        section = Section(id="lifecycle", title=table.title, tables=(table,))
        write_work_book(files.xlsx, section, f"{agent} {found.as_of}", now, language)


def _show(found: Terms, language: str) -> None:
    """A block a device: each thing as a sentence, and below it every milestone that is known."""
    out = console()
    for device, mine in found.devices:
        site = f" ({device.site})" if device.site else ""
        out.print(Line.from_markup(f"[bold]{harmless(device.id)}[/]{harmless(site)}"))
        for one in mine:
            said = one.seen.description.in_(language).removeprefix(f"{device.id} ")
            style = _STYLES.get(one.seen.result, "")
            _indented(out, Line.from_markup(harmless(said), style=style), 2)
            for line in (*_milestones(one, found, language), *_source(one, language, out.width)):
                _indented(out, Line(line), 4)
    _show_quarters(out, found, language)


def _indented(out: Console, line: Line, by: int) -> None:
    """With what goes on in a line of its own set in too."""
    # Softly wrapped, what goes beyond the width would be cut off.
    out.print(Padding(line, (0, 0, 0, by), expand=False), soft_wrap=False)


def _show_quarters(out: Console, found: Terms, language: str) -> None:
    """What ends when, as a bar a quarter, by site."""
    seen = [one.seen for _, mine in found.devices for one in mine]
    sites = {device.id: device.site for device, _ in found.devices}
    ahead = quarters(endings(seen, sites), found.as_of)
    most = max((one.count for one in ahead), default=1)
    site = None
    for one in ahead:
        if one.site != site:
            site = one.site
            out.print(Line(f"── {site}" if site else "──"))
        label = Line(one.name.in_(language))
        label.align("left", _QUARTER_CELLS)
        bar = Line(
            "█" * max(1, round(one.count * _BAR_CELLS / most)), _STYLES.get(one.result, "green")
        )
        out.print(Line(f"  {label.plain}") + bar + Line(f" {one.count}"))


def _milestones(one: Term, found: Terms, language: str) -> list[str]:
    lines = []
    for name, day, days_left in one.milestones(found.as_of):
        label = Line(MARKS[name].in_(language))
        label.align("left", _MILESTONE_CELLS)
        mark = " <" if name == one.seen.measures.get("decisive") else ""
        unit = "d" if language == "en" else "日"
        lines.append(f"{label.plain} {day}  {roc(day):>9}  {days_left:>6} {unit}{mark}")
    return lines


def _source(one: Term, language: str, width: int) -> list[str]:
    """Who says so, and when that was read: the address, on a narrow terminal its host."""
    url = one.seen.measures.get("source_url")
    if not url:
        return []
    label = Line(_SOURCE.in_(language))
    label.align("left", _MILESTONE_CELLS)
    told = str(url) if width >= WIDE else urlsplit(str(url)).hostname or str(url)
    read_on = one.seen.measures.get("retrieved_on")
    when = _READ_ON.in_(language).format(day=read_on) if read_on else ""
    return [f"{label.plain} {told}{when}"]


_SOURCE = Text("source of the dates", "日期來源")
_READ_ON = Text(", read {day}", "（取得日期 {day}）")
# What is to be done about what no catalogue tells; said once, below the list.
_UNKNOWN = frozenset(("unknown_model", "unknown_version", "no_date_published"))
_ASK = Text(
    "{count} without a date, which is no pass: ask the vendor, write what it says in a CSV file"
    " (docs/lifecycle.md shows one), and add it: evidence-agent lifecycle update --from FILE --add",
    "{count} 項查無日期，不得視為符合：請向原廠查明，依 docs/lifecycle.md 之範例填入 CSV 檔後加入："
    "evidence-agent lifecycle update --from 檔案 --add",
)


def _say_sum(found: Terms, language: str) -> None:
    """What was looked at and by what, on stderr: how many of each state, the worse first, and
    what is left out."""
    every = [one for _, mine in found.devices for one in mine]
    states = Counter(one.seen.state for one in sorted(every, key=lambda one: one.rank[0]))
    counted = "; ".join(
        f"{count} {word(STATES, state).in_(language)}" for state, count in states.items()
    )
    for remark in found.remarks:
        say(remark.in_(language))
    dated, as_of = found.catalogue.dated, found.as_of
    names = ", ".join(one.id for one in found.not_asked)
    unknown = sum(states[state] for state in _UNKNOWN)
    if language == "en":
        say(f"as of {as_of} ({roc(as_of)}), catalogue of {dated}: {counted or 'nothing was read'}")
        if names:
            say(f"not asked for their firmware, so nothing is known: {names}")
    else:
        say(f"基準日 {as_of}（{roc(as_of)}），生命週期目錄 {dated}：{counted or '查無讀取資料'}")
        if names:
            say(f"未設定讀取韌體，故無從得知：{names}")
    if unknown:
        say(_ASK.in_(language).format(count=unknown))


_MOST_REMOVED = 0.5
_CHANGES = {
    "change": "change",
    "product": "product",
    "match": "match",
    "before": "before",
    "after": "after",
}


@lifecycle.command()
def update(
    source: Annotated[
        str,
        typer.Option(
            "--from",
            help="File, folder of JSON, or https address "
            "(https://endoflife.date/api/v1/products/full).",
        ),
    ],
    add: Annotated[
        bool, typer.Option("--add", help="A CSV file's rows are added; without it they are all.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take it, after it was shown.")] = False,
    yes_really: Annotated[
        bool, typer.Option("--yes-really", help="Take it though most of the catalogue goes.")
    ] = False,
    reason: Annotated[
        str, typer.Option("--reason", help="Why; kept with the catalogue.", show_default=False)
    ] = "",
    proxy: Annotated[
        str | None, typer.Option("--proxy", help="http://proxy:3128", show_default=False)
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show what newer lifecycle dates would change, and with --yes take them from today on."""
    settings = configured(config)
    now = system_clock()
    today = taipei_day(now)
    key = SigningKey.read(settings.state / SIGNING_KEY)
    known = load_catalogue(today, settings.lifecycle, [key.public])
    read = read_source(source, known, today, proxy)
    if add:
        read = replace(read, offer=replace(read.offer, whole=False))
    made, changes = updated(known, read.offer, today)
    rows = [_change_row(one) for one in changes]
    show(rows if json else _in_short(rows, {one.product for one in known.entries}), _CHANGES, json)
    for left in read.offer.left_out:
        say(f"left out: {left}")
    words = Counter(one.word for one in changes)
    come, change, go, kept = (words[one] for one in ("comes", "changes", "goes", "kept"))
    counts = {"read": len(read.offer.rows), "added": come, "changed": change, "removed": go}
    say(
        f"{counts['read']} rows read: {come} come, {change} change, {go} go; "
        f"the catalogue has {len(known.entries)} of {known.dated}"
    )
    if kept:
        say(f"{kept} differ from the vendor's own dates, which are kept; look at them")
    if not (yes or yes_really):
        say("nothing was taken; --yes takes it")
        return
    if not read.offer.rows:
        raise ConfigurationError("it holds no row, so nothing was taken", code="catalogue_update")
    if removed_share(known, changes) >= _MOST_REMOVED and not (yes_really and reason.strip()):
        raise ConfigurationError(
            f"{go} of {len(known.entries)} rows would go; nothing was taken",
            code="catalogue_shrinks",
            next_step="a file of some rows is added with --add; to take one that lacks the others: "
            "--yes-really --reason '...'",
        )
    told = {"from": read.place, "sha256": read.sha256, "by": account(), "at": stamp(now)}
    path = keep_catalogue(
        settings.lifecycle, made, {**told, "reason": reason, **counts, "kept": kept}, key
    )
    say(f"taken, and judged by from {today} on: {path}")


def _change_row(one: Change) -> dict[str, str | None]:
    names = [
        {"product": row.product or row.vendor, "match": f"{row.match} {row.edition}".strip()}
        for row in (one.after, one.before)
        if row is not None
    ]
    told = {"before": _days(one.before), "after": _days(one.after)}
    if one.before and one.after and one.before.rule != one.after.rule:
        told = {
            "before": f"{one.before.rule}: {told['before']}",
            "after": f"{one.after.rule}: {told['after']}",
        }
    return {"change": one.word, **names[0], **told}


def _in_short(
    rows: Sequence[dict[str, str | None]], known: Collection[str]
) -> Iterator[dict[str, str | None]]:
    """Of products that the catalogue does not have yet only how many rows come: all of a public
    collection is thousands. `--json` has every row."""
    new = Counter(one["product"] for one in rows if one["change"] == "comes")
    for here in known:
        del new[here]
    yield from (one for one in rows if one["product"] not in new)
    for product, count in new.items():
        yield {"change": "comes", "product": product, "match": f"({count})"}


def _days(row: Entry | None) -> str | None:
    """The milestones in their order, a blank as a hyphen."""
    if row is None:
        return None
    days: Sequence[str] = [str(row.milestones.get(name, "-")) for name in MILESTONES]
    return " ".join(days)
