"""Make .venv from a lock, or mend it: venv.py runtime | dev.

A stamp in .venv says which lock it was made from, so a second call costs nothing. The dev lock
holds all of the run-time lock: an environment made for the tests serves the demo too, and one
made for the demo is raised in place for the tests.
"""

import fcntl
import hashlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "made-from.json"
LOG = ROOT / ".build" / "log" / "venv.log"
LOCKS = {"runtime": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
# Packages whose folders the editable install points at. One that is added needs it done again.
PROJECT = ROOT / "pyproject.toml"
# In every environment and in no lock.
ALWAYS_THERE = {"pip", "evidence-agent"}

Stamp = dict[str, str]


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def project_digest() -> str:
    packages = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
    return digest(PROJECT.read_bytes(), " ".join(packages).encode())


def present() -> Stamp:
    """What .venv was made from; empty when it is not there, is half made or was moved here."""
    program = VENV / "bin" / "python"
    asked = "import sys; print(sys.prefix, '%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [program, "-c", asked], capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return {}
    prefix, _, python = answer.rpartition(" ")
    if Path(prefix).resolve() != VENV.resolve():
        return {}
    try:
        stamp = dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError):
        stamp = {}
    # The Python was replaced by another release: its packages are no longer found.
    if stamp.get("python", python) != python:
        return {}
    return stamp | {"python": python}


def run(*command: str | Path) -> None:
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(map(str, command))}\n")
        log.flush()
        done = subprocess.run(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    if done.returncode:
        print(f"FAILED, exit {done.returncode}; {LOG.relative_to(ROOT)} says:")
        print(LOG.read_text())
        raise SystemExit(3)


def pip(*arguments: str | Path) -> None:
    run(VENV / "bin" / "python", "-m", "pip", "--disable-pip-version-check", *arguments)


def locked_names(lock: Path) -> set[str]:
    return set(re.findall(r"^([a-z0-9][a-z0-9.-]*)==", lock.read_text(), re.MULTILINE))


def remove_surplus(lock: Path) -> None:
    """What an older lock brought and this one does not: it could hide a missing dependency."""
    listed = subprocess.run(
        [VENV / "bin" / "python", "-m", "pip", "list", "--format=json"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = {re.sub(r"[-_.]+", "-", entry["name"]).lower() for entry in json.loads(listed)}
    surplus = sorted(names - locked_names(lock) - ALWAYS_THERE)
    if surplus:
        pip("uninstall", "--yes", *surplus)


def make(wanted: str) -> None:
    found = present()
    kind = "dev" if found.get("kind") == "dev" else wanted
    lock = LOCKS[kind]
    target = {"kind": kind, "lock": digest(lock.read_bytes()), "project": project_digest()}
    if found.items() >= target.items():
        return
    LOG.write_text("")
    began = time.monotonic()
    print(f"{f'.venv from {lock.name}':<28} ", end="", flush=True)
    if not found:
        run(sys.executable, "-m", "venv", "--clear", VENV)
    STAMP.unlink(missing_ok=True)
    if found.get("lock") != target["lock"]:
        pip("install", "--require-hashes", "--only-binary", ":all:", "-r", lock)
        remove_surplus(lock)
    pip("install", "--no-deps", "--no-build-isolation", "--no-index", "-e", ROOT)
    STAMP.write_text(json.dumps(target | {"python": present()["python"]}, indent=2) + "\n")
    print(f"ok ({time.monotonic() - began:.0f} s)")


def main() -> None:
    if sys.argv[1:] not in (["runtime"], ["dev"]):
        raise SystemExit("usage: venv.py runtime | dev")
    LOG.parent.mkdir(parents=True, exist_ok=True)
    # Two makes at once: the second waits, and then finds the work done.
    with (LOG.parent / "venv.lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        make(sys.argv[1])


if __name__ == "__main__":
    main()
