"""TLS services as seen from outside: versions, cipher suites, groups, and certificates.

What a server accepts is found by offering it: all suites of one version, then all but the one
it picked, until it picks none. A server answers an offer it cannot meet with an alert, or hangs
up; a ServerHello of another version than the one offered is no success of that one. TLS 1.3
is asked without a key share, so each answer costs the server neither signature nor exchange.
"""

from __future__ import annotations

import struct
from base64 import b64decode
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evidence.ask import Ask
from evidence.capture import Capture
from evidence.certificates import certificate
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected, shown
from evidence.facts import AlgorithmOffer, Certificate, Fact
from evidence.tls_suites import BEFORE_TLS13, GROUPS, TLS13, group_name, suite_name

TRANSPORTS = ("wire",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

_HOLES = {
    "version": "030[0-4]",
    "suites": "[0-9a-f]{4}(?:,[0-9a-f]{4}){0,400}",
    "groups": "[0-9a-f]{4}(?:,[0-9a-f]{4}){0,40}",
}
HELLO = Ask("tls_hello", "tls hello {version} {suites}", kind="probe", holes=_HOLES, limit_s=30.0)
ONE_GROUP = Ask("tls_groups", "tls groups {groups}", kind="probe", holes=_HOLES, limit_s=30.0)
FLIGHT = Ask(
    "tls_flight", "tls flight {version} {suites}", kind="probe", holes=_HOLES, limit_s=30.0
)
SSL2 = Ask("tls_ssl2", "tls ssl2", kind="probe", limit_s=30.0)
HANDSHAKE = Ask("tls_handshake", "tls handshake", kind="probe", limit_s=30.0)

VERSIONS = {0x0304: "TLSv1.3", 0x0303: "TLSv1.2", 0x0302: "TLSv1.1", 0x0301: "TLSv1"}
_SSL3 = 0x0300
_NAMES = {**VERSIONS, _SSL3: "SSLv3"}
_HANDSHAKE_RECORD, _ALERT = 22, 21
_SERVER_HELLO, _CERTIFICATE, _KEY_EXCHANGE = 2, 11, 12
_SUPPORTED_VERSIONS, _KEY_SHARE = 43, 51
# Groups of TLS 1.3 that are offered; those below are of older versions.
_MODERN_GROUPS = tuple(one for one in GROUPS if one >= 0x17 and one != 0x16)
_MOST_HELLOS = 400  # more than there are suites: a server that repeats itself ends the asking


@dataclass(frozen=True, slots=True)
class Hello:
    """A ServerHello: the version it settles, the suite, and TLS 1.3's group."""

    version: int
    suite: int
    group: int | None


def crypto(device: Device) -> Flow:
    """Every version with its suites, the groups of TLS 1.3, and the certificates shown."""
    asked = _Asked(device)
    suites: dict[int, list[int]] = {}
    for version in (*VERSIONS, _SSL3):
        known = TLS13 if version == 0x0304 else BEFORE_TLS13
        suites[version] = yield from asked.picked(version, known)
    old = yield from asked.ssl2()
    if not asked.tls:
        raise asked.none()
    groups = (yield from asked.groups()) if suites[0x0304] else []
    chains, sizes = yield from asked.flights(suites)
    if not chains:
        chains = yield from asked.handshake()
    spoken = [name for version, name in _NAMES.items() if suites[version]]
    names: dict[str, Sequence[str]] = {"version": [*spoken, *(["SSLv2"] if old else [])]}
    for version, name in _NAMES.items():
        if suites[version]:
            names[f"suite {name}"] = [suite_name(one) for one in suites[version]]
    if groups:
        names["group TLSv1.3"] = [group_name(one) for one in groups]
    offers = [
        AlgorithmOffer(
            protocol="tls",
            part=part.partition(" ")[0],
            place=part.partition(" ")[2] or None,
            names=tuple(found),
            sizes_bits=tuple(sizes) if part == "version" else (),
            address=asked.address,
            port=asked.port,
        )
        for part, found in names.items()
    ]
    return [*offers, *_certificates(chains, asked.address, asked.port)]


class _Asked:
    """What one server was asked and said: where it is, and whether it ever spoke TLS."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.address, self.port = device.address, device.port or 443
        self.tls = False
        self._said = b""

    def picked(self, version: int, known: Sequence[int]) -> Generator[Ask, Capture, list[int]]:
        """The suites a server picks of these in one version, in the order it prefers them."""
        left, found = list(known), list[int]()
        while left and len(found) < _MOST_HELLOS:
            listed = ",".join(f"{one:04x}" for one in left)
            hello = yield from self._hello(HELLO(version=f"{version:04x}", suites=listed))
            if hello is None or hello.version != version or hello.suite not in left:
                break
            found.append(hello.suite)
            left.remove(hello.suite)
        return found

    def groups(self) -> Generator[Ask, Capture, list[int]]:
        """The groups it would use for TLS 1.3, in the order it prefers them."""
        left, found = list(_MODERN_GROUPS), list[int]()
        while left:
            asked = ONE_GROUP(groups=",".join(f"{one:04x}" for one in left))
            hello = yield from self._hello(asked)
            if hello is None or hello.group not in left:
                break
            found.append(hello.group)
            left.remove(hello.group)
        return found

    def flights(
        self, suites: Mapping[int, Sequence[int]]
    ) -> Generator[Ask, Capture, tuple[list[list[bytes]], list[tuple[str, int]]]]:
        """Chains of certificates, one for each kind of key, and the bits of finite-field groups."""
        version = next((one for one in (0x0303, 0x0302, 0x0301, _SSL3) if suites[one]), None)
        chains: list[list[bytes]] = []
        sizes: list[tuple[str, int]] = []
        if version is None:
            return chains, sizes
        for suite in _one_of_each(suites[version]):
            asked = FLIGHT(version=f"{version:04x}", suites=f"{suite:04x}")
            messages = _messages((yield from self._reply(asked)))
            chain = _chain(messages.get(_CERTIFICATE, b""))
            if chain and chain not in chains:
                chains.append(chain)
            bits = _finite_field_bits(messages.get(_KEY_EXCHANGE, b""))
            if bits and "_DHE_" in suite_name(suite):
                sizes.append(("dhe", bits))
        return chains, sizes

    def handshake(self) -> Generator[Ask, Capture, list[list[bytes]]]:
        """The server's own certificate, where it shows none in the clear."""
        try:
            record = (yield HANDSHAKE).json()
        except NotAnswered:
            return []
        encoded = record.get("certificate_b64") if isinstance(record, Mapping) else None
        return [[b64decode(encoded)]] if encoded else []

    def ssl2(self) -> Generator[Ask, Capture, bool]:
        """Whether a SERVER-HELLO of SSL 2.0 came back: message 4, version 2."""
        try:
            reply = yield from self._reply(SSL2)
        except NotAnswered:
            return False
        spoken = len(reply) >= 7 and reply[2] == 4 and reply[5:7] == b"\0\2"
        self.tls = self.tls or spoken
        return spoken

    def none(self) -> Unexpected:
        """What it means that nothing of all this was answered in TLS."""
        said = self._said.decode("latin-1")
        if not said:
            return Unexpected(
                f"{self._device.id}: the listener closes every connection without a word",
                code="result_empty_suspicious",
                next_step="it may speak no TLS, or refuse this agent's address",
            )
        return Unexpected(
            f"{self._device.id}: no TLS; it says {shown(said)!r}",
            next_step="check the port; TLS after STARTTLS is not asked for",
        )

    def _hello(self, ask: Ask) -> Generator[Ask, Capture, Hello | None]:
        reply = yield from self._reply(ask)
        messages = _messages(reply)
        return _hello(messages.get(_SERVER_HELLO, b""))

    def _reply(self, ask: Ask) -> Generator[Ask, Capture, bytes]:
        """What came back; b"" where nothing did, twice: once may be a busy server's hurry."""
        record = _record((yield ask))
        if not record["reply_hex"]:
            record = _record((yield ask))
        self.address = str(record.get("address") or self.address)
        self.port = int(record.get("port") or self.port)
        reply = bytes.fromhex(record["reply_hex"])
        is_tls = len(reply) >= 5 and reply[0] in (_ALERT, _HANDSHAKE_RECORD) and reply[1] == 3
        self.tls = self.tls or is_tls
        self._said = self._said or (b"" if is_tls else reply)
        return reply


def _record(capture: Capture) -> Mapping[str, Any]:
    record = capture.json()
    if not isinstance(record, Mapping) or not isinstance(record.get("reply_hex"), str):
        raise Unexpected(f"{capture.device}: {capture.ask.text!r}: no record of a probe")
    return record


def _messages(reply: bytes) -> dict[int, bytes]:
    """Handshake messages by type, the first of each, out of the records of a reply."""
    at, stream = 0, b""
    while len(reply) >= at + 5 and reply[at] == _HANDSHAKE_RECORD and reply[at + 1] == 3:
        size = int.from_bytes(reply[at + 3 : at + 5], "big")
        stream += reply[at + 5 : at + 5 + size]
        at += 5 + size
    found: dict[int, bytes] = {}
    at = 0
    while len(stream) >= at + 4:
        size = int.from_bytes(stream[at + 1 : at + 4], "big")
        if len(stream) < at + 4 + size:
            break
        found.setdefault(stream[at], stream[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def _hello(body: bytes) -> Hello | None:
    """A ServerHello (RFC 8446 4.1.3, RFC 5246 7.4.1.3); None: it is none, or cut off."""
    if len(body) < 38:
        return None
    at = 35 + body[34]
    if len(body) < at + 3:
        return None
    version, suite = struct.unpack(">H", body[:2])[0], struct.unpack(">H", body[at : at + 2])[0]
    said = _extensions(body[at + 3 :])
    if len(chosen := said.get(_SUPPORTED_VERSIONS, b"")) == 2:
        version = int.from_bytes(chosen, "big")
    share = said.get(_KEY_SHARE, b"")
    return Hello(version, suite, int.from_bytes(share[:2], "big") if len(share) >= 2 else None)


def _extensions(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 2
    while len(data) >= at + 4:
        number, size = struct.unpack(">HH", data[at : at + 4])
        found[number] = data[at + 4 : at + 4 + size]
        at += 4 + size
    return found


def _chain(body: bytes) -> list[bytes]:
    """The certificates of a Certificate message (RFC 5246 7.4.2), the server's own first."""
    found, at = list[bytes](), 3
    while len(body) >= at + 3:
        size = int.from_bytes(body[at : at + 3], "big")
        if size and len(body) >= at + 3 + size:
            found.append(body[at + 3 : at + 3 + size])
        at += 3 + size
    return found


def _finite_field_bits(body: bytes) -> int | None:
    """The length of the prime that a ServerKeyExchange of DHE begins with."""
    size = int.from_bytes(body[:2], "big")
    prime = body[2 : 2 + size]
    return int.from_bytes(prime, "big").bit_length() if len(prime) == size else None


def _one_of_each(suites: Sequence[int]) -> list[int]:
    """One suite for each way of showing who one is, and one with a finite-field exchange."""
    found: dict[str, int] = {}
    for suite in suites:
        exchange = suite_name(suite).removeprefix("TLS_").partition("_WITH_")[0]
        shown_by = exchange.removesuffix("_EXPORT").rpartition("_")[2]
        found.setdefault(shown_by, suite)
        if exchange.startswith("DHE_"):
            found.setdefault("dhe", suite)
    return list(dict.fromkeys(found.values()))


def _certificates(
    chains: Iterable[Sequence[bytes]], address: str, port: int
) -> Iterable[Certificate]:
    for chain in chains:
        for depth, der in enumerate(chain):
            yield certificate(der, address=address, port=port, depth=depth)
