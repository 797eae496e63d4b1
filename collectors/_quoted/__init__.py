"""Answers as mails and tickets quote them. Apart from `_cli`, whose templates need textfsm."""

from __future__ import annotations

import re


def flush_left(text: str) -> str:
    """The text without the margin of a quotation: four blanks or more before every line."""
    filled = [line for line in text.split("\n") if line.strip()]
    if not filled or not filled[0].startswith("    "):
        return text
    margin = min(len(line) - len(line.lstrip(" ")) for line in filled)
    return re.sub(rf"(?m)^ {{{margin}}}", "", text) if margin >= 4 else text
