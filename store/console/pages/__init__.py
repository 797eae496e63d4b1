"""The pages, by what they are about. Each is a function of the console and the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import HTMLResponse, Response

from evidence.clock import month_bounds, roc, taipei_day
from evidence.control import Verdict
from evidence.text import Text
from store.console.guard import PROVEN_FOR, Call, Console
from store.month import look
from store.people.accounts import Known
from store.problems import Refused
from store.said.signing import MonthState, Standing

_ASKED = Text(
    "Signed; somebody asks to open it again, and a second person has to agree.",
    "已簽核；有人申請重新開啟，下一步：第二人核准。",
)
_WRONG = Text("Password or code is wrong.", "密碼或驗證碼錯誤；驗證碼每組僅能使用一次。")
_NEXT = {
    Standing.open: Text("An engineer prepares it next.", "下一步：工程人員編製。"),
    Standing.prepared: Text("A supervisor reviews it next.", "已編製，下一步：權責主管覆核。"),
    Standing.signed: Text("Signed; nothing is left to do.", "已簽核，可產製月份查核包。"),
    Standing.stale: Text(
        "Evidence came after it was signed: prepare it again.",
        "佐證異動，下一步：工程人員重新編製，再由權責主管覆核。",
    ),
}


def shown(console: Console, call: Call, template: str, **values: Any) -> Response:
    """A page as an answer."""
    return HTMLResponse(console.html.page(template, call.login, at=call.at, **values))


_FORBIDDEN_NEXT = ("//", "/\\", "/login", "/logout")


def next_page(wanted: str) -> str:
    """Where to go after the log-in: a page of this store, whatever was sent."""
    if not wanted.startswith("/") or wanted.startswith(_FORBIDDEN_NEXT) or not wanted.isprintable():
        return "/"
    return wanted


def in_order(counts: Any) -> list[tuple[str, int]]:
    """Counts by verdict in the order in which verdicts are told."""
    return [(one.value, counts[one.value]) for one in Verdict if counts.get(one.value)]


def today(console: Console) -> str:
    return taipei_day(console.clock()).isoformat()


def number(call: Call, name: str) -> int:
    """A number of the address that counts rows; 0 where it is none."""
    said = call.asked(name)
    return int(said) if said.isascii() and said.isdigit() and len(said) < 9 else 0


def month_of(console: Console, call: Call) -> dict[str, Any]:
    """What every page of a month shows: the month, its sites, where it stands.

    Raises Refused `not_found` for a month that was not judged.
    """
    agent, period = call.path["agent"], call.path["period"]
    with console.custody.database.reading() as rows:
        found = look.one_month(rows, agent, period)
    if found is None:
        raise Refused(f"no month {period}", code="not_found")
    if found.problem is not None:
        raise Refused(found.problem, code="month_unfolded")
    standing = console.signing.state(agent, period)
    return {
        "agent": agent,
        "period": period,
        "month": found,
        "sites": sorted(console.sites_of(agent)),
        "standing": standing,
        "open": is_open(standing),
        "today": today(console),
    }


def deputised_by(console: Console, call: Call) -> list[Known]:
    """Those in whose place whoever looks may sign today."""
    return console.people.deputised_by(call.login.known.account, taipei_day(console.clock()))


def asked_by(call: Call, state: MonthState) -> bool:
    """Whether it was the person who looks that asked for the month to be opened again."""
    return state.asked is not None and (state.asked.step.person.account == call.login.known.account)


def next_step(console: Console, values: Mapping[str, Any]) -> Text:
    """Which step of four eyes comes next."""
    standing: Standing = values["standing"].standing
    if standing is Standing.signed and values["standing"].asked is not None:
        return _ASKED
    if standing is not Standing.open:
        return _NEXT[standing]
    ends = month_bounds(values["period"])[1]
    if console.clock() >= ends:
        return _NEXT[standing]
    first = taipei_day(ends)
    return Text(
        f"The month is not over; it can be prepared from {first} on.",
        f"本月尚未結束，{first}（{roc(first)}）起可編製。",
    )


def is_open(standing: MonthState) -> bool:
    """Whether people may answer: not once it is signed, until it is opened again or stale."""
    return standing.standing is not Standing.signed


def proven(console: Console, call: Call) -> str:
    """How the person was known just now. Raises Refused `reauth_required`."""
    known = call.login.known
    if call.login.way == "password":
        try:
            again, proof = console.people.admit(
                known.account, call.form.get("password"), call.form.get("code"), call.address
            )
        except Refused as error:
            code = "login_delayed" if error.code == "login_delayed" else "reauth_required"
            raise Refused("password or code is wrong", code=code, said=_WRONG) from None
        if again.account != known.account:
            raise Refused("somebody else's password", code="reauth_required")
        console.sessions.prove(call.login.token_digest, proof)
        return proof
    if call.login.way == "ldaps":
        return _vouched_again(console, call)
    again_at = call.login.again_at
    if again_at is None or console.clock() - again_at > PROVEN_FOR:
        raise Refused("prove who you are again", code="reauth_required")
    return call.login.proof


def _vouched_again(console: Console, call: Call) -> str:
    """A fresh bind at the directory, as the person of this session and nobody else."""
    login = call.login
    try:
        vouched = console.vouched(login.login_name or "", call.form.get("password"), call.address)
    except Refused as error:
        known = ("login_delayed", "directory_away")
        if error.code in ("account_disabled", "account_locked", "password_expired"):
            console.sessions.end_vouched(login.known.identity or "")
        elif error.code not in known:
            raise Refused(
                "password or code is wrong", code="reauth_required", said=_WRONG
            ) from None
        raise
    if vouched.identity != login.known.identity:
        raise Refused("somebody else's password", code="reauth_required")
    console.members.admit(vouched, call.address)
    console.sessions.prove(login.token_digest, "ldaps")
    return "ldaps"
