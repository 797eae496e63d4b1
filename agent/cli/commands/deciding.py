"""`decide`: what people decided about rules, from a file, signed; or the file to fill in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
import yaml

from agent.assess import judge
from agent.cli.options import ConfigOption, JsonOption, account, configured
from agent.cli.words import say, show
from agent.decisions import entered, keep_decisions, read_decisions
from agent.wired import agent_of, system_clock
from checks import release_is_supported
from evidence.clock import period_of, taipei_day
from evidence.control import Finding, Verdict
from evidence.errors import ConfigurationError
from evidence.judged import Judged
from report.review import View, views

_HEADINGS = {
    "en": {
        "subject": "about",
        "decision": "decision",
        "by": "owner",
        "on": "on",
        "until": "due",
        "approver": "approver",
        "reason": "reason",
    },
    "zh-TW": {
        "subject": "對象",
        "decision": "決定",
        "by": "負責人",
        "on": "日期",
        "until": "期限",
        "approver": "核准人",
        "reason": "理由",
    },
}
_HEAD = """\
# Fill in, and run `evidence-agent decide` on this file. What is left empty is refused, so take out
# what is not decided yet. decision: keep, adjust or disable (保留, 調整, 停用).
# due: for keep the last day it holds; else the day by which the device shows it.
# plans: what is past its support or will be. target: the day by which it is gone.
"""


def decide(
    file: Annotated[
        Path | None, typer.Argument(help="A file of decisions.", show_default=False)
    ] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Print a file of what is to be decided, to fill in.")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Enter decisions and plans, all of a file or nothing. Without a file: what was entered."""
    settings = configured(config)
    now = system_clock()
    with agent_of(settings) as agent:
        if file is None and not open_:
            found = [one for said in entered(agent) for one in said.dispositions]
            rows = [
                {
                    "subject": one.subject,
                    "decision": (one.decision or one.kind).value,
                    "by": one.by,
                    "on": taipei_day(one.at),
                    "until": one.until,
                    "approver": one.approver,
                    "reason": one.reason,
                }
                for one in found
            ]
            headings = _HEADINGS["en" if settings.language == "en" else "zh-TW"]
            if not found and not json:
                say("nothing was entered here; `evidence-agent decide --open` lists what is open")
                return
            show([one.record() for one in found] if json else rows, headings, json)
            return
        judged = judge(settings, agent, period_of(now), now)
        if open_:
            rules = [view for view in views(judged) if _is_open(view)]
            print(_to_fill_in(rules, _unplanned(judged)), end="")
            return
        if file is None:
            raise ConfigurationError("name a file, or --open", code="file_missing")
        told = read_decisions(file, judged.readings, judged.book, now)
        envelope = keep_decisions(agent, told, account())
    say(f"{len(told.dispositions)} entered and signed: {envelope.digest}")
    for one in told.dispositions:
        if one.self_approved:
            say(f"{one.subject}: decided and approved by the same person, and told so in the pack")
        elif one.approver is None:
            say(f"{one.subject}: nobody approved it, and the pack says so")


def _is_open(view: View) -> bool:
    return view.finding is not None and view.finding.verdict in (
        Verdict.partly,
        Verdict.not_satisfied,
        Verdict.not_assessed,
    )


def _unplanned(judged: Judged) -> Mapping[str, Finding]:
    """What is past its support or will soon be, and nothing said settles it, by subject."""
    ending = {one.digest for one in judged.observations if one.check == release_is_supported.CHECK}
    open_ = (Verdict.partly, Verdict.not_satisfied)
    return {
        finding.subject: finding
        for result in judged.judgement.results
        for finding in result.findings
        if finding.verdict in open_
        and not finding.dispositions
        and {*finding.observations} & ending
    }


def _to_fill_in(found: list[View], ending: Mapping[str, Finding]) -> str:
    """A decisions file without its decisions; why each is open stands in a comment."""
    lines = [_HEAD, "decisions:" if found else "decisions: []"]
    for view in found:
        finding = view.finding
        # The rule's name stands before it already.
        said = "" if finding is None else finding.reason.zh.replace(f"{view.held.title}：", "")
        reason = " ".join(said.split())
        name = yaml.safe_dump(view.held.subject, width=1000, allow_unicode=True).splitlines()[0]
        lines += [
            f"# {view.held.group} {view.number} {' '.join(view.label.split())}: {reason}",
            f"- rule: {name}",
            "  decision:",
            "  reason:",
            "  owner:",
            "  approver:",
            "  due:",
        ]
    lines += ["plans:"] if ending else []
    for subject, finding in ending.items():
        name = yaml.safe_dump(subject, width=1000, allow_unicode=True).splitlines()[0]
        lines += [
            f"# {' '.join(finding.reason.zh.split())}",
            f"- about: {name}",
            "  target:",
            "  reason:",
            "  owner:",
            "  approver:",
        ]
    return "\n".join(lines) + "\n"
