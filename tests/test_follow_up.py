"""Open deficiencies: since when, and whether each quarter saw a follow-up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from agent.assess import assess
from evidence.control import Disposition, Kind, Verdict
from evidence.follow_up import SUBJECT, deficiencies, open_since
from tests.fixtures_pack import PERIOD, MakeBroker, MonthPack

BAD, PARTLY, GOOD = Verdict.not_satisfied, Verdict.partly, Verdict.satisfied


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 4, tzinfo=UTC)


def entry(control: str, when: datetime, reason: str = "ordered") -> Disposition:
    return Disposition(
        kind=Kind.follow_up, subject=SUBJECT, control=control, by="wang", at=when, reason=reason
    )


def test_a_deficiency_is_open_since_the_first_month_of_those_that_followed() -> None:
    history = [
        ("2026-07", {"a": BAD, "b": BAD, "c": GOOD}),
        ("2026-08", {"a": PARTLY, "b": GOOD, "c": GOOD}),
        ("2026-10", {"a": BAD, "b": BAD, "c": GOOD}),
    ]
    assert open_since(history) == {"a": "2026-07", "b": "2026-10"}
    assert open_since([]) == {}


@pytest.mark.parametrize(
    ("entries", "now", "due", "overdue"),
    [
        ((), at(2026, 12, 30), date(2026, 12, 30), False),
        ((), at(2026, 12, 31), date(2026, 12, 30), True),
        ((at(2026, 12, 30),), at(2027, 1, 1), date(2027, 3, 30), False),
        ((at(2026, 12, 30),), at(2027, 3, 31), date(2027, 3, 30), True),
        # Of an older deficiency of the same clause, and of the time to come.
        ((at(2026, 8, 30), at(2027, 2, 1)), at(2027, 1, 1), date(2026, 12, 30), True),
    ],
)
def test_three_months_from_the_last_follow_up(
    entries: tuple[datetime, ...], now: datetime, due: date, overdue: bool
) -> None:
    said = [*(entry("a", one) for one in entries), entry("b", at(2026, 12, 31))]
    (found,) = deficiencies({"a": BAD, "c": GOOD}, {"a": "2026-09"}, said, now)
    assert (found.next_due_on, found.overdue) == (due, overdue)


def test_what_says_nothing_is_no_follow_up() -> None:
    said = [entry("a", at(2026, 12, 1), " ")]
    (found,) = deficiencies({"a": BAD}, {"a": "2026-09"}, said, at(2026, 12, 31))
    assert found.entries == ()


def test_a_control_is_not_listed_beside_the_clause_that_makes_it_so() -> None:
    verdicts = dict.fromkeys(("CC-17010", "CC-17010.b.f", "CC-1", "CC-13000", "CC-13000.3"), BAD)
    since = dict.fromkeys(("CC-17010", "CC-17010.b.f", "CC-1", "CC-13000"), "2026-09")
    found = deficiencies(verdicts, since, (), at(2026, 10, 1))
    assert [one.control for one in found] == ["CC-17010.b.f", "CC-1", "CC-13000"]


def test_an_agent_s_own_pack_tells_since_when_by_the_months_it_judged(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    broker = make_broker(days=26)

    def since() -> set[str]:
        return {row["since"] for row in MonthPack(broker, tmp_path / "packs").table("follow_up")}

    assert since() == {PERIOD}
    assess(broker.config, broker.agent, "2026-10", at(2026, 10, 31))
    assert "2026-10" in since(), "what was deficient then, still is"
