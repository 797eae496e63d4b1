"""The wheel, installed into a clean environment outside the checkout, runs from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a new environment that holds the wheel; libraries come from ours.

    A path in a .pth file is looked in for libraries, and its own .pth files are not read, so
    the editable install of this checkout is not seen.
    """
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    _copy_sources(source)
    built = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    run(*built, str(source))
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    (site,) = (environment / "lib").glob("python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    python = environment / "bin" / "python"
    run(str(python), "-m", "pip", "install", "--no-deps", "--no-index", "--quiet", str(wheel))
    return environment / "bin"


def _copy_sources(target: Path) -> None:
    """What git would put into a clone, uncommitted changes included."""
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = run("git", "-C", str(ROOT), *listing)
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(path.read_bytes())


def run(*command: str, cwd: Path | None = None) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_agent_runs_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    where = run(
        str(installed / "python"), "-c", "import agent; print(agent.__file__)", cwd=tmp_path
    )
    assert Path(where.strip()).is_relative_to(installed.parent)
    run(str(installed / "evidence-agent"), "init", ".", cwd=tmp_path)
    rows = run(str(installed / "evidence-agent"), "collect", "--json", cwd=tmp_path)
    read = [json.loads(line) for line in rows.splitlines()]
    assert [(row["device"], row["state"]) for row in read] == [("this-host", "read")]


def test_the_other_programs_are_there_too(installed: Path, tmp_path: Path) -> None:
    for name in ("evidence-store", "evidence-verify", "evidence-lab"):
        run(str(installed / name), "--help", cwd=tmp_path)
