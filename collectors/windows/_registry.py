"""Registry values as people and programs write them: `reg query` answers and `.reg` exports.

Windows speaks its users' language (errors, `(value not set)`); only key names, value names,
types and data are read, which it does not translate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown

_KEY = re.compile(
    r"^(HKEY_LOCAL_MACHINE|HKLM|HKEY_CURRENT_USER|HKCU|HKEY_USERS|HKU)\\(.+?)\s*$", re.IGNORECASE
)
# Keys of the machine stand under their bare path, those of users below their hive.
_HIVES = {"hkey_current_user": "hkcu\\", "hkcu": "hkcu\\", "hkey_users": "hku\\", "hku": "hku\\"}
_VALUE = re.compile(r"^(?: {4}|\t| {1,3})(.+?)(?: {4}|\t)(REG_[A-Z_]+)(?:(?: {4}|\t)(.*))?$")
_TYPES = frozenset(
    (
        *("REG_SZ", "REG_EXPAND_SZ", "REG_MULTI_SZ", "REG_DWORD", "REG_QWORD", "REG_BINARY"),
        *("REG_NONE", "REG_LINK", "REG_DWORD_BIG_ENDIAN", "REG_RESOURCE_LIST"),
        *("REG_FULL_RESOURCE_DESCRIPTOR", "REG_RESOURCE_REQUIREMENTS_LIST"),
    )
)
_CONTROL_SET = re.compile(r"^system\\(controlset\d{3})\\")
_RUNNING = "system\\currentcontrolset\\"
# Windows says these in its user's language and code page: the words, and the pages they come in.
_ABSENT = (
    ("unable to find the specified registry key", ()),  # Windows and wine
    ("error_file_not_found", ()),  # ours, of the registry pipe
    ("系統找不到指定的登錄機碼", ("cp950",)),
    ("系统找不到指定的注册表项", ("gbk",)),
    ("指定されたレジストリ キーまたは値が見つかりませんでした", ("cp932",)),
    ("지정된 레지스트리 키 또는 값을 찾을 수 없습니다", ("cp949",)),
    ("bzw. wert wurde nicht gefunden", ()),
    ("no pudo encontrar la clave", ()),
    ("la valeur de registre sp", ()),
)
_DENIED = (
    ("access is denied", ()),
    ("存取被拒", ("cp950",)),
    ("拒绝访问", ("gbk",)),
    ("アクセスが拒否", ("cp932",)),
    ("액세스가 거부", ("cp949",)),
    ("zugriff verweigert", ()),
    ("acceso denegado", ()),
)
# How an export writes types as bytes: a DWORD, and texts.
_NUMBER = "hex(4)"
_TEXTS = ("hex(1)", "hex(2)", "hex(6)", "hex(7)")
_REG_FILE = re.compile(r"^(?:Windows Registry Editor Version 5\.00|(REGEDIT4))\s*$", re.MULTILINE)
_REG_VALUE = re.compile(r'^(?:"((?:[^"\\]|\\.)*)"|@)=(.*)$')


@dataclass(frozen=True, slots=True)
class Key:
    """A key's values: name in lower case → number, or text as written. Not there: `exists` False.

    Binary data is text in hexadecimal.
    """

    exists: bool = True
    values: Mapping[str, int | str] = field(default_factory=dict)

    def number(self, name: str) -> int | None:
        """A DWORD's number; None where the value is absent or of another type."""
        value = self.values.get(name.casefold())
        return value if isinstance(value, int) else None

    def holds(self, name: str) -> bool:
        """Whether the value is there, of whatever type."""
        return name.casefold() in self.values

    def text(self, name: str) -> str | None:
        value = self.values.get(name.casefold())
        return value.strip() or None if isinstance(value, str) else None


def queried(capture: Capture, path: str) -> Key:
    """The key at `path` (without hive) in an answer of `reg query`.

    Raises NotAnswered (`privilege_missing`) where Windows denies it, Incomplete for an answer
    that stops in a value, Unexpected for what is no answer of `reg query`.
    """
    text = capture.text()
    who = f"{capture.device}: {capture.ask.text!r}"
    keys = _keys(text, who)
    key = keys.get(path.casefold())
    if key is not None and not key.values:
        raise Incomplete(f"{who}: the answer stops after the key's name")
    if key is not None:
        return key
    if _says(capture, text, _ABSENT):
        return Key(exists=False)
    if _says(capture, text, _DENIED):
        raise NotAnswered(
            f"{who}: Windows denies access",
            code="privilege_missing",
            next_step="let the account read the key; see the platform's page",
        )
    below = any(key.startswith(f"{path.casefold()}\\") for key in keys)
    if below or (not text.strip() and capture.provenance.kind == "device"):
        return Key()  # there, and without values
    if not text.strip():
        raise Incomplete(f"{who}: the file delivered is empty")
    raise Unexpected(f"{who}: no answer of reg query; it starts {shown(text)!r}")


def _says(capture: Capture, text: str, known: Iterable[tuple[str, Iterable[str]]]) -> bool:
    """Whether the answer has one of these words, in whichever code page it came."""
    plain = text.casefold()
    return any(
        word in plain or any(word.encode(page) in capture.body for page in pages)
        for word, pages in known
    )


def searched(capture: Capture, name: str) -> list[str]:
    """Texts of the value `name` below a key, of `reg query … /s /v NAME`.

    Raises NotAnswered (`privilege_missing`) where Windows denies all of it.
    """
    return list(by_key(capture, name).values())


