"""What names in a rule stand for: values, groups of names, and names that stay names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

Values = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects by what a rule calls them (a name or an id). `groups` hold names of the same kind.

    What is in neither stays as it stands, an object that only the firewall can resolve; so does
    a group within itself or without members. `called` are the names of those known by an id.
    """

    values: Values = field(default_factory=dict)
    groups: Values = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)

    def resolve(self, names: Iterable[str]) -> tuple[str, ...]:
        """What these stand for, each once, in the order found; `any` where one is everything."""
        found = dict.fromkeys(value for name in names for value in self._opened(name, frozenset()))
        return ("any",) if "any" in found else tuple(found)

    def _opened(self, name: str, outer: frozenset[str]) -> Iterator[str]:
        members = () if name in outer else self.groups.get(name, ())
        if members:
            for member in members:
                yield from self._opened(member, outer | {name})
        else:
            yield from self.values.get(name, (self.called.get(name, name),))
