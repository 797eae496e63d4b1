"""The whole way through a jump host: `evidence-agent collect`, OpenSSH as hops, sealed bundles."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from agent.config import load_config
from agent.ledger import Ledger
from evidence.bundle import load_bundle
from evidence.facts import SoftwareRelease
from tests.fixtures_lab import tape_of
from tests.fixtures_program import Run
from tests.fixtures_sshd import Sshd

Start = Callable[..., Sshd]
DEBIAN = {
    one.ask: one.body.decode()
    for one in tape_of("linux/firmware.debian-12").answers
    if not one.error
}


def written(folder: Path, servers: Mapping[str, Sshd], via: Mapping[str, str]) -> Path:
    """Devices and jump hosts alike, each with its own account. Returns agent.yaml."""
    devices = []
    (folder / "credentials").mkdir(mode=0o700, exist_ok=True)
    for name, server in servers.items():
        key = server.credential.private_key
        assert key is not None
        account = {"username": server.credential.username, "private_key": key.reveal()}
        place = folder / "credentials" / name
        place.touch(0o600)
        place.write_text(yaml.safe_dump(account), "utf-8")
        devices.append(
            {
                "id": name,
                "platform": "linux",
                "subjects": ["firmware"],
                "transport": "ssh",
                "host": "127.0.0.1",
                "port": server.port,
                "secret": f"cred:{name}",
                **({"via": via[name]} if name in via else {}),
            }
        )
    (folder / "agent.yaml").write_text("id: agent-1\nstate: state\n", "utf-8")
    (folder / "devices.yaml").write_text(yaml.safe_dump({"devices": devices}), "utf-8")
    return folder / "agent.yaml"


@pytest.mark.part("sshd")
@pytest.mark.part("ssh-keygen")
def test_a_device_is_collected_through_its_jump_host_and_a_refusing_one_stops_nobody_else(
    tmp_path: Path, run: Run, sshd: Start
) -> None:
    """`far` lies behind `near`; `lost-1` and `lost-2` behind `shut`, which refuses our key."""
    servers = {name: sshd(DEBIAN) for name in ("near", "far", "shut", "lost-1", "lost-2", "plain")}
    shut, stranger = servers["shut"], servers["near"].credential.private_key
    wrong = replace(shut.credential, private_key=stranger)
    known = {**servers, "shut": replace(shut, credential=wrong)}
    config = written(tmp_path, known, {"far": "near", "lost-1": "shut", "lost-2": "shut"})
    run("init", ".")
    state = load_config(config).state
    with closing(Ledger(state)) as ledger:
        for name, server in servers.items():
            ledger.accept_host_key(name, server.fingerprint, "lin", datetime.now(UTC))
    said = run("collect", "--json")
    rows = {row["device"]: row for row in map(json.loads, said.stdout.splitlines())}
    assert said.returncode == 1
    assert {name for name, row in rows.items() if row["state"] == "read"} == {
        "near",
        "far",
        "plain",
    }
    for name in ("lost-1", "lost-2", "shut"):
        assert rows[name]["why"].startswith(("auth_failed", "auth_held"))
        assert "shut" in rows[name]["why"]
    assert servers["shut"].logged("Failed publickey") == 1
    assert not any(servers[name].logged("Connection from") for name in ("lost-1", "lost-2"))
    with closing(Ledger(state)) as ledger:
        kept = ledger.bundles_in("spooled")
    bundles = {one.device: load_bundle(one.path) for one in kept if one.path}
    assert set(bundles) == set(servers)
    (reading,) = bundles["far"].collection.readings
    assert reading.of(SoftwareRelease)[0].version == "12"
    peers = {one.peer for one in bundles["far"].collection.asks if one.capture}
    assert peers == {servers["far"].fingerprint}
    # The operator's second try is one more attempt at the jump host, and one only.
    run("collect", "lost-1", "lost-2")
    assert servers["shut"].logged("Failed publickey") == 2
