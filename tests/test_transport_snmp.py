"""Reading devices over SNMP: version 3 in bulk, whole walks or none, and only what is declared."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pysnmp.proto import rfc1902, rfc1905
from pysnmp.proto.api import v2c

from agent.gate.snmp import GatedDispatcher
from agent.platforms import platform
from agent.redact import SiteKey
from agent.secret import Credential, Secret
from agent.transports.snmp import Snmp, open_snmp
from agent.transports.snmp.security import security
from agent.visit import Visit, Visitor
from agent.wired import system_clock
from collectors.snmp import ENTITY, STANDARD, SYSTEM
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import (
    ConfigurationError,
    Denied,
    Incomplete,
    LoginRefused,
    TooMuch,
    Unexpected,
    Unreachable,
)
from evidence.facts import HardwareItem, SoftwareRelease, Unit
from evidence.tape import Tape, TapeAnswer
from lab.devices.snmp import LabSnmp, SnmpAccount, SnmpMischief
from tests.conftest import ADMIN_PATH
from tests.ports import free_port

pytestmark = pytest.mark.whole

AUTH, PRIVACY = "canary-auth-9d21", "canary-privacy-5b0c"
ACCOUNT = SnmpAccount("auditor", AUTH, PRIVACY)
CREDENTIAL = Credential("auditor", password=Secret(AUTH), second=Secret(PRIVACY))
PLATFORM = platform("snmp")
ROUTER = b"""1.3.6.1.2.1.1.1.0|4|Cisco IOS Software, C2900 Software, Version 15.2(4)M7, RELEASE
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9.1.1041
1.3.6.1.2.1.1.3.0|67|8640000
1.3.6.1.2.1.1.5.0|4|edge-01
1.3.6.1.2.1.47.1.1.1.1.4.1|2|0
1.3.6.1.2.1.47.1.1.1.1.5.1|2|3
1.3.6.1.2.1.47.1.1.1.1.11.1|4|FTX1840AB12
1.3.6.1.2.1.47.1.1.1.1.13.1|4|CISCO2911/K9
1.3.6.1.4.1.9.2.1.8.0|65|12345
1.3.6.1.6.3.16.1.2.1.3.1.4|4|canary-community-3f
"""
MANY = ROUTER + b"".join(
    b"1.3.6.1.2.1.47.1.1.1.1.2.%d|4|Port %d\n" % (index, index) for index in range(2, 4002)
)


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


def agent(
    rows: bytes = ROUTER,
    mischief: SnmpMischief | None = None,
    account: SnmpAccount = ACCOUNT,
) -> LabSnmp:
    return LabSnmp(Tape("snmp", (TapeAnswer("walk", rows),)), account, mischief)


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


def declared(line: str) -> bool:
    """Whether a line of the agent's log is a read of objects that the platform declares."""
    kind, *oids = line.split()
    roots = [word for ask in PLATFORM.all_asks for word in ask.text.split()[1:]]
    return kind in ("get", "getbulk") and all(
        any(f"{oid}.".startswith(f"{root}.") for root in roots) for oid in oids
    )


def test_a_device_is_read_over_version_3() -> None:
    with agent() as lab:
        found = visit(lab.port)
    reading = found.readings[0]
    assert reading.failure is None, reading.failure
    (release,) = reading.of(SoftwareRelease)
    assert (release.product, release.version, release.train) == ("ios", "15.2(4)M7", "15.2M")
    chassis = reading.of(HardwareItem)[0]
    assert (chassis.model, chassis.serial) == ("CISCO2911/K9", "FTX1840AB12")
    unit = reading.of(Unit)[0]
    assert (unit.hostname, unit.uptime_s) == ("edge-01", 86400.0)
    assert unit.boot_at is not None
    assert [line for line in lab.lines if not declared(line)] == []
    assert not any(b"canary" in body for body in found.captures.values())


def test_a_long_walk_arrives_whole_and_in_few_questions() -> None:
    with agent(MANY) as lab:
        body = way(lab.port).ask(ENTITY).body
        assert body.count(b"|Port ") == 4000
        assert len(lab.lines) < 200


def test_answers_that_do_not_fit_are_asked_for_in_smaller_pieces() -> None:
    with agent(MANY, SnmpMischief(most_rows=6)) as lab:
        assert way(lab.port).ask(ENTITY).body.count(b"|Port ") == 4000


def test_a_walk_over_the_limit_is_no_answer() -> None:
    small = Ask(ENTITY.name, ENTITY.text, kind="snmp", limit_bytes=10_000)
    with agent(MANY) as lab, pytest.raises(TooMuch):
        way(lab.port).ask(small)


