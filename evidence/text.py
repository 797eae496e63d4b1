"""Words in the two languages people here read: English, and Traditional Chinese (114 wording)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# A joiner holds emoji together; every other sign that nobody sees can make a name look another.
_JOINER = "\u200d"


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence said twice. `zh` is what officers and auditors read."""

    en: str
    zh: str

    def in_(self, language: str) -> str:
        """The sentence in `language` ("en", anything else is zh-TW)."""
        return self.en if language == "en" else self.zh

    def record(self) -> dict[str, str]:
        return {"en": self.en, "zh": self.zh}

    @classmethod
    def of(cls, record: dict[str, str]) -> Text:
        return cls(en=record["en"], zh=record["zh"])


def visible(text: str) -> str:
    """A name somebody else chose, safe to print: signs that nobody sees, that drive a terminal or
    turn the direction of writing stand as `\\xNN` or `\\uNNNN`."""
    return "".join(
        one
        if one == _JOINER or unicodedata.category(one)[0] != "C"
        else one.encode("unicode_escape").decode("ascii")
        for one in text
    )


def skeleton(text: str) -> str:
    """What is left of a name for a person who looks at it: no case, no width, no signs that
    nobody sees, no blanks and hyphens. Two names with one skeleton look alike."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    seen = "".join(one for one in folded if unicodedata.category(one)[0] not in "CZM")
    return re.sub(r"[\s_.\-]", "", seen)
