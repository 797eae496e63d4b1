"""Pages from templates: everything is escaped, nothing comes from elsewhere.

Whatever a device said is text, with control and direction characters written out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from evidence.answers import called
from evidence.clock import TAIPEI, parse_at, roc, taipei_day
from evidence.control import Answer, Verdict
from evidence.reading import Failure
from evidence.text import Text
from report.check_words import check_words
from report.codes import BINDS, STATES, SUBJECTS, ZONES, failure_texts, spoken, word
from report.section import printed
from report.sections.index import SOURCES
from store.alarms import Standing
from store.people.audit import ACTIONS
from store.people.roles import May, allowed
from store.people.sessions import Login
from store.problems import PROBLEMS

# Below this some writes fail already: a fold of a month, a file somebody gives.
ROOM_BYTES = 16 * 1024 * 1024
_KINDS = {
    "collection": Text("collection", "採集"),
    "run": Text("run", "採集作業"),
    "assessment": Text("assessment", "評估"),
    "answers": Text("answers", "人員答覆"),
    "sign_off": Text("sign-off", "簽核"),
}
# How somebody proved who they are.
_PROOFS = {
    "password": Text("password", "密碼"),
    "demo": Text("the demonstration", "示範"),
    "password+totp": Text("password and one-time code", "密碼與驗證碼"),
    "oidc": Text("identity provider", "身分提供者"),
    "oidc+again": Text("identity provider, anew", "身分提供者（重新驗證）"),
    "ldaps": Text("directory", "目錄服務"),
}
_WHOLE = 24
_FOLDER = Path(__file__).parent / "templates"
MARKS = {
    Verdict.satisfied: "✓",
    Verdict.partly: "◐",
    Verdict.not_satisfied: "✕",
    Verdict.not_assessed: "?",
    Verdict.not_applicable: "-",
    Verdict.awaiting_evidence: "…",
    Verdict.undetermined: "·",
}


class Html:
    """The templates, with the words and forms that every page uses. `free_bytes`: how much room the
    store has, for the word on every page that nothing can be entered; `alarms`: what stands wrong
    with it, for a word on every page of who is logged in; `names`: people by account."""

    def __init__(
        self,
        free_bytes: Callable[[], int],
        alarms: Callable[[], Sequence[Standing]],
        names: Callable[[], Mapping[str, str]],
    ) -> None:
        self._free_bytes = free_bytes
        self._alarms = alarms
        self._names = names
        self._made = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._made.filters |= {
            "safe_text": safe_text,
            "measured": measured,
            "day": day,
            "moment": moment,
            "minute": minute,
            "url": lambda part: quote(str(part), safe=""),
            "query": query,
            "words": words,
            "text": text,
            "verdict": verdict_text,
            "mark": mark,
            "state": state,
            "binds": binds,
            "subject": subject,
            "check": check,
            "failure": failure,
            "name": name,
            "reason": reason,
            "about": about,
            "why": why,
            "kind": kind,
            "zone": zone,
            "source": source,
            "action": action,
            "outcome": outcome,
            "proof": proof,
            "acted_on": acted_on,
            "truncate": shortened,
            "requester": requester,
            "person": person,
            # A name stays whole where it is one of the usual length; a longer one may break.
            "fits": lambda name: "nowrap" if len(name) <= _WHOLE else "break",
            "record": json.loads,
            "taipei_day": lambda at: taipei_day(parse_at(at)),
            "short": lambda digest: str(digest)[:12],
        }
        self._made.globals |= {"t": translated, "Verdict": Verdict, "May": May}

    def path(self, *parts: object) -> str:
        """An address: the first part as it is, the others escaped."""
        first, *rest = map(str, parts)
        return "/".join([first, *(quote(part, safe="") for part in rest)])

    def query(self, values: Mapping[str, Any]) -> str:
        return query(values)

    def page(self, template: str, login: Login | None, *, at: str = "/", **values: Any) -> str:
        """A page as HTML. `login` None: nobody is logged in, and Chinese is spoken. `at`: where it
        is seen again in another language."""
        language = "zh-TW" if login is None else login.known.language
        return self._made.get_template(template).render(
            login=login,
            at=at,
            language=language,
            may=_may(login),
            read_only=self._free_bytes() < ROOM_BYTES,
            alarms=[] if login is None else self._alarms(),
            names=cache(self._names),
            **values,
        )


def _may(login: Login | None) -> Any:
    """may(what, sites): for showing or leaving out a button. The guard decides by itself."""
    grants = () if login is None else login.known.grants

    def may(what: str, sites: Iterable[str] | None = None) -> bool:
        return allowed(grants, May(what), None if sites is None else frozenset(sites))

    return may


@pass_context
def translated(context: Context, zh: str, en: str) -> str:
    return en if context.get("language") == "en" else zh


@pass_context
def words(context: Context, record: Mapping[str, str] | Text | str | None) -> str:
    """A text in two languages, in the reader's; a plain string as it is."""
    if record is None:
        return ""
    if isinstance(record, str):
        return safe_text(record)
    if isinstance(record, Text):
        record = record.record()
    return safe_text(record["en"] if context.get("language") == "en" else spoken(record["zh"]))


text = words


@pass_context
def verdict_text(context: Context, value: str) -> str:
    return words(context, Verdict(value).text)


def mark(value: str) -> str:
    """One character for a verdict: colour is never all that tells it."""
    return MARKS[Verdict(value)]


