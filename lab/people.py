"""The demo's people: one of each role, and what they have already done about the month before."""

from __future__ import annotations

from collections.abc import Mapping

from evidence.sign_off import Step
from store.console.guard import Console
from store.month import rules
from store.month.rules import Which
from store.people.roles import EVERYWHERE, Role
from store.said.answering import decide_rules, record_review
from store.said.keep import Actor
from store.said.signing import evidence_set

PASSWORD = "loopback-only"
PEOPLE: Mapping[str, tuple[str, Role]] = {
    "engineer": ("王工程", Role.engineer),
    "supervisor": ("林主管", Role.supervisor),
    "auditor": ("陳稽核", Role.auditor),
    "administrator": ("系統管理", Role.administrator),
}
_REVIEWED = "CC-17010.b.f"


def add_people(console: Console) -> None:
    """An account of each role, without one-time codes: for a demonstration on loopback only."""
    for account, (name, role) in PEOPLE.items():
        console.people.add(account, name, PASSWORD, "host:demo", with_code=False)
        console.people.grant(account, EVERYWHERE, role, "host:demo")


def work_on(console: Console, agent: str, period: str | None) -> None:
    """Answer, prepare and review a month, as the demo's people would; None: there is none."""
    console.custody.index.catch_up()
    if period is None:
        return
    engineer, supervisor = (_actor(console, name) for name in ("engineer", "supervisor"))
    with console.custody.database.reading() as rows:
        control = rules.review_control(rows, agent, period)
        waiting = Which(state="undecided")
        chosen = [] if control is None else rules.every(rows, agent, period, control, waiting)
    if chosen:
        decide_rules(
            console.desk,
            console.signing,
            engineer,
            agent,
            period,
            chosen,
            decision="keep",
            reason="示範：業務仍需使用，已逐條檢視",
            until="",
        )
    record_review(
        console.desk,
        console.signing,
        engineer,
        agent,
        period,
        _REVIEWED,
        ["dmz_review"],
        activity="dmz_review",
        done_on=f"{period}-20",
        reason="示範：檢視紀錄 115-防-007",
    )
    _sign(console, engineer, agent, period, Step.prepared, "示範：其餘缺失依計畫改善中")
    _sign(console, supervisor, agent, period, Step.reviewed, "示範：同意")


def _sign(
    console: Console, actor: Actor, agent: str, period: str, step: Step, comment: str
) -> None:
    with console.custody.database.reading() as rows:
        root = evidence_set(rows, agent, period).members_root
    console.signing.take(actor, agent, period, step, comment, seen_root=root)


def _actor(console: Console, account: str) -> Actor:
    known = console.people.known(account)
    if known is None:
        raise LookupError(account)
    return Actor(known=known, address="127.0.0.1", proof="demo")
