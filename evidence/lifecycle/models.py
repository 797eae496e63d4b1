"""Finding the row of a hardware model, in however a device or a person writes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from unicodedata import normalize

from evidence.lifecycle.entry import Entry

_KEPT = 4096


class Models:
    """Rows of hardware by what they match, so that few are looked at for each model.

    An inventory repeats its models: what one model of one vendor came to is kept.
    """

    def __init__(self, rows: Iterable[Entry]) -> None:
        self._rows: dict[str, list[Entry]] = {}
        for row in rows:
            self._rows.setdefault(_plain(row.match), []).append(row)
        # By the two letters they begin with, longest first, how long the matches are.
        self._lengths: dict[str, list[int]] = {}
        for match in sorted(self._rows, key=len, reverse=True):
            lengths = self._lengths.setdefault(match[:2], [])
            if len(match) not in lengths:
                lengths.append(len(match))
        self.find = lru_cache(_KEPT)(self._find)

    def _find(self, vendor: str | None, model: str) -> Entry | None:
        """The row whose match is the longest, in the first spelling that has one."""
        for text in _spellings(model) if vendor else (_plain(model),):
            for length in self._lengths.get(text[:2], ()):
                found = [
                    row
                    for row in self._rows.get(text[:length], ())
                    if _allows(row.rule, text[length:]) and _same(vendor, row.vendor)
                ]
                if found:
                    return found[0] if vendor or _says_whose(found) else None
        return None


def _says_whose(rows: list[Entry]) -> bool:
    """Whether a model without a vendor is one thing: `MX80` is two makers', `2620` and `Z1` are
    anybody's."""
    match = rows[0].match
    is_telling = len(match) > 5 and re.search(r"\d", match) and re.search(r"[A-Za-z]", match)
    return len({row.vendor for row in rows}) == 1 and bool(is_telling)


_STOP_WORDS = frozenset(
    ("networks", "systems", "technologies", "inc", "corporation", "corp", "software", "the", "and")
)
# One vendor's other names: as one word, after the company it belongs to, in Chinese.
_NAMES = {
    "checkpoint": "check",
    "paloalto": "palo",
    "hp": "hpe",
    "hewlett": "hpe",
    "meraki": "cisco",
    "思科": "cisco",
}


def _same(vendor: str | None, other: str) -> bool:
    """Whether two spellings name one vendor: they share a word that is not a common one."""
    return vendor is None or bool(_vendor_words(vendor) & words_of(other) - _STOP_WORDS)


@lru_cache(_KEPT)
def _vendor_words(text: str) -> frozenset[str]:
    return frozenset(
        _NAMES.get(one, one)
        for one in re.findall(r"[a-z0-9]+|[^\W\da-z_]+", normalize("NFKC", text).casefold())
    )


@lru_cache(_KEPT)
def words_of(text: str) -> frozenset[str]:
    """The words of a name, in small letters."""
    return frozenset(re.findall(r"[a-z0-9]+", text.casefold()))


_MARKS = re.compile(r"(?:=|\+\+|/K9|-K9)+$")
_JOINED = re.compile(r"([A-Z]+)(?:([- ])?)(\d.*)")
_NEXUS = re.compile(r"C9\d{3,}[A-Z]")
_COMWARE = re.compile(r"(?:HPE? )?(\d{4})-\S+ (EI|SI|HI)\b.*")


def _plain(model: str) -> str:
    """A model as compared: upper case, no licence or spare mark, no space around a hyphen."""
    text = " ".join(normalize("NFKC", model).upper().split())
    return _MARKS.sub("", text.replace(" -", "-").replace("- ", "-"))


def _spellings(model: str) -> Iterator[str]:
    """The model as reported, then as vendors write the same thing elsewhere; then the same of what
    stands behind a label (`HPE 5130 … JG932A`, `Cisco ASA 5525-X`)."""
    tokens = _plain(model).split()
    for start in range(len(tokens)):
        yield from _written(" ".join(tokens[start:]))


def _written(text: str) -> Iterator[str]:
    """One model in several spellings.

    A space or a hyphen may stand within (`ASA 5516-X`, `TZ 400`, `SSG-5-SH`), a name before a
    number (`Aruba7205`), a short form for it (`FG3H0E` = 300E), the code that it is ordered by
    (`FG-60E`, `PAN-PA-220`).
    """
    yield text
    # `TZ 400 W` is the TZ 400W.
    yield _APART.sub("", text)
    yield from _of_fortinet(text)
    yield text.removeprefix("PAN-")
    if joined := _JOINED.fullmatch(text):
        letters, between, number = joined.groups()
        yield from (letters + mark + number for mark in ("", " ", "-") if mark != (between or ""))
    # `show version` of a Nexus leaves its family out: C93180YC-EX.
    if _NEXUS.match(text):
        yield f"N9K-{text}"
    # The series of a switch is told apart by two letters at its end: 5130 EI is not 5130 SI.
    if series := _COMWARE.fullmatch(text):
        yield f"{series[1]} {series[2]}"
    yield f"CHECK POINT {text.removeprefix('QUANTUM ')}"
    yield text.removeprefix("ARUBA")
    yield f"AP-{text}"


# The first six letters of a serial number, which a device may give as its model. Of thousands a 1
# is left out: FG3K1F is the 3001F, FG1K2D the 1200D.
_SHORT = re.compile(r"(FGT?|FWF|FGR)_?(?:(\d)H(\d)|(\d)K([02-9])|(\d+))([A-Z]+?)(P?)")
_ORDERED = re.compile(r"(FGT?|FWF|FGR|FAP|FS|FAZ|FMG|FML|FWB|FAC|FSA|FADC)-?(\d.*?)(?:-BDL\b.*)?")
_FORTINET = {
    "FG": "FORTIGATE-",
    "FGT": "FORTIGATE-",
    "FWF": "FORTIWIFI-",
    "FGR": "FORTIGATERUGGED-",
    "FAP": "FORTIAP-",
    "FS": "FORTISWITCH-",
    "FAZ": "FORTIANALYZER-",
    "FMG": "FORTIMANAGER-",
    "FML": "FORTIMAIL-",
    "FWB": "FORTIWEB-",
    "FAC": "FORTIAUTHENTICATOR-",
    "FSA": "FORTISANDBOX-",
    "FADC": "FORTIADC-",
}


def _of_fortinet(text: str) -> Iterator[str]:
    if short := _SHORT.fullmatch(text):
        kind, hundreds, ones, thousands, tenths, number, letter, powered = short.groups()
        if hundreds:
            number = str(int(hundreds) * 100 + int(ones))
        elif thousands:
            number = str(int(thousands) * 1000 + int(tenths) * 100)
        yield _FORTINET[kind] + number + letter + ("-POE" if powered else "")
    if ordered := _ORDERED.fullmatch(text):
        yield _FORTINET[ordered[1]] + ordered[2]


# A letter or two that stand apart are a variant as much as those that do not.
_APART = re.compile(r"(?<=\w) (?=[A-Z]{1,2}$)")
_VARIANT = re.compile(r" [A-Z]{1,2}")


def _allows(rule: str, rest: str) -> bool:
    """Whether what follows the match leaves it the model that the row means."""
    if rule == "prefix":
        return True
    after = rest[:1]
    if after.isalnum():
        return False
    return rule == "family" or (after not in ("-", "+") and not _VARIANT.fullmatch(rest))
