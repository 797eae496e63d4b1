"""Remote desktop as seen from outside: which security a listener accepts, without log-in.

What is asked and what the replies mean: MS-RDPBCGR 2.2.1.1 and 2.2.1.2. A reply that selects
another protocol than was requested is no success of the requested one, and a plain
confirmation to a request without negotiation shows only that the listener speaks RDP.
"""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterable, Mapping
from typing import Any

from evidence.ask import Ask
from evidence.capture import Capture
from evidence.clock import parse_at
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected, shown
from evidence.facts import Fact, RdpNegotiation

TRANSPORTS = ("wire",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

# requestedProtocols: 0 standard RDP security, 1 TLS, 2 CredSSP (NLA), 8 CredSSP with early
# user authorization. CredSSP runs in TLS, so clients that can do it send 3 or 11.
PROBES = tuple(
    Ask(f"rdp_{wanted}", f"rdp {wanted}", kind="probe", limit_s=30.0)
    for wanted in ("none", "0", "1", "2", "3", "8", "11")
)
NTLM = Ask("rdp_ntlm", "rdp ntlm", kind="probe", limit_s=30.0)

_NEGOTIATED = {2: "selected", 3: "failure"}
_CREDSSP = (2, 8)


def remote_desktop(device: Device) -> Flow:
    """One fact: what was said to each request, and what follows from all of it."""
    records: dict[str, Mapping[str, Any]] = {}
    answers: dict[str, str] = {}
    for probe in PROBES:
        capture = yield from _optional(probe)
        if capture is not None:
            wanted = probe.text.removeprefix("rdp ")
            records[wanted] = _record(capture)
            answers[wanted] = _answer(capture, records[wanted])
    if not records:
        raise NotAnswered(f"{device.id}: no probe was answered")
    if set(answers.values()) == {"closed"}:
        raise Unexpected(
            f"{device.id}: the listener closes every connection without a word",
            code="result_empty_suspicious",
            next_step="it may be no remote desktop, or may refuse this agent's address",
        )
    supported = _nla_supported(answers)
    challenge = (yield from _optional(NTLM)) if supported else None
    tls: Mapping[str, Any] = next((one["tls"] for one in records.values() if _stands(one)), {})
    first = next(iter(records.values()))
    return [
        RdpNegotiation(
            address=str(first.get("address") or device.address),
            port=int(first.get("port") or device.port or 3389),
            answers=tuple(answers.items()),
            nla_required=_nla_required(answers, supported),
            nla_supported=supported,
            tls_supported=_tls_supported(answers),
            standard_rdp_accepted=_standard_accepted(answers),
            tls_version=tls.get("version"),
            certificate_sha256=tls.get("sha256"),
            certificate_subject=tls.get("subject"),
            certificate_expires_at=parse_at(tls["expires_at"]) if "expires_at" in tls else None,
            product_version=_product(_record(challenge)) if challenge else None,
        )
    ]


def _optional(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    try:
        return (yield ask)
    except NotAnswered:
        return None


def _record(capture: Capture) -> Mapping[str, Any]:
    record = capture.json()
    if not isinstance(record, Mapping) or not isinstance(record.get("reply_hex"), str):
        raise Unexpected(f"{capture.device}: {capture.ask.text!r}: no record of a probe")
    return record


def _answer(capture: Capture, record: Mapping[str, Any]) -> str:
    """The reply in a word. Raises Unexpected for what is no X.224 Connection Confirm."""
    reply = bytes.fromhex(record["reply_hex"])
    if not reply:
        return "closed"
    if len(reply) < 11 or reply[0] != 3 or reply[5] != 0xD0:
        raise Unexpected(
            f"{capture.device}: {capture.ask.text!r}: not a remote desktop; it says "
            f"{shown(reply.decode('latin-1'))!r}"
        )
    # What comes with it, as xrdp's farewell, is a message of its own.
    reply = reply[: int.from_bytes(reply[2:4])]
    if len(reply) < 19:
        return "no negotiation"
    kind, _, _, value = struct.unpack("<BBHI", reply[11:19])
    if kind not in _NEGOTIATED:
        raise Unexpected(f"{capture.device}: {capture.ask.text!r}: negotiation of kind {kind}")
    return f"{_NEGOTIATED[kind]} {value}"


def _selected(answers: Mapping[str, str], wanted: str) -> int | None:
    """The protocol selected, where it is one of those requested (the bits of `wanted`)."""
    verb, _, value = answers.get(wanted, "").partition(" ")
    if verb != "selected":
        return None
    requested = 0 if wanted == "none" else int(wanted)
    protocol = int(value)
    return protocol if protocol & requested or protocol == 0 else None


def _nla_supported(answers: Mapping[str, str]) -> bool | None:
    """CredSSP was selected where it was offered; None where it was offered in no answered probe."""
    offered = [wanted for wanted in ("2", "3", "8", "11") if _said(answers, wanted)]
    if not offered:
        return None
    return any(_selected(answers, wanted) in _CREDSSP for wanted in offered)


def _nla_required(answers: Mapping[str, str], supported: bool | None) -> bool | None:
    """True: standard security and TLS alone are refused, CredSSP is not. None: it cannot be told,
    as with a listener that refuses everything."""
    weaker = [answers[wanted] for wanted in ("0", "1") if _said(answers, wanted)]
    if any(not answer.startswith("failure") for answer in weaker):
        return False
    return True if len(weaker) == 2 and supported else None


def _tls_supported(answers: Mapping[str, str]) -> bool | None:
    """A protocol that runs in TLS was selected: TLS itself, or CredSSP."""
    asked = [wanted for wanted in ("1", "2", "3", "8", "11") if _said(answers, wanted)]
    return any(_selected(answers, wanted) for wanted in asked) if asked else None


def _standard_accepted(answers: Mapping[str, str]) -> bool | None:
    """Standard RDP security (RC4, no server identity) was selected, or negotiation is unknown.

    xrdp confirms a request without negotiation even where it then insists on TLS; the request
    for standard security by name decides.
    """
    if not _said(answers, "0"):
        return None
    return answers["0"] in ("selected 0", "no negotiation")


def _said(answers: Mapping[str, str], wanted: str) -> bool:
    return answers.get(wanted, "closed") != "closed"


def _stands(record: Mapping[str, Any]) -> bool:
    return bool(record.get("tls")) and "sha256" in record["tls"]


def _product(record: Mapping[str, Any]) -> str | None:
    """`10.0.17763` from the version in an NTLM challenge (MS-NLMP 2.2.1.2)."""
    said = bytes.fromhex(record.get("ntlm_hex") or "")
    at = said.find(b"NTLMSSP\0\x02\0\0\0")
    version = said[at + 48 : at + 56]
    if at < 0 or len(version) < 8 or not any(version):
        return None
    major, minor, build = struct.unpack("<BBH", version[:4])
    return f"{major}.{minor}.{build}"
