"""A bucket with Object Lock: Ceph's RADOS gateway with one monitor and one disk in memory."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
import requests

from store.blobs.bucket import client_of
from store.settings import ObjectLock
from tests.conftest import ADMIN_PATH, lack
from tests.ports import free_port

_PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "monmaptool")
_START_S = 180.0
_TRIES = 10
_CONFIGURATION = """[global]
fsid = {fsid}
mon host = v1:127.0.0.1:{monitor}
auth cluster required = none
auth service required = none
auth client required = none
ms bind msgr2 = false
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
osd pool default size = 1
osd pool default min size = 1
osd crush chooseleaf type = 0
osd pool default pg num = 4
osd pool default pgp num = 4
mon allow pool size one = true
mon max pg per osd = 2000
osd pool default pg autoscale mode = off
osd class update on start = false
osd crush update on start = false
osd objectstore = memstore
memstore device bytes = 1073741824
admin socket = {folder}/run/$name.asok
log file = {folder}/$name.log
pid file = {folder}/run/$name.pid
run dir = {folder}/run
keyring = {folder}/keyring
crash dir = {folder}
[mon.a]
mon data = {folder}/mon
mon addr = v1:127.0.0.1:{monitor}
[osd.0]
osd data = {folder}/osd
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{gateway}
rgw data = {folder}/rgw
rgw thread pool size = 32
rgw run sync thread = false
rgw dns name = localhost
"""


@dataclass
class Gateway:
    """A running gateway; `bucket` makes one in it, with a lock or without."""

    folder: Path
    url: str
    numbers: Iterator[int] = field(default_factory=count)

    def bucket(self, *, locked: bool = True) -> ObjectLock:
        settings = ObjectLock(endpoint=self.url, bucket=f"evidence-{next(self.numbers)}")
        client_of(settings).create_bucket(Bucket=settings.bucket, ObjectLockEnabledForBucket=locked)
        return settings


class _Cluster:
    """The programs over a folder; they put themselves into the background and write their id."""

    def __init__(self, folder: Path, monitor: int, gateway: int) -> None:
        self._folder = folder
        for name in ("mon", "osd", "rgw", "run"):
            (folder / name).mkdir()
        said = {"folder": folder, "monitor": monitor, "gateway": gateway}
        self._file = folder / "ceph.conf"
        self._file.write_text(_CONFIGURATION.format(fsid=uuid.uuid4(), **said))
        self._monitor = monitor

    def start(self) -> None:
        key = str(self._folder / "keyring")
        every = ("mon", "osd", "mgr")
        may = [word for name in every for word in ("--cap", name, "allow *")]
        self._run("ceph-authtool", "--create-keyring", key, "--gen-key", "-n", "mon.", *may[:3])
        self._run("ceph-authtool", key, "--gen-key", "-n", "client.admin", *may)
        address, fsid = f"v1:127.0.0.1:{self._monitor}", self._fsid()
        monmap = str(self._folder / "monmap")
        self._run("monmaptool", "--create", "--addv", "a", address, "--fsid", fsid, monmap)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", key)
        self._run("ceph-mon", "-i", "a")
        disk = str(uuid.uuid4())
        self._run("ceph", "osd", "new", disk, "0")
        where = ("root=default", "host=localhost")
        self._run("ceph", "osd", "crush", "add", "osd.0", "1.0", *where)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        self._run("ceph-osd", "-i", "0")
        deadline = time.monotonic() + _START_S
        while "1 up" not in self._run("ceph", "osd", "stat"):
            assert time.monotonic() < deadline, "the disk does not come up"
            time.sleep(0.2)
        self._run("radosgw", "-n", "client.rgw")

    def user(self, key: str, secret: str) -> None:
        who = ("--uid=evidence", "--display-name=evidence")
        keys = (f"--access-key={key}", f"--secret-key={secret}")
        self._run("radosgw-admin", "-n", "client.rgw", "user", "create", *who, *keys)

    def stop(self) -> None:
        for path in (self._folder / "run").glob("*.pid"):
            with suppress(ProcessLookupError):
                os.kill(int(path.read_text()), signal.SIGKILL)

    def _fsid(self) -> str:
        return self._file.read_text().partition("fsid = ")[2].split()[0]

    def _run(self, program: str, *arguments: str) -> str:
        path = shutil.which(program, path=ADMIN_PATH)
        assert path is not None, program
        plain = program in ("ceph-authtool", "monmaptool")
        command = [path, *([] if plain else ["-c", str(self._file)]), *arguments]
        for tried in range(_TRIES):
            done = subprocess.run(
                command, cwd=self._folder, capture_output=True, text=True, timeout=_START_S
            )
            # A client that asks before it has the monitor's map is told that it has no right to.
            if "EPERM" not in done.stderr or tried == _TRIES - 1:
                break
            time.sleep(0.5)
        assert done.returncode == 0, f"{program}: {done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One gateway for the whole run. What is locked in it cannot be removed: it is thrown away."""
    for program in _PROGRAMS:
        if reason := lack(program):
            pytest.skip(reason)
    folder = tmp_path_factory.mktemp("ceph")
    monitor, port = free_port(), free_port()
    cluster = _Cluster(folder, monitor, port)
    url = f"http://127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "AK")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "SK")
        try:
            cluster.start()
            deadline = time.monotonic() + _START_S
            while not _answers(url):
                assert time.monotonic() < deadline, "the gateway does not answer"
                time.sleep(0.3)
            cluster.user("AK", "SK")
            yield Gateway(folder, url)
        finally:
            cluster.stop()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False
