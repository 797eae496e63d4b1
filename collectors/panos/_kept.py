"""A whole configuration, as somebody kept it: its rules and objects, without counters.

`show config running` prints it in braces; with `set cli config-output-format` as `set` lines or
XML, which a backup is, too. All three become the elements that the XML API answers with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement

from collectors._cli import braces
from collectors.panos._objects import objects
from collectors.panos._rules import Rulebase
from evidence.capture import Capture
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import FirewallRule

Words = tuple[str, ...]

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([\[\]])|([^\s\[\]"]+)')
_BASES = ("rulebase", "pre-rulebase", "post-rulebase")
_KINDS = ("security", "nat", "default-security-rules")
_OBJECTS = ("address", "address-group", "service", "service-group")
# What holds several values. Elsewhere the last word is the value.
_LISTS = frozenset(
    (
        *("from", "to", "source", "destination", "source-user", "application", "service", "tag"),
        *("category", "hip-profiles", "source-hip", "destination-hip", "static", "members"),
        *("source-imsi", "source-imei", "source-nw-slice", "saas-user-list", "saas-tenant-list"),
    )
)


def rules(capture: Capture) -> list[FirewallRule]:
    """The rules of every vsys. Raises Unexpected where there is none, and for a Panorama's
    configuration; Incomplete where it breaks off."""
    who = f"{capture.device}: {capture.ask.text!r}"
    body = capture.body.lstrip()
    shared, systems = _of_xml(capture) if body.startswith(b"<") else _of_words(capture, who)
    found = [
        rule
        for name, entry in systems.items()
        for rule in Rulebase(name, entry.find("rulebase"), None, objects([*shared, entry])).rules()
        if entry.find("rulebase") is not None
    ]
    if not any(not one.implicit for one in found):
        raise Unexpected(
            f"{who}: no security rule of any vsys",
            code="result_empty_suspicious",
            next_step="deliver the whole configuration of a firewall; Panorama's rules are "
            "read from Panorama",
        )
    return found


def _of_xml(capture: Capture) -> tuple[list[Element], dict[str, Element]]:
    root = capture.xml()
    shared = [one for one in (root.find(".//shared"),) if one is not None]
    systems = {
        entry.get("name", "vsys1"): entry for entry in root.findall(".//devices/entry/vsys/entry")
    }
    return shared, systems


def _of_words(capture: Capture, who: str) -> tuple[list[Element], dict[str, Element]]:
    text = capture.text()
    if braces.in_braces(text):
        found, _ = braces.statements(text, who)
    else:
        found = list(_lines(text, who))
    tree = _Tree()
    for words in found:
        tree.take(words)
    return [tree.shared], tree.systems


def _lines(text: str, who: str) -> Iterator[Words]:
    """The words of each `set` line; a list in brackets is a line for each of its values."""
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith(("#", "!")) or re.match(r"\S+@\S+[>#]", line):
            continue
        if not line.startswith("set "):
            raise Unexpected(f"{who}: no configuration in set form: {shown(line)}")
        if line.count('"') % 2:
            raise Incomplete(f"{who}: a line breaks off: {shown(line)}")
        tokens = _WORD.findall(line)[1:]
        words = [quoted or sign or plain for quoted, sign, plain in tokens]
        signs = [sign for _, sign, _ in tokens]
        if "[" not in signs:
            yield tuple(words)
            continue
        opened = signs.index("[")
        if signs[-1] != "]":
            raise Incomplete(f"{who}: a list breaks off: {shown(line)}")
        for value in words[opened + 1 : -1]:
            yield (*words[:opened], value)


def _place(words: Words) -> tuple[str | None, Words]:
    """The vsys (`""` for what all share) and the words below it; None: of no account here."""
    rest = words[1:] if words[:1] == ("config",) else words
    if rest[:1] == ("devices",):
        rest = rest[2:]
    if rest[:1] == ("shared",):
        return "", rest[1:]
    if rest[:1] == ("vsys",) and len(rest) > 2:
        return rest[1], rest[2:]
    return ("vsys1", rest) if rest[:1] and rest[0] in (*_BASES, *_OBJECTS) else (None, ())


class _Tree:
    """The elements of rules and objects, put together from statements."""

    def __init__(self) -> None:
        self.shared = Element("shared")
        self.systems: dict[str, Element] = {}
        self._entries: dict[tuple[int, str], Element] = {}

    def take(self, words: Words) -> None:
        """Put a statement below its vsys, where rules and objects are entries of their names."""
        place, rest = _place(words)
        if place is None:
            return
        parent = self.shared
        if place:
            parent = self.systems.setdefault(place, Element("entry", name=place))
        match rest:
            case (base, kind, "rules", name, *more) if base in _BASES and kind in _KINDS:
                self._field(self._entry(_below(parent, (base, kind, "rules")), name), more)
            case (kind, name, *more) if kind in _OBJECTS:
                self._field(self._entry(_below(parent, (kind,)), name), more)

    def _field(self, entry: Element, words: Sequence[str]) -> None:
        match words:
            case ():
                pass
            case ("uuid", value):
                entry.set("uuid", value)
            case ("target", "devices", serial, *more):
                device = self._entry(_below(entry, ("target", "devices")), serial)
                if more[:1] == ["vsys"] and len(more) > 1:
                    self._entry(_below(device, ("vsys",)), more[1])
            case (name, *values) if name in _LISTS:
                held = _below(entry, (name,))
                for value in values:
                    SubElement(held, "member").text = value
            case (name,):
                _below(entry, (name,))
            case (*path, value):
                _below(entry, path).text = value

    def _entry(self, parent: Element, name: str) -> Element:
        known = self._entries.get((id(parent), name))
        if known is None:
            known = self._entries[id(parent), name] = SubElement(parent, "entry", name=name)
        return known


def _below(parent: Element, path: Iterable[str]) -> Element:
    for name in path:
        found = next((one for one in parent if one.tag == name), None)
        parent = SubElement(parent, name) if found is None else found
    return parent
