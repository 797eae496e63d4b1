"""Does every remote desktop require network-level authentication before it draws a log-in screen?

What the listener answers on the wire decides; a configured value answers only where nobody
asked on the wire, and the observation says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks._desktop import OFF, Answer, effective, probes
from checks._observed import observed
from evidence.device import Device
from evidence.facts import RdpNegotiation, RemoteDesktopPolicy
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "rdp_requires_nla"
LISTENER = Text("its remote-desktop listener", "遠端桌面服務")


def check(readings: Readings) -> Iterator[Observation]:
    """One observation for each listener that was probed, and each host that nobody probed."""
    yield from unread(readings, "remote_desktop", CHECK, LISTENER)
    for device, reading in readings.each("remote_desktop"):
        if reading is None:
            continue
        probed = reading.of(RdpNegotiation)
        for one in probed:
            yield _on_the_wire(readings, device, reading, one)
        elsewhere = [wire for _, wire in probes(readings, device) if wire is not None]
        if not probed and not elsewhere:
            yield _configured(readings, device, reading)


def _on_the_wire(
    readings: Readings, device: Device, reading: Reading, one: RdpNegotiation
) -> Observation:
    weak = [
        word
        for seen, word in (
            (one.standard_rdp_accepted, Text("RDP's own security accepted", "接受標準 RDP 安全層")),
            (one.nla_supported is False, Text("NLA not offered", "不支援 NLA")),
        )
        if seen
    ]
    result, state, words = _answer(one.nla_required)
    description = Text(
        "; ".join([words.en, *(one.en for one in weak)]),
        "；".join([words.zh, *(one.zh for one in weak)]),
    )
    return observed(
        CHECK,
        readings,
        device,
        reading,
        subject=f"{device.id}/rdp {one.address}:{one.port}",
        about="nla",
        answer=(result, state, description),
        measures={
            "answers": [list(pair) for pair in one.answers],
            "nla_supported": one.nla_supported,
            "tls_supported": one.tls_supported,
            "standard_rdp_accepted": one.standard_rdp_accepted,
            "tls_version": one.tls_version,
            "certificate_sha256": one.certificate_sha256,
        },
    )


def _configured(readings: Readings, device: Device, reading: Reading) -> Observation:
    mine = effective(reading.of(RemoteDesktopPolicy))
    if mine is not None and mine.enabled is False:
        result, state, words = OFF
    else:
        result, state, words = _answer(None if mine is None else mine.nla_required)
    said = Text(f"{words.en} (as configured)", f"{words.zh}（依設定值）")
    measures: dict[str, object] = {"configured": True}
    return observed(
        CHECK,
        readings,
        device,
        reading,
        subject=f"{device.id}/rdp",
        about="nla",
        answer=(result, state, said),
        measures=measures,
    )


def _answer(required: bool | None) -> Answer:
    if required is None:
        return Result.not_assessed, "nla_unknown", Text("NLA: not said", "NLA 狀態不明")
    if required:
        return Result.satisfied, "nla_required", Text("NLA required", "要求 NLA")
    return Result.not_satisfied, "nla_not_required", Text("NLA not required", "未要求 NLA")
