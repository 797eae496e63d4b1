"""Completion in real shells: commands, options, known values and devices, all by the shell."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

import pytest
from typer.main import get_command

from agent.cli import app, commands
from agent.cli.completion import Command, bash, fish, zsh
from agent.cli.completion import commands as known_commands
from tests.conftest import ADMIN_PATH

DEVICES = """\
devices:
  - id: fw-01
    platform: fortios
  # - id: not-yet
  - {id: core.sw_2, platform: ios}
"""
# Typed so far (the last word is being completed) and the whole of what may follow.
WANTED = [
    ("col", {"collect"}),
    ("hostkey ", {"accept", "list", "--help"}),
    ("collect --dr", {"--dry-run"}),
    ("collect -s fire", {"firewall"}),
    ("collect fw", {"fw-01"}),
    ("hostkey accept cor", {"core.sw_2"}),
    ("read --platform fortio", {"fortios"}),
    ("completion z", {"zsh"}),
]


@pytest.fixture(scope="module")
def known() -> list[Command]:
    commands.register(app)
    return list(known_commands(get_command(app)))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder to be in, with an inventory and without any program of ours."""
    (tmp_path / "devices.yaml").write_text(DEVICES)
    return tmp_path


def said(site: Path, *command: str) -> str:
    done = subprocess.run(
        command,
        cwd=site,
        env={"PATH": ADMIN_PATH, "HOME": str(site)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


@pytest.mark.parametrize(("typed", "wanted"), WANTED)
@pytest.mark.part("bash")
def test_bash_completes(site: Path, known: list[Command], typed: str, wanted: set[str]) -> None:
    (site / "script").write_text(bash(known))
    words = " ".join(f"'{word}'" for word in f"evidence-agent {typed}".split(" "))
    ask = (
        f"source ./script; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1));"
        '_evidence_agent; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert set(said(site, "bash", "--norc", "-uc", ask).split()) == wanted


@pytest.mark.parametrize(("typed", "wanted"), WANTED)
@pytest.mark.part("fish")
def test_fish_completes(site: Path, known: list[Command], typed: str, wanted: set[str]) -> None:
    (site / "script").write_text(fish(known))
    listed = said(site, "fish", "-c", f"source ./script; complete -C 'evidence-agent {typed}'")
    found = {line.split("\t")[0] for line in listed.splitlines()}
    # fish lists options only once a dash is typed.
    assert found == (wanted if "-" in typed else {one for one in wanted if one[0] != "-"})


@pytest.mark.part("zsh")
def test_zsh_completes(site: Path, known: list[Command]) -> None:
    """At a terminal, as zsh completes nowhere else: what is typed grows by itself."""
    (site / "script").write_text(zsh(known))
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(site)
        environment = {"PATH": ADMIN_PATH, "HOME": str(site), "TERM": "dumb", "PS1": "ready> "}
        os.execvpe("zsh", ["zsh", "-f", "-i"], environment)
    try:
        heard(terminal, "ready> ")
        os.write(terminal, b"autoload -U compinit; compinit -D; source ./script; echo so-far\n")
        heard(terminal, "\nso-far")
        for typed, (whole,) in [(typed, wanted) for typed, wanted in WANTED if len(wanted) == 1]:
            os.write(terminal, f"evidence-agent {typed}\t".encode())
            heard(terminal, f"{typed.rpartition(' ')[0]} {whole} ".lstrip())
            os.write(terminal, b"\x15")
    finally:
        os.kill(process, 9)
        os.waitpid(process, 0)
        os.close(terminal)


def heard(terminal: int, wanted: str) -> None:
    """Read until that was shown."""
    shown, until = "", time.monotonic() + 100
    while wanted not in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", shown):
        ready, _, _ = select.select([terminal], [], [], max(0.0, until - time.monotonic()))
        assert ready, shown
        shown += os.read(terminal, 4096).decode("utf-8", "replace")


def test_every_command_and_option_is_known(known: list[Command]) -> None:
    names = {" ".join(one.path) for one in known}
    assert {"", "collect", "hostkey accept", "ledger rebuild"} <= names
    collect = next(one for one in known if one.path == ("collect",))
    assert {"--subject", "-s", "--dry-run", "--config", "--json", "--help"} <= set(collect.options)
    assert collect.devices
