"""Rules that need a decision, each with the proof of what is known about its traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from evidence.control import Join
from evidence.observation import Observation
from evidence.text import Text
from evidence.usage.proof import Unseen
from evidence.usage.words import WHY
from report.codes import STATES, word
from report.month import Month
from report.pictures import LISTED, picture_name, pictured
from report.section import Cell, Column, Kind, Section, Table
from report.sections._finding import finding_row
from report.words import UNKNOWN, UNTOLD, both_calendars, joined, shortened, taipei_of

_MOST_LINES = 20
NO_PICTURE = Text("none: no counter was read", "無（未讀得計數）")
_HOUR_S = 3600

COLUMNS = (
    Column("number", Text("No.", "編號"), 8),
    Column("control", Text("Control ID", "控制編號"), 14),
    Column("device", Text("Device", "設備"), 10),
    Column("subject", Text("Rule", "防火牆規則"), 24),
    Column("verdict", Text("Result", "查核結果"), 9, Kind.verdict),
    Column("state", Text("State", "狀態"), 12),
    Column("reason", Text("Why", "說明"), 36),
    Column("found", Text("First found", "首次發現"), 12),
    Column("due", Text("To be decided by", "應決定期限"), 12),
    Column("usage", Text("Traffic", "流量狀態"), 12),
    Column("window", Text("Window observed (Taipei)", "觀察期間（臺北時間）"), 16),
    Column("units", Text("Units and readings", "設備單元與讀取次數"), 22),
    Column("gaps", Text("Stated gaps", "未觀察區間"), 28),
    Column("blind", Text("Unseen in all (hours)", "未觀察時數合計"), 9),
    Column("resets", Text("Counter resets", "計數器歸零"), 22),
    Column("last_hit", Text("Last hit told", "最後命中時間"), 12),
    Column("provable", Text("Provable on", "可證明日"), 12),
    Column("relies", Text("Relies on", "證明所依前提"), 30),
    Column("picture", Text("Picture of its counter", "計數圖"), 20),
    Column("evidence", Text("Evidence", "佐證索引"), 12),
    Column("observations", Text("Observations (SHA-256)", "觀察結果雜湊值"), 18, Kind.digest),
    Column(
        "decision",
        Text("Decision: keep, adjust, disable", "決定：保留／調整／停用"),
        10,
        Kind.person,
    ),
    Column("why", Text("Reason of the decision", "決定理由"), 16, Kind.person),
    Column("by", Text("Decided by, on", "決定人、日期"), 10, Kind.person),
    Column("approver", Text("Approved by, on", "核准主管、日期"), 10, Kind.person),
)


def section(month: Month) -> Section:
    title = Text("Rules needing decisions", "待決定之防火牆規則")
    joins = {
        one.control.pinned for one in month.results if one.control.join is Join.rule_is_decided
    }
    rows = tuple(
        {
            **finding_row(month, number, finding),
            **_proved(month.observations(finding)),
            "picture": picture_name(number) if pictured(month, finding) else NO_PICTURE,
        }
        for number, finding in month.numbered()
        if finding.control in joins and finding.state in LISTED
    )
    table = Table(id="decisions", title=title, columns=COLUMNS, rows=rows, pinned=4)
    return Section(id="decisions", title=title, tables=(table,))


def _proved(observations: Sequence[Observation]) -> dict[str, Cell]:
    """What the usage proof among the observations says; nothing where there is none."""
    said = next((one.measures for one in observations if "proof" in one.measures), None)
    if said is None:
        return {"usage": Text("no proof of its traffic", "無流量證明")}
    proof = said["proof"]
    provable_on = said["provable_on"]
    return {
        "usage": word(STATES, proof["state"]),
        "window": " ~ ".join(str(taipei_of(at)) for at in proof["window"]),
        "units": shortened([_unit(unit) for unit in proof["units"]], _MOST_LINES),
        "gaps": _gaps(proof["gaps"]),
        "blind": f"{proof['blind_gap_s'] / _HOUR_S:.1f}",
        "resets": _resets(proof["resets"]),
        "last_hit": UNTOLD if proof["last_hit_at"] is None else taipei_of(proof["last_hit_at"]),
        "provable": both_calendars(provable_on and date.fromisoformat(provable_on)),
        "relies": joined([Text.of(said) for said in proof["assumptions"].values()]),
    }


def _unit(unit: Mapping[str, Any]) -> Text:
    first, last = taipei_of(unit["first_read_at"]), taipei_of(unit["last_read_at"])
    span = joined([first, last], " ~ ")
    return Text(
        f"{unit['unit']}: {unit['readings']} readings, {span.en}",
        f"{unit['unit']}：讀取 {unit['readings']} 次，{span.zh}",
    )


def _gaps(gaps: Sequence[Mapping[str, Any]]) -> Text:
    if not gaps:
        return Text("none", "無")
    return shortened(
        [
            joined(
                [gap["unit"], f"{taipei_of(gap['from'])} ~ {taipei_of(gap['to'])}", _why(gap)], " "
            )
            for gap in gaps
        ],
        _MOST_LINES,
    )


def _resets(resets: Sequence[Mapping[str, Any]]) -> Text:
    if not resets:
        return Text("none seen", "未見歸零")
    return shortened(
        [
            joined(
                [
                    reset["unit"],
                    f"{taipei_of(reset['after'])} ~ {taipei_of(reset['by'])}",
                    _why(reset),
                    UNKNOWN if reset["at"] is None else f"@ {taipei_of(reset['at'])}",
                ],
                " ",
            )
            for reset in resets
        ],
        _MOST_LINES,
    )


def _why(one: Mapping[str, Any]) -> Text:
    return WHY[Unseen(one["why"])]
