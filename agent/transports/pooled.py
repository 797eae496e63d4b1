"""What HTTP transports share: the one pool of connections to a device, and errors at their root."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool

from agent.gate import Gate


class GatedAdapter(HTTPAdapter):
    """Hands out the one pool, whatever TLS settings a request comes with."""

    def __init__(self, pool: HTTPConnectionPool, gate: Gate, authority: str) -> None:
        super().__init__()
        self._pool = pool
        self._gate = gate
        self._authority = authority

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *_: Any, **__: Any
    ) -> HTTPConnectionPool:
        if (authority := urlsplit(str(request.url)).netloc) != self._authority:
            self._gate.deny("request to", authority)
        return self._pool

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Trust is decided in the pool's context, and nowhere else."""

    def close(self) -> None:
        super().close()
        self._pool.close()


def innermost(error: BaseException) -> str:
    """The sentence at the bottom of a pile of wrapped errors."""
    for inner in (getattr(error, "reason", None), *error.args, error.__cause__):
        if isinstance(inner, BaseException):
            return innermost(inner)
    return getattr(error, "verify_message", None) or str(error)
