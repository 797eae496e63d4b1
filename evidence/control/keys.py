"""Reading plain mappings strictly: every key is asked for, and what is left over is a mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Any, TypeVar

from evidence.errors import ConfigurationError, shown
from evidence.text import Text

E = TypeVar("E", bound=Enum)
REQUIRED: Any = object()


class Keys:
    """A mapping that is taken apart key by key, so that `close` finds the keys nobody knows.

    `place` says where it stands in its file (`controls[3].checks[0]`). Every method raises
    ConfigurationError naming the place.
    """

    def __init__(self, record: object, place: str) -> None:
        if not isinstance(record, Mapping):
            raise mistake(place, "a mapping of keys is expected")
        self.place = place
        self._left = dict(record)

    def take(self, key: str, default: Any = REQUIRED) -> Any:
        """The value under a key, or the default where it is absent."""
        if key in self._left:
            return self._left.pop(key)
        if default is REQUIRED:
            raise mistake(self.place, f"key `{key}` is missing")
        return default

    def string(self, key: str, default: Any = REQUIRED) -> str:
        value = self.take(key, default)
        if not isinstance(value, str):
            raise mistake(f"{self.place}.{key}", "a text is expected")
        return value

    def flag(self, key: str, default: Any = REQUIRED) -> bool:
        value = self.take(key, default)
        if not isinstance(value, bool):
            raise mistake(f"{self.place}.{key}", "true or false is expected")
        return value

    def count(self, key: str, default: Any = REQUIRED) -> int | None:
        """A positive whole number; None where the file says `null` or the default is None."""
        value = self.take(key, default)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            return value
        raise mistake(f"{self.place}.{key}", "a whole number above 0 is expected")

    def word(self, key: str, words: type[E], default: Any = REQUIRED) -> E:
        """One of the words of an enumeration. YAML's own `yes` and `no` arrive as booleans."""
        value = self.take(key, default)
        if isinstance(value, bool):
            value = "yes" if value else "no"
        try:
            return words(value)
        except ValueError:
            known = ", ".join(str(word.value) for word in words)
            raise mistake(
                f"{self.place}.{key}", f"{shown(str(value))!r} is unknown; known: {known}"
            ) from None

    def day(self, key: str, default: Any = REQUIRED) -> date:
        """A calendar day, written as ISO 8601 (YAML makes it a date by itself)."""
        value = self.take(key, default)
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except (TypeError, ValueError):
            raise mistake(f"{self.place}.{key}", "a day like 2026-11-23 is expected") from None

    def text(self, key: str) -> Text:
        """A sentence in both languages: `{zh: …, en: …}`."""
        inner = self.inner(key)
        found = Text(en=inner.string("en"), zh=inner.string("zh"))
        inner.close()
        return found

    def inner(self, key: str, default: Any = REQUIRED) -> Keys:
        return Keys(self.take(key, default), f"{self.place}.{key}")

    def each(self, key: str, default: Any = REQUIRED) -> list[Keys]:
        """The mappings of a list."""
        value = self.take(key, default)
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise mistake(f"{self.place}.{key}", "a list is expected")
        return [Keys(one, f"{self.place}.{key}[{index}]") for index, one in enumerate(value)]

    def table(self, key: str, default: Any = REQUIRED) -> dict[str, Any]:
        """A mapping whose keys are free (names of checks, ids), its values unread."""
        value = self.take(key, default)
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            raise mistake(f"{self.place}.{key}", "a mapping of names is expected")
        return dict(value)

    def rest(self) -> dict[str, Any]:
        """Whatever is left, unread: for settings whose names somebody else checks."""
        left, self._left = self._left, {}
        return {str(key): value for key, value in left.items()}

    def close(self) -> None:
        """Raises for the first key that nobody asked for."""
        for key in self._left:
            raise mistake(self.place, f"key `{shown(str(key))}` is unknown")


def mistake(place: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"{place}: {what}", code="config_syntax")
