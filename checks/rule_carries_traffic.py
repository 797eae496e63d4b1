"""Does each firewall rule carry traffic? Proof of the contrary is claimed only outside stated gaps.

One observation a rule of an HA group: all its units together. Only `no_traffic_6m_proven` may
be called 六個月內無流量; history too short and not measurable are states of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import chain
from typing import Any

from checks._rule import MOST_NAMED, lets_in, not_understood
from evidence.clock import stamp
from evidence.device import Device
from evidence.logged import Logs, logs_of
from evidence.observation import Observation, Result
from evidence.reading import canonical
from evidence.readings import Readings
from evidence.rulebase import HeldRule, held_rules, unread
from evidence.text import Text
from evidence.usage import Assumption, Proofs, State, UnitHistory, UsageProof, prove

CHECK = "rule_carries_traffic"
RULES = Text("its rules and counters", "規則與計數器")
RESULTS = {
    State.has_traffic: Result.satisfied,
    State.proven: Result.not_satisfied,
    State.insufficient: Result.not_assessed,
    State.not_measurable: Result.not_assessed,
}


def check(
    readings: Readings,
    *,
    months: int = 6,
    largest_gap_h: int = 24,
    accept: Sequence[str] = (),
) -> Iterator[Observation]:
    """`largest_gap_h`: unseen hours in the window above which nothing is proven.

    `accept`: the assumptions, by name, that a proof may rest on; each is listed with it.
    """
    yield from unread(readings, "firewall", CHECK, RULES)
    rules: dict[str, list[HeldRule]] = {}
    for held in held_rules(readings):
        # A jump or a log decides nothing, and nobody wrote a default: neither is kept for use.
        if (held.rule.permits is not None and not held.rule.implicit) or lets_in(held):
            rules.setdefault(held.group, []).append(held)
    for group, held_here in rules.items():
        histories = _histories(readings, group)
        logs = logs_of(readings, group, [held.rule for held in held_here])
        proofs = prove(
            histories,
            readings.at,
            months=months,
            max_gap_s=largest_gap_h * 3600,
            accept=Assumption.named(accept),
            logged=logs.by_rule,
        )
        told = [proofs.get(held.rule.key) for held in held_here]
        spans = dict.fromkeys(proof.evidence for proof in told if proof)
        cited = tuple(dict.fromkeys(chain.from_iterable(spans)))
        history = _history(readings.at, held_here[0], histories, cited)
        yield history
        yield from _contradictions(readings.at, held_here, proofs, logs)
        for held, proof in zip(held_here, told, strict=True):
            yield _observed(held, proof, readings.at, history.measures["history_digest"])


def _histories(readings: Readings, group: str) -> list[UnitHistory]:
    """The counters of all units; a unit that was never read stands there without rows."""
    known = list(readings.usage(group))
    heard = {history.device for history in known}
    silent = [device for device in readings.groups()[group] if device.id not in heard]
    return known + [UnitHistory.of_snapshots((), one.id, one.id) for one in silent]


def _history(
    at: datetime, held: HeldRule, histories: Sequence[UnitHistory], cited: tuple[str, ...]
) -> Observation:
    """What the rules' observations rest on: hundreds of readings, listed here and not by each."""
    units = [history.unit for history in histories]
    digest = sha256(canonical(list(cited))).hexdigest()
    return Observation(
        check=CHECK,
        device=held.device.id,
        subject=f"{held.group}/counter history",
        result=Result.satisfied,
        state="history_cited",
        description=Text(
            f"the proofs cite {len(cited)} readings of {', '.join(units)}",
            f"無流量判斷引用 {'、'.join(units)} 之讀取紀錄 {len(cited)} 筆",
        ),
        at=at,
        evidence=cited,
        measures={"units": units, "readings": len(cited), "history_digest": digest},
        scope=_site(held.device),
    )


def _contradictions(
    at: datetime, held_here: Sequence[HeldRule], proofs: Proofs, logs: Logs
) -> Iterator[Observation]:
    """What delivered logs say of the group, where any was delivered.

    A log that shows traffic of a rule whose counters show none: one of the two is wrong.
    """
    if not logs.readings:
        return
    against = proofs.contradicted()
    titles = {held.rule.key: held.title for held in held_here}
    named = ", ".join(titles[key] for key in against[:MOST_NAMED] if key in titles)
    more = len(against) - MOST_NAMED
    rest = (f", +{more} more", f"，另 {more} 條") if more > 0 else ("", "")
    agrees = Text(
        f"{len(logs.readings)} delivered traffic logs speak of {len(logs.by_rule)} rules, and show "
        "no traffic that the counters exclude",
        f"已交付之流量紀錄 {len(logs.readings)} 份，涉及規則 {len(logs.by_rule)} 條，"
        "未顯示計數器所排除之流量",
    )
    differs = Text(
        f"a traffic log shows traffic of rules that the counters show none of: {named}{rest[0]}",
        f"流量紀錄顯示有流量，計數器卻顯示無流量：{named}{rest[1]}",
    )
    held = held_here[0]
    yield Observation(
        check=CHECK,
        device=held.device.id,
        subject=f"{held.group}/traffic logs",
        result=Result.not_satisfied if against else Result.satisfied,
        state="log_contradicts_counter" if against else "log_agrees",
        description=differs if against else agrees,
        at=at,
        evidence=tuple(one.digest for one in logs.readings),
        measures={"contradicted": against, "names_of_no_rule": list(logs.unknown[:MOST_NAMED])},
        scope=_site(held.device),
    )


def _observed(
    held: HeldRule, proof: UsageProof | None, at: datetime, history_digest: str
) -> Observation:
    """One rule's observation. A disabled rule lets nothing through, so the question is void."""
    measures: dict[str, Any] = {"rule": held.rule.key, "match_digest": held.rule.match_digest}
    if not held.rule.enabled:
        result, state = Result.not_applicable, "rule_disabled"
        said = Text("the rule is disabled", "規則已停用")
    elif proof is None:
        result, state = Result.not_assessed, State.not_measurable.value
        said = Text("no counter of it was read", "未讀得其計數")
    else:
        result, state, said = RESULTS[proof.state], str(proof.state), proof.reason
        measures |= {**_measures(proof), "history_digest": history_digest}
        if held.rule.not_understood and proof.state is not State.has_traffic:
            # A word nobody knows may say when it is in force, or what is counted.
            words = not_understood(held.rule.not_understood)
            result, state = Result.not_assessed, "not_understood"
            said = Text(f"{said.en}; {words.en}", f"{said.zh}；{words.zh}")
            measures |= {"provable_on": None, "not_understood": list(held.rule.not_understood)}
    return Observation(
        check=CHECK,
        device=held.device.id,
        subject=held.subject,
        result=result,
        state=state,
        description=Text(f"{held.title}: {said.en}", f"{held.title}：{said.zh}"),
        at=at,
        evidence=(held.evidence,),
        measures=measures,
        scope=held.scope,
    )


def _measures(proof: UsageProof) -> dict[str, Any]:
    day = proof.provable_on
    return {
        "window_start": stamp(proof.window_start),
        "window_end": stamp(proof.window_end),
        "blind_gap_s": proof.blind_gap_s,
        "last_traffic_at": _stamped(proof.last_traffic_at),
        "last_hit_at": _stamped(proof.last_hit_at),
        # Once it is proven there is nothing left to wait for.
        "provable_on": day.isoformat() if day and proof.state == State.insufficient else None,
        "proof": proof.record(),
    }


def _stamped(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


def _site(device: Device) -> tuple[str, ...]:
    return (f"site:{device.site}", "zone:?")
