"""`inventory`: what was found beside what is registered, by category and by site."""

from __future__ import annotations

import json as json_text
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.files import write_file, write_work_book
from agent.cli.options import (
    ConfigOption,
    JsonOption,
    LanguageOption,
    SiteOption,
    XlsxOption,
    check_site,
    configured,
)
from agent.cli.words import say, show
from agent.terms import newest_known
from agent.wired import agent_of, system_clock
from evidence.clock import period_of
from evidence.inventory import state_of, stock_of
from evidence.readings import Readings
from evidence.text import Text
from report.codes import STATES, word
from report.csv_file import to_csv
from report.section import Section, printed
from report.sections.inventory.tables import inventory_tables

FINE = frozenset({"registered", "decommissioned_gone", "not_in_service"})
_SHOWN = ("asset", "name", "model", "serial", "site", "state", "differences")
_TITLE = Text("Inventory", "資產盤點")


def inventory(
    site: SiteOption = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", help="Write a CSV a category into this folder.", show_default=False),
    ] = None,
    xlsx: XlsxOption = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """What was found beside what is registered. Exit 1 where they differ, or without a register."""
    settings = configured(config)
    check_site(settings, site)
    now = system_clock()
    with agent_of(settings) as agent:
        readings = Readings(
            at=now,
            period=period_of(now),
            all=newest_known(agent, now + timedelta(seconds=1)),
            devices=settings.devices,
            zones=settings.zones,
        )
    language = language or settings.language
    section = Section(id="inventory", title=_TITLE, tables=inventory_tables(readings, site))
    if csv is not None:
        _write_csv(section, csv, language)
    if xlsx is not None:
        write_work_book(xlsx, section, settings.id, now, language)
    if json:
        for table in section.tables:
            for row in table.record()["rows"]:
                print(json_text.dumps({"category": table.id, **row}, ensure_ascii=False))
    elif csv is None and xlsx is None:
        _show(section, language)
    if not _say_sum(readings, site, language):
        raise typer.Exit(1)


def _show(section: Section, language: str) -> None:
    """The equipment; the other categories are counted, and whole in the files."""
    hardware, *others = section.tables
    columns = {one.key: one.heading.in_(language) for one in hardware.columns if one.key in _SHOWN}
    rows = [{key: printed(row.get(key), language) for key in columns} for row in hardware.rows]
    show(rows, columns, as_json=False, title=hardware.title.in_(language))
    counted = ", ".join(f"{one.title.in_(language)} {len(one.rows)}" for one in others)
    say(f"{counted} (--csv, --xlsx, --json)")


def _say_sum(readings: Readings, site: str | None, language: str) -> bool:
    """How many of each state, on stderr. Whether everything is as it is registered."""
    stock = stock_of(readings)
    if not stock.has_register:
        say(word(STATES, "no_register").in_(language))
        return False
    states = Counter(state_of(readings, one) for one in stock.meetings if site in (None, one.site))
    say("; ".join(f"{n} {word(STATES, name).in_(language)}" for name, n in states.most_common()))
    return not set(states) - FINE


def _write_csv(section: Section, folder: Path, language: str) -> None:
    for table in section.tables:
        write_file(folder / f"inventory-{table.id}.csv", to_csv(table, language))
