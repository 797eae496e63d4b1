"""Is every remote-control program on a host one that the company sanctions?

TeamViewer, AnyDesk, VNC and their like let somebody in past the gateways. One that is installed
or a service is an answer of its own. A port such a program usually has shows nothing by itself:
a person must look. Programs that run without being installed are not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checks._observed import observed
from evidence.facts import ProgramsSeen, RemoteAccess
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "remote_control_is_sanctioned"
PROGRAMS = Text("its programs", "安裝之程式")
SEEN_AS = {
    "installed": Text("installed", "已安裝"),
    "service": Text("a service", "為系統服務"),
    "listening": Text("listening", "監聽中"),
}


def check(readings: Readings, *, sanctioned: Sequence[str] = ()) -> Iterator[Observation]:
    """`sanctioned`: names of the products that may be there."""
    yield from unread(readings, "remote_access", CHECK, PROGRAMS)
    allowed = {name.casefold() for name in sanctioned}
    for device, reading in readings.each("remote_access"):
        if reading is None or not (looked := reading.of(ProgramsSeen)):
            continue
        products: dict[str, list[RemoteAccess]] = {}
        for one in reading.of(RemoteAccess):
            if one.seen_as is not None:
                products.setdefault(one.service, []).append(one)
        answers = {
            f"remote control {name}": _answer(name, seen, name.casefold() in allowed)
            for name, seen in products.items()
        }
        if not answers or looked[0].programs is None:
            answers["remote control"] = _none(looked[0])
        for subject, answer in answers.items():
            name = subject.removeprefix("remote control").strip()
            yield observed(
                CHECK,
                readings,
                device,
                reading,
                subject=f"{device.id}/{subject}",
                about="remote_control",
                answer=answer,
                measures={
                    "programs": looked[0].programs,
                    "services": looked[0].services,
                    "listeners": looked[0].listeners,
                    "seen_as": [one.seen_as for one in products.get(name, ())],
                    "detail": [one.detail or one.port for one in products.get(name, ())],
                },
            )


def _answer(name: str, seen: Sequence[RemoteAccess], allowed: bool) -> tuple[Result, str, Text]:
    ways = [SEEN_AS[one.seen_as] for one in seen if one.seen_as in SEEN_AS]
    how = Text(", ".join(way.en for way in ways), "、".join(way.zh for way in ways))
    if allowed:
        words = Text(f"{name}, {how.en}; sanctioned", f"{name}（{how.zh}），屬核准之遠端軟體")
        return Result.satisfied, "sanctioned", words
    if all(one.seen_as == "listening" for one in seen):
        ports = ", ".join(str(one.port) for one in seen)
        words = Text(
            f"something listens on a port of {name} ({ports})", f"監聽 {name} 慣用埠（{ports}）"
        )
        return Result.not_assessed, "port_of_remote_control", words
    words = Text(f"{name}, {how.en}; not sanctioned", f"{name}（{how.zh}），非核准之遠端軟體")
    return Result.not_satisfied, "unsanctioned", words


def _none(looked: ProgramsSeen) -> tuple[Result, str, Text]:
    if looked.programs is None:
        return (
            Result.not_assessed,
            "programs_unknown",
            Text("its programs were not read", "未讀得安裝之程式"),
        )
    words = Text(
        f"no remote-control program among {looked.programs} programs",
        f"{looked.programs} 項程式中未見遠端控制軟體",
    )
    return Result.satisfied, "none_found", words
