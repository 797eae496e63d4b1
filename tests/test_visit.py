"""The driver: what it asks, what it refuses to ask, and what becomes of everything that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from types import ModuleType

import pytest

from agent.platforms import Platform
from agent.redact import SiteKey
from agent.transports import Answer, Transport
from agent.visit import Visit, Visitor
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import (
    ConfigurationError,
    EvidenceError,
    Incomplete,
    LoginRefused,
    NotAnswered,
    Unexpected,
    Unreachable,
    VisitError,
)
from evidence.facts import Fact, FirewallRule, HardwareItem, RuleUsage, SoftwareRelease, Unit
from evidence.reading import Reading
from evidence.replay import Collector, Flow

AT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
VERSION = Ask("version", "show version", secrets=(Secret("regex", r"key (?P<secret>\S+)"),))
RULES = Ask("rules", "show rules {name}")
SEARCH = Ask("search", 'POST /search {"what":1}', kind="http")
OTHER_SEARCH = Ask("other_search", 'POST /search {"what":2}', kind="http")
DEVICE = Device(id="fw-01", platform="toy", subjects=("firmware", "firewall"))
RELEASE = SoftwareRelease(product="toy", version="1")


def toy(**collectors: Collector) -> Platform:
    """A platform of these collectors, which may send the asks above."""
    return Platform(
        name="toy",
        module=ModuleType("json"),
        collectors=collectors,
        asks=(VERSION, RULES, SEARCH, OTHER_SEARCH),
        session=None,
        transports=("ssh",),
        aliases=(),
        vendor=None,
    )


@pytest.fixture(autouse=True)
def toys_have_no_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Platform, "parser_digest", "0" * 64)


class Transcript:
    """A transport that writes down what it was asked, and answers from a table."""

    def __init__(self, answers: dict[str, bytes | Exception]) -> None:
        self.answers = answers
        self.asked: list[Ask] = []
        self.closed = 0

    def ask(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        answer = self.answers[ask.text]
        if isinstance(answer, Exception):
            raise answer
        return Answer(answer, account="auditor", peer="SHA256:x")

    def close(self) -> None:
        self.closed += 1


def visit(
    platform: Platform,
    transport: Transport | Callable[[], Transport],
    device: Device = DEVICE,
    **more: object,
) -> Visit:
    opener = transport if callable(transport) else lambda: transport
    visitor = Visitor(device, platform, opener, lambda: AT, SiteKey(b"k" * 32), **more)  # type: ignore[arg-type]
    return visitor.visit(platform.collectors)


def code(reading: Reading) -> str | None:
    return reading.failure.code if reading.failure else None


def asking(*asks: Ask, facts: Iterable[Fact] = (RELEASE,)) -> Collector:
    def collector(device: Device) -> Flow:
        for ask in asks:
            capture = yield ask
            assert capture.ask == ask
        return facts

    return collector


def finding(*facts: Fact) -> Platform:
    return toy(firmware=asking(VERSION, facts=facts))


# --- what is asked ---


def test_an_answer_comes_back_redacted_with_its_provenance() -> None:
    seen: list[Capture] = []

    def firmware(device: Device) -> Flow:
        seen.append((yield VERSION))
        return [RELEASE]

    platform = toy(firmware=firmware)
    made = visit(platform, Transcript({"show version": b"v1 key S3cret\n"}), requester="lin")
    assert b"S3cret" not in seen[0].body
    assert b"redacted:hmac:" in seen[0].body
    assert (seen[0].account, seen[0].peer, seen[0].requester) == ("auditor", "SHA256:x", "lin")
    assert made.captures == {seen[0].digest: seen[0].body}
    assert made.readings[0].facts == (RELEASE,)
    assert made.readings[0].captures == (seen[0].digest,)


def test_an_ask_that_no_platform_declares_is_denied_and_never_leaves() -> None:
    transport = Transcript({})
    made = visit(toy(firmware=asking(Ask("reload", "reload in 5"))), transport)
    assert code(made.readings[0]) == "gate_denied"
    assert transport.asked == []


@pytest.mark.parametrize("name", ["x; reload", "x\nreload", "", "é", "x" * 129])
def test_an_answer_cannot_become_a_command(name: str) -> None:
    def firewall(device: Device) -> Flow:
        yield RULES(name=name)
        return [RELEASE]

    transport = Transcript({})
    made = visit(toy(firewall=firewall), transport)
    assert code(made.readings[0]) == "gate_denied"
    assert transport.asked == []


def test_what_two_subjects_ask_is_asked_once() -> None:
    platform = toy(firmware=asking(VERSION), firewall=asking(VERSION, RULES(name="a")))
    transport = Transcript({"show version": b"v1\n", "show rules a": b"r\n"})
    made = visit(platform, transport)
    assert [ask.text for ask in transport.asked] == ["show version", "show rules a"]
    assert [one.subject for one in made.exchanges] == ["firmware", "firewall", "firewall"]
    assert made.readings[0].captures[0] == made.readings[1].captures[0]


def test_one_subject_may_ask_the_same_twice() -> None:
    transport = Transcript({"show version": b"v1\n"})
    visit(toy(firmware=asking(VERSION, VERSION)), transport)
    assert len(transport.asked) == 2


def test_two_questions_to_one_address_are_two() -> None:
    transport = Transcript({SEARCH.text: b"{}", OTHER_SEARCH.text: b"{}"})
    visit(toy(firmware=asking(SEARCH), firewall=asking(OTHER_SEARCH)), transport)
    assert transport.asked == [SEARCH, OTHER_SEARCH]


def test_a_device_of_which_nothing_is_asked_is_never_contacted() -> None:
    def open_() -> Transport:
        raise AssertionError("contacted")

    made = visit(toy(firmware=asking()), open_)
    assert made.readings[0].failure is None


# --- what fails ---


def test_a_log_in_that_failed_is_not_tried_again() -> None:
    tries: list[int] = []

    def open_() -> Transport:
        tries.append(1)
        raise LoginRefused("fw-01: refused")

    stubborn = asking(VERSION)

    def firewall(device: Device) -> Flow:
        try:
            yield VERSION
        except VisitError:
            yield RULES(name="a")
        return [RELEASE]

    made = visit(toy(firmware=stubborn, firewall=firewall, host=stubborn), open_)
    assert [code(reading) for reading in made.readings] == ["auth_failed"] * 3
    assert len(tries) == 1


def test_a_missing_credential_fails_the_reading_and_not_the_run() -> None:
    def open_() -> Transport:
        raise ConfigurationError("cred:fw-01 not found", code="secret_missing")

    assert code(visit(toy(firmware=asking(VERSION)), open_).readings[0]) == "secret_missing"


@pytest.mark.parametrize(
    "error", [Unreachable("gone"), Incomplete("cut"), Unexpected("other"), NotAnswered("no")]
)
def test_a_refusal_is_thrown_in_and_recorded(error: VisitError) -> None:
    caught: list[EvidenceError] = []

    def firmware(device: Device) -> Flow:
        try:
            yield VERSION
        except VisitError as thrown:
            caught.append(thrown)
            raise
        return [RELEASE]

    made = visit(toy(firmware=firmware), Transcript({"show version": error}))
    assert caught == [error]
    assert code(made.readings[0]) == error.code
    failure = made.exchanges[0].error
    assert failure is not None
    assert failure.kind == type(error).__name__


def test_a_collector_may_do_without_an_answer() -> None:
    def firmware(device: Device) -> Flow:
        try:
            yield VERSION
        except NotAnswered:
            yield RULES(name="a")
        return [RELEASE]

    answers: dict[str, bytes | Exception] = {
        "show version": NotAnswered("no"),
        "show rules a": b"r\n",
    }
    made = visit(toy(firmware=firmware), Transcript(answers))
    assert made.readings[0].facts == (RELEASE,)
    assert [one.error is None for one in made.exchanges] == [False, True]


@pytest.mark.parametrize(
    "mistake", [KeyError("x"), RecursionError("deep"), ZeroDivisionError(), AssertionError("no")]
)
def test_a_parser_that_crashes_fails_its_subject_only(mistake: Exception) -> None:
    def firmware(device: Device) -> Flow:
        yield VERSION
        raise mistake

    transport = Transcript({"show version": b"v1\n"})
    made = visit(toy(firmware=firmware, firewall=asking(VERSION)), transport)
    assert code(made.readings[0]) == "parser_failed"
    assert made.readings[0].facts == ()
    assert made.readings[0].captures
    assert made.readings[1].failure is None
    assert transport.closed == 1


def test_a_farewell_that_fails_takes_nothing_away() -> None:
    class Rude(Transcript):
        def close(self) -> None:
            raise OSError("broken pipe")

    made = visit(toy(firmware=asking(VERSION)), Rude({"show version": b"v1\n"}))
    assert made.readings[0].facts == (RELEASE,)


def test_a_secret_that_no_ask_declares_drops_the_capture() -> None:
    leak = b"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"
    made = visit(toy(firmware=asking(VERSION)), Transcript({"show version": leak}))
    assert code(made.readings[0]) == "secret_left"
    assert made.captures == {}


def test_an_answer_over_its_limit_is_not_kept() -> None:
    small = replace(VERSION, limit_bytes=10)
    platform = replace(toy(firmware=asking(small)), asks=(small,))
    made = visit(platform, Transcript({"show version": b"01234567890"}))
    assert code(made.readings[0]) == "input_too_large"
    assert made.captures == {}


# --- facts in doubt ---


def test_no_facts_at_all_are_suspicious_and_no_pass() -> None:
    made = visit(finding(), Transcript({"show version": b"\n"}))
    assert code(made.readings[0]) == "result_empty_suspicious"


@pytest.mark.parametrize(
    ("expected", "wanted"),
    [
        ({"serial": "A1"}, None),
        ({"serial": "M2"}, None),  # a member's serial is one of the device's
        ({"serial": "B9"}, "identity_mismatch"),
        ({"serial": "A1", "model": "other"}, "identity_mismatch"),
        ({"hostname": "fw"}, None),  # the device did not say
    ],
)
def test_a_device_must_be_the_one_expected(expected: dict[str, str], wanted: str | None) -> None:
    platform = finding(Unit(serial="A1", model="T1"), HardwareItem(serial="M2", part="module"))
    device = replace(DEVICE, expected=expected)
    made = visit(platform, Transcript({"show version": b"v\n"}), device)
    assert code(made.readings[0]) == wanted
    assert bool(made.readings[0].facts) is (wanted is None)


@pytest.mark.parametrize(
    "fact",
    [
        Unit(uptime_s=float("nan")),
        Unit(uptime_s=float("inf")),
        Unit(hostname="\ud800"),
        Unit(clock_at=datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5)))),
        RuleUsage(key="1", count=2**63),
        FirewallRule(key="1", position=-(2**64)),
    ],
    ids=["nan", "infinite", "half a character", "the end of time", "65 bits", "minus 65 bits"],
)
def test_what_no_record_can_hold_fails_the_reading_and_not_the_run(fact: Fact) -> None:
    made = visit(finding(fact), Transcript({"show version": b"v\n"}))
    assert code(made.readings[0]) == "result_unwritable"
    assert made.readings[0].digest


def test_an_error_sentence_with_half_a_character_can_be_recorded() -> None:
    error = Unexpected("a rule named \ud800")
    made = visit(toy(firmware=asking(VERSION)), Transcript({"show version": error}))
    assert made.readings[0].digest
    assert r"\ud800" in str(made.readings[0].failure)


@pytest.mark.parametrize(
    ("unit", "doubted"),
    [
        (Unit(clock_at=AT, clock_zone="UTC", clock_offset_s=0.0), False),
        (Unit(clock_at=AT, clock_zone="UTC", clock_offset_s=-300.0), False),
        (Unit(clock_at=AT, clock_zone="UTC", clock_offset_s=301.0), True),
        (Unit(clock_at=AT.replace(year=1970), clock_zone="UTC", clock_offset_s=-1.8e9), True),
        (Unit(clock_at=AT.replace(year=2099), clock_zone="UTC", clock_offset_s=2.3e9), True),
        (Unit(clock_at=AT.replace(year=1970), clock_zone="UTC", clock_offset_s=0.0), True),
        (Unit(clock_zone="XYZ"), True),
        (Unit(clock_at=AT), True),
        (Unit(hostname="fw"), False),
    ],
)
def test_a_wrong_clock_is_a_caution_and_no_failure(unit: Unit, doubted: bool) -> None:
    reading = visit(finding(unit), Transcript({"show version": b"v\n"})).readings[0]
    assert reading.failure is None
    assert [one.code for one in reading.cautions] == ["device_clock_suspect"] * doubted
