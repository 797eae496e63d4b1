"""The envelope around every XML API answer: whether it is one, and what a refusal means."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from evidence.capture import Capture
from evidence.errors import LoginRefused, NotAnswered, Unexpected, shown

_UNKNOWN = ("1", "17")  # a command that this release does not know
_ABSENT = "7"  # also of an answer that is a success: nothing is there
_SESSION_OVER = "22"


def result(capture: Capture) -> Element | None:
    """What stands in the answer's `result`; None where the device says that nothing is there.

    Raises LoginRefused for a key that is not taken, NotAnswered for a refusal
    (`privilege_missing` where it is one of rights), Unexpected for what no PAN-OS says.
    """
    response = capture.xml()
    if response.tag != "response" or "status" not in response.attrib:
        raise Unexpected(f"{who(capture)}: not the form of a PAN-OS answer")
    if response.get("status") != "success":
        if response.get("code") != _ABSENT and "No such node" not in _said(response):
            raise _refusal(capture, response.get("code", ""), _said(response))
        return None
    return None if response.get("code") == _ABSENT else response.find("result")


def who(capture: Capture) -> str:
    return f"{capture.device}: {capture.ask.name}"


def text(parent: Element | None, path: str) -> str | None:
    """The text at a path; None where it is empty or missing."""
    found = None if parent is None else parent.findtext(path)
    return (found or "").strip() or None


def members(parent: Element, path: str) -> tuple[str, ...]:
    """The members of a list, in the order given; older releases write a lone one as text."""
    found = parent.find(path)
    if found is None:
        return ()
    listed = tuple((one.text or "").strip() for one in found.iter("member"))
    return tuple(filter(None, listed or ((found.text or "").strip(),)))


def yes(parent: Element, path: str, default: bool = False) -> bool:
    """A switch; `default` where it is not written, which is how PAN-OS writes its defaults."""
    said = text(parent, path)
    return default if said is None else said == "yes"


def number(parent: Element, path: str) -> int | None:
    """A number; None where none is told."""
    said = text(parent, path)
    return int(said) if said and said.isascii() and said.isdecimal() else None


def epoch(parent: Element, path: str) -> datetime | None:
    """A moment of seconds since 1970; None for 0, which stands for never."""
    seconds = number(parent, path)
    return datetime.fromtimestamp(seconds, UTC) if seconds and seconds < 2**34 else None


def _said(response: Element) -> str:
    """The device's sentence: `msg`, `msg/line` or `result/msg`, by release and command."""
    return " ".join(" ".join(one.itertext()) for one in response.iter("msg")).strip()


def _refusal(capture: Capture, code: str, said: str) -> LoginRefused | NotAnswered | Unexpected:
    sentence = f"{who(capture)}: error {shown(code)}: {shown(' '.join(said.split()))}"
    lower = said.lower()
    if code == _SESSION_OVER or (code == "403" and "credential" in lower):
        return LoginRefused(
            f"{sentence}: the key is not taken",
            next_step="generate a new key; it is void after a change of password or master key",
        )
    if code in ("403", "16") or "not authorized" in lower or "permission denied" in lower:
        return NotAnswered(
            sentence,
            code="privilege_missing",
            next_step="give the account's role the XML API's Configuration and Operational "
            "Requests; see the platform's page",
        )
    if code in _UNKNOWN or "is unexpected" in lower:
        return NotAnswered(sentence)
    return Unexpected(sentence, next_step="ask the same with curl, and report release and answer")
