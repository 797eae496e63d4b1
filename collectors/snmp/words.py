"""What sysDescr says of a product that no family knows: its release, its model, its serial number.

A text of a known maker's agent is read by how makers word things. What belongs to another part
(hardware, boot loader, kernel, a MIB) and what is a date or an address is taken for neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# A release as makers write it has a dot in it: 15.2(4)M7, v7.2.6, 9.16.4-P2, R80.40.
_NUMBER = r"((?:[A-Z]{1,2}\.|[A-Za-z]{0,3})\d+(?:\.\d+)+[\w.()+-]*)"
_RELEASE = r"(?:version|release|revision|rev\.?|ver\.?)"
# What runs comes before the system it is built on, and both before the firmware beneath.
_BEFORE = (
    rf"(?i:(?:software|application)[ -]{_RELEASE})",
    rf"(?i:(?:firmware|system|os)[ -]{_RELEASE})",
    rf"(?i:\bs/?w(?:[ _]?{_RELEASE})?)",
    r"(?i:\bsoftware)",
    r"(?i:\b(?:version|ver\.?|release|revision|rev\.?))",
    # A system's own name: "HiveOS 8.1r2a", "JUNOS 18.2R1.9".
    r"\b(?!(?:Net)?BIOS)[A-Za-z]*OS",
    rf"(?i:\b(?:firmware|f/?w)(?:[ _]?{_RELEASE})?)",
    r"(?:(?<=[\s,;(/])|^)[vV]",
)
_WORDED = (
    *(re.compile(rf"{before}[ :=.-]*{_NUMBER}") for before in _BEFORE),
    # Broadcom's FASTPATH and its many descendants: "model, 6.3.1.11, boot loader"; PT.01.14 too.
    re.compile(r", (\d+(?:\.\d+){2,}|[A-Z]{2}(?:\.\d+){2,})(?:,|$)"),
)
# Three numbers and more.
_DOTTED = re.compile(
    r"(?i)(?<!works )(?<!ecos-)(?<![\w.])v?"
    r"((?:(?-i:[A-Z]{2})\.)?\d+(?:\.\d+){2,}(?:\.[A-Z]\d+)?[\w-]*)(?![\d.])"
)
# Behind these words stands another part's number.
_ANOTHER_PART = re.compile(
    r"(?i)\b(?:hardware|h/?w|boot ?(?:rom|loader|ldr|code|ware|prom)?|loader|kernel|linux|rommon"
    r"|rom|prom|bios|u-?boot|cfe|fpga|cpld|pc[ab]|board|nic|engine|iot|mib|snmp|protocol|api|openss[lh]|java|php)"
    r"(?:[ _](?:version|release|revision|rev|ver))?[ _:=./-]*v?$"
)
_PRIVATE = re.compile(r"(?:10|127|172\.(?:1[6-9]|2\d|3[01])|192\.168)(?:\.\d{1,3}){2,3}")
_NO_RELEASE = re.compile(r"\d{1,2}\.\d{1,2}\.(?:19|20)\d\d|1\.3\.6\.1\..*|802\.\d.*")
_DATE = re.compile(r"(?:19|20)\d\d\.\d{1,2}\.\d{1,2}")

_MODEL_WORD = re.compile(
    r"(?:(?<=[\s(\[,])|^)(?=[\w+/-]{4})[A-Z][A-Za-z]*[-/]?[A-Za-z0-9+/-]*\d[A-Za-z0-9+/-]*(?![\w.])"
)
# Releases, architectures, standards and dates have letters and numbers too.
_NO_MODEL = re.compile(
    r"(?:[VvRBP]\d(?!\w*-\d+[A-Z])|[A-Z]*OS-V\d|Ver|Rev|Rel|Build|IEEE|RFC|SHA|MD5|IPv|SNMP|UTF|X86|Intel|AMD|ARM|I[36]86|Linux"
    r"|L[234]\b|Layer"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?![a-z]))"
)
# "Model: X;" and its like, up to what ends a field.
_MODEL_FIELD = re.compile(
    r"(?i)\b(?:(?:hardware )?model(?: (?:name|number|no))?|product(?: name)?|hw ?sku|device type)"
    r" ?[:=] ?([^,;:>)|]+?)"
    r"(?= ?(?:[,;>)|]|$)| (?:s/?w|f/?w|h/?w|ver|rev|release|version|firmware|software|hardware"
    r"|serial|s/?n|build)\b)"
)
# What stands before the release is the product, if it is short and has a number like a model's.
_HEAD = re.compile(
    r"^([^,;()|:]+?)[ ,;(-]+(?=(?i:s/?w|f/?w|h/?w|version|ver|rev|release|firmware|software"
    r"|hardware)\b|\w*OS\b|[vV]\d+\.\d|(?:[A-Z]{2}\.)?\d+(?:\.\d+){2,}|[A-Z]{2}(?:\.\d+){2})"
)
_HEAD_NUMBER = re.compile(
    r"(?:[A-Za-z]+[-_/]?|\d*[A-Z]+)\d[\w+/.-]*|\d{3,}[\w+/-]*|\d+[A-Z]+[\w-]*"
)
_NO_HEAD = re.compile(
    r"(?i)(?:l[234]|layer.*|\d+-?ports?|\d+[/x]\d.*|\d+g(?:b|bps|e|ig.*)?|802\..*|v?\d+\.\d.*|r\d.*"
    r"|rev.*|ipv[46]|(?:19|20)\d\d)"
)
_PROSE = re.compile(
    r"(?i)\b(?:the|of|for|at|in|on|and|with|to|by|running|software|system|copyright|building|room"
    r"|rack|floor|site|contact|core|please)\b"
)
_SERIAL = re.compile(
    r"(?i)(?<!\w)(?:(?:serial(?: ?(?:number|num|no))?|s/n|sn|ser) ?[.:#=]+ ?|serial (?:number|no) )"
    r"((?=[\w-]*\d)[a-z0-9][\w-]{4,29})(?![\w.])"
)


def version_of(description: str, is_known: bool) -> str | None:
    """The release that the text words as one; of a product no family knows, else its only number
    of three parts."""
    for pattern in _WORDED:
        for value in _own(pattern, description):
            return value
    if is_known:
        return None
    # Four numbers of a private network are an address as well.
    numbers = {
        one
        for one in _own(_DOTTED, description)
        if not _PRIVATE.fullmatch(one) and not _DATE.match(one)
    }
    return numbers.pop() if len(numbers) == 1 else None


def _own(pattern: re.Pattern[str], description: str) -> Iterator[str]:
    """What the pattern finds of the product itself."""
    for match in pattern.finditer(description):
        value = str(match[1]).rstrip(".-(")
        value = value if "(" in value else value.split(")")[0]
        before = description[: match.start()]
        is_named = re.match(r"[A-Za-z]*OS[ -]", match[0])  # "kernel JUNOS 18.2" names the system
        if (is_named or not _ANOTHER_PART.search(before)) and not _NO_RELEASE.fullmatch(value):
            yield value


def model_of(description: str, maker: str | None) -> str | None:
    """The field of that name, else the one word that is like a model, else what stands before
    the release. Where there are two such words, nobody can say."""
    if (match := _MODEL_FIELD.search(description)) and _is_model(match[1].split()):
        return match[1]
    own = (maker or "").casefold()
    found = _MODEL_WORD.findall(description)
    words = [one for one in found if not _NO_MODEL.match(one) and one.casefold() not in own]
    if len(set(words)) > 1 and own:
        # "PLANET XGS3-24042 L3 Switch with X2 slots": the one behind the maker's own name.
        named = rf"(?i){re.escape(own.split()[0])}[\w-]*,? {re.escape(words[0])}(?![\w/+-])"
        words = words[:1] if re.match(named, description) else words
    if words:
        # "S5720-32X-EI … (S5720 …)": the one, then its series. The other way round it may be a
        # file's name.
        is_series = (re.match(rf"{re.escape(one)}(?!\d)", words[0]) for one in words)
        return words[0] if all(is_series) else None
    return _head(description, own)


def _head(description: str, maker: str) -> str | None:
    match = _HEAD.match(description)
    if match is None:
        return None
    words = match[1].split()
    while words and maker and words[0].casefold().rstrip(".,") in maker.split():
        words = words[1:]
    # What follows the number says what it is: "PacketShaper 3500 PacketWise".
    while words and not re.search(r"\d", words[-1]):
        words = words[:-1]
    return " ".join(words) if _is_model(words) and not _PROSE.search(match[1]) else None


def _is_model(words: list[str]) -> bool:
    """Whether these few words name a product: one of them has a number as models have."""
    named = [one for one in words if _HEAD_NUMBER.fullmatch(one) and not _NO_HEAD.fullmatch(one)]
    return bool(named) and len(words) <= 4


def serial_of(description: str) -> str | None:
    """The serial number that the text words as one."""
    match = _SERIAL.search(description)
    return match[1] if match else None
