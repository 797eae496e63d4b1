"""Is every idle remote session locked or disconnected in time (閒置時間螢幕鎖定或中斷連線)?

Either is enough, where it is set and no longer than the company allows. A limit of 0 means
*never*, and one that nobody set is none: neither is a limit. What was not read is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks._desktop import SETTINGS, Answer, Desktop, desktops
from checks._observed import observed
from evidence.facts import RemoteDesktopPolicy
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "remote_session_is_limited"
# The two limits: where the fact holds each, its word in `unlimited` and `unknown`, what it does.
LIMITS = (
    ("idle_limit_s", "idle", Text("disconnected", "中斷連線")),
    ("screen_lock_s", "screen_lock", Text("locked", "鎖定螢幕")),
)


def check(readings: Readings, *, idle_limit_minutes: int = 15) -> Iterator[Observation]:
    """`idle_limit_minutes`: the longest time a session may be idle."""
    yield from unread(readings, "remote_desktop", CHECK, SETTINGS)
    limit_s = idle_limit_minutes * 60
    for one in desktops(readings):
        yield observed(
            CHECK,
            readings,
            one.device,
            one.reading,
            subject=f"{one.place}/remote desktop idle",
            about="idle",
            answer=one.known or _answer(one.mine, limit_s),
            measures=_measures(one, limit_s),
        )


def _answer(mine: RemoteDesktopPolicy | None, limit_s: float) -> Answer:
    """The verdict over both limits: the better of them counts."""
    assert mine is not None, "what was not read is answered before"
    times = {word: getattr(mine, name) for name, word, _ in LIMITS}
    held = {word: time_s for word, time_s in times.items() if time_s is not None}
    if held and min(held.values()) <= limit_s:
        return Result.satisfied, "limited", _words(held, limit_s)
    if unknown := [word for word in times if word in mine.unknown and word not in held]:
        names = [what for _, word, what in LIMITS if word in unknown]
        words = Text(
            "not read when an idle session is " + " or ".join(one.en for one in names),
            "未讀得閒置多久" + "或".join(one.zh for one in names),
        )
        return Result.not_assessed, "limit_unknown", words
    if held:
        return Result.not_satisfied, "limit_too_long", _words(held, limit_s)
    if any(word in mine.unlimited for word in times):
        return (
            Result.not_satisfied,
            "unlimited",
            Text(
                "idle sessions never end and no screen lock is set",
                "閒置連線不會中斷，亦未鎖定螢幕",
            ),
        )
    if dict(mine.decided_by).get("idle_limit_s") == "accounts":
        return (
            Result.not_satisfied,
            "no_limit",
            Text(
                "no limit on the host: left to each user's account; no screen lock is set",
                "主機未設定，由各使用者帳號決定；亦未設定螢幕鎖定",
            ),
        )
    return (
        Result.not_satisfied,
        "no_limit",
        Text("no idle limit and no screen lock is set", "未設定閒置中斷或螢幕鎖定"),
    )


def _words(held: dict[str, float], limit_s: float) -> Text:
    names = [(what, held[word]) for _, word, what in LIMITS if word in held]
    return Text(
        "idle: "
        + ", ".join(f"{what.en} after {time_s / 60:g} min" for what, time_s in names)
        + f" (at most {limit_s / 60:g})",
        "閒置"
        + "、".join(f" {time_s / 60:g} 分鐘{what.zh}" for what, time_s in names)
        + f"（上限 {limit_s / 60:g} 分鐘）",
    )


def _measures(one: Desktop, limit_s: float) -> dict[str, Any]:
    measures: dict[str, Any] = {"limit_s": limit_s}
    if one.mine is None:
        return measures
    users = [said for said in one.said if said.source == "user"]
    return measures | {
        "idle_limit_s": one.mine.idle_limit_s,
        "screen_lock_s": one.mine.screen_lock_s,
        "disconnected_limit_s": one.mine.disconnected_limit_s,
        "unlimited": list(one.mine.unlimited),
        "unknown": list(one.mine.unknown),
        "source": one.mine.source,
        "users_locked": sum(said.screen_lock_s is not None for said in users),
        "users_read": len(users),
    }
