"""Wireless: each network as it is set beside what was heard of it, and who else is on the air."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evidence.control import Verdict
from evidence.observation import Observation
from evidence.text import Text, visible
from evidence.wireless import (
    CHECKS,
    Held,
    heard_networks,
    heard_of,
    held_networks,
    protection,
    served,
    standing,
    surveyed,
)
from report.codes import STATES, word
from report.month import Month
from report.section import Cell, Column, Kind, Row, Section, Table

UNTOLD = Text("not told", "未揭露")
ITSELF = Text("the device itself", "設備本身")
COLUMNS = (
    Column("ssid", Text("Network (SSID)", "網路名稱（SSID）"), 22),
    Column("device", Text("Device", "設備"), 16),
    Column("unit", Text("Part", "單元"), 14),
    Column("profile", Text("Profile", "設定檔"), 14),
    Column("standing", Text("Where it is on", "啟用與套用情形"), 30),
    Column("set", Text("Set", "設定"), 32),
    Column("air", Text("Heard on the air", "空中訊號"), 32),
    Column("users", Text("Users", "使用者識別"), 20),
    Column("verdict", Text("Verdict", "查核結果"), 12, Kind.verdict),
    Column("why", Text("Why", "說明"), 44),
)
OTHERS = (
    Column("bssid", Text("Address (BSSID)", "位址（BSSID）"), 20),
    Column("ssid", Text("Name it sends", "發送之名稱"), 24),
    Column("protection", Text("Protection", "安全設定"), 30),
    Column("signal", Text("Signal (dBm)", "訊號強度（dBm）"), 14, Kind.number),
    Column("heard_by", Text("Heard by", "偵測來源"), 18),
    Column("called", Text("Called by the controller", "控制器判定"), 18),
    Column("wire", Text("On our cables", "接於內部線路"), 14),
    Column("state", Text("What it is", "狀態"), 26),
    Column("verdict", Text("Verdict", "查核結果"), 12, Kind.verdict),
)


def section(month: Month) -> Section:
    title = Text("Wireless", "無線網路")
    networks = Table(
        id="wireless_networks",
        title=Text("Networks of ours", "自有無線網路"),
        columns=COLUMNS,
        rows=tuple(_networks(month)),
        empty=Text("no device is read for wireless networks", "無設備讀取無線網路"),
        pinned=1,
    )
    others = Table(
        id="wireless_others",
        title=Text("Access points that are not known as ours", "非自有之基地臺"),
        columns=OTHERS,
        rows=tuple(_others(month)),
        empty=Text(
            "none heard; without a capture or a controller's list that says nothing",
            "未偵測到；未取得擷取資料或控制器清單時不代表不存在",
        ),
        pinned=1,
    )
    return Section(id="wireless", title=title, tables=(networks, others))


def _networks(month: Month) -> Iterator[Row]:
    readings = month.assessed.readings
    said = _by_subject(month)
    captured = bool(surveyed(readings))
    for held in held_networks(readings):
        own = [one for subject in _subjects(held) for one in said.get(subject, ())]
        verdicts = {Verdict.of(one.result) for one in own}
        worst = month.assessed.policy.worst(verdicts) if verdicts else Verdict.not_assessed
        why = [one.description for one in own if Verdict.of(one.result) is worst]
        network = held.network
        yield {
            "ssid": held.name,
            "device": held.device.id,
            "unit": visible(network.subject_unit) if network.subject_unit else ITSELF,
            "profile": visible(network.profile) if network.profile else UNTOLD,
            "standing": standing(held),
            "set": protection(network),
            "air": _air(month, held, captured),
            "users": _users(held),
            "verdict": worst,
            "why": None if worst is Verdict.satisfied else _joined(why),
        }


def _subjects(held: Held) -> tuple[str, ...]:
    return (held.subject, f"{held.subject}/air")


def _by_subject(month: Month) -> dict[str, list[Observation]]:
    found: dict[str, list[Observation]] = {}
    for one in month.assessed.observations:
        # A clause's own settings stand behind the check's name.
        if one.check.startswith(CHECKS):
            found.setdefault(one.subject.partition("/supplier ")[0], []).append(one)
    return found


def _air(month: Month, held: Held, captured: bool) -> Cell:
    """What was heard of it, each protection once, with how many access points had it."""
    if not captured:
        return Text("not captured", "未擷取")
    counts: dict[Text, int] = {}
    for one in heard_of(month.assessed.readings, held):
        words = protection(one.seen)
        counts[words] = counts.get(words, 0) + 1
    if not counts:
        return Text("not heard", "未偵測到")
    return Text(
        "\n".join(f"{one.en} ({count} access points)" for one, count in counts.items()),
        "\n".join(f"{one.zh}（{count} 處）" for one, count in counts.items()),
    )


def _users(held: Held) -> Cell:
    akm = {one.removeprefix("ft-").split("-sha")[0] for one in held.network.akm}
    keys = held.network.user_keys
    if keys:
        return Text(f"{len(keys)} keys of single users", f"個別金鑰 {len(keys)} 組")
    if akm & {"psk", "sae", "sae-ext-key"}:
        shared = Text("one passphrase for all", "全體共用密碼")
        return shared if keys is not None else UNTOLD
    if any(one.startswith("802.1x") for one in akm):
        return Text("802.1X", "802.1X")
    return Text("anybody", "任何人") if akm & {"open", "none", "owe", "osen"} else UNTOLD


def _others(month: Month) -> Iterator[Row]:
    """What the check says of addresses that are not ours, and neighbours that were only heard."""
    readings = month.assessed.readings
    ours = served(readings)
    said = {
        str(one.measures.get("bssid")): one
        for one in month.assessed.observations
        if one.check.startswith("wireless_agrees_with_air") and one.subject.startswith("air/")
    }
    seen: set[str] = set()
    for heard in heard_networks(readings):
        one = heard.seen
        if one.bssid in ours or one.bssid in seen:
            continue
        seen.add(one.bssid)
        judged = said.get(one.bssid)
        yield {
            "bssid": one.bssid,
            "ssid": visible(one.ssid) if one.ssid else Text("hidden", "隱藏"),
            "protection": protection(one) if one.akm else UNTOLD,
            "signal": None if one.signal_dbm is None else round(one.signal_dbm),
            "heard_by": one.heard_by or heard.device.id,
            "called": one.classified_as or UNTOLD,
            "wire": _yes(one.on_wire),
            "state": word(STATES, judged.state) if judged else Text("a neighbour's", "鄰近基地臺"),
            "verdict": Verdict.of(judged.result) if judged else Verdict.not_applicable,
        }


def _yes(said: bool | None) -> Text:
    if said is None:
        return UNTOLD
    return Text("yes", "是") if said else Text("no", "否")


def _joined(texts: Sequence[Text]) -> Text | None:
    told = list(dict.fromkeys(texts))
    if not told:
        return None
    return Text("\n".join(one.en for one in told), "\n".join(one.zh for one in told))
