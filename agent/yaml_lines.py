"""YAML with line numbers: safe values, the line of every key, and duplicates refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from evidence.yaml_text import loader_for

Place = tuple[Any, ...]
Lines = dict[Place, int]


def load(path: Path, mistakes: list[str]) -> tuple[Any, Lines]:
    """The file's value and the line of each place in it. Mistakes are appended, not raised."""
    lines: Lines = {(): 1}
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        mistakes.append(f"{path.name}: file_missing: {path} does not exist")
        return None, lines
    except (OSError, UnicodeDecodeError) as error:
        mistakes.append(f"{path.name}: file_unreadable: {error}")
        return None, lines
    try:
        return _parsed(text, loader_for(text), path, mistakes)
    except (yaml.YAMLError, ValueError):
        pass  # The parser in Python finds the better words for it.
    try:
        return _parsed(text, yaml.SafeLoader, path, mistakes)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = "a tab is not allowed for indentation" if "\\t" in str(error) else error.problem
        mistakes.append(f"{path.name}:{line}: config_syntax: {problem}")
    except (yaml.YAMLError, ValueError) as error:
        mistakes.append(f"{path.name}:1: config_syntax: {error}")
    return None, lines


def nearest(lines: Lines, place: Place) -> int:
    """The line of a place, or of the nearest place around it."""
    while place not in lines:
        place = place[:-1]
    return lines[place]


def _parsed(text: str, loader: Any, path: Path, mistakes: list[str]) -> tuple[Any, Lines]:
    lines: Lines = {(): 1}
    twice: list[str] = []
    parser = loader(text)
    try:
        node = parser.get_single_node()
        if node is None:
            return {}, lines
        _walk(node, (), lines, path, twice)
        value = parser.construct_document(node)
    finally:
        parser.dispose()
    mistakes += twice
    return value, lines


def _walk(node: yaml.Node, place: Place, lines: Lines, path: Path, mistakes: list[str]) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            inner = (*place, key.value)
            if key.value in seen:
                mistakes.append(
                    f"{path.name}:{key.start_mark.line + 1}: config_syntax: "
                    f"key `{key.value}` stands twice"
                )
            seen.add(key.value)
            lines[inner] = key.start_mark.line + 1
            _walk(value, inner, lines, path, mistakes)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*place, index)] = value.start_mark.line + 1
            _walk(value, (*place, index), lines, path, mistakes)
