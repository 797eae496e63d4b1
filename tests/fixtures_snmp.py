"""Visits by SNMP as tests make them, and net-snmp's agent as a device."""

import subprocess
import time
from pathlib import Path
from typing import Any

from agent.platforms import platform
from agent.redact import SiteKey
from agent.secret import Credential, Secret
from agent.transports.snmp import Snmp, open_snmp
from agent.visit import Visit, Visitor
from agent.wired import system_clock
from evidence.device import Device
from tests.conftest import ADMIN_PATH
from tests.ports import free_port

AUTH, PRIVACY = "canary-auth-9d21", "canary-privacy-5b0c"
CREDENTIAL = Credential("auditor", password=Secret(AUTH), second=Secret(PRIVACY))
COMMUNITY = Credential(password=Secret("canary-community"))
PLATFORM = platform("snmp")


def device(port: int, **changes: Any) -> Device:
    options = {"snmp_wait_s": "0.4"} | changes.pop("options", {})
    return Device(
        id="edge-01",
        platform="snmp",
        subjects=("firmware",),
        address="127.0.0.1",
        port=port,
        credential="cred:edge-01",
        options=options,
        **changes,
    )


def way(port: int, credential: Credential = CREDENTIAL, **changes: Any) -> Snmp:
    return open_snmp(device(port, **changes), credential, PLATFORM)


def visit(port: int, credential: Credential = CREDENTIAL, **changes: Any) -> Visit:
    one = device(port, **changes)
    return Visitor(
        device=one,
        platform=PLATFORM,
        open_transport=lambda: open_snmp(one, credential, PLATFORM),
        clock=system_clock,
        key=SiteKey(b"key"),
    ).visit(["firmware"])


SNMPD = """agentAddress udp:127.0.0.1:{port}
exactEngineID 0x80001f8804{identity}
sysDescr Fortress
sysObjectID .1.3.6.1.4.1.12356.101.1.644
createUser auditor SHA-256 "{auth}" AES "{privacy}"
rouser auditor priv
createUser strong SHA-512 "{auth}" AES-256 "{privacy}"
rouser strong priv
createUser weak MD5 "{auth}" DES "{privacy}"
rouser weak auth
rocommunity canary-community 127.0.0.1
override .1.3.6.1.4.1.12356.101.4.1.1.0 octet_str "v7.2.5,build1517,230606 (GA.F)"
override .1.3.6.1.4.1.12356.100.1.1.1.0 octet_str "FGT60FTK19999999"
"""


class RealAgent:
    """net-snmp's snmpd with a FortiGate's objects, started and stopped by its process id."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, identity: str = "6f6e65") -> None:
        """`identity` is its engine's, in hexadecimal."""
        text = SNMPD.format(port=self.port, auth=AUTH, privacy=PRIVACY, identity=identity)
        (self._folder / "snmpd.conf").write_text(text)
        self._process = subprocess.Popen(
            ["snmpd", "-f", "-Lf", "snmpd.log", "-C", "-c", "snmpd.conf", "-I", "-smux"],
            cwd=self._folder,
            env={
                "PATH": ADMIN_PATH,
                "MIBS": "",
                "SNMP_PERSISTENT_DIR": str(self._folder / "state"),
            },
        )
        log = self._folder / "snmpd.log"
        while not (log.exists() and "NET-SNMP version" in log.read_text()):
            assert self._process.poll() is None
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            (self._folder / "snmpd.log").unlink()
