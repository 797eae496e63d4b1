"""Bad input on the way through the real driver: a failed reading with its reason, never a pass.

The numbers B13 to B30 are those of the project's list of bad inputs. What a device answers is
changed, cut off or exchanged here; what the platforms' own cases hold is tested with them.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from time import process_time
from zipfile import ZIP_DEFLATED, ZipFile
from zlib import crc32

import pytest

from agent.handed import read_handed
from agent.platforms import Platform, platform, platforms
from agent.redact import SiteKey
from agent.transports import Answer
from agent.visit import Visitor
from evidence.ask import Ask
from evidence.bundle import load_bundle, read_bundle
from evidence.device import Device
from evidence.errors import SealError
from evidence.facts import FirewallRule, SoftwareRelease, Unit
from evidence.reading import Reading
from evidence.tape import Tape, TapeAnswer, read_tape
from lab.devices import Mischief
from tests.conftest import DRILL
from tests.fixtures_lab import (
    ASA,
    ASA_TERMINAL,
    Site,
    by_device,
    failure_of,
    rules_of,
    tape_of,
    tape_with,
)
from tests.test_cases import CASES, read_case

pytestmark = pytest.mark.whole

BAD = Path(__file__).parent / "bad"
AT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
KEY = SiteKey(b"k" * 32)

COLLECTORS = [(name, subject) for name, one in platforms().items() for subject in one.collectors]


# --- B13: the log-in is refused ---


@pytest.mark.parametrize(
    ("mischief", "password", "code"),
    [
        (Mischief(), "wrong", "auth_failed"),
        (Mischief(locked=True), None, "auth_locked"),
        (Mischief(token_prompt=True), None, "auth_interactive"),
    ],
)
@pytest.mark.parametrize("subjects", [("firewall",), ("firewall", "firmware")])
def test_a_refused_log_in_is_tried_once(
    lab_site: Site, mischief: Mischief, password: str | None, code: str, subjects: tuple[str, ...]
) -> None:
    tape = tape_of("linux/firewall.nftables")
    device = lab_site.ssh("gw-01", tape, *subjects, mischief=mischief, password=password)
    readings = lab_site.readings()
    assert {failure_of(reading) for reading in readings.values()} == {code}
    assert device.attempts == (0 if code == "auth_interactive" else 1)
    assert device.lines == []


def test_a_refused_token_is_tried_once(lab_site: Site) -> None:
    device = lab_site.https("fw-01", tape_of("fortios/firmware.pair"), "firmware")
    (lab_site.folder / "credentials" / "fw-01").write_text("token: another\n")
    readings = lab_site.readings()
    assert failure_of(readings["fw-01", "firmware"]) == "auth_failed"
    assert len(device.lines) == 1


# --- B15: another vendor's output ---


class Parrot:
    """A transport that gives the same answer to every ask."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def ask(self, ask: Ask) -> Answer:
        return Answer(self._body)

    def close(self) -> None:
        """Nothing is held open."""


def parroted(one: Platform, subject: str, body: bytes) -> Reading:
    device = Device(id="parrot", platform=one.name, subjects=(subject,))
    visitor = Visitor(device, one, lambda: Parrot(body), lambda: AT, KEY)
    return visitor.visit([subject]).readings[0]


@pytest.fixture(scope="module")
def answers() -> dict[bytes, set[str]]:
    """Every answer of every case, and the platforms that gave it."""
    found: dict[bytes, set[str]] = {}
    for path in sorted(CASES.rglob("*.tape")):
        tape = read_tape(path)
        # Answers of another vendor are cases of their own platform too.
        if "other" not in path.name and "not_windows" not in path.name:
            for answer in tape.answers:
                if answer.body.strip():
                    found.setdefault(answer.body, set()).add(tape.platform)
    return found


