"""A whole configuration, as somebody kept it: its rules and objects, without counters.

`show config running` prints it in braces; with `set cli config-output-format` as `set` lines or
XML, which a backup is, too. All three become the elements that the XML API answers with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from collectors._cli import braces
from collectors.panos._objects import objects
from collectors.panos._rules import Rulebase
from evidence.capture import Capture
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import FirewallRule

Words = tuple[str, ...]

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([\[\]])|([^\s\[\]"]+)')
_PUSHED = "policy panorama"
_GROUP = "device-group "
_PUSHED_BASES = ("pre-rulebase", "post-rulebase")
_BASES = ("rulebase", *_PUSHED_BASES)
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

# What holds one; another field may stand behind it in the same line.
_SINGLE = frozenset(
    (
        *("action", "log-start", "log-end", "log-setting", "disabled", "description", "schedule"),
        *("negate-source", "negate-destination", "rule-type", "icmp-unreachable", "group-tag"),
        *("ip-netmask", "ip-range", "ip-wildcard", "fqdn", "port", "source-port", "nat-type"),
        *("to-interface", "translated-address", "translated-port", "bi-directional"),
    )
)


def rules(capture: Capture) -> list[FirewallRule]:
    """The rules of every vsys. Raises Unexpected where there is none, and for a Panorama's
    configuration; Incomplete where it breaks off."""
    who = f"{capture.device}: {capture.ask.text!r}"
    kept = configuration(capture)
    found: list[FirewallRule] = []
    for name, entry in kept.systems.items():
        own = entry.find("rulebase")
        if own is not None or kept.pushes:
            places = [*kept.shared, *kept.pushed, entry]
            found += Rulebase(name, own, kept.policy, objects(places)).rules()
    if not any(not one.implicit for one in found):
        raise Unexpected(
            f"{who}: no security rule of any vsys",
            code="result_empty_suspicious",
            next_step="deliver the whole configuration of a firewall; Panorama's rules are "
            "read from Panorama",
        )
    return found


@dataclass(frozen=True, slots=True)
class Kept:
    """What all vsys share, what Panorama pushed to all of them, and each vsys by its name; of a
    Panorama its device groups, and the group above each one that stands below another."""

    shared: Sequence[Element]
    pushed: Sequence[Element]
    systems: Mapping[str, Element]
    groups: Mapping[str, Element]
    parents: Mapping[str, str]

    @property
    def policy(self) -> Element | None:
        return next(iter(self.pushed), None)

    @property
    def pushes(self) -> bool:
        """Whether Panorama pushed rules, and not objects alone."""
        return any(one.find(base) is not None for one in self.pushed for base in _PUSHED_BASES)


def configuration(capture: Capture) -> Kept:
    """A configuration in any of its forms, in elements. Raises Unexpected and Incomplete."""
    if capture.body.lstrip().startswith(b"<"):
        return _of_xml(capture)
    return _of_words(capture, f"{capture.device}: {capture.ask.text!r}")


def _of_xml(capture: Capture) -> Kept:
    root = capture.xml()
    systems = {
        entry.get("name", "vsys1"): entry for entry in root.findall(".//devices/entry/vsys/entry")
    }
    pushed = root.findall(".//policy/panorama")[:1]
    groups = {
        entry.get("name", ""): entry
        for entry in root.findall(".//devices/entry/device-group/entry")
        if entry.find("parent-dg") is None
    }
    parents = {
        entry.get("name", ""): entry.findtext("parent-dg", "")
        for entry in root.findall(".//readonly//device-group/entry")
        if entry.find("parent-dg") is not None
    }
    return Kept(root.findall(".//shared")[:1], pushed, systems, groups, parents)


def _of_words(capture: Capture, who: str) -> Kept:
    text = capture.text()
    tree = _Tree(who)
    if braces.in_braces(text):
        for words in braces.statements(text, who)[0]:
            tree.take(words)
    else:
        for verb, words in _lines(text, who):
            tree.does(verb, words)
    pushed = [tree.pushed] if len(tree.pushed) else []
    systems = tree.systems or ({"vsys1": Element("entry", name="vsys1")} if pushed else {})
    return Kept([tree.shared], pushed, systems, tree.groups, tree.parents)


def _lines(text: str, who: str) -> Iterator[tuple[str, Words]]:
    """Each line's verb and words; a quoted text may go on in the next line."""
    whole = ""
    for raw in text.splitlines():
        line = f"{whole}\n{raw}" if whole else raw.strip()
        if not line or line.startswith(("#", "!")) or re.match(r"\S+@\S+[>#]", line):
            continue
        verb = line.partition(" ")[0]
        if verb not in _VERBS:
            raise Unexpected(f"{who}: no configuration in set form: {shown(line)}")
        whole = line if _ESCAPED.sub("", line).count('"') % 2 else ""
        if whole:
            continue
        yield verb, tuple(_words(line, who))[1:]
    if whole:
        raise Incomplete(f"{who}: a line breaks off: {shown(whole)}")


def _words(line: str, who: str) -> Iterator[str]:
    """The words of a line; the values of a list in brackets are one, with a sign between them."""
    values: list[str] | None = None
    for quoted, sign, plain in _WORD.findall(line):
        if sign == "[":
            values = []
        elif sign and values is not None:
            yield _BETWEEN.join(values)
            values = None
        elif values is not None:
            values.append(quoted or plain)
        else:
            yield quoted or plain
    if values is not None:
        raise Incomplete(f"{who}: a list breaks off: {shown(line)}")


_BETWEEN = "\0"
_VERBS = ("set", "delete", "move", "rename", "copy")
_ESCAPED = re.compile(r"\\.", re.DOTALL)


