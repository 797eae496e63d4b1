"""Remote desktops: registry values of hives, hardening lists and group policy objects.

No recording of `reg query` itself is public: the values are those recorded, the form is
Microsoft's. What each value means stands here once more, by Microsoft's documentation of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from evidence.facts import RemoteDesktopPolicy
from evidence.reading import Reading
from tests.by_hand import read
from tests.conformance.summary.recorded import Recorded, Set, Told
from tests.conformance.summary.score import Values

POLICY = r"SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services"
MACHINE = r"Control\Terminal Server"
_LISTENER = re.compile(
    rf"(?i)(?:ControlSet\d{{3}}|CurrentControlSet)\\{re.escape(MACHINE)}(?:\\WinStations\\RDP-Tcp)?"
)
_LAYERS = {0: "rdp", 1: "negotiate", 2: "tls"}
_LEVELS = {1: "low", 2: "client-compatible", 3: "high", 4: "fips"}


def _allowed(number: int) -> bool:
    return number == 0


def _ordered(number: int) -> bool:
    return number == 1


def _seconds(number: int) -> float | None:
    return number / 1000 if number else None


_MEANINGS: Mapping[str, tuple[str, Callable[[int], object]]] = {
    "fdenytsconnections": ("enabled", _allowed),
    "userauthentication": ("nla_required", _ordered),
    "securitylayer": ("security_layer", _LAYERS.get),
    "minencryptionlevel": ("encryption_level", _LEVELS.get),
    "fpromptforpassword": ("asks_password", _ordered),
    "fencryptrpctraffic": ("secure_rpc", _ordered),
    "fdisablecdm": ("drive", _allowed),
    "fdisableclip": ("clipboard", _allowed),
    "fdisableccm": ("com_port", _allowed),
    "fdisablelpt": ("lpt_port", _allowed),
    "fdisablepnpredir": ("pnp_device", _allowed),
    "fdisablecpm": ("printer", _allowed),
    "disablepasswordsaving": ("password_saving", _allowed),
    "fallowunsolicited": ("help_offered", _ordered),
    "fallowunsolicitedfullcontrol": ("help_offered_control", _ordered),
    "fallowtogethelp": ("help_requested", _ordered),
    "fallowfullcontrol": ("help_requested_control", _ordered),
    "fsinglesessionperuser": ("single_session", _ordered),
    "persessiontempdir": ("temp_per_session", _ordered),
    "deletetempdirsonexit": ("temp_deleted", _ordered),
    "maxidletime": ("idle_limit_s", _seconds),
    "maxdisconnectiontime": ("disconnected_limit_s", _seconds),
}


def query(key: str) -> str:
    """The ask for a key of the machine."""
    return f'reg query "HKLM\\{key}"'


def answer(key: str, values: Mapping[str, tuple[str, str]]) -> bytes:
    """Values (type, data) as reg.exe prints them."""
    lines = [f"    {name}    {kind}    {data}" for name, (kind, data) in values.items()]
    return "\r\n".join(["", f"HKEY_LOCAL_MACHINE\\{key}", *lines, "", ""]).encode()


def printed(kind: str, data: Any) -> str:
    """A value's data as reg.exe prints it."""
    if kind == "REG_DWORD":
        return hex(data)
    return r"\0".join(map(str, data)) if isinstance(data, list) else str(data)


def recommended(body: bytes) -> dict[str, int]:
    """A hardening list's numbers for the policy's key, by the name of the value."""
    key = f"hklm:\\{POLICY}".casefold()
    return {
        row["RegistryItem"]: int(row["RecommendedValue"])
        for row in json.loads(body)
        if row["RegistryPath"].casefold() == key and row["RecommendedValue"].isdigit()
    }


def listeners(parsed: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, bytes]]:
    """The keys of a hive that tell of its listener, as answers."""
    answers = []
    for key, found in parsed.items():
        if not _LISTENER.fullmatch(key):
            continue
        values = {
            name: (value["type"], printed(value["type"], value["data"]))
            for name, value in found.items()
            if isinstance(value, dict)
        }
        # One set is kept of a hive, under whatever number: the ask names the running one.
        path = re.sub(r"(?i)^ControlSet\d{3}", "ControlSet001", key)
        answers.append((query(rf"SYSTEM\{path}"), answer(rf"SYSTEM\{path}", values)))
    return answers


def _meant(values: Iterator[tuple[str, int]]) -> Values:
    """What numbers mean, by the field of our fact; what lifts a limit means none."""
    found: dict[str, list[str]] = {}
    for name, number in values:
        field, means = _MEANINGS.get(name.casefold(), ("", str))
        if field and (value := means(number)) is not None:
            found.setdefault(field, []).append(str(value))
    return found


def _wanted_of_list(one: Recorded) -> Values:
    return _meant(iter(recommended(one.body).items()))


def _read_list(one: Recorded) -> Told:
    values = recommended(one.body)
    if not values:
        return Told({}, "it says nothing of remote desktops")
    body = answer(POLICY, {name: ("REG_DWORD", hex(n)) for name, n in values.items()})
    return _told(read("windows", "remote_desktop", (query(POLICY), body)))


def _wanted_of_hive(one: Recorded) -> Values:
    rows = (
        (name, value["data"])
        for key, values in (one.case.get("parsed") or {}).items()
        if _LISTENER.fullmatch(key)
        for name, value in values.items()
        if isinstance(value, dict) and value["type"] == "REG_DWORD"
    )
    # A limit of the listener counts only where accounts are not asked: not compared.
    return {name: told for name, told in _meant(rows).items() if not name.endswith("limit_s")}


def _read_hive(one: Recorded) -> Told:
    return _told(read("windows", "remote_desktop", *listeners(one.case.get("parsed") or {})))


_RECORD = re.compile(
    rb"\[\0((?:[^\0]\0)+)\0\0;\0((?:[^\0]\0)+)\0\0;\0\x04\0\0\0;\0\x04\0\0\0;\0(.{4})\]\0",
    re.DOTALL,
)


def _wanted_of_object(one: Recorded) -> Values:
    """The numbers that an object's registry.pol (MS-GPREG) holds for the policy's key."""
    path = next((path for path in one.paths if path.name.endswith("registry.pol")), None)
    rows = _RECORD.findall(path.read_bytes()) if path else ()
    found = _meant(
        (name.decode("utf-16-le"), int.from_bytes(data, "little"))
        for key, name, data in rows
        if key.decode("utf-16-le").casefold() == POLICY.casefold()
    )
    return {"source": ["domain"], **found} if path else {}


def of_object(one: Recorded) -> Reading:
    """A group policy object, as the files of a domain."""
    ask = "User-Registry.pol" if "_User_" in one.name else "Registry.pol"
    files = {path.name.partition("@@")[2]: path for path in one.paths}
    answers = [(ask, files["registry.pol"].read_bytes())]
    if "gpttmpl.inf" in files:
        answers.append(("GptTmpl.inf", files["gpttmpl.inf"].read_bytes()))
    return read("windows", "remote_desktop", *answers)


def _told(reading: Reading) -> Told:
    fields = ("source", *(field for field, _ in _MEANINGS.values()))
    values = {
        field: [
            str(value)
            for one in reading.of(RemoteDesktopPolicy)
            if (value := getattr(one, field)) is not None
        ]
        for field in fields
    }
    return Told(values, reading.failure.message if reading.failure else None)


def _read_object(one: Recorded) -> Told:
    return _told(of_object(one))


SETS = {
    "baseline": Set(_wanted_of_list, _read_list),
    "hive": Set(_wanted_of_hive, _read_hive),
    "gpo": Set(_wanted_of_object, _read_object),
}
