"""The main job on real parts: devices that listen, a store that serves, and every byte accounted.

Five lab devices answer from the platforms' own tapes over SSH (terminal and commands), HTTPS
and SNMP v3. Every password, token and passphrase is a canary made for this run.
"""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import zlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import quote
from zipfile import ZipFile

import pytest

from agent.assess import assess, judge
from agent.collect import Run, collect, jobs_for
from agent.config import Config, load_config
from agent.handed import read_handed
from agent.ledger import Ledger
from agent.platforms import platform
from agent.push import StoreClient, push
from agent.sealing import Agent
from agent.transports.tape import TapeTransport
from agent.wired import agent_of, system_clock
from evidence.ask import Ask
from evidence.bundle import load_bundle
from evidence.clock import month_bounds, period_of
from evidence.device import Device
from evidence.facts import FirewallRule, SoftwareRelease, WirelessNetwork
from evidence.reading import canonical
from evidence.tape import Tape
from store.app import make_app
from store.serve import serving
from tests.fixtures_lab import ASA, ASA_TERMINAL, Site, by_device, rules_of, site, tape_of
from tests.test_cases import read_case
from verify.command import examine
from verify.report import Level
from verify.trust import load_trust

pytestmark = pytest.mark.whole

PROGRAM = "from agent.cli import main; main()"
HISTORY_DAYS = 8
LINUX = tape_of("linux/firewall.nftables", "linux/firmware.debian-12")
FORTIOS = tape_of(
    "fortios/firewall.two_vdoms", "fortios/firmware.pair", "fortios/wireless.controller"
)
SWITCH = tape_of("snmp/firmware.catalyst-stack")
HOSTAPD = tape_of("hostapd/wireless.eight_networks")


@dataclass
class Job:
    """The site after the job was done, and what it saw. The store is still serving."""

    lab: Site
    config: Config
    run: Run
    tapes: dict[str, Tape]
    now: datetime
    log: str


def planted(lab: Site, tape: Tape) -> Tape:
    """The tape with each secret in its answers exchanged for a canary, equal for equal."""
    known: dict[bytes, bytes] = {}

    def canary(match: re.Match[bytes]) -> bytes:
        return known.setdefault(match[0], lab.secret().encode())

    return replace(
        tape,
        answers=tuple(
            replace(one, body=re.sub(rb"canary[\w=-]+", canary, one.body)) for one in tape.answers
        ),
    )


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    folder = tmp_path_factory.mktemp("job")
    app = make_app(folder / "store", clock=system_clock)
    with site(folder) as lab, serving(app) as url:
        lab.store_url = url
        tapes = {
            "fw-asa": ASA,
            "gw-linux": LINUX,
            "fw-fortios": planted(lab, FORTIOS),
            "sw-core": SWITCH,
            "ap-hostapd": planted(lab, HOSTAPD),
        }
        lab.ssh("fw-asa", tapes["fw-asa"], "firewall", "firmware", terminal=ASA_TERMINAL)
        lab.ssh("gw-linux", tapes["gw-linux"], "firewall", "firmware")
        lab.https("fw-fortios", tapes["fw-fortios"], "firewall", "firmware", "wireless")
        lab.snmp("sw-core", tapes["sw-core"], "firmware")
        lab.ssh("ap-hostapd", tapes["ap-hostapd"], "wireless")
        config = lab.write()
        with lab.agent(config) as agent, logged() as log:
            app.state.custody.enrol("agent-1", ["main"], agent.signing_key.public)
            now = agent.clock()
            past(config, agent, tapes, now)
            run = lab.collect(config, agent)
            assess(config, agent, period_of(agent.clock()), agent.clock())
            pushed = push(agent.ledger, client_of(config, agent))
        assert not pushed.refused
        yield Job(lab, config, run, tapes, system_clock(), log.getvalue())


@contextmanager
def logged() -> Iterator[StringIO]:
    """Everything that anybody logs, the libraries' finest words included."""
    text, root = StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield text
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def past(config: Config, agent: Agent, tapes: dict[str, Tape], now: datetime) -> None:
    """Days of history, as if the agent had been there: the same answers under earlier clocks."""

    def answers(device: Device) -> TapeTransport:
        return TapeTransport([replace(one, at=None) for one in tapes[device.id].answers])

    devices = [config.devices["fw-asa"], config.devices["gw-linux"]]
    for ago in range(HISTORY_DAYS, 0, -1):
        day = now - timedelta(days=ago)
        then = replace(agent, clock=lambda at=day: at)  # type: ignore[misc]
        collect(then, jobs_for(devices), answers)


