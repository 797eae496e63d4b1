"""Cryptography that a Junos configuration allows: IKE, IPsec, SNMP, NTP, out of `set` statements.

A proposal leaves out what it takes by default, and Junos does not tell its defaults: only what is
written is told. A policy may name a predefined proposal set instead (`compatible` holds DES and
MD5), which is told by its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collectors.junos._lines import Statement, active, pick
from evidence.facts import AlgorithmOffer

_WORDS = {
    "encryption-algorithm": "cipher",
    "authentication-algorithm": "mac",
    "dh-group": "group",
}


def ike(found: Iterable[Statement]) -> Iterator[AlgorithmOffer]:
    """Proposals, modes of policies, versions of gateways."""
    for word, part in _WORDS.items():
        for (name,), rest, _ in pick(active(found), "security", "ike", "proposal", "*", word):
            yield _offer("ike", part, f"ike proposal {name}", *rest[:1])
    for (name,), rest, _ in pick(active(found), "security", "ike", "policy", "*", "mode"):
        yield _offer("ike", "mode", f"ike policy {name}", *rest[:1])
    for (name,), rest, _ in pick(active(found), "security", "ike", "policy", "*", "proposal-set"):
        yield _offer("ike", "proposal_set", f"ike policy {name}", *rest[:1])
    newer: dict[str, str] = {}
    for (name,), rest, _ in pick(active(found), "security", "ike", "gateway", "*"):
        newer.setdefault(name, "1")
        if rest[:1] == ("version",) and len(rest) > 1:
            newer[name] = {"v2-only": "2"}.get(rest[1], "1")
    for name, version in newer.items():
        yield _offer("ike", "version", f"ike gateway {name}", version)


def ipsec(found: Iterable[Statement]) -> Iterator[AlgorithmOffer]:
    """Proposals, and the groups of policies that exchange keys anew."""
    for word, part in list(_WORDS.items())[:2]:
        for (name,), rest, _ in pick(active(found), "security", "ipsec", "proposal", "*", word):
            yield _offer("esp", part, f"ipsec proposal {name}", *rest[:1])
    path = ("security", "ipsec", "policy", "*", "perfect-forward-secrecy", "keys")
    for (name,), rest, _ in pick(active(found), *path):
        yield _offer("esp", "group", f"ipsec policy {name}", *rest[:1])


def snmp(found: Iterable[Statement]) -> Iterator[AlgorithmOffer]:
    """A community is SNMP 1 and 2c; users of SNMP 3 with their protection."""
    if any(True for _ in pick(active(found), "snmp", "community", "*")):
        yield _offer("snmp", "version", "community", "1", "2c")
    path = ("snmp", "v3", "usm", "local-engine", "user", "*")
    users: dict[str, dict[str, str]] = {}
    for (name,), rest, _ in pick(active(found), *path):
        said = users.setdefault(name, {})
        for word in rest[:1]:
            kind, _, value = word.partition("-")
            if kind in ("authentication", "privacy") and value:
                said[kind] = value
    for name, said in users.items():
        yield _offer("snmp", "version", f"user {name}", "3")
        auth = said.get("authentication", "none")
        digest = auth if auth in ("none", "md5", "sha") else f"sha-{auth.removeprefix('sha')}"
        yield _offer("snmp", "auth", f"user {name}", digest)
        yield _offer("snmp", "privacy", f"user {name}", said.get("privacy", "none"))


def ntp(found: Iterable[Statement]) -> Iterator[AlgorithmOffer]:
    kinds = {
        number: rest[0]
        for (number,), rest, _ in pick(
            active(found), "system", "ntp", "authentication-key", "*", "type"
        )
        if rest
    }
    servers: dict[str, str] = {}
    for (name,), rest, _ in pick(active(found), "system", "ntp", "server", "*"):
        servers.setdefault(name, "none")
        if rest[:1] == ("key",) and len(rest) > 1:
            servers[name] = kinds.get(rest[1], "none")
    for name, kind in servers.items():
        yield _offer("ntp", "auth", name, kind)


def _offer(protocol: str, part: str, place: str, *names: str) -> AlgorithmOffer:
    return AlgorithmOffer(
        protocol=protocol,
        part=part,
        names=names if protocol == "snmp" else tuple(map(_plain, names)),
        place=place,
        source="configuration",
    )


def _plain(word: str) -> str:
    """`aes-256-cbc`, `3des-cbc`, `hmac-sha1-96`, `sha-256`, `group14`, `aes128` in one form."""
    plain = word.removeprefix("group") if word.startswith("group") else word
    if plain.startswith("hmac-"):
        plain = plain.removeprefix("hmac-").removesuffix("-96").removesuffix("-128")
    if plain.endswith("-gcm"):
        return f"aes-gcm-{plain.split('-')[1]}"
    plain = plain.removesuffix("-cbc")
    return plain.replace("-", "") if plain.startswith("sha-") and len(plain) == 7 else plain
