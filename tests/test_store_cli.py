"""evidence-store from the command line: enrolment reaches a running store, mistakes have a name."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from evidence.errors import ConfigurationError
from evidence.seal import SigningKey
from store import cli
from store.settings import Settings, load_settings
from tests.fixtures_bundle import MakeBundle
from tests.fixtures_program import run_program
from tests.fixtures_store import StoreClient
from tests.test_store_faults import ROOT, store_process

pytestmark = pytest.mark.whole


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run_program(ROOT, dict(os.environ), *arguments, of="store")


def test_enrolling_and_revoking_reach_a_running_store(
    tmp_path: Path, make_bundle: MakeBundle, signing_key: SigningKey
) -> None:
    state, pem = tmp_path / "store", tmp_path / "agent.pem"
    pem.write_text(signing_key.public.pem)
    with store_process(state) as (_, url):
        client = StoreClient(url, signing_key, now=None)
        assert client.put_bundle(make_bundle(1)).status_code == 403
        enrol = ("enrol", "--state", state, "--agent", "agent-1", "--site", "main", "--key", pem)
        assert command(*enrol).returncode == 0
        assert client.put_bundle(make_bundle(1)).status_code == 201
        listed = json.loads(command("list", "--state", state, "--json").stdout)
        assert listed == [
            {
                "agent": "agent-1",
                "sites": ["main"],
                "keys": [signing_key.public.keyid],
                "locked": False,
            }
        ]
        assert command("revoke", "--state", state, "--agent", "agent-1").returncode == 0
        assert client.put_bundle(make_bundle(2)).status_code == 403
        assert command("revoke", "--state", state, "--agent", "agent-1").returncode == 2
        again = command(*enrol)
        assert (again.returncode, again.stderr.split(":")[1].strip()) == (2, "key_taken")
        done = command("serve", "--state", state, "--port", "0")
        assert (done.returncode, "env_in_use" in done.stderr) == (3, True)
        done = command("reindex", "--state", state)
        assert (done.returncode, "env_in_use" in done.stderr) == (3, True)
        assert "stop that one first" in done.stderr
    assert command("reindex", "--state", state).returncode == 0
    done = command("fsck", "--state", state)
    assert (done.returncode, done.stdout.strip()) == (0, "all is as it was taken in")


@pytest.mark.parametrize(
    ("called", "there"),
    [
        ("user", {"user"}),
        ("enrol", set()),
        ("list", set()),
        *((word, {"user", "retention", "witness"}) for word in ("usr", "--help", "")),
    ],
)
def test_only_the_group_that_is_called_is_loaded(
    called: str, there: set[str], mocker: MockerFixture
) -> None:
    """And every one, where the answer is to name them."""
    mocker.patch.object(cli.app, "registered_groups", [])
    cli.register(called)
    assert {one.name for one in cli.app.registered_groups} == there


def test_beyond_this_machine_only_with_tls(tmp_path: Path) -> None:
    done = command("serve", "--state", tmp_path / "store", "--host", "0.0.0.0", "--port", "0")
    assert (done.returncode, "tls_required" in done.stderr) == (2, True)


def test_the_shipped_settings_are_the_defaults() -> None:
    assert load_settings(ROOT / "config" / "store.yaml") == Settings()
    assert load_settings(ROOT / "config" / "store.yaml", port=0).port == 0


def test_every_wrong_setting_is_named(tmp_path: Path) -> None:
    path = tmp_path / "store.yaml"
    path.write_text("port: 70000\nhots: 127.0.0.1\n")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(path)
    assert "port" in caught.value.message and "hots" in caught.value.message
    path.write_text("- a\n- b\n")
    with pytest.raises(ConfigurationError):
        load_settings(path)
