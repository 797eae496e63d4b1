"""Release, hardware model and serial number: by command line and by SNMP."""

from __future__ import annotations

import re
from pathlib import Path

from agent.platforms import platforms
from evidence.facts import HardwareItem, SoftwareRelease
from evidence.reading import Reading
from tests.by_hand import read
from tests.conformance.summary.recorded import Recorded, Set, Told
from tests.conformance.summary.score import Values, named

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


def _read_by_command(one: Recorded) -> Told:
    """Read by the platform of the folder's name."""
    known = {
        name for platform in platforms().values() for name in (platform.name, *platform.aliases)
    }
    if one.kind not in known:
        return Told({}, "no platform of this name")
    answers = [(ask, path.read_bytes()) for path in one.paths for ask in _asks(path, one)]
    return _told(read(one.kind, "firmware", *answers))


def _wanted_of_walk(one: Recorded) -> Values:
    """What LibreNMS concluded."""
    return {name: [str(one.case[name])] for name in _NAMES if one.case.get(name)}


def _read_walk(one: Recorded) -> Told:
    return _told(read("snmp", "firmware", ("snmpwalk", one.body)))


def _told(reading: Reading) -> Told:
    return Told(ours(reading), reading.failure.message if reading.failure else None)


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
        "version": [one.version for one in releases if one.version and one.part != "kernel"]
        + built,
        "version beside": [one.version for one in releases if one.version and one.part == "kernel"],
        "hardware": models + made + (about if models else []),
        "serial": [one.serial for one in hardware if one.serial],
    }


def _asks(path: Path, one: Recorded) -> list[str]:
    """What was asked; by NETCONF also each of the models that the answer follows."""
    models = re.findall(r'xmlns="[^"]*/yang/([\w-]+)"', path.read_text("utf-8", "replace"))
    return [_asked(path, one), *dict.fromkeys(models)]


def _asked(path: Path, one: Recorded) -> str:
    if "@@" in path.name:
        return path.name.partition("@@")[2].rpartition(".")[0].replace("_", " ")
    return one.command.removeprefix("NETCONF ") or "show version"


def _wanted_by_command(one: Recorded) -> Values:
    """The upstream parser's values: under their common names, else under its own."""
    case, command = one.case, one.command
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


BY_COMMAND_LINE = Set(_wanted_by_command, _read_by_command)
BY_SNMP = Set(_wanted_of_walk, _read_walk)
