"""A disk that fails on command: a shim between a process and libc, and a file system of its own.

The shim is compiled here and loaded before libc (LD_PRELOAD) into a process that is started for
the test. It acts only on files whose path holds a given text, and only once a switch, a file, is
there; what it did is written into that file.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whether the fault is on for this file; told, it is written into the switch. */
static int strikes(const char *fault, int fd, int told) {
    char link[64], path[4096], line[4200];
    const char *wanted = getenv("DISK_FAULT"), *on = getenv("DISK_FAULT_SWITCH");
    if (!wanted || !on || strcmp(wanted, fault) || access(on, F_OK)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    if (!strstr(path, getenv("DISK_FAULT_UNDER"))) return 0;
    if (told) {
        int out = open(on, O_WRONLY | O_APPEND);
        int length = snprintf(line, sizeof line, "%s %d %s\n", fault, fd, path);
        syscall(SYS_write, out, line, length);
        close(out);
    }
    return 1;
}

static int sync_of(const char *name, int fd) {
    if (strikes("eio", fd, 1)) { errno = EIO; return -1; }
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
}
int fsync(int fd) { return sync_of("fsync", fd); }
int fdatasync(int fd) { return sync_of("fdatasync", fd); }

/* Every second write is interrupted by a signal; the others take half of what they are given. */
static int turn;
#define SHORT(fd, n) \
    if (strikes("short", fd, turn < 8)) { \
        if (turn++ % 2) { errno = EINTR; return -1; } \
        n = n > 1 ? n / 2 : n; \
    }
ssize_t write(int fd, const void *from, size_t n) {
    SHORT(fd, n)
    return ((ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(fd, from, n);
}
ssize_t pwrite64(int fd, const void *from, size_t n, off64_t at) {
    SHORT(fd, n)
    return ((ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64"))(
        fd, from, n, at);
}
ssize_t pwrite(int fd, const void *from, size_t n, off_t at) { return pwrite64(fd, from, n, at); }
"""


@dataclass(frozen=True)
class DiskFault:
    """The shim, and the switch that turns the fault on."""

    shim: Path
    switch: Path

    def environment(self, fault: str, under: str) -> dict[str, str]:
        """For the process: `eio` (a sync fails) or `short` (half writes, and interrupted ones)
        on files with `under` in their path."""
        return {
            "LD_PRELOAD": str(self.shim),
            "DISK_FAULT": fault,
            "DISK_FAULT_UNDER": under,
            "DISK_FAULT_SWITCH": str(self.switch),
        }

    def turn_on(self) -> None:
        self.switch.touch()

    def struck(self) -> list[str]:
        """What the fault struck so far, a line each."""
        return self.switch.read_text().splitlines()


@pytest.fixture(scope="session")
def disk_shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("disk")
    source, shim = folder / "shim.c", folder / "shim.so"
    source.write_text(_SHIM)
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(shim), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return shim


@pytest.fixture
def disk_fault(disk_shim: Path, tmp_path: Path) -> DiskFault:
    return DiskFault(disk_shim, tmp_path / "fault-is-on")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 80 MiB of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=80m,mode=0700", "tmpfs", str(folder)]
    subprocess.run(command, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True, env=os.environ)


@dataclass
class PowerDisk:
    """An ext4 of its own on a loop device. `cut` is a loss of power: what the kernel had not
    written to the device by then is gone, and the journal is all there is to mend it."""

    folder: Path
    image: Path
    cuts: int = 0

    def cut(self) -> None:
        """Lose power. Whoever wrote there has to be killed before."""
        self.cuts += 1
        after = self.image.with_name(f"after-{self.cuts}.img")
        _run("cp", "--sparse=always", str(self.image), str(after))
        _run("umount", "--lazy", str(self.folder))  # what it writes now goes to the old image
        self.image.unlink()
        self.image = after
        self.mount()

    def mount(self) -> None:
        # No commit of its own accord: only what was synced is on the device.
        _run("mount", "-o", "loop,commit=600", str(self.image), str(self.folder))


@pytest.fixture
def power_disk(tmp_path: Path) -> Iterator[PowerDisk]:
    disk = PowerDisk(tmp_path / "disk", tmp_path / "disk.img")
    disk.folder.mkdir()
    with disk.image.open("wb") as file:
        file.truncate(192 * 1024 * 1024)
    _run("mkfs.ext4", "-q", "-F", str(disk.image))
    try:
        disk.mount()
    except subprocess.CalledProcessError:
        pytest.skip("needs loop devices")
    try:
        yield disk
    finally:
        _run("umount", "--lazy", str(disk.folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, env=os.environ)