def by_key(capture: Capture, name: str) -> dict[str, str]:
    """Texts of the value `name` by the path of their key, of `reg query … /s /v NAME`.

    Raises NotAnswered (`privilege_missing`) where Windows denies all of it.
    """
    text = capture.text()
    who = f"{capture.device}: {capture.ask.text!r}"
    found = {path: said for path, key in _keys(text, who).items() if (said := key.text(name))}
    if not found and _says(capture, text, _DENIED):
        raise NotAnswered(f"{who}: Windows denies access", code="privilege_missing")
    return found


def children(capture: Capture) -> list[str]:
    """Names of the subkeys that an answer of `reg query` lists, as written."""
    found = (_KEY.match(line) for line in capture.text().splitlines())
    return [key[2].rpartition("\\")[2] for key in found if key]


def exported(capture: Capture) -> Mapping[str, Key]:
    """Every key of a `.reg` file by its path in lower case, without hive. Raises Unexpected."""
    text = capture.text()
    who = f"{capture.device}: {capture.ask.text!r}"
    head = _REG_FILE.match(text.lstrip("\ufeff\r\n "))
    if not head:
        raise Unexpected(f"{who}: no registry export; it starts {shown(text)!r}")
    if re.search(r"(?:\\\s*|[^\n])\Z", text):
        raise Incomplete(f"{who}: the export breaks off within a line")
    found: dict[str, dict[str, int | str]] = {}
    values: dict[str, int | str] = {}
    for line in re.sub(r"\\\r?\n\s*", "", text).splitlines():
        if line.startswith("[") and line.rstrip().endswith("]"):
            path = line.strip()[1:-1]
            key = _KEY.match(path.removeprefix("-"))
            if key and path.startswith("-"):  # written by hand: the key is to be removed
                gone = _path(key)
                for one in [one for one in found if f"{one}\\".startswith(f"{gone}\\")]:
                    del found[one]
                key = None
            values = found.setdefault(_path(key), {}) if key else {}
        elif pair := _REG_VALUE.match(line.rstrip()):
            name = _plain(pair[1] or "").casefold()
            if pair[2] == "-":  # written by hand: the value is to be removed
                values.pop(name, None)
            else:
                # The older form writes bytes of texts in the code page.
                values[name] = _exported_value(pair[2], "cp950" if head[1] else "utf-16-le")
    return _current({path: Key(values=of) for path, of in found.items()})


def _path(key: re.Match[str]) -> str:
    return f"{_HIVES.get(key[1].casefold(), '')}{key[2]}".casefold()


def _current(keys: dict[str, Key]) -> dict[str, Key]:
    """With an offline hive's control set under its running name, which such a hive lacks.

    Of several sets it is the one that the hive itself selects.
    """
    if any(path.startswith(_RUNNING) for path in keys):
        return keys
    sets = {found[1] for path in keys if (found := _CONTROL_SET.match(path))}
    one = min(sets, default="")
    if len(sets) > 1:
        chosen = keys.get(r"system\select", Key()).number("Current")
        one = "" if chosen is None else f"controlset{chosen:03}"
    if one not in sets:
        return keys
    of = f"system\\{one}\\"
    return keys | {
        _RUNNING + path.removeprefix(of): key for path, key in keys.items() if path.startswith(of)
    }


def _keys(text: str, who: str) -> dict[str, Key]:
    """The keys of an answer with their values, by path in lower case."""
    found: dict[str, dict[str, int | str]] = {}
    values: dict[str, int | str] | None = None
    if re.search(r"^(?: {4}|\t)[^\n]+\Z", text, re.MULTILINE):
        # `1776` of `17763` reads like another build.
        raise Incomplete(f"{who}: the answer stops in a value, without the end of its line")
    for line in text.splitlines():
        if key := _KEY.match(line):
            values = found.setdefault(_path(key), {})
        elif values is not None and (value := _VALUE.match(line)):
            name, kind, data = value.groups()
            if kind not in _TYPES:
                raise Incomplete(f"{who}: the answer stops at {shown(line)!r}")
            values[name.strip().casefold()] = _value(kind, (data or "").strip(), who)
        elif values is not None and line.startswith("    ") and "REG_" not in line:
            raise Incomplete(f"{who}: the answer stops at {shown(line)!r}")
    return _current({path: Key(values=of) for path, of in found.items()})


def _value(kind: str, data: str, who: str) -> int | str:
    if kind not in ("REG_DWORD", "REG_QWORD"):
        return data
    number = re.fullmatch(r"0[xX]([0-9a-fA-F]+)", data)
    if number is None:
        raise Incomplete(f"{who}: {kind} {shown(data)!r} is no number")
    # A QWORD is no DWORD: Windows reads no setting of ours from one.
    return int(number[1], 16) if kind == "REG_DWORD" else data


def _exported_value(data: str, texts_in: str) -> int | str:
    if number := re.fullmatch(r"(?i:dword):([0-9a-fA-F]{1,8})", data):
        return int(number[1], 16)
    if data.startswith('"'):
        return _plain(data[1:].rstrip().removesuffix('"'))
    kind, _, binary = data.partition(":")
    plain = binary.replace(",", "")
    try:
        if kind.casefold() == _NUMBER and len(plain) == 8:
            return int.from_bytes(bytes.fromhex(plain), "little")
        if kind.casefold() in _TEXTS:
            return bytes.fromhex(plain).decode(texts_in, "replace").rstrip("\0")
    except ValueError:
        return plain
    return plain


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
