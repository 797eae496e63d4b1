"""A machine of our own, booted by systemd-nspawn in half a second: nothing is downloaded for it.

Its /usr is this machine's, read-only; /etc, /var and /opt are its own, and so is its network, which
is a loopback and nothing else. What runs in it was started by its own systemd.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

PASSWD = """\
root:x:0:0:root:/root:/bin/sh
messagebus:x:100:100::/nonexistent:/usr/sbin/nologin
sshd:x:101:65534::/run/sshd:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
"""
GROUP = "root:x:0:\nmessagebus:x:100:\nnogroup:x:65534:\n"
HOSTS = "127.0.0.1 localhost guest gw-01.example store.example\n"
FOLDERS = (
    "etc/bash_completion.d etc/ssh etc/systemd/system usr var/lib var/log/journal"
    " home opt proc root run sys dev local-bin"
)
# What an installed system has there and programs in /usr lean on.
FROM_HERE = ("os-release", "ld.so.cache", "alternatives", "login.defs", "pam.d", "security", "ssl")


def make_tree(root: Path) -> None:
    """The folders and files of a machine that was never booted."""
    for name in FOLDERS.split():
        (root / name).mkdir(parents=True)
    for name in ("tmp", "var/tmp"):
        (root / name).mkdir()
        (root / name).chmod(0o1777)
    for name in ("bin", "sbin", "lib", "lib64", "lib32", "libx32"):
        if Path("/", name).is_symlink():
            (root / name).symlink_to(f"usr/{name}")
    for name in FROM_HERE:
        here, there = Path("/etc", name), root / "etc" / name
        if here.is_dir():
            shutil.copytree(here, there, symlinks=True)
        elif here.exists():
            shutil.copy(here, there)
    written = {
        "passwd": PASSWD,
        "group": GROUP,
        "shadow": "root:*:19000:0:99999:7:::\n",
        "hosts": HOSTS,
        "hostname": "guest\n",
        "machine-id": "0123456789abcdef0123456789abcdef\n",
        "nsswitch.conf": "passwd: files systemd\ngroup: files systemd\nhosts: files\n",
    }
    for name, text in written.items():
        (root / "etc" / name).write_text(text)


def nspawn(root: Path) -> list[str]:
    """The command that all uses of the tree begin with."""
    command = ["systemd-nspawn", "--quiet", f"--directory={root}", "--register=no"]
    command += ["--private-network", "--console=pipe", "--bind-ro=/usr"]
    command += [f"--bind={root}/local-bin:/usr/local/bin"]
    # Without a systemd of this machine's own there is no unit to be put into.
    return command if Path("/run/systemd/system").exists() else [*command, "--keep-unit"]


class Failed(AssertionError):
    """A command in the guest that ended with another status than 0."""


class Guest:
    """A booted tree. `stop` ends it in order, as its power button would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        with (
            TemporaryDirectory() as folder,
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
        ):
            heard = str(Path(folder, "notify"))
            manager.bind(heard)
            manager.settimeout(60)
            # It ends with us, however we end.
            command = ["setpriv", "--pdeathsig", "TERM", *nspawn(root)]
            with root.with_name(f"{root.name}.log").open("wb") as log:
                self._nspawn = subprocess.Popen(
                    [*command, "--notify-ready=yes", "--boot"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": heard},
                )
            said = ""
            while "READY=1" not in said.splitlines():
                said += manager.recv(4096).decode() + "\n"
        (self._leader,) = (
            line.partition("=")[2]
            for line in said.splitlines()
            if line.startswith("X_NSPAWN_LEADER_PID=")
        )

    def sh(self, script: str, **environment: str) -> str:
        """What a shell script of root's says. Raises Failed, with all of it."""
        # --all but for the user's: there is none of the guest's own.
        command = ["nsenter", f"--target={self._leader}", "-m", "-u", "-i", "-n", "-p", "-C"]
        done = subprocess.run(
            [*command, "/bin/sh", "-ec", f"cd /root\n{script}"],
            cwd="/",
            capture_output=True,
            text=True,
            env={
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": "/root",
                "USER": "root",
                "LC_ALL": "C.UTF-8",
                **environment,
            },
        )
        if done.returncode:
            raise Failed(f"{script}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def shown(self, unit: str, name: str) -> str:
        """A property of a unit, as systemd in the guest shows it."""
        return self.sh(f"systemctl show --value -p {name} {unit}").strip()

    def wait_for(self, holds: Callable[[], bool], limit_s: float = 30.0) -> None:
        deadline = time.monotonic() + limit_s
        while not holds():
            if time.monotonic() > deadline:
                raise Failed(self.journal()[-4000:])
            time.sleep(0.1)

    def journal(self, unit: str = "evidence-agent") -> str:
        return self.sh(f"journalctl --no-pager --output=cat --unit={unit}")

    def stop(self) -> None:
        self._nspawn.terminate()
        try:
            self._nspawn.wait(30)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait(10)
