"""Pushing: bundles and signed records to the store, at least once, oldest first.

A copy stays here until the store's receipt, and then for the custody time. Everything is
named by its digest, so a repeated push changes nothing on either side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests

from agent.config import StoreModel
from agent.ledger import Ledger, Spooled
from evidence.bundle import Bundle, load_bundle
from evidence.clock import Clock, parse_at
from evidence.errors import EnvironmentProblem, EvidenceError, SealError
from evidence.receipt import Receipt
from evidence.request import sign_request
from evidence.seal import Envelope, PublicKey, SigningKey
from evidence.statement import Statement

TIMEOUT_S = (10, 60)


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
        self._session = requests.Session()
        self._session.trust_env = False
        if settings.ca is not None:
            self._session.verify = str(folder / settings.ca)

    def put_bundle(self, bundle: Bundle) -> Envelope:
        """The receipt for a bundle: blobs first, then the envelope that names them."""
        for digest, body in bundle.captures.items():
            path = f"/v1/blobs/sha256/{digest}"
            if self._send("HEAD", path, ok=(200, 404)).status_code != 200:
                self._send("PUT", path, body)
        path = f"/v1/bundles/sha256/{bundle.digest}"
        return self._receipt(
            bundle.digest, self._send("PUT", path, bundle.envelope.to_json()).content
        )

    def put_record(self, digest: str, envelope: bytes) -> Envelope:
        """The receipt for a run record or an assessment."""
        answer = self._send("PUT", f"/v1/records/sha256/{digest}", envelope)
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
            response = self._session.request(
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
) -> Pushed:
    """Push what waits, oldest first. Raises EnvironmentProblem when the store is away."""
    stored = 0
    refused = []
    for one in ledger.bundles_in("spooled"):
        try:
            _push_bundle(ledger, client, one)
        except (Refused, SealError) as error:
            ledger.refused(one.digest, f"{error.code}: {error.message}")
            refused.append((one.digest, error.message))
            continue
        stored += 1
        on_stored(one.digest)
    for _, digest, envelope in ledger.records(state="spooled"):
        try:
            ledger.record_stored(digest, client.put_record(digest, envelope).to_json())
        except Refused as error:
            ledger.record_stored(digest, None, f"{error.code}: {error.message}")
            refused.append((digest, error.message))
            continue
        stored += 1
        on_stored(digest)
    return Pushed(stored, tuple(refused))


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
            envelope = client.record(digest)
            statement = Statement.parse(envelope.payload)
            said_at = statement.predicate.get("ended_at") or statement.predicate["assessed_at"]
            ledger.keep_record(
                statement.predicate_type,
                digest,
                envelope.to_json(),
                parse_at(said_at),
                statement.predicate.get("period"),
            )
            ledger.record_stored(digest, client.receipt(digest).to_json())
            restored += 1
    return restored


def _push_bundle(ledger: Ledger, client: StoreClient, one: Spooled) -> None:
    if one.path is None:
        raise SealError(f"the file of {one.digest} is gone", code="spool_incomplete")
    bundle = load_bundle(one.path)
    if bundle.digest != one.digest:
        raise SealError(f"{one.path.name} holds {bundle.digest}", code="digest_mismatch")
    _keep_receipt(ledger, one.digest, client.put_bundle(bundle))


def _keep_receipt(ledger: Ledger, digest: str, receipt: Envelope) -> None:
    received_at = Receipt.of(Statement.parse(receipt.payload)).entry.received_at
    ledger.stored(digest, receipt.to_json(), received_at)


def _problem(response: requests.Response) -> tuple[str, str]:
    """(code, sentence) of a problem document, or of whatever else answered."""
    try:
        problem = response.json()
        return str(problem["code"]), str(problem.get("detail") or problem.get("title"))
    except (ValueError, KeyError, TypeError):
        return "store_error", f"status {response.status_code}"
