"""GlobalProtect, and what tunnels, SNMP and time allow, out of the active configuration.

An authentication profile with multi-factor switched on asks for two factors itself; a portal or
gateway with a certificate profile that takes both, too. Where RADIUS, SAML, LDAP, Kerberos,
TACACS+ or the cloud is asked, what they demand is not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from collectors.panos._answer import epoch, members, number, text, yes
from evidence.facts import AccessGrant, AlgorithmOffer, RemoteAccess, RemoteSession

GLOBAL_PROTECT = "GlobalProtect"
_SERVERS = ("saml-idp", "radius", "ldap", "kerberos", "tacplus", "cloud")
_TLS = {"tls1-0": "TLSv1", "tls1-1": "TLSv1.1", "tls1-2": "TLSv1.2", "tls1-3": "TLSv1.3"}
_ORDER = tuple(_TLS.values())
_ADMINISTRATION = ("http", "https", "ssh", "telnet", "snmp")


def profiles(nodes: Iterable[Element]) -> dict[str, tuple[tuple[str, ...], bool | None]]:
    """Each authentication profile's methods, and whether it asks for two factors itself."""
    found: dict[str, tuple[tuple[str, ...], bool | None]] = {}
    for node in nodes:
        for entry in node.iter("entry"):
            method = entry.find("method")
            if method is None or (name := entry.get("name")) is None:
                continue
            kind = next((one.tag for one in method if one.tag != "none"), "none")
            factors = members(entry, "multi-factor-auth/factors")
            if yes(entry, "multi-factor-auth/mfa-enable"):
                found[name] = ((kind, *(factors or ("second factor",))), True)
            else:
                found[name] = ((kind,), None if kind in _SERVERS else False)
    return found


def global_protect(
    node: Element | None, known: dict[str, tuple[tuple[str, ...], bool | None]], vsys: str
) -> Iterator[RemoteAccess | AccessGrant]:
    """Every portal and gateway, with a grant for each authentication that it takes."""
    if node is None or not any(node.iter("entry")):
        yield RemoteAccess(service=f"{GLOBAL_PROTECT} {vsys}", enabled=False)
        return
    for what, path in (
        ("portal", "global-protect-portal"),
        ("gateway", "global-protect-gateway"),
    ):
        holder = node.find(f".//{path}")
        for entry in holder.findall("entry") if holder is not None else ():
            yield from _way(entry, f"{GLOBAL_PROTECT} {what} {entry.get('name')} {vsys}", known)


def _way(
    entry: Element, service: str, known: dict[str, tuple[tuple[str, ...], bool | None]]
) -> Iterator[RemoteAccess | AccessGrant]:
    inner = entry.find("portal-config")
    inner = entry if inner is None else inner
    certificate = text(inner, "certificate-profile")
    grants: list[AccessGrant] = []
    for one in inner.findall("client-auth/entry"):
        profile = text(one, "authentication-profile")
        methods, factor = known.get(profile or "", (("unknown",), None))
        either = yes(one, "user-credential-or-client-cert-required")
        if certificate and either:
            factor = False  # a certificate alone is enough
            methods = (*methods, "or certificate")
        elif certificate:
            methods, factor = (*methods, "certificate"), True
        grants.append(
            AccessGrant(
                service=service,
                who=f"everybody of {profile}" if profile else "everybody",
                kind="everybody",
                profile=one.get("name"),
                enabled=True,
                methods=methods,
                multi_factor=factor,
                detail=profile,
            )
        )
    if certificate and not grants:
        grants.append(
            AccessGrant(
                service=service,
                who=f"everybody with a certificate of {certificate}",
                kind="everybody",
                enabled=True,
                methods=("certificate",),
                multi_factor=False,
            )
        )
    factors = [one.multi_factor for one in grants]
    interface = text(inner, "local-address/interface") or text(entry, "local-address/interface")
    yield RemoteAccess(
        service=service,
        enabled=True,
        port=443,
        interfaces=(interface,) if interface else (),
        methods=tuple(dict.fromkeys(name for one in grants for name in one.methods)),
        multi_factor=_all(factors),
    )
    yield from grants


def _all(factors: list[bool | None]) -> bool | None:
    """False where one factor is enough for anybody, None where it is not known of everybody."""
    if False in factors:
        return False
    return True if factors and None not in factors else None


def sessions(node: Element | None) -> Iterator[RemoteSession]:
    """Who is in by a gateway now, or was before."""
    for entry in node.iter("entry") if node is not None else ():
        if user := text(entry, "username"):
            yield RemoteSession(
                service=GLOBAL_PROTECT,
                user=user,
                began_at=epoch(entry, "login-time-utc"),
                ended_at=epoch(entry, "logout-time-utc"),
                source=text(entry, "public-ip") or text(entry, "client-ip"),
                received_bytes=number(entry, "inbytes"),
                sent_bytes=number(entry, "outbytes"),
            )


