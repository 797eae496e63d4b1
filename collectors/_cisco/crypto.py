"""Cryptography that a Cisco configuration allows: IKE, IPsec, SNMP, NTP, and kept passwords.

IOS leaves a policy's defaults out of what it shows: DES, SHA-1 and group 1 of `crypto isakmp
policy`. ASA shows them all. Names are brought to one form: `aes-256`, `3des`, `sha1`, `sha256`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from collectors._cisco.answer import told
from evidence.capture import Capture
from evidence.errors import Unexpected, shown
from evidence.facts import AlgorithmOffer

Sections = list[tuple[str, list[str]]]

_ISAKMP_DEFAULTS = {"cipher": ("des",), "mac": ("sha1",), "group": ("1",)}
_MACS = {"sha": "sha1", "sha-1": "sha1", "sha1": "sha1", "md5": "md5", "null": "none"}
_HASHES = {
    "0": "clear",
    "4": "sha256-unsalted",
    "5": "md5-crypt",
    "6": "aes-reversible",
    "7": "reversible",
    "8": "pbkdf2-sha256",
    "9": "scrypt",
    "pbkdf2": "pbkdf2-sha512",
    "encrypted": "md5-crypt",
    "nt-encrypted": "md4",
}
_POLICY = re.compile(r"crypto (?:isakmp|ikev1|ikev2) policy (\d+)")
_PROPOSAL = re.compile(r"crypto ikev2 proposal (\S+)")
_TRANSFORM = re.compile(r"crypto ipsec (?:ikev1 )?transform-set (\S+) (.+)")
_IPSEC_PROPOSAL = re.compile(r"crypto ipsec ikev2 ipsec-proposal (\S+)")
_PFS = re.compile(r"^(?:(crypto (?:dynamic-)?map \S+ \d+) )?set pfs ?(group\d+)?$")
_ACCOUNT = re.compile(
    r"(username \S+|enable)(?: .*?)? (?:password|secret)(?: level \d+)?(?: (\S+))?(?: (.*))?$"
)


def sections(text: str) -> Sections:
    """Each line of the first column with the lines that are set in below it."""
    found: Sections = []
    for line in text.splitlines():
        if not line.strip() or line.strip() == "!":
            continue
        if line[:1] == " " and found:
            found[-1][1].append(line.strip())
        else:
            found.append((line.strip(), []))
    return found


def settings(capture: Capture, *words: str) -> str:
    """An answer that shows settings beginning with these words, or none at all.

    A whole configuration, which says its version and host name, will do. Raises Unexpected for
    anything else: another device's words must not read as settings that are not there.
    """
    text = told(capture)
    whole = re.search(r"(?m)^hostname ", text) and re.search(r"(?m)^(?:ASA )?[Vv]ersion ", text)
    for head, _ in sections(text):
        if not whole and not head.removeprefix("no ").startswith(words):
            raise Unexpected(
                f"{capture.device}: {capture.ask.text!r}: not a setting of it: {shown(head)!r}"
            )
    return text


@dataclass(frozen=True, slots=True)
class Allowed:
    """One setting's names by part."""

    protocol: str
    place: str
    parts: dict[str, tuple[str, ...]]

    def offers(self) -> Iterator[AlgorithmOffer]:
        for part, names in self.parts.items():
            yield AlgorithmOffer(
                protocol=self.protocol,
                part=part,
                names=names,
                place=self.place,
                source="configuration",
            )


def offers(text: str) -> list[AlgorithmOffer]:
    """Everything of these kinds that a configuration, or parts of one, allows."""
    read = sections(text)
    found = [*_policies(read), *_transforms(read), *_snmp(read), *_ntp(read), *_passwords(read)]
    return [offer for one in found for offer in one.offers()]


def _policies(read: Sections) -> Iterator[Allowed]:
    for head, lines in read:
        if match := _POLICY.match(head):
            old = "ikev2" not in head
            said = dict(_suite(lines))
            defaults = _ISAKMP_DEFAULTS if "isakmp" in head else {}
            if old or said:  # IOS writes an IKEv2 policy that only names its proposals
                yield Allowed("ike", _place(head), {"version": ("1",) if old else ("2",)})
                yield Allowed("ike", _place(head), _proved({**defaults, **said}))
        elif match := _PROPOSAL.match(head):
            yield Allowed("ike", _place(match[0]), {"version": ("2",), **dict(_suite(lines))})
        elif match := _IPSEC_PROPOSAL.match(head):
            ours = [line.removeprefix("protocol esp ") for line in lines]
            yield Allowed("esp", _place(match[0]), _proved(dict(_suite(ours))))


