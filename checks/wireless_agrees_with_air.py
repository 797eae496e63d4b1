"""Does what is heard on the air agree with what is configured?

Three questions. Is each of our networks on the air as it is set? Do only our access points send
its name? Is any of the access points that controllers call foreign on our own cables? What each
answer is worth is a company criterion (公司判定準則). Silence proves nothing: a network that was
not heard is told as just that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from checks.wireless_is_strong import TRAITS, WORTH, traits
from evidence.facts import AirObservation
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text, skeleton, visible
from evidence.wireless import (
    WIRELESS,
    Heard,
    Held,
    access_points_told,
    heard_networks,
    heard_of,
    held_networks,
    served,
    surveyed,
)

CHECK = "wireless_agrees_with_air"
AIR_WORTH: Mapping[str, str] = {
    "air_agrees": "satisfied",
    "weaker": "not_satisfied",
    "differs": "partly_satisfied",
    "not_heard": "not_applicable",
    "not_told": "not_assessed",
    "no_capture": "not_assessed",
    "known_access_points": "satisfied",
    "unknown_access_point": "not_satisfied",
    "access_points_not_told": "not_assessed",
    "rogue_on_wire": "not_satisfied",
    "rogue": "partly_satisfied",
    "imitated": "partly_satisfied",
}
ROGUE_WORDS = (
    *("rogue", "malicious", "suspected-rogue", "contained", "ssid-spoofing", "mac-spoofing"),
)
ACCEPTED_WORDS = ("accepted", "friendly", "managed", "known", "ignored", "valid")
_PMF = ("disabled", "optional", "required")
_PMF_ZH = ("停用", "選用", "必要")
MOST_NAMED = 5


class Answer(NamedTuple):
    state: str
    said: Text
    evidence: tuple[str, ...] = ()


def check(
    readings: Readings,
    *,
    air_worth: Mapping[str, str] = AIR_WORTH,
    our_ssids: Sequence[str] = (),
    accepted_bssids: Sequence[str] = (),
    rogue_words: Sequence[str] = ROGUE_WORDS,
    accepted_words: Sequence[str] = ACCEPTED_WORDS,
) -> Iterator[Observation]:
    """`our_ssids`: names of ours beside those configured on devices that are read.
    `accepted_bssids`: addresses, or beginnings of them, of access points that are known.
    `rogue_words`: what controllers call an access point that has no business here;
    `accepted_words`: what they call one that somebody accepted."""
    yield from unread(readings, "wireless", CHECK, WIRELESS)
    worth = {**AIR_WORTH, **air_worth}
    networks = [one for one in held_networks(readings) if one.on_air]
    air = heard_networks(readings)
    for held in networks:
        yield _observed(readings, held, _compared(readings, held), worth)
    accepted = tuple(one.casefold() for one in accepted_bssids)
    foreign = [
        one
        for one in air
        if not (accepted and one.seen.bssid.startswith(accepted))
        and one.seen.classified_as not in accepted_words
    ]
    names = {one.network.ssid for one in networks if one.network.ssid} | set(our_ssids)
    for name in sorted(names):
        yield from _senders(readings, name, air, foreign, worth)
    for heard in foreign:
        yield from _others(readings, heard, names, rogue_words, worth)


def _compared(readings: Readings, held: Held) -> Answer:
    """One network of ours beside what was heard of it."""
    if not surveyed(readings):
        return Answer("no_capture", Text("the air was not captured", "未取得無線訊號擷取資料"))
    same = heard_of(readings, held)
    if not same:
        return Answer("not_heard", Text("not heard in any capture", "擷取資料中未見此網路"))
    evidence = tuple(dict.fromkeys(one.reading.digest for one in same))
    told = [one.seen for one in same if one.seen.akm]
    if not told:
        words = Text("heard, its protection not told", "已偵測到，惟安全設定不明")
        return Answer("not_told", words, evidence)
    weaker = {words.en: words for one in told for words in _weaker(held, one)}
    other = [one for one in told if _offered(one) - _offered_by(held)]
    if weaker:
        said = list(weaker.values())
        words = Text(
            f"weaker on the air than set: {'; '.join(one.en for one in said)}",
            f"空中訊號較設定為弱：{'；'.join(one.zh for one in said)}",
        )
        return Answer("weaker", words, evidence)
    if other:
        more = sorted(set().union(*map(_offered, other)) - _offered_by(held))
        words = Text(
            f"on the air otherwise than set: {', '.join(more)}",
            f"空中訊號與設定不同：{'、'.join(more)}",
        )
        return Answer("differs", words, evidence)
    words = Text(
        f"on the air as set, from {len(told)} access points heard",
        f"空中訊號與設定一致（{len(told)} 處）",
    )
    return Answer("air_agrees", words, evidence)


def _weaker(held: Held, seen: AirObservation) -> Iterator[Text]:
    """What is announced, is not set, and fails a network wherever it is found."""
    set_traits, network = set(traits(held.network)), held.network
    for name in traits(seen):
        if name not in set_traits and WORTH[name] == "not_satisfied":
            yield TRAITS[name]
    pmf = (seen.pmf, network.pmf)
    if None not in pmf and _PMF.index(str(seen.pmf)) < _PMF.index(str(network.pmf)):
        heard, told = (_PMF_ZH[_PMF.index(str(one))] for one in pmf)
        yield Text(
            f"frame protection {seen.pmf}, set to {network.pmf}",
            f"管理訊框保護{heard}，設定為{told}",
        )


def _offered(seen: AirObservation) -> set[str]:
    """Ways in and ciphers on the air. A radio may offer fewer of them than are set: on 6 GHz
    only WPA3's."""
    return {*seen.akm, *seen.pairwise} - {"none"}