def test_an_agent_that_goes_in_circles_is_left() -> None:
    with agent(MANY, SnmpMischief(circles=True)) as lab, pytest.raises(Unexpected, match="circles"):
        way(lab.port).ask(ENTITY)


def test_silence_at_first_is_unreachable_and_later_is_half_an_answer() -> None:
    with agent(MANY, SnmpMischief(silent_after=9)) as lab:
        open_ = way(lab.port)
        assert open_.ask(SYSTEM).body
        with pytest.raises(Incomplete) as error:
            open_.ask(ENTITY)
    assert error.value.code == "device_silent"


def test_nobody_there_is_unreachable_and_is_asked_once_only() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        found = visit(nobody.getsockname()[1])
    failure = found.readings[0].failure
    assert failure is not None and failure.code == "device_unreachable"
    assert len(found.exchanges) == 1


def test_an_answer_with_nothing_in_it_is_no_end_of_a_walk() -> None:
    with agent(mischief=SnmpMischief(nothing=True)) as lab, pytest.raises(Unexpected) as error:
        way(lab.port).ask(ENTITY)
    assert "Empty" in error.value.message


def test_several_columns_go_into_one_question_and_come_back_in_their_order() -> None:
    columns = [f"1.3.6.1.2.1.47.1.1.1.1.{column}" for column in (13, 2, 11)]
    several = Ask("several", " ".join(["walk", *columns]), kind="snmp")
    with agent(MANY) as lab:
        rows = way(lab.port).ask(several).body.splitlines()
        asked = [line.split()[1:] for line in lab.lines if line.startswith("getbulk")]
    assert asked[0][1:] == columns  # behind what the uptime follows
    assert rows[0].startswith(columns[0].encode())
    assert len(rows) == 1 + 4000 + 1
    assert rows[-1].startswith(columns[2].encode())


@pytest.mark.parametrize("rows", [ROUTER, MANY], ids=["few rows", "many rows"])
def test_an_agent_that_repeats_the_uptime_with_the_columns_gives_itself_away(rows: bytes) -> None:
    with agent(rows) as lab:
        right = way(lab.port).ask(ENTITY).body
    with agent(rows, SnmpMischief(repeats_all=True)) as lab:
        assert way(lab.port).ask(ENTITY).body == right
        asked = [line.split()[1] for line in lab.lines if line.startswith("getbulk")]
    assert asked.count("1.3.6.1.2.1.1.2.0") <= 2  # and then never again
    assert lab.lines[-1] == "get 1.3.6.1.2.1.1.3.0"


def test_an_agent_without_an_uptime_is_read_all_the_same() -> None:
    silent = b"\n".join(row for row in MANY.splitlines() if b"1.3.6.1.2.1.1.3.0|" not in row)
    with agent(silent) as lab:
        assert way(lab.port).ask(ENTITY).body.count(b"|Port ") == 4000


def test_a_restart_in_the_middle_fails_the_reading() -> None:
    with agent(MANY, SnmpMischief(restart_after=8)) as lab:
        failure = visit(lab.port).readings[0].failure
    assert failure is not None and failure.code == "device_restarted"


@pytest.mark.parametrize(
    "credential",
    [
        Credential("auditor", password=Secret("wrong-password"), second=Secret(PRIVACY)),
        Credential("auditor", password=Secret(AUTH), second=Secret("wrong-password")),
        Credential("stranger", password=Secret(AUTH), second=Secret(PRIVACY)),
    ],
    ids=["password", "privacy", "user"],
)
def test_a_wrong_account_is_refused_and_never_told(credential: Credential) -> None:
    with agent() as lab, pytest.raises((LoginRefused, Unreachable)) as error:
        way(lab.port, credential).ask(SYSTEM)
    assert "wrong-password" not in str(error.value) and AUTH not in str(error.value)
    assert lab.lines == []


def test_one_user_with_different_passwords_on_different_devices() -> None:
    other = SnmpAccount("auditor", "another-password", "another-privacy")
    credential = Credential("auditor", password=Secret(other.password), second=Secret(other.second))
    with agent() as one, agent(account=other) as two:
        for _ in range(2):
            assert way(one.port).ask(SYSTEM).body
            assert way(two.port, credential).ask(SYSTEM).body


def test_many_devices_at_once() -> None:
    with ThreadPoolExecutor(12) as pool, _agents(12) as labs:
        bodies = list(pool.map(lambda lab: way(lab.port).ask(SYSTEM).body, labs))
    assert {body.count(b"\n") for body in bodies} == {4}