def client_of(config: Config, agent: Agent) -> StoreClient:
    assert config.store is not None
    return StoreClient(config.store, agent.signing_key, agent.clock, config.path.parent)


# --- what was read is what the devices say ---


def test_every_device_was_read(job: Job) -> None:
    readings = by_device(job.run)
    wanted = {(one.id, subject) for one in job.config.devices.values() for subject in one.subjects}
    assert set(readings) == wanted
    assert {key: one.failure for key, one in readings.items() if one.failure} == {}
    for name in ("fw-asa", "gw-linux", "fw-fortios"):
        assert readings[name, "firewall"].of(FirewallRule)
        assert readings[name, "firmware"].of(SoftwareRelease)
        taped = read_case(job.tapes[name], "firewall")
        assert rules_of(readings[name, "firewall"]) == rules_of(taped)
    taped = read_case(job.tapes["sw-core"], "firmware")
    assert readings["sw-core", "firmware"].of(SoftwareRelease) == taped.of(SoftwareRelease)


# --- the agent can only read ---


def test_a_device_hears_its_platforms_asks_and_nothing_else(job: Job) -> None:
    for name, lines in job.lab.heard.items():
        assert lines, f"{name} heard nothing"
        one = platform(job.config.devices[name].platform)
        if one.name == "snmp":
            strange = [line for line in lines if not lawful_pdu(line, one.all_asks)]
        else:
            strange = [line for line in lines if not any(a.admits(line) for a in one.all_asks)]
        assert strange == [], name


def lawful_pdu(line: str, asks: tuple[Ask, ...]) -> bool:
    """Whether an SNMP question stays below what some ask names, and only reads."""
    kind, *objects = line.split()
    roots = {
        word.lstrip(".").split("{")[0].rstrip(".") for ask in asks for word in ask.text.split()[1:]
    }
    below = [any(f"{one}.".startswith(f"{root}.") for root in roots) for one in objects]
    return kind in ("get", "getnext", "getbulk") and all(below)


# --- no secret goes anywhere ---


