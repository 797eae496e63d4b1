"""Families: how one line of products says what it is. Vendors' knowledge is data of this shape.

Where a value stands differs from vendor to vendor, and what the value looks like differs
from release to release. A family lists its sources in order of trust; the first one that
says something wins, and where none does the value stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from collectors.snmp.answers import Answers, Physical, said
from evidence.ask import Ask

# In `under`: also any sysObjectID that names the agent's maker alone, if sysDescr fits.
ANY = "*"
# What may fill `{branch}`: a few arcs of an OID, so an answer can only lead below the vendor's own.
_BRANCH = r"\d{1,6}(?:\.\d{1,6}){0,4}"
# What uname says: a kernel, the host's name, the kernel's release. Of the product it says nothing.
UNAME = re.compile(r"(Linux|FreeBSD|OpenBSD|NetBSD|Darwin|SunOS) (?:\S+ )?(\d+\.\d\S*)")
# A pattern that takes for a model whatever sysDescr begins with; an administrator may have
# written there what he liked, so what it finds has to look like a model.
_TAKES_ANY = re.compile(
    r"\^(?:\(\?:[^()]*\)\??)?\((?:\?P<model>)?(?:\(\?![^()]*\)|[A-Z]\?)*(?:\\[Sw]|\.|\[\^)"
)
_MODEL = re.compile(r"(?=[^,@]*\d)[^,@]{2,48}")
_RELEASE = re.compile(r"[vV]?\d+(?:\.\d+)+")
# A bare number in a maker's object is a counter or a key of its MIB's, and names nothing.
_NUMBER = {
    "version": re.compile(r"-?\d+"),
    "build": re.compile(r"-"),
    "model": re.compile(r"-?\d{1,3}"),
    "serial": re.compile(r"-?\d{1,2}"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """One place a value may stand in.

    `get`: exactly that OID, or several whose values belong together, joined. `walk`: the first
    value below it. `entity`: that column of the first chassis, `module` of the first module.
    `descr`: sysDescr. In an OID, `{branch}` is a part of the sysObjectID.
    `cut` is a pattern searched in the value; its groups, joined by spaces, are the value.
    `form` is how the value is written, `{}` being its place (or one `{}` for each group).
    """

    kind: Literal["get", "walk", "entity", "module", "descr"]
    where: str = ""
    cut: str = ""
    form: str = "{}"

    def value(self, view: View) -> str | None:
        """What this source says, or None."""
        return next((found for text in self._texts(view) if (found := self._cut(text))), None)

    def _texts(self, view: View) -> Iterator[str | None]:
        where = self.where.replace("{branch}", view.branch or "0")
        if self.kind == "get":
            told = [view.answers.raw(one) for one in where.split()]
            yield None if None in told else " ".join(filter(None, told))
        elif self.kind == "walk":
            yield from (text for _, text in view.answers.under(where))
        elif self.kind == "entity":
            yield from (getattr(row, self.where) for row in view.chassis)
        elif self.kind == "module":
            yield from (getattr(row, self.where) for row in view.modules)
        else:
            yield view.description

    def _cut(self, text: str | None) -> str | None:
        text = said(text)
        if text is None:
            return None
        if self.cut:
            match = re.search(self.cut, text)
            if match is None:
                return None
            groups = [group for group in match.groups() if group]
            if self.form.count("{}") > 1:
                return self.form.format(*groups) if len(groups) == self.form.count("{}") else None
            text = said(" ".join(groups) or match[0])
        return self.form.format(text) if text else None


def get(where: str, cut: str = "", form: str = "{}") -> Source:
    return Source("get", where, cut, form)


def walk(where: str, cut: str = "", form: str = "{}") -> Source:
    return Source("walk", where, cut, form)


def entity(where: str, cut: str = "", form: str = "{}") -> Source:
    return Source("entity", where, cut, form)


def module(where: str, cut: str = "", form: str = "{}") -> Source:
    return Source("module", where, cut, form)


def descr(cut: str, form: str = "{}") -> Source:
    return Source("descr", "", cut, form)


def at(*wheres: str) -> tuple[Source, ...]:
    """Sources by OID alone: one that ends in `.*` is walked, any other is read as it stands."""
    return tuple(
        walk(where.removesuffix(".*")) if where.endswith(".*") else get(where) for where in wheres
    )


@dataclass(frozen=True, slots=True)
class View:
    """What a family's sources look at."""

    answers: Answers
    description: str
    object_id: str
    chassis: tuple[Physical, ...] = ()
    modules: tuple[Physical, ...] = ()
    branch: str | None = None


