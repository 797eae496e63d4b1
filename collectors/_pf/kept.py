"""What `config.xml` of pfSense and OPNsense writes alike."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from evidence.ask import Secret

# It holds every secret of the unit; names that end so are of one.
SECRETS = (
    Secret(
        "regex",
        r"<[A-Za-z0-9_-]*(?:password|passwd|passwordagain|pwd|pass|hash|secret|psk|bindpw"
        r"|pre-shared-key|prv|tls|shared_key|community|apikey|api_key|token|key|auth_pass)"
        r"(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[)?(?P<secret>[^<\s][^<]*?)\s*(?=\]\]>|<|\Z)",
    ),
)


def said(parent: Element | None, path: str) -> str:
    """The text at a path; "" where it is empty or missing."""
    return "" if parent is None else (parent.findtext(path) or "").strip()


def ends(entry: Element) -> Iterator[tuple[str, bool, str, str]]:
    """Source and destination: name, whether it is negated, address, ports (`a-b`)."""
    for end in ("source", "destination"):
        node = entry.find(end)
        negated = node is not None and node.find("not") is not None
        address = said(node, "address") or said(node, "network") or "any"
        yield end, negated, address, said(node, "port").replace(":", "-")


def interface_groups(root: Element) -> dict[str, tuple[str, ...]]:
    """The groups of interfaces with what each holds."""
    found = {}
    for entry in root.findall("ifgroups/ifgroupentry"):
        found[said(entry, "ifname")] = tuple(said(entry, "members").replace(",", " ").split())
    return found
