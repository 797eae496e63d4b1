"""Remote desktops as the checks see them: what is in force on each, and who probed it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evidence.device import Device
from evidence.facts import RemoteDesktopPolicy
from evidence.observation import Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.text import Text

SETTINGS = Text("its remote-desktop settings", "遠端桌面設定")
# The strongest first. A single user's policy, and what a group policy object orders, are not in
# force for everybody: they stand in no list.
PRECEDENCE = ("effective", "policy", "listener", "xrdp")
LIMITS = {
    "idle_limit_s": "idle",
    "disconnected_limit_s": "disconnected",
    "screen_lock_s": "screen_lock",
}
_KEPT = (
    *("enabled", "port", "nla_required", "security_layer", "certificate"),
    *("drive", "clipboard", "printer", "com_port", "lpt_port", "pnp_device", "smart_card"),
)

Answer = tuple[Result, str, Text]
NOT_READ = (
    Result.not_assessed,
    "settings_unknown",
    Text("its settings were not read", "未讀得其設定"),
)
INTENT = (
    Result.not_assessed,
    "intent_only",
    Text("ordered by policy; no computer was read", "僅有原則設定，未讀得實機"),
)
OFF = (Result.satisfied, "switched_off", Text("remote desktop is off", "遠端桌面未啟用"))


@dataclass(frozen=True, slots=True)
class Desktop:
    """One unit's remote desktop. `mine` is what is in force; None: it was not read."""

    device: Device
    reading: Reading
    place: str
    said: tuple[RemoteDesktopPolicy, ...]
    mine: RemoteDesktopPolicy | None

    @property
    def known(self) -> Answer | None:
        """The answer that needs no question: not read, mere intent, or switched off."""
        if self.mine is None:
            return INTENT if any(one.source == "domain" for one in self.said) else NOT_READ
        return OFF if self.mine.enabled is False else None


def desktops(readings: Readings) -> Iterator[Desktop]:
    """Every remote desktop of which a good reading stands.

    A listener that was only probed counts as one, unless its host is read by another device.
    """
    for device, reading in readings.each("remote_desktop"):
        if reading is None:
            continue
        said = reading.of(RemoteDesktopPolicy)
        if not said and any(host.id != device.id for host in _hosts(readings, device)):
            continue
        for unit in dict.fromkeys(one.subject_unit for one in said) or (None,):
            own = tuple(one for one in said if one.subject_unit == unit)
            place = f"{device.id}/{unit}" if unit else device.id
            yield Desktop(device, reading, place, own, effective(own))


def probes(readings: Readings, host: Device) -> Iterator[tuple[Device, Reading | None]]:
    """The devices that probe a host's listener on the wire, each with its newest good reading."""
    for device, reading in readings.each("remote_desktop"):
        if device.platform == "rdp_wire" and host in _hosts(readings, device):
            yield device, reading


def _hosts(readings: Readings, probe: Device) -> Iterator[Device]:
    """Devices whose listener this one probes: by its option `desktop`, or by the address."""
    named = probe.options.get("desktop")
    for device, _ in readings.each("remote_desktop"):
        same = bool(probe.address) and device.address.casefold() == probe.address.casefold()
        if device.platform != "rdp_wire" and (device.id == named if named else same):
            yield device


def effective(said: Sequence[RemoteDesktopPolicy]) -> RemoteDesktopPolicy | None:
    """The values in force, each from the first source that says it; None: nothing was read.

    `source` names the source of the idle limit. A limit that a source expressly switches off
    is said by that source, so a weaker source's limit does not come back. Where only a listener
    was read, a policy nobody saw may say otherwise: its limits are unknown.
    """
    held = [one for one in said if one.source in PRECEDENCE]
    ordered = sorted(held, key=lambda one: PRECEDENCE.index(one.source))
    if not ordered:
        return None
    found = replace(ordered[-1], unlimited=())
    for one in reversed(ordered):
        values: dict[str, Any] = {
            name: value for name in _KEPT if (value := getattr(one, name)) is not None
        }
        off = set(found.unlimited)
        for name, word in LIMITS.items():
            if word in one.unlimited:
                values[name] = None
                off.add(word)
            elif getattr(one, name) is not None:
                values[name] = getattr(one, name)
                off.discard(word)
        if "idle" in one.unlimited or one.idle_limit_s is not None:
            values["source"] = one.source
        found = replace(found, **values, unlimited=tuple(sorted(off)))
    unknown = {word for one in ordered[:1] for word in one.unknown}
    if ordered[0].source == "listener":
        unknown |= set(LIMITS.values())
    return replace(found, unknown=tuple(sorted(unknown)), decided_by=ordered[0].decided_by)
