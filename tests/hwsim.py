"""A machine with radios that are none: a kernel's mac80211_hwsim under QEMU, from an initramfs.

Nothing is installed and nothing is downloaded: kernel and modules are this machine's (`/boot`,
`/lib/modules`) or those of a Debian package that somebody unpacked (EVIDENCE_KERNEL names the
folder: `apt-get download linux-image-6.1.0-…-amd64 && dpkg-deb -x …`). The machine has no disk and
no network; what it heard comes over its serial line.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

PROGRAMS = ("busybox", "hostapd", "iw")
MODULES = ("mac80211_hwsim", "ccm", "cmac", "ctr", "ecb", "michael_mic", "gcm")
_APPLETS = ("sh", "mount", "insmod", "ip", "sleep", "cat", "poweroff", "echo", "timeout")
_END = b"\0" * 4


class Missing(Exception):
    """What this machine has not got, in words for a skipped test."""


def kernel() -> tuple[Path, Path]:
    """A kernel's image and its modules with mac80211_hwsim. Raises Missing."""
    root = Path(os.environ.get("EVIDENCE_KERNEL", "/"))
    for modules in sorted((root / "lib/modules").glob("*"), reverse=True):
        image = root / "boot" / f"vmlinuz-{modules.name}"
        if image.exists() and any(modules.rglob("mac80211_hwsim.ko*")):
            return image, modules
    raise Missing(
        f"no kernel with mac80211_hwsim below {root}: unpack Debian's linux-image-amd64 and name "
        "its folder in EVIDENCE_KERNEL"
    )


def program(name: str) -> Path:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise Missing(f"no {name}")
    return Path(found)


def run(script: str, files: Mapping[str, bytes], limit_s: float) -> str:
    """What a machine with these files printed while it ran a script as its only process."""
    qemu = program("qemu-system-x86_64")
    image, modules = kernel()
    tree = {**files, "init": _init(script, modules).encode()}
    tree |= dict(_with_libraries([program(name) for name in PROGRAMS]))
    for path in _modules(modules):
        tree[f"modules/{path.name}"] = path.read_bytes()
    with TemporaryDirectory() as folder:
        work = Path(folder, "initramfs")
        work.write_bytes(gzip.compress(_archive(tree), 1))
        done = subprocess.run(
            [
                *(qemu, "-nodefaults", "-no-reboot", "-display", "none", "-m", "512"),
                *("-serial", "stdio", "-kernel", image, "-initrd", work),
                *("-append", "console=ttyS0 quiet loglevel=3 panic=-1"),
            ],
            capture_output=True,
            timeout=limit_s,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    return done.stdout.decode("utf-8", "replace").replace("\r", "")


def between(said: str, mark: str) -> str:
    """What stands between `=== mark` and the next mark."""
    found = re.search(rf"(?s)=== {mark}\n(.*?)\n=== ", said)
    assert found is not None, said[-2000:]
    return found[1] + "\n"


def _init(script: str, modules: Path) -> str:
    loads = "\n".join(
        f"insmod /modules/{path.name}" + (" radios=3" if "hwsim" in path.name else "")
        for path in _modules(modules)
    )
    return (
        "#!/bin/sh\nmount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev\n"
        f"{loads}\n{script}\necho '=== end'\npoweroff -f\n"
    )


def _modules(folder: Path) -> list[Path]:
    """The files of MODULES, each behind what it needs, by the kernel's own list."""
    needs: dict[str, list[str]] = {}
    for line in (folder / "modules.dep").read_text("utf-8").splitlines():
        path, _, others = line.partition(":")
        needs[path] = others.split()
    by_name = {Path(path).name.partition(".")[0].replace("-", "_"): path for path in needs}
    order: dict[str, None] = {}
    for name in MODULES:
        if (wanted := by_name.get(name)) is not None:  # one that is built in is in no file
            order |= dict.fromkeys([*reversed(needs[wanted]), wanted])
    return [folder / one for one in order]


def _with_libraries(programs: list[Path]) -> Iterator[tuple[str, bytes]]:
    for path in programs:
        yield f"bin/{path.name}", path.read_bytes()
        told = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(?m)(/\S+) \(0x", told):
            yield library.lstrip("/"), Path(library).read_bytes()


def _archive(tree: Mapping[str, bytes]) -> bytes:
    """A cpio archive as kernels unpack it (newc); busybox by the names of its applets."""
    folders = {str(parent) for name in tree for parent in Path(name).parents} - {"."}
    folders |= {"proc", "sys", "dev", "run", "tmp", "bin"}
    parts = [_entry(name, b"", 0o040755) for name in sorted(folders)]
    parts += [_entry(name, body, 0o100755) for name, body in tree.items()]
    parts += [_entry(f"bin/{name}", b"busybox", 0o120777) for name in _APPLETS]
    return b"".join((*parts, _entry("TRAILER!!!", b"", 0)))


def _entry(name: str, body: bytes, mode: int) -> bytes:
    plain = name.encode() + b"\0"
    numbers = (0, mode, 0, 0, 1, 0, len(body), 0, 0, 0, 0, len(plain), 0)
    head = b"070701" + b"".join(b"%08X" % number for number in numbers) + plain
    return head + _END[: -len(head) % 4] + body + _END[: -len(body) % 4]
