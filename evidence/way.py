"""The way an answer came: the protocol, and the algorithms settled with the device.

Written as words, `ssh kex=curve25519-sha256 key=ssh-ed25519 cipher=aes128-gcm@openssh.com`,
`tls version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384`, `snmp version=3 auth=SHA-256 privacy=AES`.
"""

from __future__ import annotations

from collections.abc import Mapping


def written(protocol: str, **parts: str | None) -> str:
    """The way in words; a part that there is none of is left out."""
    return " ".join([protocol, *(f"{name}={one}" for name, one in parts.items() if one)])


def parts(way: str) -> Mapping[str, str]:
    """The parts of a way by name, its `protocol` among them."""
    protocol, *words = way.split()
    return {"protocol": protocol, **dict(word.split("=", 1) for word in words if "=" in word)}
