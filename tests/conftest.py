"""What every test may count on: parts of the machine, drill counts, recordings, counted skips.

Fixtures live in tests/fixtures_*.py; every such file is loaded by itself, so two people who add
fixtures do not meet in this one.
"""

import functools
import gc
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
DRILL = os.environ.get("EVIDENCE_DRILL") == "1"
IN_CI = os.environ.get("CI") == "true"
# Debian keeps PostgreSQL's own programs in a folder for each version, the newest first here.
POSTGRESQL = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
ADMIN_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin", *POSTGRESQL))

# Part -> the programs that are it, any one of them, all from tests/system-packages.txt.
# A part that is not here is the name of a program, and is never insisted on.
PARTS = {
    "chromium": ("chromium",),
    "conntrack": ("conntrack",),
    "curl": ("curl",),
    "freerdp": ("xfreerdp", "xfreerdp3"),
    "freerdp-shadow": ("freerdp-shadow-cli", "freerdp-shadow-cli3"),
    "glewlwyd": ("glewlwyd",),
    "hostapd": ("hostapd",),
    "ip": ("ip",),
    "iptables": ("iptables",),
    "iptables-legacy": ("iptables-legacy",),
    "iptables-nft": ("iptables-nft",),
    "ncat": ("ncat",),
    "nft": ("nft",),
    "nginx": ("nginx",),
    "openssl": ("openssl",),
    "ping": ("ping",),
    "postgres": ("postgres",),
    "samba-ad": ("samba",),
    "snmp": ("snmpget",),
    "snmpd": ("snmpd",),
    "ssh": ("ssh",),
    "ssh-keygen": ("ssh-keygen",),
    "sshd": ("sshd",),
    "systemd-analyze": ("systemd-analyze",),
    "systemd-creds": ("systemd-creds",),
    "unzip": ("unzip",),
    "xauth": ("xauth",),
    "xrdp": ("xrdp",),
    "xvfb": ("Xvfb",),
}

# Containers like to set it. Hundreds of programs are started here, and without bytecode each of
# them would compile the whole project first.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Whatever is kept is synced, a thousand times and more: a disk takes milliseconds for each, memory
# none. That a sync reaches the disk no test can see; the drill, which fills gigabytes, has a disk.
MEMORY = Path("/dev/shm")
MEMORY_BYTES = 4 << 30


def memory_serves() -> bool:
    """Whether temporary files can lie there: room for a run's, and programs may be started."""
    if DRILL or not MEMORY.is_dir():
        return False
    room = os.statvfs(MEMORY)
    return not room.f_flag & os.ST_NOEXEC and room.f_bavail * room.f_frsize >= MEMORY_BYTES


if "TMPDIR" not in os.environ and memory_serves():
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None  # what was found before

pytest_plugins = [f"tests.{path.stem}" for path in sorted(ROOT.glob("tests/fixtures_*.py"))]

# A busy machine is slow, which is no finding; pytest-timeout catches what hangs.
settings.register_profile("suite", deadline=None, print_blob=True)
settings.register_profile("drill", settings.get_profile("suite"), max_examples=2000)
settings.load_profile("drill" if DRILL else "suite")


@functools.cache
def namespaces_can_be_made() -> bool:
    """Whether a named network namespace can really be made: root in a container often may not."""
    program = shutil.which("ip", path=ADMIN_PATH)
    if program is None or os.geteuid() != 0:
        return False
    name = f"evidence-probe-{os.getpid()}"
    made = subprocess.run([program, "netns", "add", name], capture_output=True)
    subprocess.run([program, "netns", "del", name], capture_output=True)
    return made.returncode == 0


@functools.cache
def containers_can_be_started() -> bool:
    """Whether systemd-nspawn can really start one: root in a container often may not."""
    program = shutil.which("systemd-nspawn", path=ADMIN_PATH)
    if program is None or os.geteuid() != 0:
        return False
    command = [program, "--quiet", "--directory=/", "--volatile=yes", "--register=no"]
    command += [] if Path("/run/systemd/system").exists() else ["--keep-unit"]
    tried = subprocess.run([*command, "--console=pipe", "/usr/bin/true"], capture_output=True)
    return tried.returncode == 0


