"""The hardened units, really run: booted, installed as the guide says, hung, killed and stopped."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from evidence.bundle import Bundle, load_bundle
from evidence.facts import FirewallRule
from evidence.seal import PublicKey
from tests.fixtures_guest import STATE, guide
from tests.guest import Failed, Guest

pytestmark = [
    pytest.mark.part("root", "container", "systemd-creds", "nft", "sshd", "ssh-keygen", "openssl"),
    pytest.mark.timeout(300),
]
DOCTOR = "runuser -u evidence-agent -- evidence-agent doctor -v || true"
UNITS = ("evidence-agent", "evidence-store")


def bundles(guest: Guest) -> dict[str, Bundle]:
    """Everything that the agent has sealed, checked with its key, by digest."""
    state = guest.root / STATE[1:]
    key = PublicKey.of_pem((state / "signing.pub.pem").read_bytes(), "agent")
    return {path.stem: load_bundle(path, [key]) for path in (state / "bundles").rglob("*.zip")}


def collected(guest: Guest, who: str, *names: str) -> dict[str, str]:
    """What a person is told who asks the daemon: the state of each device's readings."""
    command = f"runuser -u {who} -- evidence-agent collect --json {' '.join(names)}"
    return {row["device"]: row["state"] for row in map(json.loads, guest.sh(command).splitlines())}


def restarted(guest: Guest, hurt: Callable[[str], object]) -> None:
    """Hurt the daemon, and wait until systemd has another one running."""
    before, process = guest.shown(UNITS[0], "NRestarts"), guest.shown(UNITS[0], "MainPID")
    hurt(process)
    guest.wait_for(lambda: guest.shown(UNITS[0], "NRestarts") != before)
    guest.wait_for(lambda: guest.shown(UNITS[0], "ActiveState") == "active")
    assert guest.shown(UNITS[0], "MainPID") != process


def test_every_command_of_the_guide_was_run() -> None:
    """By installing it and by the tests below; here, that no part was added and not followed."""
    assert {number: len(blocks) for number, blocks in guide().items()} == {
        1: 1, 2: 2, 3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 2, 9: 1, 10: 2,
    }  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_runs_without_rights(guest: Guest, unit: str) -> None:
    assert guest.shown(unit, "ActiveState") == "active"
    status = guest.sh(f"cat /proc/{guest.shown(unit, 'MainPID')}/status")
    said = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert said["Uid"].split()[0] != "0"
    for capabilities in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
        assert int(said[capabilities], 16) == 0
    assert (said["NoNewPrivs"], said["Seccomp"]) == ("1", "2")
    # What it is not to write, it sees as read-only: of its own state alone is that not so.
    mounts = guest.sh(f"cat /proc/{guest.shown(unit, 'MainPID')}/mounts").splitlines()
    written = {line.split()[1] for line in mounts if line.split()[3].startswith("rw")}
    assert f"/var/lib/{unit}" in written
    assert not {"/", "/etc", "/usr", "/opt", "/home"} & written


def test_an_operator_is_told_and_named(guest: Guest) -> None:
    """gw-01 by a key that systemd decrypted; this host's rules by what its root unit wrote."""
    before = set(bundles(guest))
    told = collected(guest, "alice")
    assert told == dict.fromkeys(("gw-01", "this-host", "this-host-rules"), "read")
    made = [bundle for digest, bundle in bundles(guest).items() if digest not in before]
    assert {one.collection.requester for one in made} == {"alice"}
    assert {one.collection.device.id for one in made} == set(told)
    by_key = next(one for one in made if one.collection.device.id == "gw-01")
    assert {one.account for one in by_key.collection.asks if one.failure is None} == {"evidence"}


def test_who_is_no_operator_is_turned_away(guest: Guest) -> None:
    with pytest.raises(Failed, match="operator_denied"):
        collected(guest, "bob")
    with pytest.raises(Failed, match="Permission denied"):
        guest.sh(f"runuser -u alice -- cat {STATE}/signing.pem")
    with pytest.raises(Failed, match="Permission denied"):
        guest.sh("runuser -u alice -- cat /run/evidence-agent-host/current/nft_ruleset")


