"""`rules explain RULE`: the traffic story of one rule, in ten lines and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from agent.cli.month import judged_month
from agent.cli.options import ConfigOption, JsonOption, LanguageOption, PeriodOption, configured
from agent.cli.words import console, harmless, say, show
from evidence.errors import ConfigurationError, shown
from evidence.judged import Judged
from evidence.usage.picture import picture
from evidence.usage.retold import retold
from report.review import TRAFFIC, View, views

# How many rules are named where a word fits several.
_MOST = 5


def explain(
    rule: Annotated[
        str, typer.Argument(help="Its number, name, id or key; with FIREWALL/ before it.")
    ],
    svg: Annotated[
        Path | None,
        typer.Option("--svg", help="Draw its counter into this file.", show_default=False),
    ] = None,
    period: PeriodOption = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Tell what is known of one rule's traffic, and what that rests on."""
    settings = configured(config)
    judged = judged_month(settings, period)
    view = _found(views(judged), rule)
    spoken = language or settings.language
    proof = _proof(view)
    if proof is None:
        seen = view.seen.get(TRAFFIC)
        say(
            seen.description.in_(spoken)
            if seen
            else f"{view.held.title}: nothing is known of its traffic"
        )
        raise typer.Exit(1)
    if svg is not None:
        svg.write_text(drawn(judged, view, proof, spoken), "utf-8")
    if json:
        show([{"subject": view.held.subject, **proof}], {}, as_json=True)
        return
    lines = Table.grid(padding=(0, 2, 0, 0))
    lines.add_column()
    lines.add_column(overflow="fold")
    for label, said in retold(proof):
        lines.add_row(f"[bold]{label.in_(spoken)}[/]", harmless(said.in_(spoken)))
    console().print(f"[bold]{harmless(view.held.title)}[/]")
    console().print(lines)


def drawn(judged: Judged, view: View, proof: dict[str, Any], language: str) -> str:
    """The picture (SVG) of a rule's counter."""
    histories = judged.readings.usage(view.held.group)
    return picture(view.held.title, view.held.rule.key, proof, histories, language)


def _proof(view: View) -> dict[str, Any] | None:
    """The signed record of its proof; None where no counter of it was read."""
    seen = view.seen.get(TRAFFIC)
    return None if seen is None else seen.measures.get("proof")


def _found(known: Sequence[View], wanted: str) -> View:
    """The one rule that a person means. Raises ConfigurationError: none, or several."""
    fitting = [view for view in known if wanted in _names(view)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise ConfigurationError(
            f"no rule {shown(wanted)!r}",
            code="rule_unknown",
            next_step="`evidence-agent rules dmz --all` or `--json` of any list names them",
        )
    named = ", ".join(shown(view.held.subject) for view in fitting[:_MOST])
    raise ConfigurationError(
        f"{len(fitting)} rules are called {shown(wanted)!r}: {named}",
        code="rule_ambiguous",
        next_step="write FIREWALL/KEY",
    )


def _names(view: View) -> set[str]:
    """What it may be called: by itself, and with its firewall before it."""
    rule = view.held.rule
    place = str(view.number)
    own = {one for one in (rule.key, rule.name, rule.vendor_id, view.label, place) if one}
    return own | {f"{view.held.group}/{one}" for one in own}
