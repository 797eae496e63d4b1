"""How an SNMP account proves itself, and which ways are too weak to be used without leave.

Options of a device: `snmp_version` (3, or 2c), `snmp_auth` (SHA-256; SHA, SHA-224, SHA-384,
SHA-512) and `snmp_privacy` (AES; AES-192, AES-256, and with `-C` for Cisco's keys). Of the
credential, `password` is the authentication password (the community in version 2c) and
`second` the privacy one.
"""

from __future__ import annotations

from pysnmp.hlapi.v3arch.asyncio import (
    USM_AUTH_HMAC96_MD5,
    USM_AUTH_HMAC96_SHA,
    USM_AUTH_HMAC128_SHA224,
    USM_AUTH_HMAC192_SHA256,
    USM_AUTH_HMAC256_SHA384,
    USM_AUTH_HMAC384_SHA512,
    USM_PRIV_CBC56_DES,
    USM_PRIV_CBC168_3DES,
    USM_PRIV_CFB128_AES,
    USM_PRIV_CFB192_AES,
    USM_PRIV_CFB192_AES_BLUMENTHAL,
    USM_PRIV_CFB256_AES,
    USM_PRIV_CFB256_AES_BLUMENTHAL,
    CommunityData,
    UsmUserData,
)

from agent.secret import Credential
from evidence.device import Device
from evidence.errors import ConfigurationError
from evidence.way import written

AUTHENTICATION = {
    "SHA": USM_AUTH_HMAC96_SHA,
    "SHA-224": USM_AUTH_HMAC128_SHA224,
    "SHA-256": USM_AUTH_HMAC192_SHA256,
    "SHA-384": USM_AUTH_HMAC256_SHA384,
    "SHA-512": USM_AUTH_HMAC384_SHA512,
    "MD5": USM_AUTH_HMAC96_MD5,
}
# Longer AES keys are made in two ways: Blumenthal's draft (net-snmp), and Reeder's (Cisco).
PRIVACY = {
    "AES": USM_PRIV_CFB128_AES,
    "AES-192": USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES-256": USM_PRIV_CFB256_AES_BLUMENTHAL,
    "AES-192-C": USM_PRIV_CFB192_AES,
    "AES-256-C": USM_PRIV_CFB256_AES,
    "DES": USM_PRIV_CBC56_DES,
    "3DES": USM_PRIV_CBC168_3DES,
}
AUTH, PRIVATE = "SHA-256", "AES"  # unless the device's options say another
WEAK = frozenset({"MD5", "DES", "3DES", "no privacy", "no authentication"})
SHORTEST_PASSWORD = 8  # RFC 3414 11.2


def security(device: Device, credential: Credential) -> CommunityData | UsmUserData:
    """What the engine needs to know of the account. Raises ConfigurationError: `snmp_weak`,
    `secret_invalid`."""
    version = device.options.get("snmp_version", "3")
    if version == "2c":
        _only_with(device, "snmp_v2c", "SNMP v2c sends its password in the clear")
        if credential.password is None:
            raise _unusable(device, "a community as `password`")
        return CommunityData(credential.password.reveal(), mpModel=1)
    if version != "3":
        raise ConfigurationError(
            f"{device.id}: snmp_version {version!r} is neither 3 nor 2c", code="snmp_weak"
        )
    return _user(device, credential)


def snmp_way(device: Device, credential: Credential) -> str:
    """What protects the answers (`evidence.way`)."""
    if device.options.get("snmp_version", "3") == "2c":
        return written("snmp", version="2c")
    auth, privacy = device.options.get("snmp_auth"), device.options.get("snmp_privacy")
    return written(
        "snmp",
        version="3",
        auth=(auth or AUTH) if credential.password else "none",
        privacy=(privacy or PRIVATE) if credential.password and credential.second else "none",
    )


def _user(device: Device, credential: Credential) -> UsmUserData:
    wanted = {
        "snmp_auth": device.options.get("snmp_auth", AUTH),
        "snmp_privacy": device.options.get("snmp_privacy", PRIVATE),
    }
    for option, known in (("snmp_auth", AUTHENTICATION), ("snmp_privacy", PRIVACY)):
        if wanted[option] not in known:
            raise ConfigurationError(
                f"{device.id}: {option} {wanted[option]!r} is unknown; known: {', '.join(known)}",
                code="option_invalid",
            )
    ways = set(wanted.values())
    if credential.second is None:
        ways = (ways - {wanted["snmp_privacy"]}) | {"no privacy"}
    if credential.password is None:
        ways = {"no authentication"}
    if weak := sorted(ways & WEAK):
        _only_with(device, "snmp_weak", f"SNMP v3 with {' and '.join(weak)}")
    if not credential.username:
        raise _unusable(device, "a `username`")
    for secret in (credential.password, credential.second):
        if secret is not None and len(secret.reveal()) < SHORTEST_PASSWORD:
            raise _unusable(device, f"passwords of {SHORTEST_PASSWORD} characters or more")
    if credential.password is None:
        return UsmUserData(credential.username)
    return UsmUserData(
        credential.username,
        credential.password.reveal(),
        credential.second.reveal() if credential.second else None,
        AUTHENTICATION[wanted["snmp_auth"]],
        PRIVACY[wanted["snmp_privacy"]] if credential.second else None,
    )


def _only_with(device: Device, exception: str, what: str) -> None:
    if exception not in device.exceptions:
        raise ConfigurationError(
            f"{device.id}: {what}; it is not used without a recorded exception",
            code="snmp_weak",
            next_step=f"use SNMP v3 with SHA-2 and AES, or record the exception `{exception}`",
        )


def _unusable(device: Device, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"{device.id}: {device.credential or 'no credential'} must hold {what}",
        code="secret_invalid",
    )