BANNERS = (
    b"% Invalid input detected at '^' marker.\r\n",
    b"ERROR: % Incomplete command\n",
    b"Command fail. Return code -61\n",
    b"sh: 1: not found\n",
    b"Permission denied\n",
    b"<html><body>502 Bad Gateway</body></html>\n",
    b'{"error": {"code": 403, "message": "forbidden"}}\n',
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;'>]><a>&d;</a>\n",
    b"\xaa\xab\xac \xff\xfe\x00\x01",
    b"\x00" * 4096,
    b" \r\n\t\r\n",
    b"null\n",
    b"{}\n",
    b"[]\n",
)


# One file of a gateway's syslog holds its traffic and its sessions. Old releases of Eltex and of
# Cisco's small switches are one maker's system (Radlan), which tells its version in the same words.
ALIKE = {
    "session_log": {"traffic_log"},
    "traffic_log": {"session_log"},
    "eltex": {"s300"},
}


@pytest.mark.parametrize(("name", "subject"), COLLECTORS)
def test_another_vendors_output_gives_no_facts(
    name: str, subject: str, answers: dict[bytes, set[str]]
) -> None:
    # One vendor's platforms share answers: `show inventory` is the same on an ASA and a Nexus.
    vendor = platform(name).vendor
    others = {
        other
        for other, one in platforms().items()
        if other != name and (vendor is None or one.vendor != vendor)
    } - ALIKE.get(name, set())
    foreign = [body for body, givers in answers.items() if givers & others]
    # Each collector's own fifth of them; the drill takes all.
    first, step = (0, 1) if DRILL else (crc32(f"{name} {subject}".encode()) % 5, 5)
    for body in (*foreign[first::step], *BANNERS):
        code = failure_of(parroted(platform(name), subject, body))
        assert code in {
            *("output_unexpected", "output_incomplete", "result_empty_suspicious"),
            *("secret_left", "import_row", "line_too_long"),
            *("privilege_missing", "ask_not_answered"),  # another program's refusal is one too
        }, (code, body[:80])


# --- B17: bytes that are no text ---


def asa_version(body: bytes) -> Reading:
    return read_case(Tape("asa", (TapeAnswer("show version", body),)), "firmware")


@pytest.mark.parametrize(
    "name", sorted(path.name for path in BAD.glob("version_*.bin")), ids=lambda name: name
)
def test_noise_around_an_answer_neither_hides_nor_changes_it(name: str) -> None:
    (release, *_) = asa_version((BAD / name).read_bytes()).of(SoftwareRelease)
    assert (release.product, release.version) == ("asa", "9.16(4)57")


def test_a_line_of_100_mb_is_refused_and_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "version.txt"
    with path.open("wb") as file:
        for _ in range(100):
            file.write(b"Cisco Adaptive Security Appliance Software Version 9.16(4) " * 17_000)
    began = process_time()
    visit = read_handed(platform("asa"), "firmware", [("show version", path)], None)
    assert failure_of(visit.readings[0]) == "line_too_long"
    assert visit.captures == {}
    assert process_time() - began < 20


@pytest.mark.parametrize("kind", ["exec", "terminal"])
def test_a_device_that_never_ends_a_line_is_left(lab_site: Site, kind: str) -> None:
    endless = b"x" * 9_000_000
    if kind == "exec":
        tape = tape_with(tape_of("linux/firmware.debian-12"), os_release=endless)
        lab_site.ssh("gw-01", tape, "firmware")
    else:
        lab_site.ssh("fw-01", tape_with(ASA, version=endless), "firmware", terminal=ASA_TERMINAL)
    ((_, reading),) = lab_site.readings().items()
    assert failure_of(reading) == "line_too_long"


SLOW = (b"\n", b"\r", b" ", b"a ", b'"', b'\\"', b"{", b"[", b"\x1b[", b"0", b"a=", b"(", b"1.3.6|")


