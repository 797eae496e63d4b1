"""Is every passphrase of a wireless network its own, and was it changed in time?

Nobody here knows a passphrase: its keyed digest stands for it, and the same passphrase has the
same digest. Whoever has left still knows one that was never changed; one that is used for two
networks opens both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from checks._wireless import Answer, network_observed
from evidence.clock import taipei_day, window_start
from evidence.facts import WirelessNetwork
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.text import Text
from evidence.wireless import Held, held_networks

CHECK = "wireless_key_is_changed"


def check(
    readings: Readings, *, months: int = 12, guest_ssids: Sequence[str] = ()
) -> Iterator[Observation]:
    """`months`: how long a passphrase may stay. Networks without a digest are not asked about."""
    users: dict[str, list[Held]] = defaultdict(list)
    for held in held_networks(readings):
        if held.network.passphrase_digest:
            users[held.network.passphrase_digest].append(held)
    for digest, same in users.items():
        for held in same:
            if held.on_air:
                yield network_observed(
                    CHECK,
                    readings,
                    held,
                    _answer(readings, held, digest, same, months),
                    about="guest" if held.is_guest(guest_ssids) else "staff",
                    measures={"ssid": held.network.ssid},
                )


def _answer(
    readings: Readings, held: Held, digest: str, same: Sequence[Held], months: int
) -> Answer:
    others = sorted({one.name for one in same if one.network.ssid != held.network.ssid})
    if others:
        names = ", ".join(others)
        words = Text(f"the same passphrase as {names}", f"與 {names} 使用相同密碼")
        evidence = tuple(dict.fromkeys(one.reading.digest for one in same))
        return Answer(Result.not_satisfied, "shared_between_networks", words, evidence)
    start = window_start(readings.at, months)
    before = readings.before(held.device.id, "wireless", start)
    then = {
        one.passphrase_digest
        for one in (before.of(WirelessNetwork) if before else ())
        if _same_network(one, held.network) and one.passphrase_digest
    }
    # Another key of the site makes another digest of the same passphrase.
    kind = digest.rpartition(":")[0]
    if before is None or not then or any(not one.startswith(f"{kind}:") for one in then):
        words = Text(
            f"no reading from {months} months ago to compare with",
            f"無 {months} 個月前之讀取資料可供比對",
        )
        return Answer(Result.not_assessed, "history_too_short", words)
    day = taipei_day(before.at)
    if digest in then:
        words = Text(f"the same passphrase as on {day}", f"密碼自 {day} 起未變更")
        return Answer(Result.not_satisfied, "unchanged", words, (before.digest,))
    words = Text(f"changed since {day}", f"密碼於 {day} 後已變更")
    return Answer(Result.satisfied, "changed", words, (before.digest,))


def _same_network(one: WirelessNetwork, other: WirelessNetwork) -> bool:
    said = ("subject_unit", "ssid", "profile")
    return all(getattr(one, name) == getattr(other, name) for name in said)