@pass_context
def state(context: Context, code: str | None) -> str:
    return "" if code is None else words(context, STATES.get(code, Text(code, code)))


@pass_context
def binds(context: Context, answer: str) -> str:
    """Whether a clause binds the broker."""
    return words(context, BINDS[Answer(answer)])


@pass_context
def subject(context: Context, code: str) -> str:
    return words(context, SUBJECTS.get(code, Text(code, code)))


@pass_context
def check(context: Context, key: str) -> str:
    """What a check asks, in words."""
    return words(context, check_words(key))


@pass_context
def failure(context: Context, code: str, message: str = "") -> str:
    """What a failure's code means, in words."""
    said, _ = failure_texts(Failure(code, message or code))
    return words(context, said)


@pass_context
def name(context: Context, finding: Any) -> str:
    """What a finding is about: a rule by its name, anything else by what was checked of it; which
    thing it is, its reason says."""
    if finding.rule:
        return safe_text(finding.rule)
    return words(context, check_words(finding.checked.partition(" ")[0]))


@pass_context
def reason(context: Context, finding: Any) -> str:
    """Why a finding is what it is."""
    return about(context, json.loads(finding.record)["reason"], finding)


@pass_context
def about(context: Context, record: Mapping[str, str], finding: Any) -> str:
    """What is said of what a finding is about, a rule called by its name alone."""
    said = words(context, record)
    if not finding.rule:
        return said
    called = safe_text(finding.rule)
    return said.replace(f"{safe_text(finding.subject)} ({called})", called)


@pass_context
def person(context: Context, account: str) -> str:
    """Somebody by name and account; whom the store does not know, as the record has it."""
    return safe_text(called(account, context["names"]().get(account), context["language"]))


def _by_word(of: dict[str, Text]) -> Callable[[Context, str], str]:
    """The word for a code; a code nobody gave one stands as it is."""

    @pass_context
    def spelled(context: Context, code: str) -> str:
        return words(context, word(of, code))

    return spelled


# Of a signed statement; of the company's map, which may have names of its own; of where an answer
# came from; of what somebody did, and of why what they tried was not done.
kind, zone, source, action = map(_by_word, (_KINDS, ZONES, SOURCES, ACTIONS))
proof, requester = _by_word(_PROOFS), _by_word({"schedule": Text("schedule", "排程")})
outcome = _by_word({code: problem.title for code, problem in PROBLEMS.items()})


@pass_context
def acted_on(context: Context, event: Any) -> str:
    """What an event of the trail is about; how somebody logged in, and which step, in words."""
    about: str = event.object
    first, _, rest = about.partition(" ")
    if event.action == "login":
        return words(context, word(_PROOFS, about))
    if first in ACTIONS:
        return f"{words(context, ACTIONS[first])} {safe_text(rest)}"
    if first.isdigit() and rest.startswith("about "):
        many = translated(context, "（%s 項）", " (%s answers)") % first
        return safe_text(rest.removeprefix("about ")) + many
    return safe_text(about)


@pass_context
def why(context: Context, clause: Mapping[str, Any]) -> str:
    """Why a clause is what it is, without what its activities tell in columns of their own."""
    said, colon = words(context, clause["reason"]), translated(context, "：", ": ")
    left = said
    for clock in clause["clocks"]:
        told = f"{words(context, clock['title'])}{colon}{words(context, clock['reason'])}"
        left = left.replace(told, "")
    return re.sub("(?:；|; )+", translated(context, "；", "; "), left).strip("；; ") or said


def shortened(said: str, most: int) -> str:
    """The beginning of a text that is longer than `most` characters, and a mark that it goes on."""
    return said if len(said) <= most else f"{said[: most - 1].rstrip()}…"


def measured(value: object) -> str:
    """What a check measured: a list as its items, a mapping as its pairs."""
    if isinstance(value, Mapping):
        return safe_text("; ".join(f"{key}: {measured(one)}" for key, one in value.items()))
    if isinstance(value, list):
        return "、".join(map(measured, value))
    return safe_text(value)


def safe_text(value: object) -> str:
    """Text a device or person gave, with what would drive a terminal or turn text round written
    out. The template escapes it for HTML."""
    return printed(str(value), "en")


@pass_context
def day(context: Context, value: date | str | None) -> str:
    """A day in both calendars."""
    if value is None or value == "":
        return ""
    one = date.fromisoformat(value) if isinstance(value, str) else value
    if context.get("language") == "en":
        return f"{one.isoformat()} (ROC {roc(one)})"
    return f"{one.isoformat()}（{roc(one)}）"


def moment(value: datetime | str | None) -> str:
    """A moment as a clock in Taipei shows it, to the second."""
    if value is None:
        return ""
    at = parse_at(value) if isinstance(value, str) else value
    return f"{at.astimezone(TAIPEI):%Y-%m-%d %H:%M:%S}"


def minute(value: datetime | str | None) -> str:
    if value is None:
        return ""
    at = parse_at(value) if isinstance(value, str) else value
    return f"{at.astimezone(TAIPEI):%Y-%m-%d %H:%M}"


def query(values: Mapping[str, Any]) -> str:
    """The query of an address, without what is empty."""
    kept = {key: value for key, value in values.items() if value not in ("", None)}
    return f"?{urlencode(kept)}" if kept else ""