@pytest.mark.parametrize(("name", "subject"), COLLECTORS)
def test_no_answer_keeps_a_collector_busy(name: str, subject: str) -> None:
    """What grows with the square of an answer's length would stop every other device too.

    A square that is harmless at this length takes 16 s where the drill allows 10.
    """
    length, limit_s = (200_000, 10) if DRILL else (50_000, 1)
    for word in SLOW:
        began = process_time()
        parroted(platform(name), subject, word * (length // len(word)))
        assert process_time() - began < limit_s, f"{word!r} repeated"


# --- B18: nothing there ---


@pytest.mark.parametrize(
    ("name", "ask", "body"),
    [
        ("asa/firewall.pair", "show access-list", b"access-list cached ACL log flows: total 0\n"),
        (
            "fortios/firewall.two_vdoms",
            "GET /api/v2/cmdb/firewall/policy?vdom=*",
            None,
        ),
        ("linux/firewall.nft-text", "nft list ruleset", b"\n"),
    ],
)
def test_an_empty_rule_base_is_suspicious_and_no_pass(
    name: str, ask: str, body: bytes | None
) -> None:
    tape = tape_of(name)
    empty = [
        replace(one, body=without_rows(one.body) if body is None else body)
        if one.ask == ask
        else one
        for one in tape.answers
    ]
    assert empty != list(tape.answers)
    code = failure_of(read_case(replace(tape, answers=tuple(empty)), "firewall"))
    assert code in ("result_empty_suspicious", "output_incomplete")


def without_rows(body: bytes) -> bytes:
    """The same documents, their lists of results empty."""
    parts = json.loads(body)
    for part in parts:
        part["results"] = []
    return json.dumps(parts).encode()


# --- B19: a clock that cannot be right ---


@pytest.mark.parametrize(
    ("clock", "doubted"),
    [
        (b"10:30:00.123 CST Mon Nov 23 2026\n", False),
        (b"00:00:12.000 UTC Thu Jan 1 1970\n", True),
        (b"10:30:00.123 UTC Wed Nov 23 2099\n", True),
        (b"10:30:00.123 XYZ Mon Nov 23 2026\n", True),
        (b"02:41:00.123 UTC Mon Nov 23 2026\n", True),
    ],
)
def test_a_clock_that_cannot_be_right_is_doubted(clock: bytes, doubted: bool) -> None:
    reading = read_case(tape_with(ASA, clock=clock), "firewall")
    assert reading.failure is None, reading.failure
    assert reading.of(FirewallRule)
    assert [one.code for one in reading.cautions] == ["device_clock_suspect"] * doubted


@pytest.mark.parametrize("seconds", [b"12.5", b"4099680000.0"])
def test_a_hosts_clock_of_1970_or_2099_is_doubted(seconds: bytes) -> None:
    tape = tape_with(tape_of("linux/firewall.nftables"), clock=seconds)
    reading = read_case(tape, "firewall")
    assert [one.code for one in reading.cautions] == ["device_clock_suspect"]
    assert reading.of(Unit)[0].boot_at is not None, "the uptime does not hang on the clock"


# --- B20: deep, huge, and bombs ---


HOSTILE_JSON = {
    "100 levels": (b"[" * 100 + b"]" * 100, "input_too_deep"),
    "a million levels": (b'{"a":' * 1_000_000, "input_too_deep"),
    "a number of 5000 digits": (b'{"results": [{"policyid": ' + b"9" * 5000 + b"}]}", None),
    "no number": (b'{"results": [{"policyid": NaN}]}', None),
    "half a character": (b'{"results": [{"policyid": 1, "name": "\\ud800"}]}', None),
    "a key twice": (b'{"results": [], "results": [{}]}', None),
    "other types": (b'{"results": {"policyid": [1]}, "vdom": 7}', None),
    "rows of no kind": (b'[{"results": [null, 1, "a", []], "vdom": null}]', None),
    "infinite": (b'{"results": [{"policyid": 1e999, "srcaddr": 1}]}', None),
}


@pytest.mark.parametrize("what", HOSTILE_JSON)
def test_hostile_json_fails_its_reading_alone(what: str) -> None:
    body, wanted = HOSTILE_JSON[what]
    reading = parroted(platform("fortios"), "firewall", body)
    assert reading.digest, "it can be recorded"
    code = failure_of(reading)
    assert wanted in (None, code)
    assert code != "parser_failed", reading.failure


def test_a_bundle_that_unpacks_without_end_is_not_unpacked(tmp_path: Path) -> None:
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        archive.writestr("envelope.json", b"{}")
        with archive.open("captures/" + "0" * 64, "w") as member:
            for _ in range(300):
                member.write(bytes(1_000_000))
    assert len(packed.getvalue()) < 1_000_000
    with pytest.raises(SealError):
        read_bundle(packed.getvalue(), limit_bytes=10_000_000)


# --- B30: what people export from a spreadsheet ---


@pytest.mark.parametrize("name", sorted(path.name for path in BAD.glob("import_*.csv")))
def test_a_row_that_cannot_be_taken_is_named(name: str) -> None:
    tape = Tape("folder", (TapeAnswer("assets.csv", (BAD / name).read_bytes()),))
    reading = read_case(tape, "assets")
    assert failure_of(reading) == "import_row"
    assert reading.failure is not None
    assert re.search(r"row 3\b", reading.failure.message), reading.failure.message


# --- everything at once ---


def test_three_hostile_devices_cost_the_other_three_nothing(lab_site: Site) -> None:
    """Six devices: the good ones give what their tapes give, and every visit is sealed."""
    asa, linux, snmp = (
        ASA,
        tape_of("linux/firewall.nftables"),
        tape_of("snmp/firmware.catalyst-stack"),
    )
    lab_site.ssh("good-asa", asa, "firewall", "firmware", terminal=ASA_TERMINAL)
    lab_site.ssh("good-linux", linux, "firewall")
    lab_site.snmp("good-switch", snmp, "firmware")
    noise = b"\x1b[2J\xff\xfe\x00" + b64encode(bytes(range(256))) * 2000
    noisy = tape_with(asa, access_list=noise, version=noise)
    lab_site.ssh("noisy-asa", noisy, "firewall", "firmware", terminal=ASA_TERMINAL)
    lab_site.ssh("torn-linux", linux, "firewall", mischief=Mischief(drop_after_bytes=900))
    body = b'{"results": ' + b"[" * 500
    fortios = Tape("fortios", tuple(TapeAnswer(ask.text, body) for ask in platform("fortios").asks))
    lab_site.https("deep-fortigate", fortios, "firewall", "firmware")
    config = lab_site.write()
    with lab_site.agent(config) as agent:
        run = lab_site.collect(config, agent)
        kept = agent.ledger.bundles_in("spooled")
        readings = by_device(run)
    good = {key: reading for key, reading in readings.items() if key[0].startswith("good")}
    assert [reading.failure for reading in good.values()] == [None] * 4
    assert rules_of(good["good-asa", "firewall"]) == rules_of(read_case(asa, "firewall"))
    assert rules_of(good["good-linux", "firewall"]) == rules_of(read_case(linux, "firewall"))
    failed = {key: failure_of(reading) for key, reading in readings.items() if key not in good}
    assert set(failed) == {
        *(("noisy-asa", subject) for subject in ("firewall", "firmware")),
        *(("deep-fortigate", subject) for subject in ("firewall", "firmware")),
        ("torn-linux", "firewall"),
    }
    assert set(failed.values()) <= {
        *("output_unexpected", "line_too_long", "input_too_deep", "device_disconnected"),
    }
    assert {one.device for one in kept} == set(config.devices)
    for one in kept:
        assert one.path is not None
        sealed = load_bundle(one.path, [agent.signing_key.public]).collection
        assert {r.digest for r in sealed.readings} == {
            reading.digest for key, reading in readings.items() if key[0] == one.device
        }
