"""evidence-store from the command line: enrolment reaches a running store, mistakes have a name."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from errno import ENOSPC
from pathlib import Path

import pytest
from pytest_mock import MockerFixture
from sqlalchemy.exc import DBAPIError

from evidence.errors import ConfigurationError
from evidence.seal import SigningKey
from store import cli
from store.backup import back_up
from store.clock import system_clock
from store.custody import Custody
from store.failures import at_the_host
from store.settings import Settings, load_settings
from tests.fixtures_bundle import MakeBundle
from tests.fixtures_program import run_program
from tests.fixtures_store import StoreClient
from tests.test_store_faults import ROOT, store_process

pytestmark = pytest.mark.whole
NOBODY = 65534


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


# What somebody types at two in the morning, and the answer: exit code, stable code, what is wrong
# and what next. `store` is a store, `backup` its backup, `rotten` one whose database is none.
WRONG = {
    "fsck --state typo": (2, "store_missing", "typo", "--state"),
    "list --state typo": (2, "store_missing", "typo", "--state"),
    "backup out --state typo": (2, "store_missing", "typo", "--state"),
    "heal --from backup --state typo": (2, "store_missing", "typo", "--state"),
    "user list --state typo": (2, "store_missing", "typo", "--state"),
    "retention list --state typo": (2, "store_missing", "typo", "--state"),
    "list --state a-file": (2, "store_missing", "a-file", "--state"),
    "list --config typo.yaml": (2, "config_missing", "typo.yaml", "--config"),
    "backup a-file --state store": (3, "env_file", "a-file", "path"),
    "backup a-file/in-it --state store": (3, "env_file", "a-file", "path"),
    "restore typo --key store/store.key --state new": (2, "backup_missing", "typo", "backup"),
    "restore backup --key typo --state new": (2, "key_missing", "typo", "kept apart"),
    "restore backup --key store/store.key --state store": (2, "restore_target", "store", "new"),
    "pack --period 2026-13 --state store": (2, "period_invalid", "2026-13", "2026-11"),
    "retention hold --agent a --period november --account b --reason c --state store": (
        *(2, "period_invalid", "november", "2026-11"),
    ),
    "refill --entries typo --state store": (3, "env_file", "typo", "path"),
    "enrol --agent ../a --site m --key typo --state store": (2, "agent_invalid", "../a", "id"),
    "invite --agent a/b --site m --state store": (2, "agent_invalid", "a/b", "agent.yaml"),
    "invite --agent a --site= --state store": (2, "site_invalid", "name", "agent.yaml"),
    "unlock --agent agnet-1 --state store": (2, "agent_unknown", "agnet-1", "list"),
    "revoke --agent agnet-1 --state store": (2, "agent_unknown", "agnet-1", "list"),
    "pack --period 2026-11 --agent x --state store": (2, "agent_unknown", "x", "list"),
    "witness init a+b --folder new": (2, "witness_invalid", "a+b", "space"),
    "serve --state new --port 0 --tls-cert typo": (2, "tls_unusable", "typo", "PEM"),
    "serve --state new --port 0 --tls-key a-file": (2, "tls_unusable", "a-file", "PEM"),
    "serve --state new --port 0 --tls-cert store/store.pub": (
        2,
        "tls_unusable",
        "store.pub",
        "key",
    ),
    "user disable wagn --state store": (2, "account_unknown", "wagn", "user list"),
    "enrol --agent a --site m --key typo --state store": (2, "key_missing", "typo", ""),
    "fsck --state rotten": (3, "database_failed", "not a database", "restore"),
    "serve --state rotten --port 0": (3, "database_failed", "not a database", "restore"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("night")
    (made / "a-file").touch()
    for name in ("store", "rotten"):
        Custody(made / name, system_clock).close()
    custody = Custody(made / "store", system_clock)
    back_up(custody, made / "backup")
    custody.close()
    for one in (made / "rotten").glob("store.db*"):
        one.unlink()
    (made / "rotten" / "store.db").write_bytes(b"not a database at all" * 500)
    return made


@pytest.mark.parametrize("typed", WRONG)
def test_what_is_typed_wrong_is_said_in_one_line_and_makes_nothing(
    folder: Path, typed: str
) -> None:
    code, name, *words = WRONG[typed]
    before = {one.name for one in folder.iterdir()}
    done = run_program(folder, {}, *typed.split(), of="store")
    assert (done.returncode, done.stdout) == (code, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"evidence-store: {name}: ")
    assert all(word in line for word in words), line
    assert {one.name for one in folder.iterdir()} == before


@pytest.mark.part("root")
def test_root_works_on_no_folder_of_another_account(tmp_path: Path) -> None:
    """What root makes there the store's account could not read; its service would stand still."""
    state = tmp_path / "store"
    Custody(state, system_clock).close()
    for one in (state, *state.rglob("*")):
        os.chown(one, NOBODY, NOBODY)
    before = {one: one.stat().st_mtime_ns for one in state.rglob("*")}
    for words in (
        *(("fsck",), ("heal",), ("invite", "--agent", "a", "--site", "m"), ("user", "list")),
        *(("serve", "--port", "0"), ("restore", tmp_path, "--key", state / "store.key")),
    ):
        done = command(*words, "--state", state)
        assert (done.returncode, done.stdout) == (3, ""), words
        assert "env_account" in done.stderr and "runuser -u" in done.stderr
    assert {one: one.stat().st_mtime_ns for one in state.rglob("*")} == before


def test_a_terminal_without_chinese_shows_codes_and_no_stack_trace(tmp_path: Path) -> None:
    custody = Custody(tmp_path / "store", system_clock)
    custody.close()
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
    program = [sys.executable, "-c", "from store.cli import main; main()"]
    add = ("user", "add", "wang", "--name", "王工程", "--without-code")
    for words in (add, ("user", "list")):
        done = subprocess.run(
            [*program, *words, "--state", tmp_path / "store"],
            input="correct horse battery staple\n",
            env=ascii_only,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert r"\u738b\u5de5\u7a0b" in done.stdout
    listed = json.loads(command("user", "list", "--state", tmp_path / "store", "--json").stdout)
    assert [(one["account"], one["name"], one["grants"]) for one in listed] == [
        ("wang", "王工程", [])
    ]


def test_a_mistake_of_ours_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["evidence-store", "list"])
    monkeypatch.setattr(cli, "load_settings", lambda *a, **b: 1 / 0)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert ended.value.code == 3 and said.startswith("evidence-store: internal_error: ")
    assert "Traceback" not in said and cli.TRACE in said


def test_a_full_disk_and_a_held_database_say_what_to_do() -> None:
    full = at_the_host(OSError(ENOSPC, "No space left on device", "/srv/backup/x"))
    assert (full.code, full.exit_code) == ("store_full", 3)
    assert "/srv/backup/x: No space left" in full.message and "make room" in full.next_step
    held = sqlite3.OperationalError("database is locked")
    held.sqlite_errorname = "SQLITE_BUSY"
    away = at_the_host(DBAPIError("SELECT 1", None, held))
    assert away.code == "database_away" and "try again" in away.next_step
    assert "SELECT" not in str(away)


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