def _offered_by(held: Held) -> set[str]:
    network = held.network
    # Ciphers that a device does not tell are not compared, but TKIP is never among them.
    ciphers = {*network.pairwise} or {"ccmp", "gcmp", "ccmp-256", "gcmp-256"}
    more = (
        {f"ft-{one}" for one in network.akm} if "cisco" in (held.device.platform or "") else set()
    )
    return {*network.akm, *ciphers, *more}


def _senders(
    readings: Readings,
    name: str,
    air: Sequence[Heard],
    foreign: Sequence[Heard],
    worth: Mapping[str, str],
) -> Iterator[Observation]:
    """Whether every access point that sends a name of ours is one that a device of ours lists."""
    ours = served(readings)
    sending = [one for one in air if one.seen.ssid == name]
    if not sending:
        return
    listed = access_points_told(readings, name)
    unknown: dict[str, Heard] = {}
    for one in foreign:
        if one.seen.ssid == name and one.seen.bssid not in ours:
            unknown.setdefault(one.seen.bssid, one)
    if unknown and not listed:
        words = Text(
            f"{len(unknown)} access points send {visible(name)}; not every device tells which are "
            "its own",
            f"{len(unknown)} 處基地臺發送 {visible(name)}，部分設備未揭露何者為自有",
        )
        yield _of_air(
            readings,
            next(iter(unknown.values())),
            f"air/{visible(name)}/access points",
            Answer("access_points_not_told", words, _digests(unknown.values())),
            worth,
        )
        return
    for bssid, one in sorted(unknown.items()):
        weak = "、".join(TRAITS[word].zh for word in traits(one.seen)) if one.seen.akm else "不明"
        weak_en = ", ".join(TRAITS[word].en for word in traits(one.seen)) if one.seen.akm else "?"
        words = Text(
            f"{bssid} sends {visible(name)} and is no access point of ours ({weak_en})"
            + (", and is on our own cables" if one.seen.on_wire else ""),
            f"{bssid} 發送 {visible(name)}，非自有基地臺（{weak}）"
            + ("，且接於內部線路" if one.seen.on_wire else ""),
        )
        answer = Answer("unknown_access_point", words, (one.reading.digest,))
        yield _of_air(readings, one, f"air/{visible(name)}/{bssid}", answer, worth)
    if not unknown:
        words = Text(
            f"{visible(name)} is sent by {len({one.seen.bssid for one in sending})} access points, "
            "all of them known",
            f"{visible(name)} 由 {len({one.seen.bssid for one in sending})} 處基地臺發送，皆為自有",
        )
        answer = Answer("known_access_points", words, _digests(sending))
        yield _of_air(readings, sending[0], f"air/{visible(name)}/access points", answer, worth)


