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
    """Memory of the process at its highest; the peer is the limit that is set for it. With the
    typesetter that it starts: in the note. True: the pack verifies and holds every bundle."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        state, out = folder / "store", folder / "packs"
        fill = (sys.executable, "-m", "benchmarks.store.month", str(state))
        check_call([*fill, str(bundles), str(size_bytes)])
        peak_mb, together_mb, took_s = _pack(state, out)
        (pack,) = out.glob("*.zip")
        size_mb = pack.stat().st_size / 1e6
        key = PublicKey.of_pem((state / "store.pub").read_bytes())
        yield Result(
            name="pack: of a month",
            ours=peak_mb,
            peer=_LIMIT_MB,
            unit="MB of memory",
            against="the limit that is set",
            truth=_holds(pack, key, bundles),
            more_is_better=False,
            note=f"{bundles:,} bundles of {size_bytes // 1000} kB: {size_mb:,.0f} MB in "
            f"{took_s:.0f} s; with its typesetter {together_mb:,.0f} MB",
        )


def _pack(state: Path, out: Path) -> tuple[float, float, float]:
    """Make it; megabytes at the highest, those of all its processes together, and seconds."""
    command = [sys.executable, "-m", "store.cli", "pack", "--state", str(state), "--agent", AGENT]
    began_s, peak_kb, together_kb = time.perf_counter(), 0, 0
    with Popen([*command, "--period", PERIOD, "--out", str(out)], stdout=DEVNULL) as process:
        while process.poll() is None:
            seen = [_memory_kb(pid) for pid in _family(process.pid)]
            together_kb = max(together_kb, sum(now for now, _ in seen))
            peak_kb = max(peak_kb, *(most for _, most in seen), 0)
            time.sleep(_EVERY_S)
    if process.returncode:
        raise RuntimeError(f"evidence-store pack ended with {process.returncode}")
    return peak_kb / 1000, together_kb / 1000, time.perf_counter() - began_s


def _family(pid: int) -> list[int]:
    """A process and those it started; none where it is gone."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return []
    return [pid, *(one for child in found for one in _family(int(child)))]


def _memory_kb(pid: int) -> tuple[int, int]:
    """What a process holds of the machine's memory, and the most it ever held."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0, 0
    told = dict(line.split(":", 1) for line in lines)
    now, most = (int(told.get(name, "0").split()[0]) for name in ("VmRSS", "VmHWM"))
    return now, most


def _holds(file: Path, key: PublicKey, bundles: int) -> bool:
    """Whether the pack is whole, signed by the store, with work book, report and every bundle."""
    try:
        pack = read_pack(file.read_bytes())
        pack.manifest.verify([key])
        kinds = [Statement.parse(one.payload).predicate_type for _, one in pack.records()]
    except SealError:
        return False
    return kinds.count(COLLECTION) == bundles and {WORK_BOOK, REPORT} <= set(pack.archive.names)
