"""Is every remote desktop restricted: idle sessions limited, redirections off?

Two answers a host. An idle limit *or* a screen lock is enough (閒置時間螢幕鎖定或中斷連線). A
value set by policy beats the listener's; a limit of none and no limit at all are both refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from checks._observed import observed
from evidence.facts import RemoteDesktopPolicy
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "remote_desktop_is_restricted"
SETTINGS = Text("its remote-desktop settings", "遠端桌面設定")
PRECEDENCE = ("effective", "policy", "listener", "xrdp")
REDIRECTIONS = {
    "printer": Text("local printer", "本機印表機"),
    "clipboard": Text("clipboard", "跨端剪貼資料"),
    "drive": Text("drives", "磁碟"),
    "com_port": Text("COM ports", "序列埠"),
    "lpt_port": Text("LPT ports", "平行埠"),
    "pnp_device": Text("plug-and-play devices", "隨插即用裝置"),
}
LIMITS = {"idle_limit_s": "idle", "disconnected_limit_s": "disconnected"}


def check(
    readings: Readings,
    *,
    idle_limit_minutes: int = 15,
    redirections_off: Sequence[str] = ("printer", "clipboard"),
) -> Iterator[Observation]:
    """`idle_limit_minutes`: the longest idle time; `redirections_off`: what must be off."""
    yield from unread(readings, "remote_desktop", CHECK, SETTINGS)
    for device, reading in readings.each("remote_desktop"):
        if reading is None:
            continue
        said = reading.of(RemoteDesktopPolicy)
        for unit in dict.fromkeys(one.subject_unit for one in said) or (None,):
            mine = effective([one for one in said if one.subject_unit == unit])
            place = f"{device.id}/{unit}" if unit else device.id
            measures: dict[str, Any] = {"limit_s": idle_limit_minutes * 60}
            if mine is not None:
                measures |= {
                    "idle_limit_s": mine.idle_limit_s,
                    "screen_lock_s": mine.screen_lock_s,
                    "unlimited": list(mine.unlimited),
                    "source": mine.source,
                }
            yield observed(
                CHECK,
                readings,
                device,
                reading,
                subject=f"{place}/remote desktop idle",
                about="idle",
                answer=_idle(mine, idle_limit_minutes * 60),
                measures=measures,
            )
            measures = {name: mine and getattr(mine, name) for name in REDIRECTIONS}
            yield observed(
                CHECK,
                readings,
                device,
                reading,
                subject=f"{place}/remote desktop redirection",
                about="redirection",
                answer=_redirection(mine, redirections_off),
                measures=measures,
            )


def effective(said: Sequence[RemoteDesktopPolicy]) -> RemoteDesktopPolicy | None:
    """The values in force, each from the first source that says it; None: nothing was read.

    `source` names the source of the idle limit. A limit that a source expressly switches off
    is said by that source, so a weaker source's limit does not come back.
    """
    # What a single user's policy or a group policy object says is not in force for everybody.
    held = [one for one in said if one.source in PRECEDENCE]
    ordered = sorted(held, key=lambda one: PRECEDENCE.index(one.source))
    if not ordered:
        return None
    found = replace(ordered[-1], unlimited=())
    for one in reversed(ordered):
        values: dict[str, Any] = {
            name: value
            for name in ("enabled", "nla_required", "screen_lock_s", *REDIRECTIONS)
            if (value := getattr(one, name)) is not None
        }
        off = set(found.unlimited)
        for name, word in LIMITS.items():
            if word in one.unlimited:
                values[name] = None
                off.add(word)
            elif getattr(one, name) is not None:
                values[name] = getattr(one, name)
                off.discard(word)
        if "idle" in one.unlimited or one.idle_limit_s is not None:
            values["source"] = one.source
        found = replace(found, **values, unlimited=tuple(sorted(off)))
    return found


Answer = tuple[Result, str, Text]
NOT_READ = Text("its settings were not read", "未讀得其設定")
OFF = Text("remote desktop is off", "遠端桌面未啟用")


def _idle(mine: RemoteDesktopPolicy | None, limit_s: int) -> Answer:
    if mine is None:
        return Result.not_assessed, "settings_unknown", NOT_READ
    if mine.enabled is False:
        return Result.satisfied, "switched_off", OFF
    said = [one for one in (mine.idle_limit_s, mine.screen_lock_s) if one is not None]
    if not said:
        never = "idle" in mine.unlimited
        words = (
            Text("idle sessions never end", "閒置連線不會中斷")
            if never
            else Text("no idle limit and no screen lock is set", "未設定閒置中斷或螢幕鎖定")
        )
        return Result.not_satisfied, "unlimited" if never else "no_limit", words
    shortest_s = min(said)
    words = Text(
        f"idle after {shortest_s / 60:g} min (at most {limit_s / 60:g})",
        f"閒置 {shortest_s / 60:g} 分鐘鎖定或中斷（上限 {limit_s / 60:g} 分鐘）",
    )
    if shortest_s > limit_s:
        return Result.not_satisfied, "limit_too_long", words
    return Result.satisfied, "limited", words


def _redirection(mine: RemoteDesktopPolicy | None, off: Sequence[str]) -> Answer:
    if mine is None:
        return Result.not_assessed, "settings_unknown", NOT_READ
    if mine.enabled is False:
        return Result.satisfied, "switched_off", OFF
    allowed = [REDIRECTIONS[name] for name in off if getattr(mine, name)]
    silent = [REDIRECTIONS[name] for name in off if getattr(mine, name) is None]
    if allowed:
        words = _listed(allowed, Text("redirection allowed: ", "允許重新導向："))
        return Result.not_satisfied, "redirection_allowed", words
    if silent:
        words = _listed(silent, Text("redirection not said: ", "重新導向設定不明："))
        return Result.not_assessed, "redirection_unknown", words
    return Result.satisfied, "redirection_off", Text("redirection is off", "重新導向已關閉")


def _listed(names: Sequence[Text], head: Text) -> Text:
    return Text(
        head.en + ", ".join(one.en for one in names), head.zh + "、".join(one.zh for one in names)
    )
