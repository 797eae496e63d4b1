"""A machine that docs/install.md was followed on, word for word, up to its first month.

Made once and kept in .build/guest for the next time: the wheels that the lock names, and the
environment that holds them. They are made again when lock, guide or Python change.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path

import pytest

from tests.guest import Guest, make_tree

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".build" / "guest"
LOCK = ROOT / "requirements.lock"
RULES = """\
table inet fw {
  chain input {
    type filter hook input priority 0; policy accept;
    tcp dport 22 counter accept comment "ssh"
    tcp dport 23 counter drop comment "never telnet"
  }
}
"""
# The unit as it is, but quicker to notice and to come back, so that a test need not wait.
QUICK = "[Service]\nWatchdogSec=6\nRestartSec=100ms\n"
STATE = "/var/lib/evidence-agent"


def guide() -> dict[int, list[str]]:
    """The shell blocks of docs/install.md by the number of their part."""
    text = (ROOT / "docs" / "install.md").read_text("utf-8")
    parts = re.split(r"^## (\d+)\. ", text, flags=re.MULTILINE)
    return {
        int(number): re.findall(r"```sh\n(.*?)```", body, re.DOTALL)
        for number, body in zip(parts[1::2], parts[2::2], strict=True)
    }


@pytest.fixture(scope="session")
def alone() -> Iterator[None]:
    """Nobody else makes or uses what is kept meanwhile."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        yield


def _kept(kind: str, *made_from: str) -> tuple[Path, Path]:
    """Where a thing is kept, and where it is made first, so that half of one is none.

    What was made from something else, or by a run that was killed, goes.
    """
    kept = KEPT / f"{kind}-{sha256(chr(0).join(made_from).encode()).hexdigest()[:16]}"
    for other in KEPT.glob(f"{kind}-*"):
        if other != kept:
            shutil.rmtree(other)
    return kept, kept.with_name(f"{kept.name}.making")


@pytest.fixture(scope="session")
def wheelhouse(wheel: Path, alone: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Part 1 of the guide, from wheels that were loaded once."""
    kept, making = _kept("wheels", LOCK.read_text())
    if not kept.exists():
        load = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes"]
        load += ["--only-binary", ":all:", "-r", str(LOCK), "-d", str(making)]
        if subprocess.run(load, capture_output=True).returncode:
            pytest.skip("needs the wheels of requirements.lock, and the package index gave none")
        making.rename(kept)
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copy(LOCK, folder)
    (folder / "dist").mkdir()
    shutil.copy(wheel, folder / "dist")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    there = {"PATH": path, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(kept)}
    (block,) = guide()[1]
    subprocess.run(["sh", "-ec", block], cwd=folder, check=True, capture_output=True, env=there)
    return folder / "wheelhouse"


@pytest.fixture(scope="session")
def guest(wheelhouse: Path) -> Iterator[Guest]:
    """Installed, started, read and judged once."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    asked = "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"
    if _said("-c", asked).strip() != ours:
        pytest.skip(f"needs /usr/bin/python3 with venv, of release {ours} as the tests run with")
    root = KEPT / "root"
    shutil.rmtree(root, ignore_errors=True)
    make_tree(root)
    (root / "etc/nftables.conf").write_text(RULES)
    shutil.copytree(wheelhouse, root / "root/wheelhouse")
    booted = Guest(root)
    try:
        install(booted)
        yield booted
    finally:
        booted.stop()
        shutil.rmtree(root, ignore_errors=True)


def _said(*words: str) -> str:
    """What the machine's own Python says; nothing where there is none, or it fails."""
    if not Path("/usr/bin/python3").exists():
        return ""
    return subprocess.run(["/usr/bin/python3", *words], capture_output=True, text=True).stdout


def install(guest: Guest) -> None:
    """Follow the guide. What it leaves to people is done between its parts."""
    parts = guide()
    programs, completion = parts[2]
    _install_programs(guest, programs)
    guest.sh(completion)
    accounts, operators = parts[3]
    guest.sh(accounts)
    guest.sh("useradd -m alice; useradd -m bob; nft -f /etc/nftables.conf")
    guest.sh(operators)
    for block in (*parts[4], *parts[5]):
        guest.sh(block)
    fingerprint = _put_up_gateway(guest)
    _be_quick(guest)
    store, enrol, told = parts[6]
    guest.sh(store)
    guest.wait_for(lambda: (guest.root / "var/lib/evidence-store/store.pub").exists())
    guest.sh(
        f"install -m 644 {STATE}/signing.pub.pem /etc/evidence-store/agent-1.pub.pem;"
        "install -m 644 /etc/evidence-store/tls.pem /etc/evidence-agent/store-ca.pem;"
        "install -m 644 /var/lib/evidence-store/store.pub /etc/evidence-agent/store.pub.pem"
    )
    guest.sh(enrol)
    guest.sh(told)
    for block in parts[7]:
        guest.sh(block, FINGERPRINT=fingerprint)
    for block in parts[8]:
        guest.sh(block)


def _install_programs(guest: Guest, block: str) -> None:
    """Part 2; the environment with its libraries is taken from the last time if it is the same."""
    python = _said("-V")
    lines = block.splitlines()
    end = next(n for n, line in enumerate(lines) if "--require-hashes" in line) + 1
    made, rest = lines[:end], [*lines[:2], *lines[end:]]
    kept, making = _kept("environment", LOCK.read_text(), python, *made)
    if not kept.exists():
        guest.sh("\n".join(made))
        subprocess.run(["cp", "-al", guest.root / "opt", making], check=True)
        making.rename(kept)
    else:
        subprocess.run(["cp", "-al", f"{kept}/.", guest.root / "opt"], check=True)
    guest.sh("\n".join(rest))


def _put_up_gateway(guest: Guest) -> str:
    """A real sshd as gw-01, its account read-only as its platform's page says. Its fingerprint."""
    guest.sh(
        "useradd --system --create-home --shell /bin/sh --password '*' evidence\n"
        "install -d -o evidence -g evidence -m 700 ~evidence/.ssh\n"
        '{ printf "restrict "; cat gw-01.key.pub; } > ~evidence/.ssh/authorized_keys\n'
        "chown evidence: ~evidence/.ssh/authorized_keys\n"
        "mkdir -p /run/sshd; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key\n"
        "/usr/sbin/sshd -f /dev/null -o HostKey=/etc/ssh/ssh_host_ed25519_key -o UsePAM=no"
    )
    said = guest.sh("ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub")
    return said.split()[1]


def _be_quick(guest: Guest) -> None:
    folder = guest.root / "etc/systemd/system/evidence-agent.service.d"
    (folder / "quick.conf").write_text(QUICK)
    guest.sh("systemctl daemon-reload")
