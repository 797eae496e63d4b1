"""Configurations of the past, as Oxidized or RANCID kept them: which rules stood when.

They are second evidence: read by the same collector as anything delivered by hand, marked
`imported`, and left out wherever something has to be fresh or proven. Only what is older than
the device's first own reading is taken; from then on the device speaks for itself.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from agent.handed import visit_handed
from agent.platforms import Platform, platform
from agent.sealing import Agent, keep_handed
from evidence.capture import IMPORTED, Provenance
from evidence.device import Device
from evidence.errors import ConfigurationError, shown
from evidence.tape import TapeAnswer

SUBJECT = "firewall"
KINDS = ("oxidized", "rancid")
# What tools that keep configurations ask; a collector that reads it declares it.
_CONFIGURATION = (
    "show running-config",
    "show configuration | display set",
    "show full-configuration",
    "show config running",
    "config.xml",
)
_LIMIT_S = 120.0


@dataclass(frozen=True, slots=True)
class Version:
    """One kept configuration: its file, when it was kept, by whom, and under which name."""

    file: str
    at: datetime
    by: str
    name: str


@dataclass(slots=True)
class Outcome:
    """What came of one device: versions found, entered, and why not all of them."""

    device: str
    found: int = 0
    entered: int = 0
    later: int = 0
    known: int = 0
    why: str = ""


def import_past(
    agent: Agent, devices: Mapping[str, Device], kind: str, path: Path
) -> list[Outcome]:
    """Enter every kept version of every device of the inventory, oldest first.

    A file is a device's where its name is the device's id or address. Raises ConfigurationError
    (`import_kind`, `import_cvs`, `file_missing`, `git_failed`).
    """
    if kind not in KINDS:
        raise ConfigurationError(
            f"{kind!r} is unknown; known are {', '.join(KINDS)}", code="import_kind"
        )
    if not path.is_dir():
        raise ConfigurationError(f"there is no folder {path}", code="file_missing")
    kept = _Git(path) if _is_git(path) else _Folder(path)
    found = []
    for file in kept.files():
        if (device := _device_of(file, devices)) is not None:
            found.append(_enter(agent, device, kept, file, kind))
    return found


def _enter(agent: Agent, device: Device, kept: _Git | _Folder, file: str, kind: str) -> Outcome:
    outcome = Outcome(device.id)
    versions = sorted(kept.versions(file), key=lambda one: one.at)
    outcome.found = len(versions)
    one = platform(device.platform)
    ask = _configuration_of(one)
    if ask is None:
        outcome.why = f"no collector of {one.name} reads a whole configuration"
        return outcome
    first = agent.ledger.first_own_reading(device.id, SUBJECT)
    if first is None:
        outcome.why = f"read {device.id} itself once first; its past comes after it"
        return outcome
    for version in versions:
        if version.at >= first:
            outcome.later += 1
            continue
        if any(
            r.at == version.at for r in agent.ledger.newest_good(device.id, SUBJECT, version.at)
        ):
            outcome.known += 1
            continue
        provenance = Provenance(
            IMPORTED,
            delivered_by=version.by,
            captured_at=version.at,
            reason=f"configuration of the past: {kind} {kept.where}, {version.name}",
        )
        answer = TapeAnswer(ask=ask, body=kept.body(version))
        visit = visit_handed(one, SUBJECT, [answer], device, agent.site_key, provenance)
        if (failure := visit.readings[0].failure) is not None:
            outcome.why = f"{version.name}: {failure.code}"
            continue
        keep_handed(agent, visit)
        outcome.entered += 1
    return outcome


def _configuration_of(one: Platform) -> str | None:
    """The ask that a whole configuration answers; None where no collector reads one."""
    if SUBJECT not in one.collectors:
        return None
    known = {text for ask in one.asks for text in (ask.text, *ask.also)}
    return next((text for text in _CONFIGURATION if text in known), None)


def _device_of(file: str, devices: Mapping[str, Device]) -> Device | None:
    name = PurePosixPath(file).name
    for wanted in (name, name.rpartition(".")[0]):
        for device in devices.values():
            if wanted and wanted in (device.id, device.address):
                return device
    return None


def _is_git(path: Path) -> bool:
    return (path / ".git").exists() or (path / "HEAD").is_file()


class _Git:
    """A git repository, with a work tree or bare. Nothing of it is run or checked out."""

    def __init__(self, path: Path) -> None:
        self.where = path.name
        self._path = path

    def files(self) -> list[str]:
        listed = self._git("ls-tree", "-r", "-z", "--name-only", "HEAD")
        return [name.decode("utf-8", "replace") for name in listed.split(b"\0") if name]

    def versions(self, file: str) -> Iterator[Version]:
        """Every commit that changed the file."""
        told = self._git("log", "--format=%H%x00%ct%x00%an", "--", file).decode("utf-8", "replace")
        for line in told.splitlines():
            commit, seconds, author = line.split("\0")
            yield Version(file, datetime.fromtimestamp(int(seconds), UTC), author, commit[:12])

    def body(self, version: Version) -> bytes:
        return self._git("cat-file", "blob", f"{version.name}:{version.file}")

    def _git(self, *words: str) -> bytes:
        quiet = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.quotePath=off")
        command = ["git", "-C", str(self._path), "--no-pager", *quiet, *words]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_LIMIT_S, check=True)
        except FileNotFoundError:
            raise ConfigurationError(
                "git is not installed, and this is a git repository",
                code="git_failed",
                next_step="apt-get install git",
            ) from None
        except subprocess.TimeoutExpired:
            raise ConfigurationError(
                f"git took over {_LIMIT_S:g} s in {self._path}", code="git_failed"
            ) from None
        except subprocess.CalledProcessError as error:
            said = shown(error.stderr.decode("utf-8", "replace").strip(), 200)
            raise ConfigurationError(
                f"git cannot read {self._path}: {said}", code="git_failed"
            ) from None
        return done.stdout


class _Folder:
    """Plain files, one a device: only the newest version, kept when the file was changed."""

    def __init__(self, path: Path) -> None:
        self.where = path.name
        self._path = path

    def files(self) -> list[str]:
        found = [
            one for one in sorted(self._path.rglob("*")) if one.is_file() and not one.is_symlink()
        ]
        if any(one.name.endswith(",v") for one in found):
            raise ConfigurationError(
                f"{self._path} is a CVS repository, which is not read",
                code="import_cvs",
                next_step="convert it once (`git cvsimport`, or `cvs export` for the newest "
                "version), and name the result",
            )
        return [str(one.relative_to(self._path)) for one in found]

    def versions(self, file: str) -> Iterator[Version]:
        status = (self._path / file).stat()
        yield Version(
            file, datetime.fromtimestamp(status.st_mtime, UTC), f"uid {status.st_uid}", file
        )

    def body(self, version: Version) -> bytes:
        return (self._path / version.file).read_bytes()
