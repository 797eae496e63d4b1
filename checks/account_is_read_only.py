"""Can the account that reads a device do nothing but read there?

The agent sends nothing that writes, whatever its account may do; but a stolen credential that
only reads is worth less. What the device does not tell is unknown, and unknown is no yes.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks._observed import observed
from evidence.facts import AccountPrivilege
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "account_is_read_only"


def check(readings: Readings) -> Iterator[Observation]:
    """One observation for each device that is asked what the reading account may do."""
    yield from unread(readings, "account", CHECK, Text("what its account may do", "讀取帳號之權限"))
    for device, reading in readings.each("account"):
        if reading is None:
            continue
        for one in reading.of(AccountPrivilege):
            yield observed(
                CHECK,
                readings,
                device,
                reading,
                subject=f"{device.id}/account",
                about="account",
                answer=_answer(one),
                measures={
                    "account": one.account,
                    "level": one.level,
                    "can_write": one.can_write,
                    "detail": one.detail,
                },
            )


def _answer(one: AccountPrivilege) -> tuple[Result, str, Text]:
    level = one.level or "?"
    if one.can_write is None:
        words = Text(f"what its account may do is not known ({level})", f"帳號權限不明（{level}）")
        return Result.not_assessed, "account_unknown", words
    if one.can_write:
        words = Text(f"its account could write ({level})", f"帳號具寫入權限（{level}）")
        return Result.not_satisfied, "account_could_write", words
    words = Text(f"its account only reads ({level})", f"帳號僅具讀取權限（{level}）")
    return Result.satisfied, "account_only_reads", words
