"""The locks name every package by version and digest, and nothing about where it was fetched."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = "requirements.lock"
DEV = "requirements-dev.lock"
PIN = re.compile(r"^([a-z0-9][a-z0-9.\[\],-]*)==(\S+)(?: ; .*)?$")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")

both_locks = pytest.mark.parametrize("lock", [RUNTIME, DEV])


def entries(lock: str) -> list[str]:
    """One string a requirement, its continuation lines joined, comments left out."""
    lines = [
        line
        for line in (ROOT / lock).read_text().splitlines()
        if line.strip() and not line.strip().startswith("#")
    ]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def pins(lock: str) -> dict[str, str]:
    found = {}
    for entry in entries(lock):
        match = PIN.match(entry.partition(" --hash")[0].strip())
        assert match, f"not name==version: {entry[:80]}"
        name, version = match.groups()
        assert name not in found, f"{name} is locked twice: one version must hold on every Python"
        found[name] = version
    return found


def unmet(requirements: list[str], locked: dict[str, str]) -> list[str]:
    return [
        text
        for text in requirements
        for wanted in [Requirement(text)]
        if not wanted.specifier.contains(locked.get(canonicalize_name(wanted.name), "0"))
        or canonicalize_name(wanted.name) not in locked
    ]


@both_locks
def test_every_locked_package_has_a_digest(lock: str) -> None:
    assert entries(lock)
    assert [entry[:60] for entry in entries(lock) if not HASH.search(entry)] == []


@both_locks
def test_every_entry_is_a_pin_and_digests_and_nothing_else(lock: str) -> None:
    for entry in entries(lock):
        assert PIN.match(HASH.sub("", entry).strip()), entry[:80]


@both_locks
def test_a_lock_names_no_index_host_or_path(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash)", text, re.MULTILINE), "an option of pip's"
    assert not re.search(r"(?:^|\s)/\w", text), "an absolute path"
    assert not re.search(r"\b[a-z0-9-]+\.(?:org|com|net|io|dev|tw|local)\b", text), "a host"


def test_what_the_program_needs_is_in_the_runtime_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = project["project"]["dependencies"] + project["build-system"]["requires"]
    assert unmet(needed, pins(RUNTIME)) == []


def test_every_extra_is_in_the_dev_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"].values()
    assert unmet([text for extra in extras for text in extra], pins(DEV)) == []


def test_the_dev_lock_holds_all_of_the_runtime_lock() -> None:
    assert pins(RUNTIME).items() <= pins(DEV).items()
