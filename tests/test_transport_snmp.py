"""Reading devices over SNMP: version 3 in bulk, whole walks or none, and only what is declared."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from pysnmp.proto import rfc1902, rfc1905
from pysnmp.proto.api import v2c

from agent.gate.snmp import GatedDispatcher
from agent.secret import Credential, Secret
from agent.transports.snmp.security import security
from collectors.snmp import ENTITY, SYSTEM
from evidence.ask import Ask
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
from tests.fixtures_snmp import AUTH, COMMUNITY, CREDENTIAL, PLATFORM, PRIVACY, device, visit, way

pytestmark = pytest.mark.whole

ACCOUNT = SnmpAccount("auditor", AUTH, PRIVACY)
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


def agent(
    rows: bytes = ROUTER,
    mischief: SnmpMischief | None = None,
    account: SnmpAccount = ACCOUNT,
) -> LabSnmp:
    return LabSnmp(Tape("snmp", (TapeAnswer("walk", rows),)), account, mischief)


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
