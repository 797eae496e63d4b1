"""The verifier in a pack: taken out of it into an empty environment with two libraries, it verifies
that pack without a network."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from agent.wired import system_clock
from evidence.anchors import TOKEN
from evidence.pack import read_pack, write_pack
from report.verifier import program
from store.pack import make_pack
from store.stamping import Stamper
from tests.fixtures_month import Kept
from tests.fixtures_tsa import Authority

# What `pip install` of the two names in requirements.txt brings, and nothing else.
LIBRARIES = ("cryptography", "rfc3161_client", "cffi", "_cffi_backend", "pycparser")
# No way to the network: whoever asks for a socket ends.
OFFLINE = """\
import socket

def none(*_, **__):
    raise SystemExit("a socket was asked for")

socket.socket = none
"""


@pytest.fixture(scope="module")
def empty_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment with those libraries alone, and no network."""
    environment = tmp_path_factory.mktemp("empty") / "environment"
    made = [sys.executable, "-m", "venv", "--without-pip", str(environment)]
    subprocess.run(made, check=True)
    (site,) = (environment / "lib").glob("python*/site-packages")
    ours = Path(sysconfig.get_path("purelib"))
    for name in LIBRARIES:
        for one in ours.glob(f"{name}*"):
            if not one.name.endswith((".pth", ".libs")):
                (site / one.name).symlink_to(one)
    (site / "sitecustomize.py").write_text(OFFLINE, "utf-8")
    return environment / "bin" / "python"


def test_the_program_is_the_same_bytes_each_time() -> None:
    first = program()
    program.cache_clear()
    assert program() == first


@pytest.mark.part("openssl")
def test_a_pack_brings_what_verifies_it_offline(
    filled_store: Kept, authority: Authority, empty_python: Path, tmp_path: Path
) -> None:
    kept, month = filled_store, filled_store.month
    kept.now[0] = system_clock()
    Stamper(kept.custody, authority.url, authority.folder / "root.pem").stamp()
    period = month.assessment.period
    path, _ = make_pack(
        kept.custody, month.agent.id, period, tmp_path / "packs", kept.now[0], paper=False
    )
    with ZipFile(path) as archive:
        archive.extractall(tmp_path / "apart")
    shipped = tmp_path / "apart" / "verifier" / "evidence-verify.pyz"
    listed = read_pack(path.read_bytes()).statement.subjects
    assert listed["verifier/evidence-verify.pyz"] == sha256(shipped.read_bytes()).hexdigest()
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "agent.pem").write_bytes(month.agent.signing_key.public.pem.encode())
    (tmp_path / "store.pem").write_bytes(kept.custody.key.public.pem.encode())

    def verify(file: Path, *more: str) -> tuple[int, dict[str, Any], str]:
        done = subprocess.run(
            [
                *(str(empty_python), "-I", str(shipped), str(file), "--json"),
                *("--keys", str(keys), "--store-key", str(tmp_path / "store.pem"), *more),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        return done.returncode, json.loads(done.stdout or "{}"), done.stderr

    roots = ("--tsa-roots", str(authority.folder / "root.pem"))
    code, said, error = verify(path, *roots)
    assert code == 0, (said, error)
    assert "an authority stamped the log at " in json.dumps(said["notes"])
    # Without what the checks need beside it, it says how far it came and what goes further.
    assert said["reached"] == "re-read", said
    assert all("numpy" in said["next"][language] for language in ("zh", "en"))
    code, said, error = verify(path)
    assert code == 0 and "no roots of an authority" in json.dumps(said["notes"]), error

    # The stamp of another time is none, whoever signed the pack anew.
    pack = read_pack(path.read_bytes())
    members = {name: pack.archive.read(name) for name in pack.statement.subjects}
    members[TOKEN] = members[TOKEN][:-1] + bytes([members[TOKEN][-1] ^ 1])
    with (tmp_path / "altered.zip").open("wb") as file:
        write_pack(file, pack.statement.predicate, members, kept.custody.key)
    code, said, error = verify(tmp_path / "altered.zip", *roots)
    assert code == 1 and "timestamp_invalid" in json.dumps(said["problems"]), error
