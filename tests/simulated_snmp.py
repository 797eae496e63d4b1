"""snmpsim's agents, each an engine of its own: programs of other people that answer recordings."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from evidence.capture import snmprec_rows
from evidence.tape import Tape
from tests.ports import free_port

CONTEXT = "device"
_COMMAND = str(Path(sys.executable).with_name("snmpsim-command-responder"))


@contextmanager
def simulated(
    tapes: Mapping[str, Tape], folder: Path, username: str, password: str, second: str
) -> Iterator[dict[str, int]]:
    """The UDP port of each by its name; version 3 with SHA-256 and AES, in one context."""
    options, ports = [], {}
    for name, tape in tapes.items():
        data = folder / name
        data.mkdir(parents=True)
        (data / f"{CONTEXT}.snmprec").write_bytes(_sorted(tape))
        ports[name] = free_port()
        options += ["--v3-engine-id", "auto", "--data-dir", str(data)]
        options += ["--agent-udpv4-endpoint", f"127.0.0.1:{ports[name]}", "--v3-user", username]
        options += ["--v3-auth-proto", "SHA256", "--v3-auth-key", password]
        options += ["--v3-priv-proto", "AES", "--v3-priv-key", second]
    # As root it wants to be told whom to become; what it reads may be root's alone.
    root = ["--process-user", "root", "--process-group", "root"] * (os.geteuid() == 0)
    log = folder / "log"
    process = subprocess.Popen(
        [_COMMAND, f"--logging-method=file:{log}", f"--cache-dir={folder}", *root, *options]
    )
    try:
        # It reads recordings for half a minute where others keep the machine busy.
        while not (log.exists() and log.read_text().count("Listening at") == len(ports)):
            if process.poll() is not None:
                raise AssertionError(log.read_text() if log.exists() else "snmpsim says nothing")
            time.sleep(0.05)
        yield ports
    finally:
        process.terminate()
        process.wait()


def _sorted(tape: Tape) -> bytes:
    """All rows of a tape in the order of their numbers, which snmpsim searches."""
    lines = {
        oid: line
        for answer in tape.answers
        for (oid, *_), line in zip(
            snmprec_rows(answer.body, tape.platform), answer.body.splitlines(), strict=True
        )
    }
    return b"".join(lines[oid] + b"\n" for oid in sorted(lines))
