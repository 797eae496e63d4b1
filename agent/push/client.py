"""One agent's connection to its store: signed requests, checked receipts."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from agent.config import StoreModel
from agent.transports.pooled import innermost
from evidence.bundle import Bundle
from evidence.clock import Clock
from evidence.errors import EnvironmentProblem, EvidenceError, SealError
from evidence.receipt import Receipt
from evidence.request import sign_request
from evidence.seal import Envelope, PublicKey, SigningKey
from evidence.statement import Statement

# To connect, and to answer: together a store that fell silent is noticed within a minute.
TIMEOUT_S = (10, 45)
# A bundle's file up to here goes up in one request.
WHOLE_BYTES = 1024 * 1024
# A capture up to here goes up in one request, a larger one in parts of this size.
PART_BYTES = 8 * 1024 * 1024
# How often one request is made while the store answers that it is asked too much.
PATIENCE = 10
# What the store has against the agent, not against what it sends: that stays spooled.
_OF_THE_AGENT = {
    "request_unsigned": "something between here and the store changes requests; look at the proxy",
    "request_signature": "something between here and the store changes requests; look at the proxy",
    "request_stale": "compare both clocks with the time server (chronyc tracking)",
    "request_replayed": "look at the proxy: it sends requests twice",
    "agent_unknown": "ask whoever runs the store for a token, then `evidence-agent enrol`",
    "agent_locked": "see whether this host or its state folder was copied; the store's"
    " administrator unlocks the right one",
}


class Refused(EvidenceError):
    """The store will not take this one, and would not take it again."""

    code = "store_refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the store says to a contact: its checkpoint and the proof that its log only grew since
    the one it was shown; or, of a store that was put back, the first entry that it lacks."""

    checkpoint: str | None
    proof: list[bytes] | None
    refill_from: int | None


