"""Our programs as processes of their own, in a tenth of the time that starting Python takes.

A server process has everything imported and forks a child for each call: own folder, arguments,
environment and streams, as a shell would give them. `test_wheel.py` starts the console scripts
themselves.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

import pytest

TIMEOUT_S = 60

Run = Callable[..., CompletedProcess[str]]

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.preloaded"])


def run_program(
    folder: Path, environment: dict[str, str], *words: object, of: str = "agent"
) -> CompletedProcess[str]:
    """`evidence-agent`, or the program `of` another, run to its end in `folder`, with exactly that
    environment."""
    arguments = [str(word) for word in words]
    with TemporaryDirectory() as scratch:
        said = [Path(scratch, name) for name in ("stdout", "stderr")]
        child = _CONTEXT.Process(target=_child, args=(of, folder, environment, arguments, said))
        child.start()
        child.join(TIMEOUT_S)
        if child.exitcode is None:
            child.kill()
            child.join()
        assert child.exitcode is not None
        texts = [path.read_text("utf-8") for path in said]
    return CompletedProcess(arguments, child.exitcode, *texts)


def _child(
    of: str, folder: Path, environment: dict[str, str], words: list[str], said: list[Path]
) -> None:
    main = import_module(f"{of}.cli").main
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate((Path(os.devnull), *said)):
        flags = os.O_RDWR | (os.O_CREAT if number else 0)
        descriptor = os.open(path, flags, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.argv = [f"evidence-{of}", *words]
    main()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """run(*words, NAME=value…): the program in an empty folder, seen to leave no stack trace."""

    def program(*words: object, **environment: str) -> CompletedProcess[str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        done = run_program(
            tmp_path, {"LANG": "C.UTF-8", "USER": "lin", **kept, **environment}, *words
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return program
