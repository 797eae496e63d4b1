"""Palo Alto Networks: what travels, what a refusal means, and what a counter of a name shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.platforms import platform
from agent.redact import SiteKey
from agent.secret import Credential, Secret
from agent.transports import Transport
from agent.transports.https import Https, open_https
from agent.transports.tape import TapeTransport
from agent.visit import Visit, Visitor
from collectors import panos
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import FirewallRule, RuleUsage
from evidence.reading import Reading
from evidence.tape import Tape, TapeAnswer
from evidence.usage import State, UsageProof, histories, prove
from lab.devices.https import LabHttps
from tests.by_hand import read

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
DAY = timedelta(days=1)
MADE = NOW - 900 * DAY
UUID = "00000001-aaaa-bbbb-cccc-000000000000"
KEY = f"vsys1/inet/{UUID}"
NOTHING = "<response status='success'><result/></response>"
VSYS = "<response status='success'><result><entry name='vsys1'/></result></response>"


def rulebase(name: str) -> str:
    return (
        "<response status='success'><result><rulebase><security><rules>"
        f"<entry name='{name}' uuid='{UUID}'><from><member>in</member></from>"
        "<to><member>out</member></to><source><member>any</member></source>"
        "<destination><member>any</member></destination><service><member>any</member></service>"
        "<application><member>any</member></application><action>allow</action></entry>"
        "</rules></security></rulebase></result></response>"
    )


def counters(name: str, count: int, edited: datetime, reset: int = 0) -> str:
    return (
        "<response status='success'><result><rule-hit-count><vsys><entry name='vsys1'><rule-base>"
        f"<entry name='security'><rules><entry name='{name}'><latest>yes</latest>"
        f"<hit-count>{count}</hit-count><last-hit-timestamp>0</last-hit-timestamp>"
        f"<last-reset-timestamp>{reset}</last-reset-timestamp>"
        f"<rule-creation-timestamp>{int(MADE.timestamp())}</rule-creation-timestamp>"
        f"<rule-modification-timestamp>{int(edited.timestamp())}</rule-modification-timestamp>"
        "</entry></rules></entry></rule-base></entry></vsys></rule-hit-count></result></response>"
    )


def answers(at: datetime, name: str, edited: datetime = MADE, **told: int) -> list[TapeAnswer]:
    """One silent rule of one vsys; the asks as they travel."""
    return [
        TapeAnswer(ask.text, body.encode(), at)
        for ask, body in (
            (panos.VSYS, VSYS),
            (panos.RULES(vsys="vsys1"), rulebase(name)),
            (panos.PUSHED(vsys="vsys1"), NOTHING),
            (panos.HITS(vsys="vsys1"), counters(name, 0, edited, **told)),
        )
    ]


def visit(
    transport: Transport, at: datetime = NOW, subjects: tuple[str, ...] = ("firewall",)
) -> Visit:
    visitor = Visitor(
        device=Device(id="fw", platform="panos", subjects=subjects),
        platform=platform("panos"),
        open_transport=lambda: transport,
        clock=lambda: at,
        key=SiteKey(b"tests"),
    )
    return visitor.visit(subjects)


def _way(lab: LabHttps) -> Https:
    device = Device(
        id="fw",
        platform="panos",
        address="127.0.0.1",
        port=lab.port,
        options={"tls_fingerprint": lab.fingerprint},
    )
    return open_https(device, Credential("", token=Secret("the-key")), platform("panos"))


def proof(*readings: list[TapeAnswer]) -> UsageProof:
    found = [visit(TapeTransport(one), one[0].at or NOW).readings[0] for one in readings]
    assert [one.failure for one in found] == [None] * len(found)
    return prove(list(histories(found)), NOW)[KEY]


def test_every_ask_travels_as_it_is_written_and_is_a_reading_one() -> None:
    asked = answers(NOW, "Allow")
    lab = LabHttps(Tape("panos", tuple(asked)), "the-key", token_header="X-PAN-KEY")
    with lab:
        reading = visit(_way(lab)).readings[0]
    assert reading.failure is None, reading.failure
    assert next(one.name for one in reading.of(FirewallRule)) == "Allow"
    declared = platform("panos").all_asks
    assert all(any(ask.admits(line) for ask in declared) for line in lab.lines)
    assert {one.ask for one in asked} <= set(lab.lines)
    for line in lab.lines:
        assert line.startswith(
            ("GET /api/?type=op&cmd=%3Cshow%3E", "GET /api/?type=config&action=")
        ), line


@pytest.mark.parametrize("error", [None, "privilege_missing"])
def test_a_key_that_is_not_taken_is_sent_once(error: str | None) -> None:
    """Older releases say it with status 200, newer ones with 403."""
    said = b"<response status = 'error' code = '403'><result><msg>Invalid Credential</msg>"
    refusal = TapeAnswer(panos.SYSTEM.text, said + b"</result></response>", error=error)
    lab = LabHttps(Tape("panos", (refusal,)), "the-key", token_header="X-PAN-KEY")
    with lab:
        found = visit(_way(lab), subjects=("firewall", "firmware"))
    assert [one.failure and one.failure.code for one in found.readings] == ["auth_failed"] * 2
    assert lab.lines == [panos.SYSTEM.text]


@pytest.mark.parametrize("name", ["vsys1']/x", "vsys1 ", "vsys", "sg1", "vsys1%27", "../vsys1"])
def test_a_vsys_of_another_form_is_never_sent(name: str) -> None:
    body = VSYS.replace("'vsys1'", f'"{name}"')
    reading = read("panos", "firewall", ("vsys", body.encode()))
    assert reading.failure is not None
    assert reading.failure.code == "gate_denied"


REFUSALS = {
    "403 Invalid Credential": "auth_failed",
    "22 Session timed out": "auth_failed",
    "403 Type [config] not authorized for user role.": "privilege_missing",
    "16 Unauthorized request": "privilege_missing",
    "13 Object permission denied": "privilege_missing",
    "3 Internal error": "output_unexpected",
}


@pytest.mark.parametrize("said", REFUSALS)
def test_a_refusal_is_said_in_words(said: str) -> None:
    code, _, sentence = said.partition(" ")
    body = f"<response status='error' code='{code}'><msg><line>{sentence}</line></msg></response>"
    reading = read("panos", "firewall", ("rules", body.encode()))
    assert reading.failure is not None
    assert reading.failure.code == REFUSALS[said]


def test_a_rule_never_reset_or_edited_is_proven_silent_from_two_readings() -> None:
    told = proof(answers(NOW - 200 * DAY, "Allow"), answers(NOW, "Allow"))
    assert told.state is State.proven
    assert not told.gaps


def test_a_rename_shows_as_another_counter() -> None:
    readings = answers(NOW - 200 * DAY, "Allow"), answers(NOW, "Allow all", NOW - 10 * DAY)
    keys, domains = zip(*(_usage(one) for one in readings), strict=True)
    assert len(set(keys)) == 1
    assert len(set(domains)) == 2
    told = proof(*readings)
    assert told.state is State.insufficient
    assert told.blind_gap_s > 100 * 86400, "hits before the rename went with the counter"


def test_an_edit_costs_the_time_since_the_reading_before_it() -> None:
    edited = NOW - 10 * DAY
    told = proof(
        answers(NOW - 200 * DAY, "Allow"),
        answers(edited - timedelta(hours=2), "Allow"),
        answers(NOW, "Allow", edited),
    )
    assert told.state is State.proven
    assert 7200 <= told.blind_gap_s < 3 * 3600


def test_a_reset_ends_what_a_zero_shows() -> None:
    told = proof(
        answers(NOW - 200 * DAY, "Allow"),
        answers(NOW, "Allow", reset=int((NOW - 20 * DAY).timestamp())),
    )
    assert told.state is State.insufficient


def _usage(one: list[TapeAnswer]) -> tuple[str, str]:
    reading: Reading = visit(TapeTransport(one), NOW).readings[0]
    usage = reading.of(RuleUsage)[0]
    return usage.key, usage.reset_domain


def test_no_secret_of_what_panorama_pushed_is_kept() -> None:
    secrets = {
        "community": "canary-1",
        "private-key": "canary-2",
        "bind-password": "-AQ==canary-3",
        "phash": "$5$canarycanary$canary4canary4",
        "authpwd": "canary-5",
        "secret": "<![CDATA[canary-6]]>",
    }
    pushed = "".join(f"<{tag}>{secret}</{tag}>" for tag, secret in secrets.items())
    body = f"<response status='success'><result><policy><panorama>{pushed}</panorama></policy>"
    body += "</result></response>"
    tape = [
        TapeAnswer(panos.RULES(vsys="vsys1").text, rulebase("Allow").encode(), NOW),
        TapeAnswer(panos.PUSHED(vsys="vsys1").text, body.encode(), NOW),
    ]
    found = visit(TapeTransport(tape))
    assert found.readings[0].failure is None
    kept = b"".join(found.captures.values())
    assert b"canary" not in kept
    assert kept.count(b"redacted:hmac:") == len(secrets)


def test_only_texts_that_somebody_delivers_are_of_a_command_line() -> None:
    commands: list[Ask] = [ask for ask in platform("panos").all_asks if ask.kind == "command"]
    assert {ask.text for ask in commands} == {
        "show system info",
        "show running security-policy",
        "show config running",
    }
    assert "ssh" not in platform("panos").transports, "no way to type them"
