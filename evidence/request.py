"""Signed HTTP requests: a narrow profile of RFC 9421, with the body's digest as in RFC 9530.

Always the same four components in the same order (method, path, query, content digest), one
signature, Ed25519, with the time it was made and a nonce. It says who asks, on whichever side
of a TLS proxy; what is asked for is signed evidence anyway, so the host name is left out.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from evidence.errors import SealError
from evidence.seal import PublicKey, SigningKey

WINDOW_S = 300
"""How far a request's time may lie from the store's, either way, in seconds."""

_COMPONENTS = '("@method" "@path" "@query" "content-digest")'
_INPUT = re.compile(
    r'sig1=(?P<params>\("@method" "@path" "@query" "content-digest"\)'
    r";created=(?P<created>[0-9]{1,12})"
    r';nonce="(?P<nonce>[A-Za-z0-9_-]{16,64})"'
    r';keyid="(?P<keyid>[0-9a-f]{64})";alg="ed25519")'
)
_SIGNATURE = re.compile(r"sig1=:([A-Za-z0-9+/]{86}==):")
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it claims to be. `body_digest` is what the body must hash to, in hexadecimal;
    it is signed, so it can be trusted before the body has come."""

    keyid: str
    created_s: int
    nonce: str
    body_digest: str
    signed: bytes
    signature: bytes

    def check(self, key: PublicKey, now: datetime) -> None:
        """Raises SealError: `request_signature` when the key did not sign this,
        `request_stale` when it was made too far from `now`."""
        if not key.holds(self.signed, self.signature):
            raise SealError(f"key {self.keyid} did not sign this request", code="request_signature")
        away_s = abs(now.timestamp() - self.created_s)
        if away_s > WINDOW_S:
            raise SealError(
                f"the request was made {away_s:.0f} s away from the store's time {now:%FT%TZ}",
                code="request_stale",
                next_step="set the agent's clock (NTP)",
            )


def sign_request(
    key: SigningKey, method: str, path: str, query: str, body: bytes, now: datetime
) -> dict[str, str]:
    """The headers that sign a request. `path` as it is sent (percent-encoded), `query` without
    its `?`, `body` whole (empty for GET and HEAD), `now` aware."""
    digest = base64.b64encode(sha256(body).digest()).decode("ascii")
    content_digest = f"sha-256=:{digest}:"
    nonce = secrets.token_urlsafe(18)
    params = (
        f'{_COMPONENTS};created={int(now.timestamp())};nonce="{nonce}"'
        f';keyid="{key.public.keyid}";alg="ed25519"'
    )
    signature = key.sign(_base(method, path, query, content_digest, params))
    return {
        "Content-Digest": content_digest,
        "Signature-Input": f"sig1={params}",
        "Signature": f"sig1=:{base64.b64encode(signature).decode('ascii')}:",
    }


def parse_request(method: str, path: str, query: str, headers: Mapping[str, str]) -> SignedRequest:
    """The signed request these parts claim to be; header names in lower case.

    Raises SealError `request_unsigned` when a header is missing or not of this profile.
    """
    found = _INPUT.fullmatch(headers.get("signature-input", ""))
    signature = _SIGNATURE.fullmatch(headers.get("signature", ""))
    digest = _DIGEST.fullmatch(headers.get("content-digest", ""))
    if not found or not signature or not digest:
        raise SealError(
            "Signature-Input, Signature or Content-Digest is missing or of another profile",
            code="request_unsigned",
            next_step="sign the request with the agent's enrolled key",
        )
    return SignedRequest(
        keyid=found["keyid"],
        created_s=int(found["created"]),
        nonce=found["nonce"],
        body_digest=base64.b64decode(digest[1]).hex(),
        signed=_base(method, path, query, headers["content-digest"], found["params"]),
        signature=base64.b64decode(signature[1]),
    )


def _base(method: str, path: str, query: str, content_digest: str, params: str) -> bytes:
    """RFC 9421, 2.5: the lines that are signed."""
    lines = (
        f'"@method": {method}',
        f'"@path": {path}',
        f'"@query": ?{query}',
        f'"content-digest": {content_digest}',
        f'"@signature-params": {params}',
    )
    return "\n".join(lines).encode("utf-8")
