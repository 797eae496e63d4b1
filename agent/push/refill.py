"""Giving back: a store that was restored from an older copy gets again what it signed."""

from __future__ import annotations

from collections.abc import Iterator

from agent.ledger import Ledger
from agent.push.client import StoreClient
from evidence.bundle import read_bundle
from evidence.receipt import Receipt
from evidence.seal import Envelope
from evidence.statement import Statement


def give_back(ledger: Ledger, client: StoreClient, first: int) -> int:
    """Send again everything that is still here and whose receipt is of an entry from `first` on,
    in the order of the log. Returns how many."""
    held = sorted(_held(ledger, first))
    for _, digest, is_bundle, receipt in held:
        if is_bundle:
            spooled = ledger.bundle(digest)
            assert spooled is not None and spooled.path is not None
            bundle = read_bundle(spooled.path.read_bytes())
            client.give_back(bundle.envelope.to_json(), receipt, bundle.captures.get)
        else:
            client.give_back(ledger.record(digest), receipt, ledger.inputs.body)
    return len(held)


def _held(ledger: Ledger, first: int) -> Iterator[tuple[int, str, bool, bytes]]:
    """(place in the log, digest, whether it is a bundle, receipt) of what the store lost."""
    bundles = [
        (one.digest, True, one.receipt)
        for one in ledger.bundles_in("stored")
        if one.receipt is not None and one.path is not None and one.path.exists()
    ]
    records = [(digest, False, receipt) for digest, receipt in ledger.record_receipts()]
    for digest, is_bundle, receipt in (*bundles, *records):
        index = Receipt.of(Statement.parse(Envelope.parse(receipt).payload)).index
        if index >= first:
            yield index, digest, is_bundle, receipt
