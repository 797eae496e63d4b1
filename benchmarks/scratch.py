"""Packages that only a benchmark needs: in the user's cache, never in the repository or `.venv`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_LIMIT_S = 120


def packages(*requirements: str, alone: bool = True) -> Path | str:
    """The folder in which the requirements are installed, or why they are not; fetched once.

    `alone`: without what they depend on, which is here already.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = f"{'+'.join(requirements)}-{sys.implementation.cache_tag}"
    folder = cache / "evidence-agent-benchmarks" / name
    if folder.is_dir():
        return folder
    half = folder.with_name(f"{folder.name}.{os.getpid()}")
    command = [sys.executable, "-m", "pip", "install", "--quiet", *(["--no-deps"] * alone)]
    try:
        done = subprocess.run(
            [*command, "--target", str(half), *requirements],
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode:
        shutil.rmtree(half, ignore_errors=True)
        return f"{requirements[0]} could not be installed"
    half.rename(folder)
    return folder
