"""What a proof may rest on beyond what a device tells: assumptions by name, and limits.

A counter shows silence only as long as nobody zeroes it unseen. What no reading can exclude
is assumed by name, the company's policy says which assumptions it accepts, and every proof
lists those it needed. With none accepted only what the device itself tells counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag

from evidence.errors import ConfigurationError
from evidence.text import Text


class Assumption(IntFlag):
    """What a proof takes for granted; each is broken by one kind of event that leaves no trace."""

    clear_shows = 1
    no_single_reset = 2
    no_clear_after_restart = 4
    standby_stays = 8
    match_unchanged_before = 16
    no_older_sessions = 32

    @property
    def text(self) -> Text:
        """The assumption as a sentence."""
        return _TEXTS[self]

    @classmethod
    def named(cls, names: Iterable[str]) -> Assumption:
        """The assumptions of these names. Raises ConfigurationError for an unknown one."""
        accepted = cls(0)
        for name in names:
            if name not in cls.__members__:
                raise ConfigurationError(
                    f"assumption {name!r} is unknown; known: {', '.join(cls.__members__)}",
                    code="assumption_unknown",
                )
            accepted |= cls[name]
        return accepted


_TEXTS = {
    Assumption.clear_shows: Text(
        "When all counters of a group are zeroed, one of those that stood above zero stands "
        "lower at the next reading: none of them all counts as much again in between.",
        "同組計數器一併歸零後，至下次讀取時，原大於零者至少有一個仍低於原值（不會全部又計回原值）。",
    ),
    Assumption.no_single_reset: Text(
        "Between two readings, or before the first, nobody zeroed this rule's counter alone, or "
        "deleted the rule and made it again with the same text.",
        "兩次讀取之間（或首次讀取前），無人單獨歸零此規則之計數器，亦無人刪除後以相同內容重建。",
    ),
    Assumption.no_clear_after_restart: Text(
        "Between a restart and the reading that followed it nobody zeroed the counters.",
        "設備重新啟動後至其後首次讀取之間，無人歸零計數器。",
    ),
    Assumption.standby_stays: Text(
        "A unit that was standby at two neighbouring readings, and whose counters did not move, "
        "was standby all the time between them.",
        "相鄰兩次讀取皆為待命、且計數未變之設備，其間均為待命。",
    ),
    Assumption.match_unchanged_before: Text(
        "What the rule matches was the same before our first reading, as far back as the window.",
        "首次讀取前（回溯至觀察期間起日），此規則之比對條件未曾變更。",
    ),
    Assumption.no_older_sessions: Text(
        "No connection was kept open from before the window, or from an unseen span of it: "
        "the device counts connections when they begin, and how many are open is not known.",
        "無觀察期間開始前（或空窗內）建立並持續之連線（設備僅於連線建立時計數，現有連線數不明）。",
    ),
}

NO_ASSUMPTION = Assumption(0)
ALL_ASSUMPTIONS = Assumption(sum(Assumption))


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The company's limits for "no traffic in so many months".

    `max_gap_s`: unseen time in the window, over all units together, above which nothing is
    proven. `clock_tolerance_s`: how far a device's clock, after correction, may be off.
    `boot_tolerance_s`: how far a boot time worked out from an uptime may be early (uptimes
    are rounded down, which makes it late, never early). `witness_min`: hits that must stand
    in a group of counters before it can witness that the group was not zeroed.
    """

    months: int = 6
    max_gap_s: int = 24 * 3600
    accept: Assumption = ALL_ASSUMPTIONS
    clock_tolerance_s: int = 120
    boot_tolerance_s: int = 60
    witness_min: int = 1
