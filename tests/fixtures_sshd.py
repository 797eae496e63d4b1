"""A real OpenSSH server on loopback, whose log-in runs a small device instead of a shell."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.secret import Credential, Secret
from tests.conftest import ADMIN_PATH
from tests.ports import free_port

# A command, or lines at a prompt; the terminal's echo is the kernel's own.
DEVICE = """
import json, os, signal, sys, time
answers = json.load(open(sys.argv[1]))
command = os.environ.get("SSH_ORIGINAL_COMMAND")
def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()
def obey(line):
    if line.startswith("!") or line == "terminal pager 0":
        return
    if line not in answers:
        sys.stderr.write("not found: " + line + "\\n")
        return 127
    if "think" in line:
        time.sleep(2)
    say(answers[line])
    if "drop" in line:
        os.kill(os.getppid(), signal.SIGKILL)
if command is not None:
    sys.exit(obey(command))
while True:
    say("real-01# ")
    line = sys.stdin.readline().rstrip("\\n")
    with open(sys.argv[2], "a") as log:
        log.write(line + "\\n")
    if line in ("", "exit"):
        break
    obey(line)
"""


@dataclass(frozen=True)
class Sshd:
    """A running server: where it is, who may log in, what it saw."""

    port: int
    fingerprint: str
    credential: Credential
    log: Path
    heard: Path

    def lines(self) -> list[str]:
        """What was typed at the prompt."""
        return self.heard.read_text().splitlines() if self.heard.exists() else []

    def logged(self, words: str) -> int:
        """In how many lines of the server's log these words stand."""
        return sum(words in line for line in self.log.read_text().splitlines())

    def wait_for(self, words: str, count: int) -> None:
        """Until the server has logged these words so often: it is done with a caller later."""
        for _ in range(1200):
            if self.logged(words) >= count:
                return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Callable[..., Sshd]]:
    """sshd(answers, extra lines of configuration…) starts a server; it ends with the test."""
    running: list[subprocess.Popen[bytes]] = []

    def start(answers: Mapping[str, str], *extra: str, host_key: str = "ed25519") -> Sshd:
        folder = tmp_path / f"sshd{len(running)}"
        folder.mkdir()
        for name, kind in (("host", host_key), ("user", "ed25519")):
            keygen = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(folder / name)]
            subprocess.run(keygen, check=True)
        (folder / "answers.json").write_text(json.dumps(answers))
        (folder / "device.py").write_text(DEVICE)
        command = f"{sys.executable} {folder}/device.py {folder}/answers.json {folder}/heard"
        key = (folder / "user.pub").read_text()
        (folder / "authorized").write_text(f'command="{command}" {key}')
        user = pwd.getpwuid(os.geteuid()).pw_name
        port = free_port()
        lines = (
            f"Port {port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {folder}/host",
            f"AuthorizedKeysFile {folder}/authorized",
            f"AllowUsers {user}",
            "PidFile none",
            "StrictModes no",
            "UsePAM no",
            "PermitRootLogin forced-commands-only",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "LogLevel DEBUG1",
            *extra,
        )
        (folder / "config").write_text("\n".join(lines) + "\n")
        program = shutil.which("sshd", path=ADMIN_PATH)
        assert program is not None
        if os.geteuid() == 0:
            # Where the server separates its privileges; the package makes it at boot only.
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        log = folder / "log"
        with log.open("wb") as file:
            running.append(
                subprocess.Popen([program, "-D", "-e", "-f", str(folder / "config")], stderr=file)
            )
        server = Sshd(
            port=port,
            fingerprint=_fingerprint(folder / "host.pub"),
            credential=Credential(user, private_key=Secret((folder / "user").read_text())),
            log=log,
            heard=folder / "heard",
        )
        server.wait_for("Server listening", 1)
        return server

    yield start
    for process in running:
        process.terminate()
        process.wait()


def _fingerprint(public: Path) -> str:
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(public)], check=True, capture_output=True, text=True
    )
    return shown.stdout.split()[1]
