"""Deposits from clients that cost next to nothing, so that what is measured is the store: whole
bundles, signed beforehand, sent over one connection a client."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from benchmarks.result import Result, Spent, beside, spent
from benchmarks.store.postgres import postgres
from benchmarks.visits import visit
from evidence.bundle import Bundle, seal
from evidence.request import sign_request
from evidence.seal import SigningKey
from store.clock import system_clock
from store.custody import Custody

Put = tuple[str, bytes, dict[str, str]]


def run(*, visits: int, size_bytes: int, clients: int, rounds: int) -> Iterator[Result]:
    with TemporaryDirectory() as name:
        yield _beside_bare(Path(name), visits, size_bytes, clients, rounds)
    if shutil.which("initdb") is None:
        return
    with TemporaryDirectory() as name, postgres() as url:
        yield _beside_copy(Path(name), url, visits, size_bytes, clients, rounds)


def _beside_bare(folder: Path, visits: int, size_bytes: int, clients: int, rounds: int) -> Result:
    key = SigningKey.generate()
    bare = [sys.executable, "-m", "benchmarks.store.bare", str(_made(folder / "bare"))]
    with _store(folder / "store", key, None) as store, _served(bare) as other:
        fresh = _rounds(visits, size_bytes, key)

        def ours() -> Spent:
            return _send(store.address, [_signed(one, key) for one in next(fresh)], clients)

        def peer() -> Spent:
            bodies = [b"".join(one.captures.values()) for one in floor]
            return _send(
                other.address, [(f"/{n}", one, {}) for n, one in enumerate(bodies)], clients
            )

        floor = next(_rounds(visits, size_bytes, key))
        mine, theirs = beside(ours, peer, rounds)
        cpu_ms = [1e3 * one.cpu_s() / visits / rounds for one in (store, other)]
    return Result(
        name="store: taken in, SQLite",
        ours=visits / mine.wall_s,
        peer=visits / theirs.wall_s,
        unit="bundles/s",
        against="a bare Starlette handler that writes and syncs one file",
        truth=_kept(folder / "store", None) == visits * rounds,
        note=f"{clients} connections, {size_bytes // 1000} kB each; CPU of the servers "
        f"{cpu_ms[0]:.1f} and {cpu_ms[1]:.1f} ms a bundle",
    )


def _beside_copy(
    folder: Path, url: str, visits: int, size_bytes: int, clients: int, rounds: int
) -> Result:
    import psycopg

    key = SigningKey.generate()
    with _store(folder / "store", key, url) as store:
        fresh = _rounds(visits, size_bytes, key)

        def ours() -> Spent:
            return _send(store.address, [_signed(one, key) for one in next(fresh)], clients)

        def copy(bundles: list[Bundle]) -> None:
            with psycopg.connect(url) as connection, connection.cursor() as cursor:
                for one in bundles:
                    into = "COPY floor (digest, body) FROM STDIN (FORMAT BINARY)"
                    with cursor.copy(into) as rows:
                        rows.set_types(["text", "bytea"])
                        rows.write_row((one.digest, b"".join(one.captures.values())))
                    connection.commit()

        def peer() -> Spent:
            shares = [floor[at::clients] for at in range(clients)]
            with ThreadPoolExecutor(clients) as pool:
                return spent(lambda: list(pool.map(copy, shares)))[0]

        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE floor (digest text, body bytea)")
        floor = next(_rounds(visits, size_bytes, key))
        mine, theirs = beside(ours, peer, rounds)
        cpu_ms = 1e3 * store.cpu_s() / visits / rounds
    return Result(
        name="store: taken in, PostgreSQL",
        ours=visits / mine.wall_s,
        peer=visits / theirs.wall_s,
        unit="bundles/s",
        against="psycopg's binary COPY of the same bytes, a commit each",
        truth=_kept(folder / "store", url) == visits * rounds,
        note=f"{clients} connections, {size_bytes // 1000} kB each; CPU of the store without its "
        f"database {cpu_ms:.1f} ms a bundle",
    )


def _rounds(visits: int, size_bytes: int, key: SigningKey) -> Iterator[list[Bundle]]:
    """Bundles that were never seen before, so many at a time."""
    begun = 0
    while True:
        yield [seal(*visit(number, size_bytes), key) for number in range(begun, begun + visits)]
        begun += visits


def _signed(bundle: Bundle, key: SigningKey) -> Put:
    path, data = f"/v1/bundles/sha256/{bundle.digest}", bundle.to_bytes()
    headers = sign_request(key, "PUT", path, "", data, datetime.now(UTC))
    return path, data, {**headers, "Content-Type": "application/zip"}


def _send(url: str, puts: list[Put], clients: int) -> Spent:
    """All of them, over so many connections. Raises RuntimeError for any other answer than 201."""
    parts = urlsplit(url)

    def one_client(share: list[Put]) -> None:
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        for path, body, headers in share:
            connection.request("PUT", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 201:
                raise RuntimeError(f"{path} was answered with {answer.status}")
        connection.close()

    shares = [puts[at::clients] for at in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        return spent(lambda: list(pool.map(one_client, shares)))[0]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _kept(state: Path, url: str | None) -> int:
    """How many entries the store's log has, without the key's own."""
    from store import leaves

    custody = Custody(state, system_clock, database_url=url)
    with custody.database.reading() as rows:
        size = leaves.frontier(rows).size
    custody.close()
    return size - 1


@dataclass
class _Server:
    """A server's process, once it has begun to listen."""

    address: str
    pid: int

    def __post_init__(self) -> None:
        self._started_s = self._spent_s()

    def cpu_s(self) -> float:
        """What it worked since then."""
        return self._spent_s() - self._started_s

    def _spent_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _store(state: Path, key: SigningKey, url: str | None) -> Iterator[_Server]:
    custody = Custody(state, system_clock, database_url=url)
    custody.enrol("agent-1", ["main"], key.public)
    custody.close()
    command = [sys.executable, "-m", "store.cli", "serve", "--state", str(state), "--port", "0"]
    with _served([*command, *([] if url is None else ["--database", url])]) as server:
        yield server


@contextmanager
def _served(command: list[str]) -> Iterator[_Server]:
    with Popen(command, stdout=PIPE, stderr=DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield _Server(process.stdout.readline().split()[-1], process.pid)
        finally:
            process.terminate()
