"""A PostgreSQL of its own for a benchmark, on a socket in a folder that is thrown away."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, Popen, run


@contextmanager
def postgres() -> Iterator[str]:
    """Its address. It syncs, as it comes; it refuses to be root, so then it is `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="evidence-bench-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
    options = ("-A", "trust", "-U", "evidence", "-E", "UTF8", "--locale=C.UTF-8")
    run(["initdb", "-D", "data", *options], cwd=folder, user=user, check=True, stdout=DEVNULL)
    process = Popen(
        ["postgres", "-D", "data", "-k", str(folder), "-h", ""],
        cwd=folder,
        user=user,
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        while run(["pg_isready", "-q", "-h", str(folder)]).returncode:
            time.sleep(0.05)
        yield f"postgresql://evidence@/postgres?host={folder}"
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait()
        shutil.rmtree(folder)
