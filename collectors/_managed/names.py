"""What names in a rule stand for: values, groups of names, and names that stay names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Values = Mapping[str, tuple[str, ...]]
_LARGEST = 250_000
"""Members of a group that is still opened; a larger one stays a name."""
_MOST_KEPT = 5_000_000
"""Members of all groups together, above which further groups stay names."""


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects by what a rule calls them (a name or an id). `groups` hold names of the same kind.

    What is in neither stays as it stands, an object that only the firewall can resolve; so does
    a group within itself or without members: a name is never less than what it stands for.
    `called` are the names of those known by an id.
    """

    values: Values = field(default_factory=dict)
    groups: Values = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)
    _opened: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)

    def resolve(self, names: Iterable[str]) -> tuple[str, ...]:
        """What these stand for, each once, in the order found; `any` where one is everything."""
        found = dict.fromkeys(value for name in names for value in self._open(name))
        return ("any",) if "any" in found else tuple(found)

    def _open(self, name: str) -> tuple[str, ...]:
        """What one name stands for. Every group is opened once, however deep groups are nested."""
        waiting = [name]
        open_: set[str] = set()
        while waiting:
            one = waiting[-1]
            members = self.groups.get(one, ())
            if one in self._opened or not members:
                waiting.pop()
            elif one in open_:
                open_.discard(one)
                self._opened[one] = self._joined(one, members)
                waiting.pop()
            else:
                open_.add(one)
                waiting += [
                    member
                    for member in members
                    if member in self.groups and member not in open_ and member not in self._opened
                ]
        return self._opened.get(name) or self._lone(name)

    def _joined(self, name: str, members: Iterable[str]) -> tuple[str, ...]:
        """The members, of which the groups are open but for those that hold this one."""
        found: dict[str, None] = {}
        for member in members:
            found |= dict.fromkeys(self._opened.get(member) or self._lone(member))
            if len(found) > _LARGEST:
                return self._lone(name)
        kept = sum(map(len, self._opened.values())) if len(found) > 1000 else 0
        return self._lone(name) if kept > _MOST_KEPT else tuple(found)

    def _lone(self, name: str) -> tuple[str, ...]:
        return self.values.get(name, (self.called.get(name, name),))
