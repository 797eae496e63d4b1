"""SSH servers as seen from outside: what they propose before anybody logs in, and their RSA key.

A server sends its proposal (SSH_MSG_KEXINIT, RFC 4253 7.1) to whoever connects: every key
exchange, host key algorithm, cipher and MAC that it accepts. An RSA key's length, and the
smallest group it would use for a group exchange, are seen only by beginning one. `SSH-1.99` in
the identification line says that SSH 1 is spoken, too (RFC 4253 5.1).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any

from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unexpected, Unreachable, shown
from evidence.facts import AlgorithmOffer, Fact, SoftwareRelease

TRANSPORTS = ("wire",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

_NAME = {"algorithm": r"[A-Za-z0-9@.-]{1,64}", "kex": r"[A-Za-z0-9@.-]{1,64}"}
PROPOSAL = Ask("ssh_proposal", "ssh proposal", kind="probe", limit_s=30.0)
HOST_KEY = Ask("ssh_host_key", "ssh key {algorithm} {kex}", kind="probe", holes=_NAME, limit_s=30.0)
# 1024 bits: what is answered is the smallest group that the server lets a client have.
GROUP = Ask("ssh_group", "ssh group 1024 {kex}", kind="probe", holes=_NAME, limit_s=30.0)

_KEXINIT = 20
_LISTS = (
    *("kex", "host_key", "cipher", "cipher", "mac", "mac", "compression", "compression"),
    *("language", "language"),
)
_PARTS = ("kex", "host_key", "cipher", "mac")
# What begins with these is no key exchange but a sign for the protocol (RFC 8308, OpenSSH).
_SIGNS = ("ext-info-", "kex-strict-")
_RSA = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")
# Key exchanges that the transport can begin, the cheapest for the server first.
_BEGUN = (
    *("curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256"),
    *("ecdh-sha2-nistp384", "diffie-hellman-group14-sha256", "diffie-hellman-group14-sha1"),
    *("diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512"),
    *("diffie-hellman-group-exchange-sha256", "diffie-hellman-group-exchange-sha1"),
    "diffie-hellman-group1-sha1",
)
_EXCHANGES = ("diffie-hellman-group-exchange-sha256", "diffie-hellman-group-exchange-sha1")


def crypto(device: Device) -> Flow:
    """What the server proposes, its protocol versions, its RSA key's length, its smallest group."""
    capture = yield PROPOSAL
    record = _record(capture)
    banner = _banner(capture, record)
    versions = _versions(banner)
    proposal = bytes.fromhex(record.get("proposal_hex") or "")
    if not proposal and "2" in versions:
        raise Unexpected(
            f"{device.id}: it says {shown(banner)!r} and then proposes nothing",
            code="result_empty_suspicious",
            next_step="it may refuse this agent's address, or have too many half-open sessions",
        )
    lists = _lists(capture, proposal) if proposal else {}
    sizes = dict((yield from _sizes(lists))) if lists else {}
    address, port = str(record.get("address")), int(record.get("port") or 22)
    offers = [("version", versions), *((part, lists[part]) for part in _PARTS if part in lists)]
    facts: list[Fact] = [
        AlgorithmOffer(
            protocol="ssh",
            part=part,
            names=tuple(names),
            sizes_bits=tuple(sizes.get(part, ())),
            address=address,
            port=port,
        )
        for part, names in offers
    ]
    return [*facts, *_software(banner)]


def _sizes(
    lists: Mapping[str, Sequence[str]],
) -> Generator[Ask, Capture, list[tuple[str, list[tuple[str, int]]]]]:
    """The bits of an RSA host key and of the smallest group, as far as they can be seen."""
    found: list[tuple[str, list[tuple[str, int]]]] = []
    begun = next((one for one in _BEGUN if one in lists["kex"]), None)
    rsa = next((one for one in _RSA if one in lists["host_key"]), None)
    if begun and rsa:
        reply = yield from _reply(HOST_KEY(algorithm=rsa, kex=begun))
        if bits := _rsa_bits(reply):
            found.append(("host_key", [("rsa", bits)]))
    groups = []
    for kex in _EXCHANGES:
        if kex in lists["kex"]:
            reply = yield from _reply(GROUP(kex=kex))
            if len(reply) > 5:
                prime = int.from_bytes(_string(reply, 1), "big")
                groups.append((kex, prime.bit_length()))
    return [*found, ("kex", groups)] if groups else found