def _place(words: Words) -> tuple[str | None, Words]:
    """The vsys (`""` for what all share, `_PUSHED` for what Panorama pushed, a device group behind
    `_GROUP`) and the words below it; None: of no account here."""
    rest = words[1:] if words[:1] == ("config",) else words
    if rest[:1] == ("devices",):
        rest = rest[2:]
    if " ".join(rest[:2]) == _PUSHED:
        return _PUSHED, rest[2:]
    if rest[:1] == ("shared",):
        return "", rest[1:]
    if rest[:1] == ("device-group",) and len(rest) > 2:
        return _GROUP + rest[1], rest[2:]
    if rest[:1] == ("vsys",) and len(rest) > 2:
        return rest[1], rest[2:]
    return ("vsys1", rest) if rest[:1] and rest[0] in (*_BASES, *_OBJECTS) else (None, ())


class _Tree:
    """The elements of rules and objects, put together from statements in their order."""

    def __init__(self, who: str) -> None:
        self.who = who
        self.shared = Element("shared")
        self.pushed = Element("panorama")
        self.systems: dict[str, Element] = {}
        self.groups: dict[str, Element] = {}
        self.parents: dict[str, str] = {}
        self._entries: dict[tuple[int, str], Element] = {}

    def take(self, words: Words) -> None:
        """Put a statement below its vsys, where rules and objects are entries of their names."""
        match words:
            case ("readonly", *_, "device-group", group, "parent-dg", above):
                self.parents[group] = above
        place, rest = _place(words)
        if place is None:
            return
        parent = self._at(place)
        if parent is None:
            parent = self._made(place)
        match rest:
            case ("devices", *serials) if place.startswith(_GROUP):
                for serial in (one for word in serials[:1] for one in word.split(_BETWEEN)):
                    self._entry(_below(parent, ("devices",)), serial)
            case (base, kind, "rules", name, *more) if base in _BASES and kind in _KINDS:
                self._field(self._entry(_below(parent, (base, kind, "rules")), name), more)
            case (kind, name, *more) if kind in _OBJECTS:
                self._field(self._entry(_below(parent, (kind,)), name), more)

    def does(self, verb: str, words: Words) -> None:
        """Carry a line out. Raises Incomplete where it changes a rule that no line made, and
        Unexpected for what this reader cannot carry out."""
        place, rest = _place(words)
        if verb == "set" or place is None:
            self.take(words)
            return
        parent = self._at(place)
        match rest:
            case (base, kind, "rules", name, *more) if base in _BASES and kind in _KINDS:
                held = None if parent is None else parent.find(f"{base}/{kind}/rules")
            case (kind, name, *more) if kind in _OBJECTS:
                held = None if parent is None else parent.find(kind)
            case _:
                raise Unexpected(f"{self.who}: cannot be carried out: {verb} {shown(str(rest))}")
        one = None if held is None else self._entries.get((id(held), name))
        if held is None or one is None:
            told = f"{verb} of {shown(name)}, which no line made"
            raise Incomplete(f"{self.who}: {told}", next_step="deliver the whole configuration")
        match (verb, *more):
            case ("delete",):
                held.remove(one)
                del self._entries[id(held), name]
            case ("delete", *path):
                _remove(one, path)
            case ("move", "top" | "bottom" as end):
                held.remove(one)
                held.insert(0 if end == "top" else len(held), one)
            case ("move", "before" | "after" as way, beside) if (
                other := self._entries.get((id(held), beside))
            ) is not None and other is not one:
                held.remove(one)
                held.insert(list(held).index(other) + (way == "after"), one)
            case ("rename", "to", new) if "rules" in rest[:3]:
                one.set("name", new)
                self._entries[id(held), new] = self._entries.pop((id(held), name))
            case _:
                raise Unexpected(f"{self.who}: cannot be carried out: {verb} {shown(name)}")

    def _at(self, place: str) -> Element | None:
        """What stands at a place so far; None: nothing of that vsys."""
        if place == _PUSHED:
            return self.pushed
        if place.startswith(_GROUP):
            return self.groups.get(place.removeprefix(_GROUP))
        return self.systems.get(place) if place else self.shared

    def _made(self, place: str) -> Element:
        held = self.groups if place.startswith(_GROUP) else self.systems
        name = place.removeprefix(_GROUP)
        held[name] = Element("entry", name=name)
        return held[name]

    def _field(self, entry: Element, words: Sequence[str]) -> None:
        """Put down the fields of a line: one, or several behind one another."""
        match words:
            case ():
                pass
            case ("uuid", value, *more):
                entry.set("uuid", value)
                self._field(entry, more)
            case ("target", "devices", serial, *more):
                device = self._entry(_below(entry, ("target", "devices")), serial)
                if more[:1] == ["vsys"] and len(more) > 1:
                    self._entry(_below(device, ("vsys",)), more[1])
            case (name, value, *more) if name in _LISTS:
                held = _below(entry, (name,))
                for one in value.split(_BETWEEN):
                    SubElement(held, "member").text = one
                self._field(entry, more)
            case (name, value, *more) if name in _SINGLE:
                _below(entry, (name,)).text = value
                self._field(entry, more)
            case ("destination-translation", *more):
                self._field(_below(entry, ("destination-translation",)), more)
            case ("protocol" | "source-translation" as name, kind, *more):
                self._field(_below(entry, (name, kind)), more)
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


def _remove(entry: Element, path: Sequence[str]) -> None:
    """Take away a field, or one value of a list; what is not there is gone already."""
    *above, last = path
    parent = entry
    for name in above:
        found = parent.find(name)
        if found is None:
            return
        parent = found
    for one in list(parent):
        if last in (one.tag, one.get("name")) or (one.tag == "member" and one.text == last):
            parent.remove(one)
