"""net-snmp's agents on loopback, each a process with an engine of its own, and what they hold."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

USERNAME, PASSWORD, SECOND, COMMUNITY = "auditor", "lab-only-auth", "lab-only-priv", "lab-only-too"
TABLE = "1.3.6.1.2.1.47.1.1.1.1"
_PARTS = 10
_WAIT_S = 60
_PATH = f"{os.environ['PATH']}:/usr/sbin"
# Class, name, software revision, serial number and model of the ENTITY-MIB.
_COLUMNS = {
    5: "3",
    7: "Slot {part}",
    10: "15.2(4)M{part}",
    11: "SN{device:04}{part:02}",
    13: "LAB-{part}",
}


def parts(device: int) -> list[tuple[str, str]]:
    """(OID, value) of the device's parts, in the order of its walk."""
    return [
        (f"{TABLE}.{column}.{part}", form.format(part=part, device=device))
        for column, form in _COLUMNS.items()
        for part in range(1, _PARTS + 1)
    ]


@contextmanager
def agents(count: int, folder: Path) -> Iterator[list[int]]:
    """The UDP ports of so many agents, for as long as the block runs."""
    if shutil.which("snmpd", path=_PATH) is None:
        raise SystemExit("identify: snmpd is not installed; `make system` does it")
    with ExitStack() as stack:
        ports = [stack.enter_context(_agent(device, folder)) for device in range(count)]
        ends_at = time.monotonic() + _WAIT_S
        for device in range(count):
            log = folder / f"{device}.log"
            while not log.exists() or "NET-SNMP version" not in log.read_text():
                if time.monotonic() > ends_at:
                    raise TimeoutError(f"an agent does not start: {log.read_text()}")
                time.sleep(0.05)
        yield ports


@contextmanager
def _agent(device: int, folder: Path) -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    text = [
        f"agentAddress udp:127.0.0.1:{port}",
        f"exactEngineID 0x80001f8804{device + 1:08x}",
        f"sysName lab-{device}",
        "sysDescr Cisco IOS Software, C2900 Software, Version 15.2(4)M7, RELEASE",
        "sysObjectID .1.3.6.1.4.1.9.1.1041",
        f'createUser {USERNAME} SHA-256 "{PASSWORD}" AES "{SECOND}"',
        f"rouser {USERNAME} priv",
        f"rocommunity {COMMUNITY} 127.0.0.1",
        *(
            f'override .{oid} {"integer" if value.isdigit() else "octet_str"} "{value}"'
            for oid, value in parts(device)
        ),
    ]
    conf = folder / f"{device}.conf"
    conf.write_text("\n".join(text) + "\n")
    environment = {
        "PATH": _PATH,
        "MIBS": "",
        "SNMP_PERSISTENT_DIR": str(folder / f"{device}.state"),
    }
    command = ["snmpd", "-f", "-Lf", f"{device}.log", "-C", "-c", conf.name, "-I", "-smux"]
    process = subprocess.Popen(command, cwd=folder, env=environment)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(10)
