"""The doctor at 2 a.m.: what is wrong is named with its mend, and nobody is logged in to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from agent.config import Config, load_config
from agent.doctor import Condition, examine
from agent.doctor.condition import certificate
from agent.doctor.store import look_at_store
from agent.ledger import Ledger
from agent.wired import make_keys, system_clock
from evidence.facts import Unit
from evidence.reading import Reading
from evidence.tape import read_tape
from tests import ports
from tests.fixtures_lab import ASA, ASA_TERMINAL, CASES, Site, tape_of
from tests.fixtures_sshd import Sshd
from tests.fixtures_store import Served, served_store

NOW = datetime.now(UTC)
FORTIOS = tape_of("fortios/firewall.two_vdoms")
SNMP = read_tape(next(iter(sorted((CASES / "snmp").glob("firmware.*.tape")))))


def looked(config: Config, *names: str, login: bool = False) -> list[Condition]:
    return examine(config, datetime.now(UTC), names, "lin" if login else None)


def wrong(found: list[Condition]) -> dict[tuple[str, str], Condition]:
    """What is not fine, by device and side of it."""
    return {(one.what, one.about): one for one in found if one.state != "ok"}


def states(found: list[Condition], device: str) -> dict[str, str]:
    return {one.about: one.state for one in found if one.what == device}


@pytest.fixture
def closed_port() -> int:
    """A port of loopback where nobody listens."""
    return ports.closed_port()


# --- devices, before any log-in ---


def test_a_device_in_order_is_quiet_and_nobody_logs_in(lab_site: Site) -> None:
    ssh = lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL)
    https = lab_site.https("fw-02", FORTIOS, "firewall")
    snmp = lab_site.snmp("sw-01", SNMP, "firmware")
    config = lab_site.write()
    with lab_site.agent(config):
        found = looked(config)
    assert not [one for one in found if one.what.startswith(("fw", "sw")) and one.state != "ok"]
    assert states(found, "fw-01") == {"secret": "ok", "reach": "ok", "host key": "ok"}
    assert states(found, "fw-02") == {"secret": "ok", "reach": "ok", "certificate": "ok"}
    assert states(found, "sw-01") == {"secret": "ok", "reach": "ok", "privilege": "ok"}
    assert ssh.attempts == 0
    assert not ssh.lines + https.lines + snmp.lines


def test_a_changed_host_key_is_named_before_any_log_in(lab_site: Site) -> None:
    lab = lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL)
    lab_site._host_keys["fw-01"] = "SHA256:" + "A" * 43
    config = lab_site.write()
    with lab_site.agent(config):
        found = wrong(looked(config, "fw-01", login=True))
    ((where, one),) = found.items()
    assert where == ("fw-01", "host key")
    assert one.said.startswith("host_key_changed: ")
    assert lab.fingerprint in one.said
    assert one.mend.endswith(f"evidence-agent hostkey accept fw-01 {lab.fingerprint}")
    assert lab.attempts == 0, "a key that is not the pinned one is not logged in to"


def test_an_unknown_host_key_is_shown_to_be_compared(lab_site: Site) -> None:
    lab = lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL)
    config = lab_site.write()
    one = wrong(looked(config, "fw-01"))["fw-01", "host key"]
    assert (one.state, one.exit_code) == ("warn", 0)
    assert lab.fingerprint in one.said and lab.fingerprint in one.mend
    Ledger(config.state).accept_host_key("fw-01", lab.fingerprint, "lin", NOW)
    assert not wrong(looked(config, "fw-01"))


def test_a_dead_device_is_one_line_and_others_are_looked_at(
    lab_site: Site, closed_port: int
) -> None:
    lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL, port=closed_port)
    lab_site.ssh("fw-02", ASA, "firmware", terminal=ASA_TERMINAL)
    config = lab_site.write()
    with lab_site.agent(config):
        found = looked(config, "fw-01", "fw-02", login=True)
    ((where, one),) = wrong(found).items()
    assert where == ("fw-01", "reach")
    assert one.said.startswith("device_unreachable: ")
    assert f"127.0.0.1:{closed_port}" in one.said and "Errno" not in one.said
    assert states(found, "fw-02")["log-in"] == "ok"


@pytest.mark.parametrize(("transport", "platform"), [("snmp", "snmp"), ("wire", "rdp_wire")])
def test_a_silent_port_of_any_kind_is_unreachable(
    tmp_path: Path, closed_port: int, transport: str, platform: str
) -> None:
    config = configured(tmp_path, [entry("d-1", platform, closed_port, transport)])
    assert wrong(looked(config, "d-1"))["d-1", "reach"].said.startswith("device_unreachable")


def test_a_wrong_password_shows_only_with_a_log_in_and_is_tried_once(lab_site: Site) -> None:
    lab = lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL, password="wrong-1")
    config = lab_site.write()
    with lab_site.agent(config):
        assert not wrong(looked(config, "fw-01"))
        assert lab.attempts == 0
        one = wrong(looked(config, "fw-01", login=True))["fw-01", "log-in"]
    assert one.said.startswith("auth_failed")
    assert "wrong-1" not in f"{one.said}{one.mend}"
    assert lab.attempts == 1


def test_where_nobody_logs_in_no_log_in_is_claimed(tmp_path: Path) -> None:
    config = configured(tmp_path, [entry("h-1", "linux", 1, "local")])
    assert "log-in" not in states(looked(config, "h-1", login=True), "h-1")


def test_a_token_is_tried_by_the_first_declared_request(lab_site: Site) -> None:
    lab = lab_site.https("fw-01", FORTIOS, "firewall")
    config = lab_site.write()
    with lab_site.agent(config):
        found = looked(config, "fw-01", login=True)
        assert states(found, "fw-01")["log-in"] == "ok"
        (lab_site.folder / "credentials" / "fw-01").write_text("token: another\n")
        one = wrong(looked(config, "fw-01", login=True))["fw-01", "log-in"]
    assert one.said.startswith("auth_failed")
    assert len(lab.lines) == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [("username: x\n", "secret_invalid"), ("[1\n", "secret_invalid"), ("", "secret_missing")],
)
def test_a_secret_that_cannot_log_in_is_said_first(lab_site: Site, content: str, code: str) -> None:
    lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL)
    config = lab_site.write()
    (lab_site.folder / "credentials" / "fw-01").write_text(content)
    one = wrong(looked(config, "fw-01"))["fw-01", "secret"]
    assert one.said.startswith(code)
    assert one.exit_code == 2


def test_another_certificate_than_the_pinned_one_is_no_device_of_ours(lab_site: Site) -> None:
    lab = lab_site.https("fw-01", FORTIOS, "firewall", options={})
    lab_site._devices[0]["options"]["tls_fingerprint"] = "SHA256:" + "ab" * 32
    config = lab_site.write()
    one = wrong(looked(config, "fw-01"))["fw-01", "reach"]
    assert one.said.startswith("tls_untrusted") and lab.fingerprint in one.said
    del lab_site._devices[0]["options"]["tls_fingerprint"]
    one = wrong(looked(lab_site.write(), "fw-01"))["fw-01", "reach"]
    assert one.said.startswith("tls_untrusted")
    assert f"tls_fingerprint: {lab.fingerprint}" in one.mend
    assert not lab.lines


@pytest.mark.part("sshd", "ssh-keygen")
@pytest.mark.parametrize(
    ("lines", "key", "code"),
    [
        (("HostKeyAlgorithms ssh-dss",), "dsa", "ssh_dss_only"),
        (("KexAlgorithms diffie-hellman-group14-sha1",), "rsa", "ssh_legacy_only"),
        (("Ciphers chacha20-poly1305@openssh.com",), "rsa", "ssh_incompatible"),
    ],
)
def test_what_cannot_be_reached_is_told_from_its_own_proposal(
    tmp_path: Path, sshd: Callable[..., Sshd], lines: tuple[str, ...], key: str, code: str
) -> None:
    server = sshd({}, *lines, host_key=key)
    config = configured(tmp_path, [entry("fw-01", "linux", server.port, "ssh")])
    one = wrong(looked(config, "fw-01"))["fw-01", "reach"]
    assert one.said.startswith(f"{code}: ")
    assert one.mend or code == "ssh_incompatible"
    assert server.logged("userauth-request") == 0


@pytest.mark.part("sshd", "ssh-keygen")
def test_an_exception_that_is_no_longer_needed_is_said(
    tmp_path: Path, sshd: Callable[..., Sshd]
) -> None:
    server = sshd({})
    device = entry("fw-01", "linux", server.port, "ssh")
    device["exceptions"] = {"ssh_legacy": "EX-7, until the upgrade"}
    found = wrong(looked(configured(tmp_path, [device]), "fw-01"))
    assert "not needed" in found["fw-01", "algorithms"].said
    assert "EX-7" in found["fw-01", "exception"].said


def test_a_device_behind_a_jump_host_waits_for_a_log_in(lab_site: Site) -> None:
    lab_site.ssh("jump-01", ASA, "firmware", terminal=ASA_TERMINAL)
    lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL, via="jump-01")
    config = lab_site.write()
    found = {one.about: one for one in looked(config, "fw-01")}
    assert "behind jump-01" in found["reach"].said


# --- what was read, and the site's own data ---


def test_zones_that_nobody_mapped_are_listed_by_name(lab_site: Site) -> None:
    lab_site.https("fw-01", FORTIOS, "firewall")
    config = lab_site.write()
    with lab_site.agent(config) as agent:
        lab_site.collect(config, agent)
        one = wrong(looked(config, "fw-01"))["fw-01", "zones"]
        names = one.said.partition(": ")[2].split(", ")
        assert names == sorted(names) and len(names) > 1
        settings = yaml.safe_load(config.path.read_text()) | {"zones": "zones.yaml"}
        config.path.write_text(yaml.safe_dump(settings))
        zones = {"devices": {"fw-01": dict.fromkeys(names, "internal")}}
        (lab_site.folder / "zones.yaml").write_text(yaml.safe_dump(zones))
        mapped = looked(load_config(config.path), "fw-01")
    assert states(mapped, "fw-01")["zones"] == "ok"


@pytest.mark.parametrize(("offset_s", "state"), [(3.0, "ok"), (-61.0, "warn"), (7200.0, "warn")])
def test_clocks_of_devices_are_compared_with_ours(
    tmp_path: Path, offset_s: float, state: str
) -> None:
    config = configured(tmp_path, [entry("fw-01", "linux", 9, "ssh")])
    ledger = Ledger(config.state)
    unit = Unit(hostname="gw", clock_at=NOW, clock_zone="UTC", clock_offset_s=offset_s)
    reading = Reading(device="fw-01", subject="firewall", at=NOW, facts=(unit,))
    ledger.keep_bundle(reading.digest, b"x", [reading], "run", False)
    ledger.close()
    one = next(one for one in looked(config, "fw-01") if one.about == "clock")
    assert one.state == state
    assert f"{offset_s:+.0f} s" in one.said


def test_a_reading_that_failed_is_said_with_its_next_step(lab_site: Site) -> None:
    lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL, password="wrong-1")
    config = lab_site.write()
    with lab_site.agent(config) as agent:
        lab_site.collect(config, agent)
        one = wrong(looked(config, "fw-01"))["fw-01", "last reading"]
        held = wrong(looked(config, "fw-01"))["fw-01", "log-in"]
        config.path.with_name("credentials").joinpath("fw-01").write_text("password: another\n")
        corrected = wrong(looked(config, "fw-01"))
    assert "auth_failed" in one.said and "unlock" in one.mend
    assert held.said.startswith("auth_held") and held.state == "warn"
    assert ("fw-01", "log-in") not in corrected


# --- certificates, store, host ---


@pytest.mark.parametrize(
    ("days", "state", "exit_code"),
    [
        (-1, "fail", 1),
        (3, "fail", 1),
        (8, "warn", 0),
        (13, "warn", 0),
        (29, "warn", 0),
        (40, "ok", 0),
    ],
)
def test_a_certificate_is_named_before_it_ends(days: int, state: str, exit_code: int) -> None:
    one = certificate("fw-01", NOW + timedelta(days=days, minutes=1), NOW, "renew it")
    assert (one.state, one.exit_code) == (state, exit_code)
    assert f"{NOW + timedelta(days=days, minutes=1):%Y-%m-%d}" in one.said
    assert ("soon" in one.said) == (days in (8, 13))


def test_a_store_that_is_ready_is_fine_and_one_that_is_away_is_not(
    tmp_path: Path, store: Served, closed_port: int
) -> None:
    config = configured(tmp_path, [], store={"url": store.url})
    found = list(look_at_store(config, datetime.now(UTC)))
    assert next(one.said for one in found if one.state == "ok").endswith("is ready")
    off = list(look_at_store(config, datetime.now(UTC) + timedelta(seconds=400)))
    assert [(one.about, one.exit_code) for one in off if one.state == "fail"] == [("clock", 3)]
    away = configured(tmp_path, [], store={"url": f"http://127.0.0.1:{closed_port}"})
    (one,) = [one for one in look_at_store(away, NOW) if one.state == "fail"]
    assert one.said.startswith("store_away") and one.exit_code == 3
    lost = configured(tmp_path, [], store={"url": store.url, "public_key": "none.pem"})
    assert [one.exit_code for one in look_at_store(lost, NOW)] == [2]


def test_an_agent_that_the_store_does_not_let_in_is_said(tmp_path: Path) -> None:
    """Revoked or locked, it went on collecting, and the doctor said that all is well."""
    with served_store(tmp_path / "store", clock=system_clock) as store:
        config = configured(tmp_path, [], store={"url": store.url})

        def access() -> list[tuple[str, int, str]]:
            found = look_at_store(config, datetime.now(UTC))
            return [
                (one.state, one.exit_code, one.said.partition(":")[0])
                for one in found
                if one.about == "access"
            ]

        key = make_keys(config.state)
        assert access() == [("fail", 3, "agent_unknown")]
        store.custody.enrol("agent-1", ["main"], key.public)
        assert access() == [("ok", 0, "it lets this agent in")]
        store.custody.revoke("agent-1", None)
        assert access() == [("fail", 3, "agent_unknown")]


def test_what_waits_too_long_and_a_full_spool_are_said(tmp_path: Path, closed_port: int) -> None:
    settings = {"url": f"http://127.0.0.1:{closed_port}"}
    config = configured(tmp_path, [], store=settings, limits={"spool_bytes": 1_000_000})
    old = Reading(device="fw-01", subject="firewall", at=NOW - timedelta(days=3))
    ledger = Ledger(config.state)
    ledger.keep_bundle(old.digest, bytes(1_000_001), [old], "run", False)
    ledger.close()
    found = wrong(looked(config))
    assert "the oldest for 3 days" in found["spool", ""].said
    full = found["disk", ""]
    assert full.said.startswith("spool_full") and full.exit_code == 3


def test_a_day_that_some_months_lack_is_said(tmp_path: Path) -> None:
    device = entry("fw-01", "linux", 9, "ssh") | {"schedule": "monthly on 31 at 02:30"}
    found = wrong(looked(configured(tmp_path, [device])))
    assert "runs on the last day" in found["schedule", ""].said
    assert found["schedule", ""].said.startswith("fw-01")


def test_a_state_folder_that_takes_nothing_is_the_machine_s_fault(tmp_path: Path) -> None:
    config = replace(configured(tmp_path, []), state=Path("/proc/1/evidence"))
    failed = [one for one in looked(config) if one.exit_code == 3]
    assert any(one.said.startswith("env_state") for one in failed)


def test_a_host_without_systemd_can_collect_and_cannot_run_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Mocked: whether systemd runs here is the machine's, not the test's.
    monkeypatch.setattr("agent.doctor.host.SYSTEMD", tmp_path / "none")
    assert wrong(looked(configured(tmp_path, [])))["systemd", ""].exit_code == 0
    daemon = configured(tmp_path, [], daemon={"metrics_port": 9464})
    one = wrong(looked(daemon))["systemd", ""]
    assert (one.state, one.exit_code) == ("fail", 3)
    assert one.said.startswith("env_no_systemd")
    monkeypatch.setattr("agent.doctor.host.SYSTEMD", tmp_path)
    assert ("systemd", "") not in wrong(looked(daemon))


# --- helpers ---


def entry(name: str, platform: str, port: int, transport: str) -> dict[str, object]:
    return {
        "id": name,
        "platform": platform,
        "host": "127.0.0.1",
        "port": port,
        "transport": transport,
    }


def configured(folder: Path, devices: list[dict[str, object]], **more: object) -> Config:
    settings = {"id": "agent-1", "state": "state", **more}
    (folder / "agent.yaml").write_text(json.dumps(settings))
    (folder / "devices.yaml").write_text(json.dumps({"devices": devices}))
    make_keys(folder / "state")
    return load_config(folder / "agent.yaml")