def test_no_secret_lies_on_the_disk(guest: Guest) -> None:
    """The credential is there encrypted, and in the unit's memory; nowhere in the clear."""
    clear = guest.sh("grep -rl 'OPENSSH PRIVATE KEY' /etc /root /var/lib /opt/*/share || true")
    assert clear.split() == ["/etc/ssh/ssh_host_ed25519_key"]
    handed = "/run/credentials/evidence-agent.service/gw-01"
    assert "OPENSSH PRIVATE KEY" in guest.sh(f"runuser -u evidence-agent -- cat {handed}")
    with pytest.raises(Failed, match="Permission denied"):
        guest.sh(f"runuser -u alice -- cat {handed}")


def test_the_kernels_rules_come_through_the_root_unit(guest: Guest) -> None:
    guest.sh("systemctl start evidence-agent-host")
    assert guest.shown("evidence-agent-host.timer", "ActiveState") == "active"
    # And at boot before the agent, which would find no answer otherwise.
    assert "evidence-agent-host.service" in guest.shown("evidence-agent", "After").split()
    assert guest.shown("evidence-agent-host", "WantedBy") == "multi-user.target"
    run = guest.sh("cat /run/evidence-agent-host/current/written_by").strip()
    before = set(bundles(guest))
    collected(guest, "alice", "this-host-rules")
    ((_, made),) = (one for one in bundles(guest).items() if one[0] not in before)
    (reading,) = made.collection.readings
    rules = [fact for fact in reading.facts if isinstance(fact, FirewallRule)]
    assert [(one.action, one.services) for one in rules if one.services != ("any",)] == [
        ("accept", ("tcp/22",)),
        ("drop", ("tcp/23",)),
    ]
    answered = [one for one in made.collection.asks if one.failure is None]
    assert {one.provenance.delivered_by for one in answered} == {run}
    assert run.startswith("evidence-agent-host.service, run ")


def test_the_root_unit_may_do_no_more_than_it_needs(guest: Guest) -> None:
    """The same confinement around another program: it lists rules, and opens nothing of others."""
    tried = "cat /etc/shadow; cat /var/lib/evidence-agent/signing.pem; touch /etc/x; ip link"
    confined = guest.root / "etc/systemd/system/confined.service"
    unit = (guest.root / "etc/systemd/system/evidence-agent-host.service").read_text()
    lines = [line for line in unit.splitlines() if not line.startswith(("ExecStart=", "Runtime"))]
    lines.insert(lines.index("[Service]") + 1, f"ExecStart=/bin/sh -c '{tried}'")
    confined.write_text("\n".join(lines) + "\n")
    guest.sh("systemctl daemon-reload; systemctl start confined")
    said = guest.journal("confined")
    assert said.count("Permission denied") == 1  # signing.pem, of another account
    assert "Read-only file system" in said


def test_what_hangs_is_restarted(guest: Guest) -> None:
    kept = set(bundles(guest))
    restarted(guest, lambda process: guest.sh(f"kill -STOP {process}"))
    assert "Watchdog timeout" in guest.sh("journalctl --no-pager -o cat -u evidence-agent")
    assert kept <= set(bundles(guest))
    assert collected(guest, "alice", "gw-01") == {"gw-01": "read"}


def test_a_killed_daemon_comes_back_and_nothing_is_lost(
    guest: Guest, drill_count: Callable[[int, int], int]
) -> None:
    for _ in range(drill_count(1, 20)):
        kept = set(bundles(guest))
        restarted(guest, lambda process: guest.sh(f"kill -KILL {process}"))
        assert kept <= set(bundles(guest))
        assert collected(guest, "alice", "gw-01") == {"gw-01": "read"}


def test_a_reload_takes_a_good_configuration_and_keeps_it_from_a_bad_one(guest: Guest) -> None:
    devices = guest.root / "etc/evidence-agent/devices.yaml"
    good, process = devices.read_text(), guest.shown(UNITS[0], "MainPID")
    devices.write_text(good + "  - {id: more, platform: linux, transport: local}\n")
    guest.sh("systemctl reload evidence-agent")
    guest.wait_for(lambda: "4 devices" in guest.shown(UNITS[0], "StatusText"))
    devices.write_text(good + "  - {id: more, platform: no-such-platform}\n")
    guest.sh("systemctl reload evidence-agent")
    guest.wait_for(lambda: "configuration kept" in guest.shown(UNITS[0], "StatusText"))
    devices.write_text(good)
    guest.sh("systemctl reload evidence-agent")
    guest.wait_for(lambda: "3 devices" in guest.shown(UNITS[0], "StatusText"))
    assert guest.shown(UNITS[0], "MainPID") == process


