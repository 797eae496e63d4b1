"""A configuration as XML (`display xml`) or JSON (`display json`), as statements of the set form.

    <policy><from-zone-name>trust</from-zone-name> … <policy><name>web</name><match> …
    {"policy": [{"from-zone-name": "trust", … "policy": [{"name": "web", "match": {…

An element with a name is a word and that name; `inactive="inactive"` deactivates what is below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

Words = tuple[str, ...]

# Keys and values that the set form writes without the element they stand in.
_NAMELESS = ("ip-prefix", "range-high", "filter-name", "prefix")
_KEYS = ("name", "from-zone-name", "to-zone-name")


@dataclass(slots=True)
class Node:
    """An element: a value, or what stands in it."""

    tag: str
    text: str = ""
    inactive: bool = False
    children: list[Node] = field(default_factory=list)

    def key(self, name: str) -> str | None:
        return next((one.text for one in self.children if one.tag == name), None)


def statements(root: Node) -> tuple[list[Words], set[Words]]:
    """The statements below a configuration, and the paths that are deactivated."""
    found: list[Words] = []
    inactive: set[Words] = set()
    for child in root.children:
        _below(child, (), found, inactive)
    return found, inactive


def _below(node: Node, path: Words, found: list[Words], inactive: set[Words]) -> None:
    own = (*path, *_words(node, path))
    if node.inactive:
        inactive.add(own)
    inner = [one for one in node.children if one.tag not in _KEYS]
    for child in inner:
        _below(child, own, found, inactive)
    if not inner:
        found.append(own)


def _words(node: Node, path: Words) -> Words:
    start, end = node.key("from-zone-name"), node.key("to-zone-name")
    if start is not None and end is not None:
        return ("from-zone", start, "to-zone", end)
    named = node.key("name")
    value = named if named is not None else node.text
    if node.tag in _NAMELESS or (node.tag == "interface" and path == ("interfaces",)):
        return (value,)
    return (node.tag, value) if value else (node.tag,)


def of_xml(element: Element) -> Node:
    """The `configuration` in an answer of XML, or the element itself."""
    found = next((one for one in element.iter() if _tag(one) == "configuration"), element)
    return _of_element(found)


def _of_element(element: Element) -> Node:
    return Node(
        _tag(element),
        (element.text or "").strip() if not len(element) else "",
        "inactive" in element.attrib,
        [_of_element(one) for one in element],
    )


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def of_json(said: Mapping[str, Any]) -> Node:
    """The `configuration` in an answer of JSON."""
    held = said.get("configuration", said)
    held = held[0] if isinstance(held, list) and held else held
    return Node("configuration", children=list(_members(held if isinstance(held, dict) else {})))


def _members(held: Mapping[str, Any]) -> Iterator[Node]:
    for tag, value in held.items():
        if tag.startswith("@"):
            continue
        off = held.get(f"@{tag}")
        aside = off if isinstance(off, list) else [off]
        for at, one in enumerate(value if isinstance(value, list) else [value]):
            node = _of_value(tag, one)
            node.inactive |= at < len(aside) and _is_off(aside[at])
            yield node


def _of_value(tag: str, value: Any) -> Node:
    if isinstance(value, Mapping):
        return Node(tag, inactive=_is_off(value.get("@")), children=list(_members(value)))
    return Node(tag, "" if value is None else str(value))


def _is_off(attributes: Any) -> bool:
    return isinstance(attributes, Mapping) and bool(attributes.get("inactive"))
