"""The pack of a month, made by `evidence-store pack` in a process of its own: how much memory it
takes, report and work book included."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL, Popen, check_call
from tempfile import TemporaryDirectory

from benchmarks.result import Result
from benchmarks.store.month import AGENT, PERIOD
from evidence.errors import SealError
from evidence.pack import read_pack
from evidence.seal import PublicKey
from evidence.statement import COLLECTION, Statement
from report.binding import REPORT, WORK_BOOK

_LIMIT_MB = 500
_EVERY_S = 0.02


def run(*, bundles: int = 400, size_bytes: int = 200_000) -> Iterator[Result]:
    """Memory at its highest, of the process that makes it and of all it starts together; the peer
    is the limit that is set. True: the pack verifies and holds every bundle."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        state, out = folder / "store", folder / "packs"
        fill = (sys.executable, "-m", "benchmarks.store.month", str(state))
        check_call([*fill, str(bundles), str(size_bytes)])
        alone_mb, together_mb, took_s = _pack(state, out)
        (pack,) = out.glob("*.zip")
        size_mb = pack.stat().st_size / 1e6
        key = PublicKey.of_pem((state / "store.pub").read_bytes())
        truth = _holds(pack, key, bundles)
        made = (
            f"{bundles:,} bundles of {size_bytes // 1000} kB: {size_mb:,.0f} MB in {took_s:.0f} s"
        )
        for name, used_mb, note in (
            ("pack: of a month, with what sets its report", together_mb, made),
            ("pack: of a month, the process that makes it", alone_mb, "what it ever held"),
        ):
            yield Result(
                name=name,
                ours=used_mb,
                peer=_LIMIT_MB,
                unit="MB of memory",
                against="the limit that is set",
                truth=truth,
                more_is_better=False,
                note=note,
            )


def _pack(state: Path, out: Path) -> tuple[float, float, float]:
    """Make it; megabytes at the highest, of the process and of all together, and seconds."""
    command = [sys.executable, "-m", "store.cli", "pack", "--state", str(state), "--agent", AGENT]
    began_s, alone_kb, together_kb = time.perf_counter(), 0, 0
    with Popen([*command, "--period", PERIOD, "--out", str(out)], stdout=DEVNULL) as process:
        while process.poll() is None:
            alone_kb = max(alone_kb, _told_kb(process.pid, "status", "VmHWM"))
            shares = (_told_kb(pid, "smaps_rollup", "Pss") for pid in _family(process.pid))
            together_kb = max(together_kb, sum(shares))
            time.sleep(_EVERY_S)
    if process.returncode:
        raise RuntimeError(f"evidence-store pack ended with {process.returncode}")
    return alone_kb / 1000, together_kb / 1000, time.perf_counter() - began_s


def _family(pid: int) -> list[int]:
    """A process and those it started; none where it is gone."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return []
    return [pid, *(one for child in found for one in _family(int(child)))]


def _told_kb(pid: int, file: str, name: str) -> int:
    """What the kernel tells of a process: `VmHWM` of its status, the most it ever held; `Pss` of
    its smaps_rollup, where what several hold together is shared out among them. 0: it is gone."""
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


def _holds(file: Path, key: PublicKey, bundles: int) -> bool:
    """Whether the pack is whole, signed by the store, with work book, report and every bundle."""
    try:
        pack = read_pack(file.read_bytes())
        pack.manifest.verify([key])
        kinds = [Statement.parse(one.payload).predicate_type for _, one in pack.records()]
    except SealError:
        return False
    return kinds.count(COLLECTION) == bundles and {WORK_BOOK, REPORT} <= set(pack.archive.names)