def administration(
    management: Element | None, interfaces: Element | None
) -> Iterator[RemoteAccess]:
    """Interfaces with a profile that answers administrators."""
    ways: dict[str, tuple[str, ...]] = {}
    for entry in management.iter("entry") if management is not None else ():
        open_ = tuple(one for one in _ADMINISTRATION if yes(entry, one))
        if open_ and (name := entry.get("name")):
            ways[name] = open_
    for entry in interfaces.iter("entry") if interfaces is not None else ():
        profile = text(entry, "interface-management-profile") or text(
            entry, "layer3/interface-management-profile"
        )
        if profile in ways and (name := entry.get("name")):
            yield RemoteAccess(
                service="administration", enabled=True, interfaces=(name,), methods=ways[profile]
            )


def ike(node: Element | None) -> Iterator[AlgorithmOffer]:
    """IKE and IPsec crypto profiles, and the versions that gateways speak."""
    if node is None:
        return
    for path, protocol, ciphers, macs in (
        ("ike-crypto-profiles", "ike", "encryption", "hash"),
        ("ipsec-crypto-profiles", "esp", "esp/encryption", "esp/authentication"),
    ):
        holder = node.find(f".//{path}")
        for entry in holder.findall("entry") if holder is not None else ():
            place = f"{protocol} profile {entry.get('name')}"
            names = tuple(map(_cipher, members(entry, ciphers)))
            digests = tuple(map(_digest, members(entry, macs)))
            if digests == ("none",) and names and all("gcm" in one for one in names):
                digests = ("aead",)
            groups = members(entry, "dh-group")
            yield from _offers(
                protocol,
                place,
                cipher=names,
                mac=digests,
                group=tuple(
                    "none" if one == "no-pfs" else one.removeprefix("group") for one in groups
                ),
            )
    gateways = node.find(".//gateway")
    for entry in gateways.findall("entry") if gateways is not None else ():
        said = text(entry, "protocol/version") or "ikev1"
        versions = {"ikev1": ("1",), "ikev2": ("2",)}.get(said, ("2", "1"))
        place = f"gateway {entry.get('name')}"
        yield from _offers("ike", place, version=versions)
        mode = text(entry, "protocol/ikev1/exchange-mode")
        if "1" in versions and mode in ("aggressive", "auto"):
            yield from _offers("ike", place, mode=("aggressive",))


def tls(node: Element | None) -> Iterator[AlgorithmOffer]:
    """TLS versions of the service profiles of administration and GlobalProtect."""
    for entry in node.iter("entry") if node is not None else ():
        settings = entry.find("protocol-settings")
        if settings is None:
            continue
        least = _TLS.get(text(settings, "min-version") or "tls1-0", "TLSv1")
        most = _TLS.get(text(settings, "max-version") or "max", "TLSv1.3")
        names = _ORDER[_ORDER.index(least) : _ORDER.index(most) + 1]
        yield from _offers("tls", f"service profile {entry.get('name')}", version=names)


def snmp(node: Element | None) -> Iterator[AlgorithmOffer]:
    version = None if node is None else node.find(".//access-setting/version")
    if version is None:
        return
    if version.find("v2c") is not None:
        yield from _offers("snmp", "community", version=("2c",))
    for entry in version.findall("v3/users/entry"):
        auth = (text(entry, "authproto") or "SHA").casefold()
        privacy = (text(entry, "privproto") or "AES").casefold()
        yield from _offers(
            "snmp",
            f"user {entry.get('name')}",
            version=("3",),
            auth=(auth,),
            privacy=(privacy,),
        )


def ntp(node: Element | None) -> Iterator[AlgorithmOffer]:
    for which in ("primary-ntp-server", "secondary-ntp-server"):
        server = None if node is None else node.find(f".//{which}")
        if server is None or not (name := text(server, "ntp-server-address")):
            continue
        kind = "none"
        if (proof := server.find("authentication-type/symmetric-key/algorithm")) is not None:
            kind = next((one.tag for one in proof), "none")
        elif server.find("authentication-type/autokey") is not None:
            kind = "autokey"
        yield from _offers("ntp", name, auth=(kind,))


def _offers(protocol: str, place: str, **parts: tuple[str, ...]) -> Iterator[AlgorithmOffer]:
    for part, names in parts.items():
        if names:
            yield AlgorithmOffer(
                protocol=protocol, part=part, names=names, place=place, source="configuration"
            )


def _cipher(word: str) -> str:
    """`aes-256-cbc` and `aes-256-gcm` in one form."""
    if match := re.fullmatch(r"aes-?(\d+)-(cbc|gcm|ccm)", word):
        return f"aes-{match[1]}" if match[2] == "cbc" else f"aes-{match[2]}-{match[1]}"
    return word


def _digest(word: str) -> str:
    return "none" if word in ("none", "non-auth") else word