def _others(
    readings: Readings,
    heard: Heard,
    names: set[str],
    rogue_words: Sequence[str],
    worth: Mapping[str, str],
) -> Iterator[Observation]:
    """An access point that a controller calls foreign, or whose name looks like one of ours."""
    seen = heard.seen
    called = f"{seen.bssid} ({visible(seen.ssid or '') or '?'})"
    subject = f"air/{visible(seen.ssid or 'hidden')}/{seen.bssid}"
    evidence = (heard.reading.digest,)
    if seen.ssid in names:
        return
    if seen.on_wire:
        words = Text(
            f"{called} is foreign and on our own cables", f"{called} 非自有基地臺，且接於內部線路"
        )
        yield _of_air(readings, heard, subject, Answer("rogue_on_wire", words, evidence), worth)
    elif seen.classified_as in rogue_words:
        words = Text(
            f"{called} is called {seen.classified_as}",
            f"{called} 經控制器判定為 {seen.classified_as}",
        )
        yield _of_air(readings, heard, subject, Answer("rogue", words, evidence), worth)
    elif seen.ssid and (like := _imitated(seen.ssid, names)):
        words = Text(f"{called} looks like {visible(like)}", f"{called} 名稱近似 {visible(like)}")
        yield _of_air(readings, heard, subject, Answer("imitated", words, evidence), worth)


def _imitated(name: str, names: Iterable[str]) -> str | None:
    """The name of ours that this one looks like; turned writing looks like its reverse."""
    looks = skeleton(name)
    turned = looks[::-1] if re.search("[\u202e\u2067]", name) else looks
    return next((one for one in sorted(names) if looks and skeleton(one) in (looks, turned)), None)


def _digests(heard: Iterable[Heard]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.reading.digest for one in heard))


def _observed(
    readings: Readings, held: Held, answer: Answer, worth: Mapping[str, str]
) -> Observation:
    network, device = held.network, held.device
    return Observation(
        check=CHECK,
        device=device.id,
        subject=f"{held.subject}/air",
        result=Result(worth[answer.state]),
        state=answer.state,
        description=Text(
            f"{held.name} on {device.id}: {answer.said.en}",
            f"{device.id} 之 {held.name}：{answer.said.zh}",
        ),
        at=readings.at,
        evidence=tuple(dict.fromkeys((held.reading.digest, *answer.evidence))),
        measures={"ssid": network.ssid, "akm": list(network.akm), "pmf": network.pmf},
        scope=(f"site:{device.site}", "about:air"),
    )


def _of_air(
    readings: Readings,
    heard: Heard,
    subject: str,
    answer: Answer,
    worth: Mapping[str, str],
) -> Observation:
    seen, device = heard.seen, heard.device
    return Observation(
        check=CHECK,
        device=device.id,
        subject=subject,
        result=Result(worth[answer.state]),
        state=answer.state,
        description=answer.said,
        at=readings.at,
        evidence=answer.evidence,
        measures={
            "ssid": seen.ssid,
            "bssid": seen.bssid,
            "heard_by": seen.heard_by or heard.device.id,
            "signal_dbm": seen.signal_dbm,
            "classified_as": seen.classified_as,
            "on_wire": seen.on_wire,
        },
        scope=(f"site:{heard.device.site}", "about:air"),
    )