def spellings(secret: str) -> Iterator[bytes]:
    """The ways in which a secret might have been written down."""
    raw = secret.encode()
    yield from (raw, raw[::-1], raw.hex().encode(), raw.hex().upper().encode())
    yield from (quote(secret, safe="").replace("-", "%2D").encode(), secret.encode("utf-16-le"))
    for shift in range(3):  # base64 of a longer text that holds it, wherever it begins
        middle = b64encode(b"\0" * shift + raw)[4 if shift else 0 :]
        yield middle[: len(raw) * 4 // 3 - 4]


def contents(path: Path) -> Iterator[bytes]:
    """A file's bytes, and what is packed inside them."""
    body = path.read_bytes()
    yield body
    if body.startswith(b"PK"):
        with ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    with suppress(zlib.error):
        yield zlib.decompress(body)


def test_no_secret_is_in_any_file_or_word_of_the_agent_or_the_store(job: Job) -> None:
    ledger = Ledger(job.config.state)
    told = [
        job.log.encode(),
        *(canonical(reading.record()) for reading in ledger.readings()),
        *(envelope for _, _, envelope in ledger.records()),
        *(line.encode() for lines in job.lab.heard.values() for line in lines),
        repr(job.run).encode(),
    ]
    ledger.close()
    files = [
        path
        for path in job.lab.folder.rglob("*")
        if path.is_file() and path.parent.name != "credentials"
    ]
    assert any("store" in path.parts for path in files)
    assert len(job.lab.secrets) >= 12
    for body in (*told, *(part for path in files for part in contents(path))):
        for secret in job.lab.secrets:
            assert not any(one in body for one in spellings(secret))


def test_a_canary_would_be_found() -> None:
    secret = "canary-0123456789abcdef"
    for text in (f"x{secret}", f"xy{secret}", f"xyz{secret}y"):
        packed = b64encode(text.encode())
        assert any(one in packed for one in spellings(secret))
    assert any(one in secret.encode().hex().encode() for one in spellings(secret))


def test_a_secret_has_the_same_digest_live_and_on_re_reading(job: Job, tmp_path: Path) -> None:
    with agent_of(job.config) as agent:
        key = agent.site_key
    for name in ("fw-fortios", "ap-hostapd"):
        live = by_device(job.run)[name, "wireless"]
        path = tmp_path / f"{name}.tape"
        job.tapes[name].write(path)
        device = job.config.devices[name]
        visit = read_handed(platform(device.platform), "wireless", [], path, device, key)
        (again,) = visit.readings
        assert again.facts == live.facts
        assert again.captures == live.captures, "redacted to the same bytes"
        assert any(f"redacted:hmac:{key.id}:".encode() in one for one in visit.captures.values())
    networks = by_device(job.run)["ap-hostapd", "wireless"].of(WirelessNetwork)
    digests = [one.passphrase_digest for one in networks if one.passphrase_digest]
    assert len(digests) > len(set(digests)), "two networks of one passphrase show as equal"


# --- sealed, stored, judged, verified ---


def test_every_bundle_verifies_and_reads_again_the_same(job: Job) -> None:
    trust = load_trust([job.config.state / "signing.pub.pem"], None)
    bundles = list((job.config.state / "bundles").rglob("*.zip"))
    assert len(bundles) == len(job.config.devices) + 2 * HISTORY_DAYS
    for path in bundles:
        report = examine(path, trust, None)
        assert (report.exit_code, report.reached) == (0, Level.re_read), report.problems


def test_nothing_waits_and_the_store_has_each_bundle_once(job: Job) -> None:
    with agent_of(job.config) as agent:
        stored = {one.digest for one in agent.ledger.bundles_in("stored")}
        assert agent.ledger.bundles_in("spooled") == agent.ledger.bundles_in("refused") == []
        assert agent.ledger.records(state="spooled") == []
        listed = [digest for _, digest in client_of(job.config, agent).listed("bundles")]
        assert push(agent.ledger, client_of(job.config, agent)).stored == 0
    assert sorted(listed) == sorted(stored)
    kept = {load_bundle(path).digest for path in (job.config.state / "bundles").rglob("*.zip")}
    assert kept == stored


def test_a_lost_ledger_comes_back_from_the_store_with_the_same_verdicts(
    job: Job, tmp_path: Path
) -> None:
    text = (job.lab.folder / "agent.yaml").read_text()
    (tmp_path / "agent.yaml").write_text(text)
    (tmp_path / "devices.yaml").write_text((job.lab.folder / "devices.yaml").read_text())
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    for name in ("signing.pem", "site.key"):
        (state / name).touch(0o600)
        (state / name).write_bytes((job.config.state / name).read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "ledger", "rebuild", "--from-store"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parent.parent), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    later = min(job.now + timedelta(days=3), month_bounds(period_of(job.now))[1])
    before, after = (
        judged(config, later, period_of(job.now))
        for config in (job.config, load_config(tmp_path / "agent.yaml"))
    )
    assert before == after
    assert before["findings"]
    assert before["histories"]


def judged(config: Config, at: datetime, period: str) -> dict[str, object]:
    with agent_of(config) as agent:
        found = judge(config, agent, period, at)
        devices = list(config.devices)
        histories = [
            (history.unit, history.digests, history.count.tolist())
            for device in devices
            for history in agent.ledger.histories(device, at - timedelta(days=400), at)
        ]
    return {
        "observations": [one.record() for one in found.observations],
        "findings": list(found.judgement.records()),
        "used": sorted(found.used),
        "histories": histories,
    }


def test_replayed_bundles_are_refused_by_a_store_that_was_not_told_to_take_them(job: Job) -> None:
    device = job.config.devices["gw-linux"]
    with agent_of(job.config, replayed=True) as agent:
        before = len(agent.ledger.bundles_in("stored"))
        transport = TapeTransport(job.tapes["gw-linux"].answers)
        run = collect(agent, jobs_for([device]), lambda _: transport)
        assert {r.provenance for visit in run.visits for r in visit.readings} == {"replayed"}
        pushed = push(agent.ledger, client_of(job.config, agent))
        (refused,) = agent.ledger.bundles_in("refused")
        assert len(agent.ledger.bundles_in("stored")) == before
    assert refused.replayed
    assert "replayed" in (refused.problem or "")
    assert refused.digest in dict(pushed.refused)
