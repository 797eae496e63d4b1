"""Does what a remote desktop answers on the wire agree with what is set on it?

Configured, in force and on the wire side by side. A setting that did not take effect, a listener
on another port, a gateway in between: each shows as a disagreement, whichever side is weaker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from checks._desktop import SETTINGS, Answer, Desktop, desktops, probes
from checks._observed import observed
from evidence.facts import RdpNegotiation, RemoteDesktopPolicy
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "rdp_agrees_with_wire"
PORT = 3389
SIDES = ("enabled", "port", "nla_required", "security_layer")
SILENT = "device_unreachable"  # the code of a probe that nobody answered
NOT_PROBED = (
    Result.not_assessed,
    "not_probed",
    Text("nobody probes its listener on the wire", "未自網路端測試其遠端桌面服務"),
)
NOTHING = (
    Result.not_assessed,
    "nothing_to_compare",
    Text("its settings and the wire have nothing in common to compare", "設定與網路端無可比對項目"),
)


def check(readings: Readings) -> Iterator[Observation]:
    """One observation a host whose settings are read."""
    yield from unread(readings, "remote_desktop", CHECK, SETTINGS)
    for one in desktops(readings):
        if not one.said or one.mine is None:
            continue
        answer, wire, digests = _compared(readings, one, one.mine)
        found = observed(
            CHECK,
            readings,
            one.device,
            one.reading,
            subject=f"{one.place}/remote desktop and wire",
            about="wire",
            answer=answer,
            measures=_sides(one, wire),
        )
        yield replace(found, evidence=(*found.evidence, *digests))


def _compared(
    readings: Readings, one: Desktop, mine: RemoteDesktopPolicy
) -> tuple[Answer, RdpNegotiation | None, tuple[str, ...]]:
    """The answer, what was heard, and the digests of the probes' readings."""
    probed = list(probes(readings, one.device))
    good = [reading for _, reading in probed if reading is not None]
    heard = [(fact, reading.digest) for reading in good for fact in reading.of(RdpNegotiation)]
    if heard:
        # The listener on the port that is set, if one was probed; else another one tells.
        port = mine.port or PORT
        fact, digest = min(heard, key=lambda pair: pair[0].port != port)
        return _judged(_differences(mine, fact)), fact, (digest,)
    newest = [readings.newest.get((device.id, "remote_desktop")) for device, _ in probed]
    failed = [reading for reading in newest if reading and reading.failure]
    codes = {reading.failure.code for reading in failed if reading.failure}
    digests = tuple(reading.digest for reading in failed)
    if mine.enabled is False and codes == {SILENT}:
        words = Text("off, and nobody answers on the wire", "已停用，網路端亦無回應")
        return (Result.satisfied, "off_and_silent", words), None, digests
    return NOT_PROBED, None, digests


def _differences(mine: RemoteDesktopPolicy, wire: RdpNegotiation) -> list[Text] | None:
    """What the two sides say differently; None where there was nothing to compare."""
    both: list[tuple[bool, Text]] = []
    if mine.enabled is not None:
        both.append((mine.enabled, Text("off, and it answers", "已停用，網路端卻有回應")))
    if mine.port is not None:
        said = f"{mine.port} / {wire.port}"
        both.append(
            (mine.port == wire.port, Text(f"port set / answering: {said}", f"連接埠不同：{said}"))
        )
    if mine.nla_required is not None and wire.nla_required is not None:
        words = (
            Text("NLA required, the wire does without", "設定要求 NLA，網路端未要求")
            if mine.nla_required
            else Text("NLA not required, the wire requires it", "設定未要求 NLA，網路端要求")
        )
        both.append((mine.nla_required == wire.nla_required, words))
    if mine.security_layer == "tls" and wire.standard_rdp_accepted is not None:
        words = Text(
            "TLS only, the wire accepts RDP's own security", "設定僅 TLS，網路端接受標準 RDP"
        )
        both.append((not wire.standard_rdp_accepted, words))
    if mine.security_layer == "rdp" and wire.tls_supported is not None:
        words = Text("no TLS, the wire offers it", "設定不使用 TLS，網路端卻提供")
        both.append((not wire.tls_supported, words))
    return [words for agrees, words in both if not agrees] if both else None


def _judged(differences: list[Text] | None) -> Answer:
    if differences is None:
        return NOTHING
    if not differences:
        words = Text("the wire agrees with the settings", "網路端與設定一致")
        return Result.satisfied, "agrees", words
    words = Text(
        "set, but not so on the wire: " + "; ".join(one.en for one in differences),
        "設定與網路端不一致：" + "；".join(one.zh for one in differences),
    )
    return Result.not_satisfied, "disagrees", words


def _sides(one: Desktop, wire: RdpNegotiation | None) -> dict[str, Any]:
    """Each source's values under its name; `wire` is what was heard, None: nothing."""
    sides: dict[str, Any] = {
        said.source: {name: getattr(said, name) for name in SIDES}
        for said in one.said
        if said.user is None
    }
    heard = wire and {
        "address": wire.address,
        "port": wire.port,
        "nla_required": wire.nla_required,
        "tls_supported": wire.tls_supported,
        "standard_rdp_accepted": wire.standard_rdp_accepted,
        "certificate_sha256": wire.certificate_sha256,
    }
    return sides | {"wire": heard}
