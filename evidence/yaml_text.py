"""YAML of ours and of whoever sets us up, by libyaml: in Python it takes eight times as long."""

from __future__ import annotations

from typing import Any

import yaml

# libyaml's parser calls itself for each level, and from some 20,000 on its stack is too short.
_DEEPEST = 5_000


def load_yaml(text: str) -> Any:
    """The value of a document, of plain types only. Raises yaml.YAMLError or ValueError."""
    return yaml.load(text, loader_for(text))


def loader_for(text: str) -> Any:
    """The quickest parser that is safe for a text. What they make of it is the same; what they
    say of mistakes is not, and libyaml lets a tab stand between a key and its value."""
    # Each level takes a bracket, or a column more of its line.
    levels = text.count("[") + text.count("{") + max(map(len, text.split("\n")))
    if levels > _DEEPEST or not yaml.__with_libyaml__:
        return yaml.SafeLoader
    return yaml.CSafeLoader
