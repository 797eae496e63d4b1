"""Programs and listeners of a Windows host, in words of no language."""

from __future__ import annotations

import re
from collections.abc import Iterator

# `TCP    0.0.0.0:5900    0.0.0.0:0    LISTENING`: what waits for anybody has port 0 beside it.
_LISTENER = re.compile(r"^\s*TCP\s+(\S+):(\d+)\s+\S+:0\s", re.MULTILINE)


def listeners(text: str) -> Iterator[tuple[str, int]]:
    """Address and port of each TCP listener, of `netstat -an`."""
    return ((address, int(port)) for address, port in _LISTENER.findall(text))
