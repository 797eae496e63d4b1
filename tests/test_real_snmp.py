"""Real agents of net-snmp: every way to prove oneself, and agents that restart or take over."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.secret import Credential, Secret
from collectors.snmp import ENTITY, STANDARD, SYSTEM
from evidence.errors import Incomplete, LoginRefused
from evidence.facts import HardwareItem, SoftwareRelease, Unit
from tests.fixtures_snmp import AUTH, COMMUNITY, PRIVACY, RealAgent, visit, way
from tests.ports import free_port

pytestmark = pytest.mark.whole


@pytest.fixture
def snmpd(tmp_path: Path) -> Iterator[RealAgent]:
    real = RealAgent(tmp_path)
    real.start()
    yield real
    real.stop()


@pytest.mark.part("snmpd")
def test_a_real_agent_standing_for_a_fortigate(snmpd: RealAgent) -> None:
    reading = visit(snmpd.port).readings[0]
    assert reading.failure is None, reading.failure
    release = reading.of(SoftwareRelease)[0]
    assert (release.product, release.version, release.build, release.train) == (
        "fortios",
        "v7.2.5,build1517,230606 (GA.F)",
        "1517",
        "7.2",
    )
    assert reading.of(HardwareItem)[0].serial == "FGT60FTK19999999"
    uptime_s = reading.of(Unit)[0].uptime_s
    assert uptime_s is not None and uptime_s > 0


@pytest.mark.part("snmpd")
def test_a_real_agent_with_every_way_to_prove_oneself(snmpd: RealAgent) -> None:
    strong = Credential("strong", password=Secret(AUTH), second=Secret(PRIVACY))
    weak = Credential("weak", password=Secret(AUTH), second=Secret(PRIVACY))
    ways = [
        way(snmpd.port, strong, options={"snmp_auth": "SHA-512", "snmp_privacy": "AES-256"}),
        way(
            snmpd.port,
            weak,
            options={"snmp_auth": "MD5", "snmp_privacy": "DES"},
            exceptions={"snmp_weak": "EX-8"},
        ),
        way(
            snmpd.port,
            COMMUNITY,
            options={"snmp_version": "2c"},
            exceptions={"snmp_v2c": "EX-7"},
        ),
    ]
    assert all(b"Fortress" in one.ask(SYSTEM).body for one in ways)


@pytest.mark.part("snmpd")
def test_a_real_agent_refuses_a_wrong_password_in_words(snmpd: RealAgent) -> None:
    wrong = Credential("auditor", password=Secret("wrong-password"), second=Secret(PRIVACY))
    with pytest.raises(LoginRefused) as error:
        way(snmpd.port, wrong).ask(SYSTEM)
    assert error.value.code == "auth_failed"


@pytest.mark.part("snmpd")
def test_a_real_agent_that_restarts_between_two_asks(snmpd: RealAgent) -> None:
    time.sleep(2)
    open_ = way(snmpd.port)
    open_.ask(SYSTEM)
    snmpd.stop()
    snmpd.start()
    with pytest.raises(Incomplete) as error:
        open_.ask(ENTITY)
    assert error.value.code == "device_restarted"


@pytest.mark.part("snmpd")
def test_a_device_that_was_replaced_is_read_at_the_next_visit(snmpd: RealAgent) -> None:
    assert visit(snmpd.port).readings[0].failure is None
    snmpd.stop()
    snmpd.start(identity="74776f")
    assert visit(snmpd.port).readings[0].failure is None


@pytest.mark.part("snmpd")
def test_the_other_unit_of_a_pair_takes_over_an_address(snmpd: RealAgent) -> None:
    """Both were read before, each at its own address: neither is new to the engine."""
    shared, own = snmpd.port, free_port()
    assert visit(shared).readings[0].failure is None
    for port in (own, shared):
        snmpd.stop()
        snmpd.port = port
        snmpd.start(identity="74776f")
        reading = visit(port).readings[0]
        assert reading.failure is None, reading.failure


@pytest.mark.part("snmpd")
def test_the_other_unit_takes_over_between_two_asks(snmpd: RealAgent) -> None:
    shared = snmpd.port
    snmpd.stop()
    snmpd.port = free_port()
    snmpd.start(identity="74776f")
    assert visit(snmpd.port).readings[0].failure is None
    snmpd.stop()
    snmpd.port = shared
    snmpd.start()
    open_ = way(shared)
    open_.ask(SYSTEM)
    snmpd.stop()
    snmpd.start(identity="74776f")
    with pytest.raises(Incomplete) as error:
        open_.ask(ENTITY)
    assert error.value.code == "device_restarted"


@pytest.mark.part("snmpd", "snmp")
def test_the_same_rows_as_the_reference_walker(snmpd: RealAgent) -> None:
    flags = f"-v3 -l authPriv -u auditor -a SHA-256 -A {AUTH} -x AES -X {PRIVACY} -On".split()
    theirs = []
    for root in STANDARD.text.split()[1:]:
        reference = subprocess.run(
            ["snmpbulkwalk", *flags, f"127.0.0.1:{snmpd.port}", f".{root}"],
            env=os.environ | {"MIBS": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        rows = [line for line in reference.splitlines() if " = " in line and "No Such" not in line]
        theirs += [line.split(" = ")[0].strip(".") for line in rows if "No more" not in line]
    ours = way(snmpd.port).ask(STANDARD).body.decode().splitlines()
    assert len(theirs) > 3
    assert [line.split("|")[0] for line in ours] == theirs
