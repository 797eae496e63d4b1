"""Pushing: bundles and signed records to the store, at least once, oldest first.

A copy stays here until the store's receipt, and then for the custody time. Everything is
named by its digest, so a repeated push changes nothing on either side.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from agent.ledger import Ledger, Spooled
from agent.ledger.restore import restore_record
from agent.push.client import Refused, StoreClient
from agent.push.contact import keep_in_touch
from agent.push.refill import give_back
from evidence.bundle import read_bundle
from evidence.errors import EnvironmentProblem, EvidenceError, SealError
from evidence.receipt import Receipt
from evidence.seal import Envelope
from evidence.statement import Statement

__all__ = ["BATCH", "WORKERS", "Pushed", "Refused", "StoreClient", "push", "rebuild"]

# Enough to keep the store's disk busy while it syncs; more only wait for each other.
WORKERS = 6
BATCH = 64


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
    *,
    come: bool = False,
) -> Pushed:
    """Push what waits, oldest first; `come`: where nothing waits, come to the store all the same,
    which may have been put back from a backup and lack what it had. Raises EnvironmentProblem when
    the store is away.

    Before anything goes up the store's log has to be what it was, see `keep_in_touch`. A backlog
    leaves half of the link to others: after each batch it rests as long as that took.
    """
    waits = bool(ledger.bundles_in("spooled", 1)) or any(ledger.records(state="spooled"))
    lacking_from = keep_in_touch(ledger.folder, client, urgent=waits or come)
    if lacking_from is not None:
        given = give_back(ledger, client, lacking_from)
        # Once more, to hear whether it is whole now: that may take other agents.
        if keep_in_touch(ledger.folder, client, urgent=True) is not None:
            raise EnvironmentProblem(
                f"the store was restored from a backup; {given} statements were given back to it",
                code="store_refilling",
                next_step="nothing is lost; what waits here is pushed when the store is whole",
            )
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
    if stored:
        _look_again(ledger, client)
    return Pushed(stored, tuple(refused))


def _look_again(ledger: Ledger, client: StoreClient) -> None:
    """Take down a checkpoint that covers what was just stored: a store that lost it is noticed."""
    try:
        keep_in_touch(ledger.folder, client, urgent=True)
    except EnvironmentProblem as error:
        if error.code != "store_unreachable":  # then the next push looks
            raise


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
        data = one.path.read_bytes()
        bundle = read_bundle(data)
        if bundle.digest != one.digest:
            raise SealError(f"{one.path.name} holds {bundle.digest}", code="digest_mismatch")
        return client.put_bundle(bundle, data)
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