def _suite(lines: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Cipher, MAC and group of a policy's lines."""
    for line in lines:
        word, *names = line.split()
        match word:
            case "encr" | "encryption":
                yield "cipher", tuple(_ciphers(names))
            case "hash" | "integrity":
                yield "mac", tuple(_mac(name) for name in names)
            case "group":
                yield "group", tuple(name for name in names if name.isdigit())


def _proved(parts: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """A cipher in GCM proves itself: no digest beside it is none missing."""
    if parts.get("mac") == ("none",) and all("gcm" in one for one in parts.get("cipher", ("",))):
        return {**parts, "mac": ("aead",)}
    return parts


def _transforms(read: Sections) -> Iterator[Allowed]:
    for head, lines in read:
        if match := _TRANSFORM.match(head):
            words = match[2].split()
            ciphers: list[str] = []
            macs: list[str] = []
            for at, word in enumerate(words):
                if word.startswith(("esp-", "ah-")) and word.endswith("-hmac"):
                    macs.append(_mac(word.split("-", 1)[1].removesuffix("-hmac")))
                elif word.startswith("esp-"):
                    length = words[at + 1 : at + 2]
                    ciphers += _ciphers([word.removeprefix("esp-"), *length])[:1]
            if not macs:
                macs = ["aead"] if any("gcm" in one for one in ciphers) else ["none"]
            if ciphers:
                place = _place(head.partition(match[2])[0].strip())
                yield Allowed("esp", place, {"cipher": tuple(ciphers), "mac": tuple(macs)})
        for line in (head, *lines):
            if match := _PFS.match(line):
                group = (match[2] or "group1").removeprefix("group")
                yield Allowed("esp", f"{match[1] or _place(head)} pfs", {"group": (group,)})


def _snmp(read: Sections) -> Iterator[Allowed]:
    """Versions by what may be asked: a community is SNMP 1 and 2c, a group names its model."""
    for head, _ in read:
        words = head.split()
        if words[:2] == ["snmp-server", "community"]:
            yield Allowed("snmp", "community", {"version": ("1", "2c")})
        elif words[:2] == ["snmp-server", "group"] and len(words) > 4 and words[3] == "v3":
            level = words[4]
            auth = {"noauth": {"auth": ("none",)}}.get(level, {})
            bare = {"privacy": ("none",)} if level in ("noauth", "auth") else {}
            yield Allowed("snmp", f"group {words[2]}", {"version": ("3",), **auth, **bare})
        elif words[:2] == ["snmp-server", "user"] and "v3" in words:
            yield Allowed("snmp", f"user {words[2]}", {"version": ("3",), **_user(words)})


def _user(words: list[str]) -> dict[str, tuple[str, ...]]:
    """`auth sha …` and `priv aes 128 …` of an SNMPv3 user as ASA shows one."""
    found: dict[str, tuple[str, ...]] = {"auth": ("none",), "privacy": ("none",)}
    if "auth" in words[:-1]:
        name = words[words.index("auth") + 1]
        found["auth"] = (name if name in ("md5", "sha") else f"sha-{name[3:].lstrip('-')}",)
    if "priv" in words[:-1]:
        found["privacy"] = (words[words.index("priv") + 1],)
    return found


def _ntp(read: Sections) -> Iterator[Allowed]:
    """How each server's answers are proved: by the kind of its key, or not at all."""
    kinds: dict[str, str] = {}
    servers: list[tuple[str, str | None]] = []
    authenticated = False
    for head, _ in read:
        words = head.split()
        if words[:2] == ["ntp", "authentication-key"] and len(words) > 3:
            kinds[words[2]] = {"cmac-aes-128": "aes-cmac", "sha2": "sha256"}.get(words[3], words[3])
        elif words[:2] == ["ntp", "authenticate"]:
            authenticated = True
        elif words[:2] in (["ntp", "server"], ["ntp", "peer"]) and len(words) > 2:
            key = words[words.index("key") + 1] if "key" in words[:-1] else None
            servers.append((" ".join(words[1:4]) if words[2] == "vrf" else words[2], key))
    for name, key in servers:
        kind = kinds.get(key or "", "none") if authenticated else "none"
        yield Allowed("ntp", name, {"auth": (kind,)})


def _passwords(read: Sections) -> Iterator[Allowed]:
    for head, lines in read:
        if match := _ACCOUNT.match(head):
            yield Allowed("password", match[1], {"hash": (_hash(match[2], match[3]),)})
        for line in lines:
            words = line.split()
            if words[:1] == ["password"] and len(words) > 1 and head.startswith("line "):
                kept = _hash(words[1], " ".join(words[2:]) or None)
                yield Allowed("password", head, {"hash": (kept,)})


def _hash(kind: str | None, rest: str | None) -> str:
    """How a password is kept. A first word that is no number is the password itself, in clear."""
    if rest and kind in _HASHES:
        return _HASHES[kind]
    told = (rest or "").split()
    return next((_HASHES[one] for one in told if one in _HASHES and not one.isdigit()), "clear")


def _ciphers(words: list[str]) -> list[str]:
    """`aes 256`, `aes-cbc-256`, `aes-gcm-128`, `3des` … in one form."""
    found: list[str] = []
    for word in words:
        plain = word.casefold().replace("_", "-").replace("cbc-", "")
        plain = f"aes-{plain}" if plain in ("gcm", "gmac") else plain
        if plain.isdigit():
            if found and found[-1] in ("aes-128", "aes-gcm"):
                found[-1] = f"{found[-1].removesuffix('-128')}-{plain}"
        elif plain in ("aes", "aes-gcm", "aes-gmac"):
            found.append("aes-128" if plain == "aes" else plain)
        else:
            found.append(plain)
    return found


def _mac(word: str) -> str:
    plain = word.casefold()
    return _MACS.get(plain, plain.replace("sha-", "sha"))


def _place(head: str) -> str:
    """What a setting is called by: the line without its first word."""
    return " ".join(head.removeprefix("crypto ").split()[:4])
