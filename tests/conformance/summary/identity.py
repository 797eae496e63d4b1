"""Release, hardware model and serial number: by command line and by SNMP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.platforms import platforms
from evidence.facts import HardwareItem, SoftwareRelease
from evidence.reading import Reading
from tests.by_hand import read
from tests.conformance.summary.score import Sample, expected, named, parts, recordings

# The names under which other parsers' own records hold the same values.
_NAMES = {
    "version": frozenset(
        (
            *("version", "image_version", "image", "os_version", "software_version", "software"),
            *("main_software_version", "sw_version", "olt_version", "operation_code_version"),
            *("product_version", "ap_running_image", "junos_version", "asa_version"),
        )
    ),
    "hardware": frozenset(
        (
            *("pid", "model", "chassis", "model_num", "model_number", "product_id", "device"),
            *("sc_model", "model_name", "switch_model", "hardware_model", "asa_model"),
        )
    ),
    "serial": frozenset(
        (
            *("serial", "sn", "serial_number", "serial_num", "chassis_sn", "system_sn"),
            *("system_serial", "processor_board_id", "device_serial_number"),
        )
    ),
}
# Other commands hold versions of other things: of a card, a protocol, a boot image not in use.
_TELLS_VERSION = re.compile(
    r"(?:show|display|get|system)[ _](?:version|system (?:status|info.*)|resource.*|sysinfo)"
    r"|.*show_version.*|.*get-software-information"
)
_TELLS_PARTS = re.compile(
    r".*(?:version|inventory|module|license udi|manuinfo|system|chassis hardware|routerboard"
    r"|asset|chassis|facts|virtual-chassis).*"
)


def by_command_line(folder: Path) -> Iterator[Sample]:
    """A platform's folder of `show_version`: every recording, read by the platform of its name."""
    cases = expected(folder)
    known = {name for one in platforms().values() for name in (one.name, *one.aliases)}
    for name in sorted({*cases, *recordings(folder)}):
        case = cases.get(name, {})
        if folder.name not in known:
            yield Sample(name, _wanted(case), refused="no platform of this name")
            continue
        answers = [(_asked(path, case), path.read_bytes()) for path in parts(folder, name)]
        reading = read(folder.name, "firmware", *answers)
        yield Sample(name, _wanted(case), ours(reading), _refused(reading))


def by_snmp(folder: Path) -> Iterator[Sample]:
    """Recordings of walks, against what LibreNMS concluded from them."""
    cases = expected(folder)
    for path in sorted(folder.glob("*.snmprec")):
        case = cases.get(path.stem, {})
        reading = read("snmp", "firmware", ("snmpwalk", path.read_bytes()))
        wanted = {name: [str(case[name])] for name in _NAMES if case.get(name)}
        yield Sample(path.stem, wanted, ours(reading), _refused(reading))


def ours(reading: Reading) -> dict[str, list[str]]:
    """What the facts say: a release with its build, every model, every serial number."""
    releases, hardware = reading.of(SoftwareRelease), reading.of(HardwareItem)
    built = [f"{one.version} {one.build}" for one in releases if one.version and one.build]
    models = [one.model for one in hardware if one.model]
    # Some write the maker before the model or the revision behind it, or in its place what the
    # device says of itself.
    makers = [(one.vendor, one.model) for one in hardware if one.vendor and one.model]
    made = [f"{maker} {model}" for whole, model in makers for maker in (whole, whole.split()[0])]
    made += [f"{one.model} {one.revision}" for one in hardware if one.model and one.revision]
    about = [one.description for one in hardware if one.description]
    return {
        "version": [one.version for one in releases if one.version] + built,
        "hardware": models + made + (about if models else []),
        "serial": [one.serial for one in hardware if one.serial],
    }


def _refused(reading: Reading) -> str | None:
    return reading.failure.message if reading.failure else None


def _asked(path: Path, case: dict[str, Any]) -> str:
    if "@@" in path.name:
        return path.name.partition("@@")[2].rpartition(".")[0].replace("_", " ")
    return str(case.get("command", "show version"))


def _wanted(case: dict[str, Any]) -> dict[str, list[str]]:
    """The upstream parser's values: under their common names, else under its own."""
    command = str(case.get("command", ""))
    found: dict[str, list[str]] = {}
    for name, names in _NAMES.items():
        if name == "hardware" and command.endswith("manuinfo"):
            names = frozenset(("device_name",))
        common = list(named(case.get("fields"), frozenset((name,))))
        common = [one for one in common if one and one != "None"]
        tells = _TELLS_VERSION if name == "version" else _TELLS_PARTS
        if not common and tells.fullmatch(command):
            common = list(named(case.get("parsed"), names))
        # A bare number is a train or the number of a card.
        found[name] = [one for one in common if name != "version" or not one.isdigit()]
    return found
