"""A proof retold in about ten lines, each a label and what it says, in both languages.

From the record as it is signed, so that an examiner reads the same lines from a pack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evidence.clock import parse_at
from evidence.text import Text
from evidence.usage.proof import State, Unseen
from evidence.usage.words import IN_SHORT, WHY, hours, minute

Line = tuple[Text, Text]

# How many gaps, resets or units are told one by one; the record has all.
_MOST = 3


def retold(proof: Mapping[str, Any]) -> list[Line]:
    """The lines of `UsageProof.record()`."""
    return [
        (Text("conclusion", "結論"), Text.of(proof["reason"])),
        (Text("window", "觀察期間"), _window(proof)),
        (Text("units", "執行設備"), _listed([_unit(one) for one in proof["units"]])),
        (Text("unseen", "未能觀察"), _gaps(proof)),
        (Text("resets", "計數歸零"), _listed([_reset(one) for one in proof["resets"]])),
        (Text("witness", "佐證"), _witness(proof)),
        (Text("assumed", "採信之假設"), _assumed(proof)),
        (Text("traffic", "流量"), _traffic(proof)),
        *((Text("traffic log", "流量紀錄"), said) for said in _logged(proof)),
        (Text("the rule", "規則內容"), _rule(proof)),
        (Text("rests on", "證據"), _evidence(proof)),
    ]


def _window(proof: Mapping[str, Any]) -> Text:
    span = _span(*proof["window"])
    return Text(f"{span}, as all times in Taipei", f"{span}（所有時間均為臺北時間）")


def _unit(unit: Mapping[str, Any]) -> Text:
    if unit["first_read_at"] is None:
        return Text(f"{unit['unit']}: never read", f"{unit['unit']}：未曾讀取")
    span = _span(unit["first_read_at"], unit["last_read_at"])
    return Text(
        f"{unit['unit']}: {unit['readings']} readings, {span}",
        f"{unit['unit']}：讀取 {unit['readings']} 次，{span}",
    )


def _gaps(proof: Mapping[str, Any]) -> Text:
    total, most = hours(proof["blind_gap_s"]), hours(proof["max_gap_s"])
    if not proof["gaps"]:
        return Text(f"nothing; {most} h would be allowed", f"無（上限 {most} 小時）")
    gaps = sorted(proof["gaps"], key=lambda one: -_length_s(one))
    listed = _listed([_gap(one) for one in gaps])
    return Text(
        f"{total} h of at most {most} h; {listed.en}", f"{total} 小時（上限 {most}）；{listed.zh}"
    )


def _gap(gap: Mapping[str, Any]) -> Text:
    why = WHY[Unseen(gap["why"])]
    span, length_h = _span(gap["from"], gap["to"]), hours(_length_s(gap))
    return Text(
        f"{gap['unit']} {span} ({length_h} h): {why.en}",
        f"{gap['unit']} {span}（{length_h} 小時）：{why.zh}",
    )


def _reset(reset: Mapping[str, Any]) -> Text:
    why = WHY[Unseen(reset["why"])]
    when = minute(parse_at(reset["at"])) if reset["at"] else _span(reset["after"], reset["by"])
    return Text(f"{reset['unit']} {when}: {why.en}", f"{reset['unit']} {when}：{why.zh}")


def _witness(proof: Mapping[str, Any]) -> Text:
    fewest = proof["weakest_witness"]
    if fewest is None and proof["state"] == State.proven:
        return Text(
            "no other counter: what the unit tells of itself and of this rule is enough",
            "未引用其他計數器：設備所示之狀態與時間已足",
        )
    if fewest is None:
        return Text("no other counter", "無其他計數器")
    return Text(
        f"other counters of its group did not fall; at least {fewest} hits stood in them",
        f"同組計數器未減少，其累計至少 {fewest} 次",
    )


def _assumed(proof: Mapping[str, Any]) -> Text:
    """In short: each is a sentence, which stands by this name in the record and the criteria."""
    said = [(IN_SHORT[name], name) for name in proof["assumptions"]]
    return Text(
        ", ".join(f"{short.en} ({name})" for short, name in said) or "nothing",
        "、".join(f"{short.zh}（{name}）" for short, name in said) or "無",
    )


def _traffic(proof: Mapping[str, Any]) -> Text:
    after, until, hit = (
        proof[name] and minute(parse_at(proof[name]))
        for name in ("traffic_after", "last_traffic_at", "last_hit_at")
    )
    device = Text(f"; the device says {hit}", f"；設備所示最後命中 {hit}") if hit else Text("", "")
    if until is None:
        return Text(f"none is known{device.en}", f"查無紀錄{device.zh}")
    since = Text(f"after {after} and ", f"{after} 之後、") if after else Text("", "")
    return Text(
        f"the latest {since.en}by {until}{device.en}",
        f"最近一次於 {since.zh}{until} 以前{device.zh}",
    )


def _logged(proof: Mapping[str, Any]) -> list[Text]:
    """What delivered logs say of the rule; nothing where they say nothing or none was delivered."""
    # Records of the first agents know of no logs.
    said = [
        Text(
            f"{one['entries']} entries, the last {minute(parse_at(one['last_at']))} "
            f"({one['form']}, reading {one['reading'][:12]})",
            f"{one['entries']} 筆，最近一筆 {minute(parse_at(one['last_at']))}"
            f"（{one['form']}，讀取紀錄 {one['reading'][:12]}）",
        )
        for one in proof.get("logged", ())
    ]
    return [_listed(said)] if said else []


def _rule(proof: Mapping[str, Any]) -> Text:
    since = proof["anchor_at"]
    stands = (
        Text(
            f"as it is since {minute(parse_at(since))}", f"現行內容自 {minute(parse_at(since))} 起"
        )
        if since
        else Text("as it is in all that is known", "現行內容於所有紀錄中一致")
    )
    before, disabled = len(proof["lineage"]), proof["enabled"] is False
    off = Text("; disabled", "；已停用") if disabled else Text("", "")
    changed = (
        Text(f", after {before} others", f"，先前另有 {before} 種內容") if before else Text("", "")
    )
    return Text(
        f"{stands.en}{changed.en}{off.en} ({proof['key']})",
        f"{stands.zh}{changed.zh}{off.zh}（{proof['key']}）",
    )


def _evidence(proof: Mapping[str, Any]) -> Text:
    count, day = proof["readings"], proof["provable_on"]
    ready = proof["state"] != "insufficient_history" or day is None
    later = Text("", "") if ready else Text(f"; provable on {day}", f"；可證明日 {day}")
    return Text(f"{count} signed readings{later.en}", f"已簽章之讀取紀錄 {count} 筆{later.zh}")


def _listed(texts: Sequence[Text]) -> Text:
    if not texts:
        return Text("none", "無")
    more = len(texts) - _MOST
    shown = texts[:_MOST]
    rest = Text(f"; +{more} more", f"；另 {more} 項") if more > 0 else Text("", "")
    return Text(
        "; ".join(one.en for one in shown) + rest.en, "；".join(one.zh for one in shown) + rest.zh
    )


def _span(from_at: str, to_at: str) -> str:
    return f"{minute(parse_at(from_at))} ~ {minute(parse_at(to_at))}"


def _length_s(gap: Mapping[str, Any]) -> float:
    return (parse_at(gap["to"]) - parse_at(gap["from"])).total_seconds()
