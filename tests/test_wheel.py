"""The wheel, installed into a clean environment outside the checkout, runs from there."""

from __future__ import annotations

import json
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.fixtures_wheel import run


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The bin folder of a new environment that holds the wheel; libraries come from ours.

    A path in a .pth file is looked in for libraries, and its own .pth files are not read, so
    the editable install of this checkout is not seen.
    """
    environment = tmp_path_factory.mktemp("installed") / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    (site,) = (environment / "lib").glob("python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    python = environment / "bin" / "python"
    run(str(python), "-m", "pip", "install", "--no-deps", "--no-index", "--quiet", str(wheel))
    return environment / "bin"


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