# Where a family names no source of its own. ENTITY-MIB knows a chassis' own numbers best; its
# revisions are those of the part, so what sysDescr says of the software comes before them.
MODEL = (entity("model"),)
SERIAL = (entity("serial"),)
_STANDARD: Mapping[str, tuple[Source, ...]] = {"serial": SERIAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """A maker's own table of a stack's members: the columns that tell each one's serial number,
    version and model; "" where it has no such column."""

    serial: str
    version: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A line of products that one rule of reading fits.

    `product` is our family name (None: the vendor is known, the product is not). `under` are
    the sysObjectIDs it may have, below enterprises, or `ANY`. `says` is a pattern that sysDescr
    must hold; its named groups (version, model, serial, build) are sources after the others.
    `probe` is an OID that this family answers with what `probed` fits: it tells products apart
    that run an agent of somebody else's (net-snmp) under that agent's sysObjectID.
    `models` names models by their whole sysObjectID, where nothing else does. `branch` is a
    pattern of the sysObjectID (below enterprises) whose group fills `{branch}` in OIDs.
    `members` is where it lists the members of a stack beside ENTITY-MIB.
    `part` is what the release is of; `name` what people call the software.
    """

    vendor: str | None
    product: str | None = None
    name: str | None = None
    under: tuple[str, ...] = ()
    says: str = ""
    probe: str = ""
    probed: str = r"\S"
    version: tuple[Source, ...] = ()
    build: tuple[Source, ...] = ()
    model: tuple[Source, ...] = MODEL
    serial: tuple[Source, ...] = SERIAL
    models: Mapping[str, str] = field(default_factory=dict)
    branch: str = ""
    members: Members | None = None
    part: str = "operating system"

    def find(self, what: Literal["version", "build", "model", "serial"], view: View) -> str | None:
        """The first thing a source says of `what`, sysDescr's named group after the others."""
        sources: tuple[Source, ...] = getattr(self, what)
        # What a family's own objects do not hold, ENTITY-MIB may: its chassis is the device.
        told = (self._told(source, what, view) for source in (*sources, *_STANDARD.get(what, ())))
        value = next((one for one in told if one is not None), None)
        value = value or self._grouped(what, view)
        if what == "version":
            # A word that stood where a release stands is none; a sentence's end is not its part.
            return value.rstrip(".,;") if value and re.search(r"\d", value) else None
        if what == "model" and (value is None or value in (self.vendor or "").split()):
            return self.models.get(view.object_id)
        return value

    def knows(self, what: Literal["version", "model"]) -> bool:
        """Whether it knows a place of the product's own where `what` stands."""
        if self.product is None:
            return False
        own = self.version if what == "version" else self.model if self.model != MODEL else ()
        return bool(own or f"(?P<{what}>" in self.says or (what == "model" and self.models))

    def _told(self, source: Source, what: str, view: View) -> str | None:
        if source.kind == "descr" and self._is_uname(view.description):
            return None
        value = source.value(view)
        if source.kind in ("get", "walk") and _NUMBER[what].fullmatch(value or ""):
            return None
        if what == "model" and source.kind == "entity" and _is_no_model(value, view):
            return None
        return None if source.kind == "descr" and _is_prose(what, source.cut, value) else value

    def _grouped(self, what: str, view: View) -> str | None:
        if self._is_uname(view.description):
            return None
        groups = self.groups(view.description)
        value = said(groups.get(what))
        # A release or a serial number where the maker writes them: then the text is the maker's.
        if groups.get("version") or groups.get("serial"):
            return value
        return None if _is_prose(what, self.says, value) else value

    def _is_uname(self, description: str) -> bool:
        """Whether sysDescr is the kernel's word alone. Families on somebody else's agent are told
        apart by it, and know what in it is theirs."""
        return ANY not in self.under and UNAME.match(description) is not None

    def groups(self, description: str) -> dict[str, str | None]:
        """The named groups of `says`; empty when it does not fit."""
        match = re.search(self.says, " ".join(description.split())) if self.says else None
        return match.groupdict() if match else {}

    def fits(self, description: str) -> bool:
        """Whether sysDescr is one of this family's."""
        return not self.says or re.search(self.says, " ".join(description.split())) is not None

    def asks(self) -> tuple[Ask, ...]:
        """What is asked of this family alone: its single values, then its columns; and what is
        below a device's own branch by itself, for a device that has none still has the others."""
        found = []
        for verb in ("get", "walk"):
            wheres = self._wheres(verb)
            for name, told in (
                (verb, [where for where in wheres if "{branch}" not in where]),
                (f"{verb} branch", [where for where in wheres if "{branch}" in where]),
            ):
                if told:
                    text = " ".join([verb, *map(_dotted, told)])
                    holes = {"branch": _BRANCH} if "{branch}" in text else {}
                    found.append(Ask(f"{self.label} {name}", text, kind="snmp", holes=holes))
        return tuple(found)

    def _wheres(self, verb: str) -> tuple[str, ...]:
        """The OIDs of this family's sources of a kind, each once."""
        sources = (*self.version, *self.build, *self.model, *self.serial)
        wheres = [one for source in sources if source.kind == verb for one in source.where.split()]
        if verb == "walk" and self.members is not None:
            columns = (self.members.serial, self.members.version, self.members.model)
            wheres += filter(None, columns)
        return tuple(dict.fromkeys(wheres))

    def branch_of(self, object_id: str) -> str | None:
        """The part of the sysObjectID below which this device keeps its own objects."""
        match = re.match(rf"1\.3\.6\.1\.4\.1\.(?:{self.branch})", object_id)
        return match[1] if self.branch and match else None

    def asks_at(self, branch: str | None) -> tuple[Ask, ...]:
        """The family's asks for one device, holes filled; without a branch, those without holes."""
        if branch is None:
            return tuple(ask for ask in self.asks() if not ask.holes)
        return tuple(ask(branch=branch) if ask.holes else ask for ask in self.asks())

    @property
    def label(self) -> str:
        """How the family's asks are called: the product, and where it stands below enterprises."""
        places = [one for one in self.under if one != ANY][:1]
        return " ".join([self.product or self.vendor or "any maker", *places])


def _is_no_model(value: str | None, view: View) -> bool:
    """Whether an agent wrote the release, or the serial number, where the model belongs."""
    serials = {row.serial for row in view.chassis}
    return value is not None and (_RELEASE.fullmatch(value) is not None or value in serials)


def _is_prose(what: str, pattern: str, value: str | None) -> bool:
    """Whether a pattern that takes anything for a model found something else."""
    if what != "model" or value is None or _TAKES_ANY.match(pattern) is None:
        return False
    return _MODEL.fullmatch(value) is None


def _dotted(where: str) -> str:
    return where if where.startswith("1.") else f"1.3.6.1.4.1.{where}"
