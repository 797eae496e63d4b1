"""Are redirections between a remote desktop and the user's own computer off?

A value set by policy beats the listener's. What is merely ordered by a group policy object is
not shown to be in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks._desktop import SETTINGS, Answer, desktops
from checks._observed import observed
from evidence.facts import RemoteDesktopPolicy
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "remote_desktop_is_restricted"
REDIRECTIONS = {
    "printer": Text("local printer", "本機印表機"),
    "clipboard": Text("clipboard", "跨端剪貼資料"),
    "drive": Text("drives", "磁碟"),
    "com_port": Text("COM ports", "序列埠"),
    "lpt_port": Text("LPT ports", "平行埠"),
    "pnp_device": Text("plug-and-play devices", "隨插即用裝置"),
    "smart_card": Text("smart cards", "智慧卡"),
}
# Not judged here; beside the redirections for whoever reviews a host.
MEASURED = (
    *REDIRECTIONS,
    *("password_saving", "help_offered", "help_requested", "single_session"),
    *("temp_per_session", "temp_deleted"),
)


def check(
    readings: Readings, *, redirections_off: Sequence[str] = ("printer", "clipboard")
) -> Iterator[Observation]:
    """`redirections_off`: what must be off."""
    yield from unread(readings, "remote_desktop", CHECK, SETTINGS)
    for one in desktops(readings):
        yield observed(
            CHECK,
            readings,
            one.device,
            one.reading,
            subject=f"{one.place}/remote desktop redirection",
            about="redirection",
            answer=one.known or _redirection(one.mine, redirections_off),
            measures={name: one.mine and getattr(one.mine, name) for name in MEASURED},
        )


def _redirection(mine: RemoteDesktopPolicy | None, off: Sequence[str]) -> Answer:
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