def lack(part: str) -> str | None:
    """What is missing for this part, as a reason; None when it is there."""
    if part == "root":
        return None if os.geteuid() == 0 else "needs root"
    if part == "netns":
        return None if namespaces_can_be_made() else "needs network namespaces"
    if part == "container":
        return None if containers_can_be_started() else "needs systemd-nspawn, and leave to use it"
    if part == "samba-ad" and not Path("/usr/share/samba/setup/provision.ldif").exists():
        return "needs what a domain is made from (samba-ad-provision)"
    if part == "cjk-fonts":
        found = any(Path("/usr/share/fonts").rglob("*CJK*"))
        return None if found else "needs fonts with Chinese characters (fonts-noto-cjk)"
    programs = PARTS.get(part, (part,))
    if any(shutil.which(program, path=ADMIN_PATH) for program in programs):
        return None
    return f"needs {' or '.join(programs)}, which is not installed"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("drill") and not DRILL:
        pytest.skip("full counts: make drill runs it")
    if item.nodeid in passed_before(item.config):
        pytest.skip("passed before on this same tree")
    for marker in item.iter_markers("part"):
        for part in marker.args:
            reason = lack(part)
            if reason and IN_CI and part in PARTS:
                pytest.fail(f"{reason}; with CI=true that is a failure", pytrace=False)
            if reason:
                pytest.skip(reason)


# Fixtures that put up something whole, and the ones of whoever does a thing many times.
WHOLE = frozenset(
    {
        *("broker", "conformance", "database_url", "drill_count", "kept", "lab_site"),
        *("make_broker", "month", "month_pack", "pushed_month", "run", "scene", "store"),
        *("vault", "wheel"),
    }
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of few tests first: theirs take longest. Short ones at the end keep every process busy
    until it is over (`make test` turns off xdist's own order, which is the other way round)."""
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: tests[item.path])
    for item in items:
        if isinstance(item, pytest.Function) and WHOLE & set(item.fixturenames):
            item.add_marker("whole")


def pytest_collection_finish() -> None:
    """What was imported stays to the end: looked through for garbage again and again, it took a
    tenth of the suite's time."""
    gc.collect()
    gc.freeze()


# --- make drill goes on where it was stopped ---

PASSED = pytest.StashKey[set[str]]()


def tree_digest() -> str | None:
    """Over every file that is or could be committed: after one changed byte nothing has passed.

    None outside a git checkout, where a drill always starts from the beginning.
    """
    git = shutil.which("git")
    if git is None:
        return None
    listed = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
    )
    if listed.returncode:
        return None
    digest = hashlib.sha256()
    for name in sorted(set(filter(None, listed.stdout.split(b"\0")))):
        path = ROOT / os.fsdecode(name)
        body = path.read_bytes() if path.is_file() else b""
        digest.update(name + b"\0" + hashlib.sha256(body).digest())
    return digest.hexdigest()


def pytest_configure(config: pytest.Config) -> None:
    tree = tree_digest() if DRILL else None
    if tree is None:
        return
    file = ROOT / ".drill" / f"passed-{tree[:16]}"
    file.parent.mkdir(exist_ok=True)
    config.stash[PASSED] = set(file.read_text().splitlines()) if file.exists() else set()
    config.pluginmanager.register(PassedKeeper(file), "passed-keeper")


def passed_before(config: pytest.Config) -> set[str]:
    return config.stash.get(PASSED, set())


class PassedKeeper:
    """Writes each passed test down at once, so that a stopped drill loses one test at most."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.clean: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.clean.add(report.nodeid)
        # A test whose teardown fails has not passed.
        if report.when == "teardown" and report.passed and report.nodeid in self.clean:
            with self.file.open("a") as file:
                file.write(report.nodeid + "\n")


# --- skips are counted, by reason ---


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        reasons[str(reason).removeprefix("Skipped: ")] += 1
    if not reasons:
        return
    terminalreporter.section(f"{reasons.total()} skipped, by reason")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count:5}  {reason}")


# --- fixtures of general use ---


@pytest.fixture(scope="session")
def drill_count() -> Callable[[int, int], int]:
    """drill_count(small, full): how often to do it, small in the suite, full in the drill."""

    def count(small: int, full: int) -> int:
        return full if DRILL else small

    return count


@pytest.fixture(scope="session")
def conformance() -> Path:
    """The folder of recordings from real devices, read where it lies."""
    folder = ROOT / os.environ.get("EVIDENCE_CONFORMANCE", "../shared/conformance")
    if not folder.is_dir():
        pytest.skip(f"conformance recordings absent: {folder}")
    return folder.resolve()
