"""`rdp`: remote desktops, what is set, what is in force and what answers, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from agent.cli.commands.topic import show_topic
from agent.cli.options import ConfigOption, JsonOption, LanguageOption, PeriodOption
from checks.remote_desktop_is_restricted import REDIRECTIONS
from evidence.control import Verdict
from evidence.facts import RdpNegotiation, RemoteDesktopPolicy
from evidence.judged import Judged
from evidence.observation import Observation
from evidence.text import Text

CHECKS = (
    *("remote_desktop_is_restricted", "remote_session_is_limited", "rdp_requires_nla"),
    *("rdp_agrees_with_wire",),
)
HEADINGS = {
    "device": Text("device", "設備"),
    "configured": Text("set", "設定"),
    "effective": Text("in force", "生效"),
    "wire": Text("on the wire", "網路端"),
    "verdict": Text("verdict", "結果"),
    "why": Text("why", "說明"),
}
_ALLOWED = {
    "password_saving": Text("saves passwords", "可儲存密碼"),
    "help_offered": Text("Remote Assistance may be offered", "允許主動提供遠端協助"),
    "root_login": Text("root may log in", "允許 root 登入"),
    "help_requested": Text("Remote Assistance may be asked for", "允許要求遠端協助"),
}
_SET = ("policy", "listener", "domain")
_IN_FORCE = ("effective", "xrdp")


def rdp(
    period: PeriodOption = None,
    language: LanguageOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Remote desktops: set, in force, and on the wire. Exit 1 when something is not satisfied."""
    show_topic(
        _rows,
        HEADINGS,
        "no device is read for its remote desktop",
        "remote_desktop",
        period=period,
        language=language,
        config=config,
        json=json,
        named=("device", "verdict"),
    )


def _rows(judged: Judged, language: str) -> Iterator[dict[str, Any]]:
    """One row a device: a host with what was heard on its wire, a probe by itself."""
    said: dict[str, list[Observation]] = {}
    for one in judged.observations:
        # A clause's own settings stand behind the check's name.
        if one.check.startswith(CHECKS):
            said.setdefault(one.device, []).append(one)
    for device, reading in judged.readings.each("remote_desktop"):
        mine = said.get(device.id, [])
        policies = reading.of(RemoteDesktopPolicy) if reading else ()
        probes = [asdict(one) for one in reading.of(RdpNegotiation)] if reading else []
        heard = [wire for one in mine if (wire := one.measures.get("wire"))] or probes
        verdicts = [Verdict.of(one.result) for one in mine]
        worst = judged.policy.worst({*verdicts}) if mine else Verdict.not_assessed
        why = [
            _plain(one.description.in_(language), device.id)
            for one in mine
            if Verdict.of(one.result) is worst
        ]
        yield {
            "device": device.id,
            "configured": _cell(policies, _SET, language),
            "effective": _cell(policies, _IN_FORCE, language),
            "wire": _wire(heard[0], language) if heard else "",
            "verdict": worst.text.in_(language),
            "why": "" if worst is Verdict.satisfied else "\n".join(dict.fromkeys(why)),
        }


def _plain(text: str, device: str) -> str:
    """Without the device's name, which is in the row."""
    return text.removeprefix(f"{device}: ").removeprefix(f"{device}：")


def _cell(policies: Sequence[RemoteDesktopPolicy], sources: Sequence[str], language: str) -> str:
    """What these sources say, a line each; users' own are counted only."""
    lines = [
        f"{one.source}: {', '.join(text.in_(language) for text in _words(one))}"
        for one in policies
        if one.source in sources
    ]
    return "\n".join(lines)


def _words(one: RemoteDesktopPolicy) -> Iterator[Text]:
    if one.enabled is False:
        yield Text("off", "停用")
    if one.nla_required is not None:
        yield Text("NLA", "NLA") if one.nla_required else Text("no NLA", "無 NLA")
    if one.security_layer:
        yield Text(one.security_layer, one.security_layer)
    for word, limit_s, what in (
        ("idle", one.idle_limit_s, Text("idle", "閒置")),
        ("screen_lock", one.screen_lock_s, Text("lock", "鎖定")),
    ):
        if word in one.unlimited:
            yield Text(f"{what.en} never", f"{what.zh}不限")
        elif limit_s is not None:
            yield Text(f"{what.en} {limit_s / 60:g} min", f"{what.zh} {limit_s / 60:g} 分")
    if open_ := [name for name in REDIRECTIONS if getattr(one, name)]:
        names = [REDIRECTIONS[name] for name in open_]
        en, zh = ", ".join(name.en for name in names), "、".join(name.zh for name in names)
        yield Text(f"redirects {en}", f"重新導向{zh}")
    yield from (text for name, text in _ALLOWED.items() if getattr(one, name))
    if one.unreadable:
        names_ = ", ".join(one.unreadable)
        yield Text(f"unreadable {names_}", f"無法判讀 {names_}")


def _wire(heard: Mapping[str, Any], language: str) -> str:
    words = [Text(f"port {heard['port']}", f"埠 {heard['port']}")]
    for name, yes, no in (
        ("nla_required", Text("NLA", "NLA"), Text("no NLA", "無 NLA")),
        ("tls_supported", Text("TLS", "TLS"), Text("no TLS", "無 TLS")),
        ("standard_rdp_accepted", Text("RDP's own security", "接受標準 RDP"), None),
    ):
        if (value := heard[name]) is not None and (word := yes if value else no):
            words.append(word)
    return ", ".join(word.in_(language) for word in words)
