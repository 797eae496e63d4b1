"""Are programs that nobody allowed kept from running on every host?

CC-17010.f.f asks for an allow-list. One product that enforces is enough; one that only notes
what it would have stopped (audit) is 部分符合.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks._observed import observed
from evidence.facts import ProtectionState
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "software_allowlist_is_enforced"
CONTROL = Text("its application control", "應用程式控管")
Answer = tuple[Result, str, Text]


def check(readings: Readings) -> Iterator[Observation]:
    """One observation a host."""
    yield from unread(readings, "host", CHECK, CONTROL)
    for device, reading in readings.each("host"):
        if reading is None:
            continue
        found = [one for one in reading.of(ProtectionState) if one.kind == "allow_list"]
        modes = {one.product: one.mode for one in found}
        yield observed(
            CHECK,
            readings,
            device,
            reading,
            subject=f"{device.id}/software allow-list",
            about="allow_list",
            answer=_answer(modes),
            measures={
                "modes": modes,
                "covers": [name for one in found for name in one.covers],
                "detail": [one.detail for one in found if one.detail],
            },
        )


def _answer(modes: dict[str, str | None]) -> Answer:
    for mode, result, words in (
        ("enforce", Result.satisfied, Text("enforces an allow-list: ", "白名單強制執行：")),
        ("audit", Result.partly, Text("only notes what it would stop: ", "白名單僅稽核模式：")),
    ):
        if names := [name for name, one in modes.items() if one == mode]:
            listed = ", ".join(names)
            return result, mode, Text(words.en + listed, words.zh + listed)
    if not modes or None in modes.values():
        words = Text("does not tell whether it has one", "未讀得白名單控管狀態")
        return Result.not_assessed, "mode_unknown", words
    listed = ", ".join(modes)
    words = Text(f"no allow-list is enforced ({listed})", f"未實施白名單控管（{listed}）")
    return Result.not_satisfied, "off", words