@contextmanager
def _agents(count: int) -> Iterator[list[LabSnmp]]:
    labs = [agent() for _ in range(count)]
    for lab in labs:
        lab.__enter__()
    try:
        yield labs
    finally:
        for lab in labs:
            lab.__exit__(None, None, None)


# --- what is too weak ---

COMMUNITY = Credential(password=Secret("canary-community"))


@pytest.mark.parametrize(
    ("options", "credential"),
    [
        ({"snmp_version": "2c"}, COMMUNITY),
        ({"snmp_version": "1"}, COMMUNITY),
        ({"snmp_auth": "MD5"}, CREDENTIAL),
        ({"snmp_privacy": "DES"}, CREDENTIAL),
        ({"snmp_privacy": "3DES"}, CREDENTIAL),
        ({}, Credential("auditor", password=Secret(AUTH))),
        ({}, Credential("auditor")),
    ],
    ids=["v2c", "v1", "md5", "des", "3des", "no privacy", "no authentication"],
)
def test_weak_ways_need_a_recorded_exception(
    options: dict[str, str], credential: Credential
) -> None:
    with pytest.raises(ConfigurationError) as error:
        way(161, credential, options=options)
    assert error.value.code == "snmp_weak"


def test_version_2c_with_an_exception_is_read() -> None:
    account = SnmpAccount(community="canary-community")
    granted = {"options": {"snmp_version": "2c"}, "exceptions": {"snmp_v2c": "EX-7"}}
    with agent(account=account) as lab:
        found = visit(lab.port, COMMUNITY, **granted)
        assert found.readings[0].of(SoftwareRelease)[0].version == "15.2(4)M7"
        wrong = Credential(password=Secret("another"))
        failure = visit(lab.port, wrong, **granted).readings[0].failure
    assert failure is not None and failure.code == "device_unreachable"
    assert "community" in failure.next_step


def test_weak_algorithms_with_an_exception_are_let_through() -> None:
    one = device(161, options={"snmp_auth": "MD5", "snmp_privacy": "DES"})
    with pytest.raises(ConfigurationError):
        security(one, CREDENTIAL)
    granted = device(
        161, options={"snmp_auth": "MD5", "snmp_privacy": "DES"}, exceptions={"snmp_weak": "EX-8"}
    )
    assert security(granted, CREDENTIAL)


@pytest.mark.parametrize(
    ("options", "credential", "code"),
    [
        ({"snmp_auth": "SHA-3"}, CREDENTIAL, "option_invalid"),
        ({"snmp_wait_s": "soon"}, CREDENTIAL, "option_invalid"),
        ({}, Credential(password=Secret(AUTH), second=Secret(PRIVACY)), "secret_invalid"),
        ({}, Credential("a", password=Secret("short"), second=Secret(PRIVACY)), "secret_invalid"),
    ],
)
def test_an_account_that_cannot_work_is_a_mistake_in_the_configuration(
    options: dict[str, str], credential: Credential, code: str
) -> None:
    with pytest.raises(ConfigurationError) as error:
        way(161, credential, options=options)
    assert error.value.code == code and "short" not in str(error.value)


# --- the gate ---


@pytest.mark.parametrize(
    "text",
    ["get 1.3.6.1.4.1.9.2.1.8.0", "walk 1.3.6.1.6.3.16", "walk 1.3.6.1.2.1", "walk 1.3.6.1.2.1.11"],
)
def test_what_no_ask_declares_never_leaves(text: str) -> None:
    with agent() as lab:
        with pytest.raises(Denied):
            way(lab.port).ask(Ask("sly", text, kind="snmp"))
        assert lab.lines == []


def _send(dispatcher: GatedDispatcher, pdu: Any, address: tuple[str, int]) -> None:
    dispatcher.send_pdu(None, None, address, 3, 3, "auditor", 3, b"", b"", 1, pdu, True)


def test_nothing_but_reading_passes_the_gate() -> None:
    dispatcher = GatedDispatcher()
    pdu = rfc1905.SetRequestPDU()
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_varbinds(pdu, [((1, 3, 6, 1, 2, 1, 1, 5, 0), rfc1902.OctetString("mine"))])
    with pytest.raises(Denied, match="no such device"):
        _send(dispatcher, pdu, ("192.0.2.1", 161))
    with agent() as lab:
        open_ = way(lab.port)
        with pytest.raises(Denied, match="SetRequestPDU"):
            _send(open_.engine.message_dispatcher, pdu, ("127.0.0.1", lab.port))
        assert lab.lines == []


# --- a real agent ---

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
