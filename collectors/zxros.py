"""ZTE ZXROS routers and packet transport (ZXR10, ZXCTN) by their command line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one, span_s, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "ZTE"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("zte_zxros",)

MAKER = Maker("ZTE", "zxros", "ZTE ZXROS")
SESSION = terminal("terminal length 0")

_NUMBER = re.compile(r"\bV(\d\S*)")
VERSION = Ask("version", "show version", also=("show_version",))
# Switches and routers of before: "ZXR10 ROS Version V4.08.34", the board's name far below.
_OLD = one(
    r"\bROS Version (?P<version>V\d[^\s,]*)",
    hardware=r"^Board Name *: *(\S.*?) *$",
    uptime=r"uptime is (.+)",
)


# "ZXCTN 6180H", then "ZTE ZXCTN Software, Version: ZXCTN 6180H V5.10.00.B27, Release software".
_TITLED = one(
    r"^(?P<hardware>ZX\S+ \S.*?) *\n+ZTE .*?Software, Version: (?P<version>.*?V\d[^\s,]*)",
    uptime=r"uptime is (.+)",
)
# Of now: "ZXR10 5960-52TU Software, 5900&5200 Version: V3.00.11.B19".
_NAMED = one(
    r"^(?:ZTE )?(?P<hardware>ZX\S+ \S+) Software,.*?Version:? (?P<version>V\d[^\s,]*)",
    uptime=r"uptime is (.+)",
)


def firmware(device: Device) -> Flow:
    """Release, device, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (template("zte_zxros_show_version"), _TITLED, _OLD, _NAMED), _version),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    """`ZXCTN 6500-32`: the template leaves the name of the line out of the model."""
    told = _NUMBER.search(row["version"])
    yield MAKER.release(told[1] if told else row["version"])
    model = row["hardware"].strip()
    yield MAKER.item(model if model.startswith("ZX") or not model else f"ZXCTN {model}")
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))