def _reply(ask: Ask) -> Generator[Ask, Capture, bytes]:
    """What a server said to a key exchange begun; b"" where it said nothing or was gone.

    Servers shut out who comes often without logging in; what is known stands without this.
    """
    try:
        capture = yield ask
    except (NotAnswered, Unreachable, Incomplete):
        return b""
    return bytes.fromhex(_record(capture).get("reply_hex") or "")


def _record(capture: Capture) -> Mapping[str, Any]:
    record = capture.json()
    if not isinstance(record, Mapping) or "banner_hex" not in record:
        raise Unexpected(f"{capture.device}: {capture.ask.text!r}: no record of a probe")
    return record


def _banner(capture: Capture, record: Mapping[str, Any]) -> str:
    """The identification line. Raises Unexpected where nobody spoke SSH."""
    said = bytes.fromhex(record["banner_hex"])
    lines = said.decode("latin-1").splitlines()
    found = next((line for line in reversed(lines) if line.startswith("SSH-")), None)
    if found is None:
        words = f"it says {shown(said.decode('latin-1'))!r}" if said else "it says nothing"
        raise Unexpected(
            f"{capture.device}: no SSH server; {words}",
            code="output_unexpected" if said else "result_empty_suspicious",
            next_step="check the port; it may refuse this agent's address",
        )
    return found


def _versions(banner: str) -> list[str]:
    """The protocol versions of an identification line: 2, 1, or both for 1.99."""
    said = banner.split("-")[1] if banner.count("-") else ""
    if said == "1.99":
        return ["2", "1"]
    return ["1"] if said.startswith("1.") else ["2"]


def _lists(capture: Capture, proposal: bytes) -> dict[str, list[str]]:
    """The lists of a KEXINIT by part, both directions in one. Raises Unexpected: it is none."""
    found: dict[str, list[str]] = {part: [] for part in _LISTS}
    at = 17
    for part in _LISTS:
        names = _string(proposal, at)
        at += 4 + len(names)
        for name in names.decode("latin-1").split(","):
            if name and not name.startswith(_SIGNS) and name not in found[part]:
                found[part].append(name)
    if proposal[0] != _KEXINIT or at > len(proposal) or not all(found[one] for one in _PARTS[:3]):
        raise Unexpected(f"{capture.device}: what it sent is no proposal of algorithms")
    return found


def _string(data: bytes, at: int) -> bytes:
    """A string of SSH's wire format (RFC 4251 5); b"" where it is cut off."""
    size = int.from_bytes(data[at : at + 4], "big")
    found = data[at + 4 : at + 4 + size]
    return found if len(found) == size else b""


def _rsa_bits(reply: bytes) -> int | None:
    """The modulus' length of the RSA key in a reply that carries a host key."""
    blob = _string(reply, 1)
    kind = _string(blob, 0)
    if kind != b"ssh-rsa":
        return None
    exponent = _string(blob, 4 + len(kind))
    modulus = _string(blob, 8 + len(kind) + len(exponent))
    return int.from_bytes(modulus, "big").bit_length() or None


def _software(banner: str) -> list[Fact]:
    """The program's own name, `OpenSSH_9.2p1`, as far as the line tells it."""
    words = banner.split("-", 2)
    name = words[2].split(" ")[0] if len(words) == 3 else ""
    product, _, version = name.partition("_")
    if not version:
        return []
    return [SoftwareRelease(name=name, product=product.casefold(), version=version, part="ssh")]