class StoreClient:
    """One agent's connection to the store. Every request is signed with the agent's key.

    A receipt counts only when its proof holds, and its signature if the store's key is known.
    """

    def __init__(
        self,
        settings: StoreModel,
        key: SigningKey,
        clock: Clock,
        folder: Path,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        """`wait` lets seconds pass while the store asks for patience."""
        self._url = settings.url.rstrip("/")
        self._key = key
        self.clock = clock
        self._wait = wait
        self.store_key = None
        if settings.public_key is not None:
            path = folder / settings.public_key
            self.store_key = PublicKey.of_pem(path.read_bytes(), str(path))
        self._ca = None if settings.ca is None else str(folder / settings.ca)
        # A session is not made for several threads; each has its own, and its own connection.
        self._local = threading.local()

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            session = requests.Session()
            session.trust_env = False
            session.verify = True if self._ca is None else self._ca
            self._local.session = session
        found: requests.Session = self._local.session
        return found

    def key(self) -> bytes:
        """The store's public key as it says itself, in PEM: to be compared with what is known."""
        return self._send("GET", "/v1/key").content

    def enrol(self, secret: str, agent: str) -> tuple[str, ...]:
        """Bring in this agent's key by the secret of a token; the sites it may deliver for."""
        record = {"token": secret, "agent": agent, "key": self._key.public.pem}
        answer = self._send("POST", "/v1/enrol", json.dumps(record).encode())
        return tuple(answer.json()["sites"])

    def contact(self, generation: int, mark: str, checkpoint: str | None) -> Answer:
        """Count a contact, and show the newest checkpoint that is known here."""
        record = {"generation": generation, "mark": mark, "checkpoint": checkpoint}
        found = self._send("POST", "/v1/contact", json.dumps(record).encode()).json()
        proof = found["proof"]
        return Answer(
            checkpoint=found["checkpoint"],
            proof=None if proof is None else [bytes.fromhex(sibling) for sibling in proof],
            refill_from=found.get("refill_from"),
        )

    def give_back(
        self, envelope: bytes, receipt: bytes, body_of: Callable[[str], bytes | None]
    ) -> None:
        """Send again a statement that the store lost, with its receipt, and what it rests on."""
        record = {"statement": envelope.decode(), "receipt": receipt.decode()}
        body = json.dumps(record).encode()
        answer = self._send("POST", "/v1/refill", body, ok=(200, 201, 409))
        if answer.status_code == 409:
            for digest in _missing(answer):
                found = body_of(digest)
                if found is None:
                    raise Refused(f"{digest} is not kept here any more", code="input_gone")
                self._put_blob(digest, found)
            self._send("POST", "/v1/refill", body)

    def put_bundle(self, bundle: Bundle, data: bytes = b"") -> Envelope:
        """The receipt for a bundle, of which `data` is the file. A small one goes up whole. Of a
        large one the envelope goes first: the store says which captures it lacks, and most of a
        device's answers are the same as yesterday's."""
        path = f"/v1/bundles/sha256/{bundle.digest}"
        if 0 < len(data) <= WHOLE_BYTES:
            answer = self._send("PUT", path, data, kind="application/zip")
            return self._receipt(bundle.digest, answer.content)
        body = bundle.envelope.to_json()
        answer = self._send("PUT", path, body, ok=(200, 201, 409))
        if answer.status_code == 409:
            for digest in _missing(answer):
                self._put_blob(digest, bundle.captures[digest])
            answer = self._send("PUT", path, body)
        return self._receipt(bundle.digest, answer.content)

    def put_record(
        self, digest: str, envelope: bytes, input_of: Callable[[str], bytes | None]
    ) -> Envelope:
        """The receipt for a run record, an assessment or decisions. What an assessment was judged
        by goes up before it, where the store says that it lacks it: it is the same for months."""
        path = f"/v1/records/sha256/{digest}"
        answer = self._send("PUT", path, envelope, ok=(200, 201, 409))
        if answer.status_code == 409:
            for missing in _missing(answer):
                body = input_of(missing)
                if body is None:
                    raise Refused(
                        f"what the assessment was judged by ({missing}) is not kept here",
                        code="input_gone",
                        next_step="run `evidence-agent assess` for its month again",
                    )
                self._put_blob(missing, body)
            answer = self._send("PUT", path, envelope)
        return self._receipt(digest, answer.content)

    def _put_blob(self, digest: str, body: bytes) -> None:
        """A blob in one request, or a large one in parts: after a break it goes on at the part."""
        if len(body) <= PART_BYTES:
            self._send("PUT", f"/v1/blobs/sha256/{digest}", body)
            return
        record = {"digest": digest, "size_bytes": len(body)}
        begun = self._send("POST", "/v1/uploads", json.dumps(record).encode())
        path, at = begun.headers["Location"], int(begun.headers["Upload-Offset"])
        while at < len(body):
            part = body[at : at + PART_BYTES]
            headers = {"Upload-Offset": str(at)}
            self._send("PATCH", path, part, headers=headers)
            at += len(part)

    def wait_for_run(self) -> dict[str, Any] | None:
        """The next run that somebody asks for at the store; None where nobody did for a while."""
        answer = self._send("POST", "/v1/runs/wait", b"{}", ok=(200, 204))
        found: dict[str, Any] | None = None if answer.status_code == 204 else answer.json()
        return found

    def tell_run(self, id: str, said: Mapping[str, Any]) -> None:
        """How a run that was asked for goes: `state`, `read`, `failed`, and `run` or `why`."""
        self._send("POST", f"/v1/runs/{id}", json.dumps(said).encode(), ok=(204,))

    def receipt(self, digest: str) -> Envelope:
        return self._receipt(digest, self._send("GET", f"/v1/receipts/{digest}").content)

    def listed(self, what: str) -> Iterator[tuple[str, str]]:
        """(kind, digest) of this agent's own `bundles` or `records`, in the order received."""
        query = ""
        while True:
            page = self._send("GET", f"/v1/{what}", query=query).json()
            yield from ((item["kind"], item["digest"]) for item in page["items"])
            if page["next"] is None:
                return
            query = f"after={page['next']}"

    def bundle(self, digest: str) -> Bundle:
        """A bundle read back, whole and in agreement with itself. Raises SealError."""
        envelope = self._envelope("bundles", digest)
        named = Statement.parse(envelope.payload).subjects.values()
        captures = {one: self._send("GET", f"/v1/blobs/sha256/{one}").content for one in named}
        bundle = Bundle(envelope, captures)
        bundle.check()
        return bundle

    def record(self, digest: str) -> Envelope:
        return self._envelope("records", digest)

    def _envelope(self, what: str, digest: str) -> Envelope:
        envelope = Envelope.parse(self._send("GET", f"/v1/{what}/sha256/{digest}").content)
        if envelope.digest != digest:
            raise SealError(f"the store answered {digest} with {envelope.digest}")
        return envelope

    def _receipt(self, digest: str, body: bytes) -> Envelope:
        """The envelope of a receipt that holds. Raises SealError."""
        envelope = Envelope.parse(body)
        if self.store_key is not None:
            Receipt.check(envelope, digest, self.store_key)
        elif Receipt.of(Statement.parse(envelope.payload)).entry.digest != digest:
            raise SealError(f"the receipt is not for {digest}", code="receipt_invalid")
        return envelope

    def _send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        query: str = "",
        ok: tuple[int, ...] = (200, 201),
        kind: str = "application/octet-stream",
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """One signed request, again when the store asks to be given time. Raises
        EnvironmentProblem when the store is away or full or does not know this agent, and Refused
        when it says that it will not take this."""
        for _ in range(PATIENCE):
            response = self._send_once(
                method, path, body, query, {"Content-Type": kind, **(headers or {})}
            )
            if response.status_code != 429:
                break
            self._wait(_retry_after_s(response))
        if response.status_code in ok:
            return response
        code, sentence = _problem(response)
        if response.status_code == 429 or response.status_code >= 500:
            raise EnvironmentProblem(
                f"the store cannot take more now: {sentence}",
                code=code,
                next_step="nothing is lost; it is tried again",
            )
        if code in _OF_THE_AGENT:
            raise EnvironmentProblem(
                f"the store does not let this agent in: {sentence}",
                code=code,
                next_step=_OF_THE_AGENT[code],
            )
        raise Refused(f"the store refused it: {sentence}", code=code)

    def _send_once(
        self, method: str, path: str, body: bytes, query: str, more: Mapping[str, str]
    ) -> requests.Response:
        prefix = urlsplit(self._url).path
        headers = sign_request(self._key, method, prefix + path, query, body, self.clock())
        headers |= more
        url = self._url + path + (f"?{query}" if query else "")
        try:
            return self._session().request(
                method,
                url,
                data=body or None,
                headers=headers,
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            why = innermost(error)
            raise EnvironmentProblem(
                f"the certificate of the store {self._url} is not trusted: {why}",
                code="tls_untrusted",
                next_step=_mend_of(why),
            ) from None
        except requests.RequestException as error:
            raise EnvironmentProblem(
                f"the store {self._url} does not answer ({type(error).__name__})",
                code="store_unreachable",
                next_step="nothing is lost; what waits is pushed when it answers again",
            ) from None


def _mend_of(why: str) -> str:
    """What to do about a certificate, by what OpenSSL says of it. Nothing is lost meanwhile."""
    if "expired" in why:
        return "have it renewed by whoever runs the store; what waits is pushed then"
    if "not yet valid" in why:
        return "compare the clocks of both hosts (chronyc tracking); what waits is pushed then"
    if "mismatch" in why or "match" in why:
        return "set store.url to the name that the certificate is for"
    return "put the new CA beside the old one into the file that store.ca names"


def _retry_after_s(response: requests.Response) -> float:
    """How long the store wants to be left alone, a minute at most."""
    said = response.headers.get("Retry-After", "")
    return min(float(said), 60.0) if said.isascii() and said.isdigit() else 5.0


def _missing(response: requests.Response) -> list[str]:
    """The captures a 409 answer says are missing. Raises Refused for any other conflict."""
    code, sentence = _problem(response)
    if code != "blobs_missing":
        raise Refused(f"the store refused it: {sentence}", code=code)
    missing: list[str] = response.json()["missing"]
    return missing


def _problem(response: requests.Response) -> tuple[str, str]:
    """(code, sentence) of a problem document, or of whatever else answered."""
    try:
        problem = response.json()
        return str(problem["code"]), str(problem.get("detail") or problem.get("title"))
    except (ValueError, KeyError, TypeError):
        return "store_error", f"status {response.status_code}"
