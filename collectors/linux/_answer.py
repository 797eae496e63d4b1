"""What a host's answer is worth: an answer, word that there is no such program, a refusal."""

from __future__ import annotations

import re

from collectors.linux import _nft_json, _nft_text
from evidence.capture import Capture
from evidence.errors import Incomplete, Unexpected, shown

_MISSING_SUDO = re.compile(r"\bsudo: (?:command )?not found|command not found: sudo")
_ABSENT = re.compile(
    r"(?:sudo|\S*sh)\b.*\bnot found|.*(?:do you need to insmod|Protocol not supported)"
)
_OF_A_LIST = re.compile(r"[\s\[:*#{}]|-A |table |Chain |COMMIT|\d|num|target|pkts|Status: ")
_REFUSED = re.compile(
    r"not permitted|[Pp]ermission denied|must be root|need to be root|is required|not allowed"
    r"|may not run|not in the sudoers|not found|Unknown command|[Ii]nvalid input|% "
    r"|[Ss]yntax error|Error:|cannot |can't |Could not|[Uu]nable to"
)


def told(capture: Capture) -> str | None:
    """The answer's text; None when the host has no such program (or no such table in its kernel).

    Raises Unexpected when it may not be run, or broke off with an error.
    """
    text = capture.text()
    for line in text.splitlines():
        if not line or _OF_A_LIST.match(line):
            continue
        if _ABSENT.match(line) and not _MISSING_SUDO.search(line):
            return None
        if _REFUSED.search(line):
            raise Unexpected(
                f"{capture.device}: {capture.ask.text!r} was refused: {shown(line)!r}",
                next_step="allow the account exactly this command in sudoers, see the page "
                "of the platform",
            )
    return text


def ruleset(capture: Capture, text: str) -> _nft_text.Ruleset:
    """nft's answer, JSON or text. Raises Incomplete for one that breaks off."""
    who = f"{capture.device}: {capture.ask.text!r}"
    if not text.strip() and capture.ask.text.endswith("nft -j list ruleset"):
        raise Incomplete(f"{who}: no word, where an empty rule set is said in JSON")
    if not text.lstrip().startswith("{"):
        return _nft_text.read(text, who)
    try:
        document = capture.json()
    except Unexpected as error:
        if text.lstrip().startswith('{"nftables"'):
            raise Incomplete(f"{who}: the JSON breaks off") from error
        raise
    return _nft_text.read(_nft_json.as_text(document, who), who)
