"""Are the hours limited in which somebody may connect from outside (連線時段限制)?

Hours are set in the directory (each account's logon hours) or at the gateway. Neither is read,
so this says so of every remote desktop that is on, and a person attaches the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks._desktop import OFF, SETTINGS, desktops
from checks._observed import observed
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "remote_hours_are_limited"
NOT_READ = (
    Result.not_assessed,
    "hours_not_read",
    Text(
        "connection hours stand in the directory, which is not read: attach them by hand",
        "連線時段設定於目錄服務，系統未讀取，請人工檢附",
    ),
)


def check(readings: Readings) -> Iterator[Observation]:
    """One observation a remote desktop; one that is off needs no hours."""
    yield from unread(readings, "remote_desktop", CHECK, SETTINGS)
    for one in desktops(readings):
        off = one.mine is not None and one.mine.enabled is False
        yield observed(
            CHECK,
            readings,
            one.device,
            one.reading,
            subject=f"{one.place}/remote desktop hours",
            about="hours",
            answer=OFF if off else NOT_READ,
            measures={},
        )
