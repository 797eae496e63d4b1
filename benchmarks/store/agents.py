"""Durable deposits in a store of its own process, beside writing and syncing the same bytes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from tempfile import TemporaryDirectory, mkdtemp

from agent.config import StoreModel
from agent.push import StoreClient
from benchmarks.result import Result, Spent, beside, spent
from benchmarks.visits import visit
from evidence.bundle import Bundle, seal
from evidence.receipt import Receipt
from evidence.seal import Envelope, PublicKey, SigningKey
from store.clock import system_clock
from store.custody import Custody


def run(
    *, visits: int = 60, size_bytes: int = 200_000, clients: int = 8, rounds: int = 3
) -> Iterator[Result]:
    """Each bundle goes up over loopback as the agent sends it, and its receipt is checked."""
    key = SigningKey.generate()
    receipts: dict[str, Envelope] = {}
    with TemporaryDirectory() as name, ThreadPoolExecutor(clients) as pool:
        folder = Path(name)
        with _served(folder / "store", key.public) as url:
            settings = StoreModel(url=url, public_key="store.pub")
            client = StoreClient(settings, key, lambda: datetime.now(UTC), folder / "store")
            numbers = iter(range(rounds))

            def deposit() -> Spent:
                begun = next(numbers) * visits
                bundles = [
                    seal(*visit(number, size_bytes), key) for number in range(begun, begun + visits)
                ]
                took, given = spent(lambda: list(pool.map(client.put_bundle, bundles)))
                receipts.update(zip((one.digest for one in bundles), given, strict=True))
                return took

            def write() -> Spent:
                fresh = Path(mkdtemp(dir=folder))
                return spent(lambda: list(pool.map(partial(_write, fresh), floor)))[0]

            floor = [seal(*visit(number, size_bytes), key) for number in range(visits)]
            ours, peer = beside(deposit, write, rounds)
            listed = {digest for _, digest in client.listed("bundles")}
        store_key = PublicKey.of_pem((folder / "store" / "store.pub").read_bytes())
    places = {Receipt.check(one, digest, store_key).index for digest, one in receipts.items()}
    yield Result(
        name="store: deposited",
        ours=visits / ours.wall_s,
        peer=visits / peer.wall_s,
        unit="bundles/s",
        against="write + fsync of the same files",
        truth=listed == set(receipts) and len(places) == rounds * visits,
        note=f"{clients} clients, {size_bytes // 1000} kB in {len(floor[0].captures)} captures; "
        f"{len(places)} receipts checked",
    )


@contextmanager
def _served(state: Path, agent: PublicKey) -> Iterator[str]:
    """A store that knows the agent, served by the program itself; gives its address."""
    custody = Custody(state, system_clock)
    custody.enrol("agent-1", ["main"], agent)
    custody.close()
    command = [sys.executable, "-m", "store.cli", "serve", "--state", str(state), "--port", "0"]
    with Popen(command, stdout=PIPE, stderr=DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.send_signal(signal.SIGTERM)


def _write(folder: Path, bundle: Bundle) -> None:
    """What no store can do without: every capture and the envelope on the disk, nothing else."""
    files = {**bundle.captures, bundle.digest: bundle.envelope.to_json()}
    for digest, body in files.items():
        with (folder / digest).open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
