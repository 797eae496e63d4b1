"""The wheel of this checkout, uncommitted changes included, built once for all tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str, cwd: Path | None = None) -> str:
    """What a program says that knows nothing of our Python's settings."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _copy_sources(folder / "source")
    build(folder / "source", folder)
    (made,) = folder.glob("*.whl")
    return made


def build(source: Path, folder: Path) -> None:
    """Put the wheel of a source tree into a folder."""
    built = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    run(*built, str(source))


def _copy_sources(target: Path) -> None:
    """What git would put into a clone, uncommitted changes included."""
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = run("git", "-C", str(ROOT), *listing)
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(path.read_bytes())