def test_what_was_read_reaches_the_store(guest: Guest) -> None:
    read = set(bundles(guest))
    nothing_waits(guest)
    store = guest.root / "var/lib/evidence-store"
    assert read <= {path.stem for path in store.rglob("*")}
    (fsck,) = guide()[8][1:]
    guest.sh(fsck)


@pytest.mark.drill
def test_a_silent_device_does_not_keep_it_from_stopping(guest: Guest) -> None:
    """It takes what a run is given to end, 20 s, and no more; what was not read is on record."""
    devices = guest.root / "etc/evidence-agent/devices.yaml"
    good = devices.read_text()
    guest.sh("python3 -c 'import socket, time; s = socket.create_server((\"127.0.0.1\", 2222));"
             " time.sleep(300)' > /dev/null 2>&1 &")  # fmt: skip
    devices.write_text(
        good + "  - {id: mute, platform: linux, subjects: [firmware], host: 127.0.0.1,"
        " port: 2222, secret: cred:gw-01}\n"
    )
    guest.sh("systemctl reload evidence-agent")
    guest.sh("runuser -u alice -- evidence-agent collect mute > /tmp/told 2>&1 &")
    guest.wait_for(lambda: "devices=('mute',)" in guest.journal())
    guest.sh("timeout 30 systemctl stop evidence-agent")
    assert guest.shown(UNITS[0], "Result") == "success"
    devices.write_text(good)
    guest.sh("systemctl start evidence-agent")


@pytest.mark.parametrize("unit", UNITS)
def test_it_stops_cleanly_within_its_time(guest: Guest, unit: str) -> None:
    guest.sh(f"timeout 30 systemctl stop {unit}")
    assert guest.shown(unit, "Result") == "success"
    guest.sh(f"systemctl start {unit}")
    assert guest.shown(unit, "ActiveState") == "active"


def test_another_version_and_back_keeps_everything(guest: Guest) -> None:
    """Parts 9 and 10 of the guide, with a later program that has one migration more."""
    parts = guide()
    kept = set(bundles(guest))
    old = guest.sh("readlink /opt/evidence-agent").strip().removeprefix("evidence-agent-")
    new, version = "99.0", ledger_version(guest)
    for block in parts[9]:
        guest.sh(block)
    guest.sh(
        f"cd /opt; cp -al evidence-agent-{old} evidence-agent-{new}; cd evidence-agent-{new}\n"
        f"sed -i '1s/agent-{old}/agent-{new}/' bin/evidence-*\n"
        "sed -i '/^MIGRATIONS/,/^)/s/^)/    \"CREATE TABLE later (id)\",\\n)/'"
        " lib/python3*/site-packages/agent/ledger/schema.py\n"
        f"ln -sfn evidence-agent-{new} /opt/evidence-agent"
    )
    restart, back = parts[10]
    guest.sh(restart)
    assert ledger_version(guest) == version + 1
    assert collected(guest, "alice", "gw-01") == {"gw-01": "read"}
    between = set(bundles(guest))
    assert kept < between
    # The older program by itself: it refuses, and touches nothing.
    nothing_waits(guest)
    with pytest.raises(Failed, match="env_ledger_newer"):
        guest.sh(
            f"runuser -u evidence-agent -- /opt/evidence-agent-{old}/bin/evidence-agent devices"
        )
    guest.sh(back, OLD=old)
    assert ledger_version(guest) == version
    assert set(bundles(guest)) == between
    assert collected(guest, "alice", "gw-01") == {"gw-01": "read"}


def ledger_version(guest: Guest) -> int:
    return in_ledger(guest, "PRAGMA user_version")


def in_ledger(guest: Guest, query: str) -> int:
    with closing(sqlite3.connect(guest.root / STATE[1:] / "ledger.sqlite3")) as db:
        return int(db.execute(query).fetchone()[0])


def nothing_waits(guest: Guest) -> None:
    """Waited for in the ledger, then said by the doctor, who takes a second to look at all."""
    waiting = "SELECT count(*) FROM bundle WHERE state = 'spooled'"
    guest.wait_for(lambda: in_ledger(guest, waiting) == 0)
    assert "0 bundles wait" in guest.sh(DOCTOR)
