"""Who asks: the request's signature, its time and its nonce, and the agent behind the key."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from starlette.requests import Request

from evidence.clock import Clock
from evidence.request import WINDOW_S, SignedRequest, parse_request
from evidence.seal import PublicKey
from store.agents import Caller
from store.contacts import locked
from store.problems import Refused


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that was let in, and what its body must hash to."""

    caller: Caller
    keyid: str
    body_digest: str

    def check_body(self, body: bytes) -> None:
        check_body(self.body_digest, body)


class Access:
    """Lets signed requests in, each nonce once.

    Nonces are kept in memory for as long as a request of that time could pass again. After a
    restart a request of the last minutes can be sent a second time: every PUT is idempotent
    and a GET answers only to whoever could already listen.
    """

    def __init__(self, caller: Callable[[str], Caller | None], clock: Clock) -> None:
        self._caller = caller
        self._clock = clock
        self._seen: dict[str, float] = {}
        self._remembered: dict[str, Caller] = {}
        self._lock = threading.Lock()

    def admit(self, request: Request, *, remembered: bool = False) -> Admitted:
        """The agent that signed this request. Raises Refused or SealError.

        `remembered`: as it was when it came before, for what looks again before it counts.
        """
        signed = signed_request(request)
        caller = self._remembered.get(signed.keyid) if remembered else None
        if caller is None:
            caller = self._asked(signed.keyid)
        key = next(key for key in caller.keys if key.keyid == signed.keyid)
        self._check(signed, key)
        if caller.locked:
            raise locked(caller.agent)
        self._remembered[signed.keyid] = caller
        return Admitted(caller, signed.keyid, signed.body_digest)

    def admit_again(self, admitted: Admitted) -> Admitted:
        """The same, the agent as it stands now. Raises Refused."""
        self._remembered.pop(admitted.keyid, None)
        caller = self._asked(admitted.keyid)
        if caller.locked:
            raise locked(caller.agent)
        self._remembered[admitted.keyid] = caller
        return replace(admitted, caller=caller)

    def _asked(self, keyid: str) -> Caller:
        caller = self._caller(keyid)
        if caller is None:
            raise Refused(f"key {keyid} is not in force", code="agent_unknown")
        return caller

    def check_holder(self, request: Request, key: PublicKey, body: bytes) -> None:
        """That whoever sends this body holds the key, which nobody needs to know yet.

        Raises Refused or SealError.
        """
        signed = signed_request(request)
        if signed.keyid != key.keyid:
            raise Refused("the request is not signed with that key", code="request_unsigned")
        self._check(signed, key)
        check_body(signed.body_digest, body)

    def _check(self, signed: SignedRequest, key: PublicKey) -> None:
        now = self._clock()
        signed.check(key, now)
        self._use(f"{signed.keyid} {signed.nonce}", now.timestamp())

    def _use(self, nonce: str, now_s: float) -> None:
        with self._lock:
            # In order of arrival, so the old ones are at the front.
            while self._seen and next(iter(self._seen.values())) < now_s - 2 * WINDOW_S:
                self._seen.pop(next(iter(self._seen)))
            if nonce in self._seen:
                raise Refused("this nonce was used before", code="request_replayed")
            self._seen[nonce] = now_s


def check_body(digest: str, body: bytes) -> None:
    """Raises Refused `digest_mismatch`."""
    if sha256(body).hexdigest() != digest:
        raise Refused("the body is not that of Content-Digest", code="digest_mismatch")


def signed_request(request: Request) -> SignedRequest:
    return parse_request(
        request.method,
        request.scope["raw_path"].decode("latin-1"),
        request.scope["query_string"].decode("latin-1"),
        request.headers,
    )
