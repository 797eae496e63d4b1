"""How an XML API ask is written: what is asked, as it travels, and the secrets it may bring."""

from __future__ import annotations

from collections.abc import Mapping

from evidence.ask import Ask, Secret

# Rule bases and objects hold none; what Panorama pushes may hold server profiles and certificates.
SECRETS = (
    Secret(
        "regex",
        r"<[a-z0-9-]*(?:password|passwd|passphrase|phash|secret|key|psk|pwd|community|token"
        r"|community-string)"
        r"(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[)?(?P<secret>[^<\s][^<]*?)\s*(?=\]\]>|<|\Z)",
    ),
)
VSYS = {"vsys": r"vsys[0-9]{1,3}"}


def encoded(text: str, kept: str = "/-._{}") -> str:
    """As it travels in an address: everything but letters, digits and `kept` as `%XX`."""
    return "".join(
        one if one.isascii() and (one.isalnum() or one in kept) else _bytes_of(one) for one in text
    )


def _bytes_of(one: str) -> str:
    return "".join(f"%{byte:02X}" for byte in one.encode("utf-8", "replace"))


def get(name: str, kind: str, asked: str, cause: str, holes: Mapping[str, str] = VSYS) -> Ask:
    target = f"GET /api/?type={kind}"
    plain = () if "{" in asked else (f"{target}{cause}{asked}", asked)
    text = f"{target}{cause}{encoded(asked)}"
    return Ask(name, text, "http", secrets=SECRETS, holes={} if plain else holes, also=plain)


def op(name: str, cmd: str, holes: Mapping[str, str] = VSYS) -> Ask:
    """An operational command."""
    return get(name, "op", cmd, "&cmd=", holes)


def show(name: str, xpath: str, holes: Mapping[str, str] = VSYS) -> Ask:
    """A part of the active configuration."""
    return get(name, "config", xpath, "&action=show&xpath=", holes)


# Read from what somebody delivers; the API takes no command line.
CLI_CONFIGURATION = Ask(
    "configuration",
    "show config running",
    secrets=(
        *SECRETS,
        Secret("regex", r"(?P<secret>-AQ==[A-Za-z0-9+/=_-]+)"),
        Secret("regex", r"(?P<secret>\$(?:1|5|6|y)\$[A-Za-z0-9./$]{8,})"),
        Secret("regex", r"\bsnmp-community-string[ \t]+\"?(?P<secret>[^\s\";]+)"),
        Secret("regex", r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<secret>.*?)-----END"),
    ),
    also=("show config merged", "show config effective-running-config", "show"),
)
