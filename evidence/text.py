"""Words in the two languages people here read: English, and Traditional Chinese (114 wording)."""

from __future__ import annotations

from dataclasses import dataclass


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
