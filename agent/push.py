"""Pushing: bundles and signed records to the store, at least once, oldest first.

A copy stays here until the store's receipt, and then for the custody time. Everything is
named by its digest, so a repeated push changes nothing on either side.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import requests

from agent.config import StoreModel
from agent.ledger import Ledger, Spooled
from agent.ledger.restore import restore_record
from evidence.bundle import Bundle, load_bundle
from evidence.clock import Clock
from evidence.errors import EnvironmentProblem, EvidenceError, SealError
from evidence.receipt import Receipt
from evidence.request import sign_request
from evidence.seal import Envelope, PublicKey, SigningKey
from evidence.statement import Statement

# To connect, and to answer: together a store that fell silent is noticed within a minute.
TIMEOUT_S = (10, 45)
# Enough to keep the store's disk busy while it syncs; more only wait for each other.
WORKERS = 6
BATCH = 64


class Refused(EvidenceError):
    """The store will not take this one, and would not take it again."""

    code = "store_refused"


class StoreClient:
    """One agent's connection to the store. Every request is signed with the agent's key.

    A receipt counts only when its proof holds, and its signature if the store's key is known.
    """

    def __init__(self, settings: StoreModel, key: SigningKey, clock: Clock, folder: Path) -> None:
        self._url = settings.url.rstrip("/")
        self._key = key
        self._clock = clock
        self._store_key = None
        if settings.public_key is not None:
            path = folder / settings.public_key
            self._store_key = PublicKey.of_pem(path.read_bytes(), str(path))
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

    def put_bundle(self, bundle: Bundle) -> Envelope:
        """The receipt for a bundle. The envelope goes first: the store says which captures it
        lacks, and most of a device's answers are the same as yesterday's."""
        path = f"/v1/bundles/sha256/{bundle.digest}"
        body = bundle.envelope.to_json()
        answer = self._send("PUT", path, body, ok=(200, 201, 409))
        if answer.status_code == 409:
            for digest in _missing(answer):
                self._send("PUT", f"/v1/blobs/sha256/{digest}", bundle.captures[digest])
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
                self._send("PUT", f"/v1/blobs/sha256/{missing}", body)
            answer = self._send("PUT", path, envelope)
        return self._receipt(digest, answer.content)

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
        if self._store_key is not None:
            Receipt.check(envelope, digest, self._store_key)
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
    ) -> requests.Response:
        """One signed request. Raises EnvironmentProblem when the store is away or full, and
        Refused when it says that it will not take this."""
        prefix = urlsplit(self._url).path
        headers = sign_request(self._key, method, prefix + path, query, body, self._clock())
        url = self._url + path + (f"?{query}" if query else "")
        try:
            response = self._session().request(
                method,
                url,
                data=body or None,
                headers=headers,
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise EnvironmentProblem(
                f"the store {self._url} does not answer ({type(error).__name__})",
                code="store_unreachable",
                next_step="nothing is lost; what waits is pushed when it answers again",
            ) from None
        if response.status_code in ok:
            return response
        code, sentence = _problem(response)
        if response.status_code == 429 or response.status_code >= 500:
            raise EnvironmentProblem(
                f"the store cannot take more now: {sentence}",
                code=code,
                next_step="nothing is lost; it is tried again",
            )
        raise Refused(f"the store refused it: {sentence}", code=code)


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did: how many are in the store now, and which it refused, with why."""

    stored: int
    refused: tuple[tuple[str, str], ...]


def push(
    ledger: Ledger,
    client: StoreClient,
    on_stored: Callable[[str], None] = lambda digest: None,
    workers: int = WORKERS,
    rest: Callable[[float], object] = lambda seconds: None,
) -> Pushed:
    """Push what waits, oldest first. Raises EnvironmentProblem when the store is away.

    A backlog leaves half of the link to others: after each batch it rests as long as that took.
    """
    stored = 0
    refused = []
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for one, outcome in _in_order(pool, partial(_put, client), ledger, rest):
            if isinstance(outcome, EvidenceError):
                ledger.refused(one.digest, f"{outcome.code}: {outcome.message}")
                refused.append((one.digest, outcome.message))
                continue
            _keep_receipt(ledger, one.digest, outcome)
            stored += 1
            on_stored(one.digest)
    for _, digest, envelope in ledger.records(state="spooled"):
        try:
            receipt = client.put_record(digest, envelope, ledger.inputs.body)
            ledger.record_stored(digest, receipt.to_json())
        except Refused as error:
            ledger.record_stored(digest, None, f"{error.code}: {error.message}")
            refused.append((digest, error.message))
            continue
        stored += 1
        on_stored(digest)
    return Pushed(stored, tuple(refused))


def _in_order(
    pool: ThreadPoolExecutor,
    put: Callable[[Spooled], Envelope | EvidenceError],
    ledger: Ledger,
    rest: Callable[[float], object],
) -> Iterator[tuple[Spooled, Envelope | EvidenceError]]:
    """Each bundle that waits with what came of it, in order, a few under way at a time. Whoever
    takes them must say in the ledger what came of each."""
    while batch := ledger.bundles_in("spooled", BATCH):
        began_s = time.monotonic()
        yield from zip(batch, pool.map(put, batch), strict=True)
        if ledger.bundles_in("spooled", 1):
            rest(time.monotonic() - began_s)


def _put(client: StoreClient, one: Spooled) -> Envelope | EvidenceError:
    """The receipt for one bundle, or why the store or its own file refuses it."""
    try:
        if one.path is None or not one.path.exists():
            raise SealError(f"the file of {one.digest} is gone", code="spool_incomplete")
        bundle = load_bundle(one.path)
        if bundle.digest != one.digest:
            raise SealError(f"{one.path.name} holds {bundle.digest}", code="digest_mismatch")
        return client.put_bundle(bundle)
    except (Refused, SealError) as error:
        return error


def rebuild(ledger: Ledger, client: StoreClient) -> int:
    """Fetch this agent's own bundles and records that the ledger lacks. Returns how many."""
    restored = 0
    for _, digest in client.listed("bundles"):
        if ledger.bundle(digest) is None:
            bundle = client.bundle(digest)
            said = bundle.collection
            ledger.keep_bundle(digest, bundle.to_bytes(), said.readings, said.run, said.replayed)
            _keep_receipt(ledger, digest, client.receipt(digest))
            restored += 1
    for _, digest in client.listed("records"):
        if not ledger.has_record(digest):
            restore_record(ledger, client.record(digest))
            ledger.record_stored(digest, client.receipt(digest).to_json())
            restored += 1
    return restored


def _keep_receipt(ledger: Ledger, digest: str, receipt: Envelope) -> None:
    received_at = Receipt.of(Statement.parse(receipt.payload)).entry.received_at
    ledger.stored(digest, receipt.to_json(), received_at)


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
