"""`evidence-agent` as a process of its own: what it prints, where, and how it exits.

0 fine, 1 findings or failed readings, 2 configuration, 3 environment; never a stack trace.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from agent.config import load_config
from agent.doctor import Condition, examine
from agent.ledger import Ledger
from agent.platforms import platforms
from evidence.bundle import load_bundle
from evidence.tape import read_tape
from tests.fixtures_program import Run, run_program

CASES = Path(__file__).parent / "cases"
ASA = CASES / "asa" / "firmware.asa5516.tape"
FINGERPRINT = "SHA256:" + "A" * 43
NOBODY = 65534


@pytest.fixture(scope="session")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder after `evidence-agent init`; copied, so that each test has its own."""
    folder = tmp_path_factory.mktemp("initialised")
    assert run_program(folder, dict(os.environ), "init").returncode == 0
    return folder


@pytest.fixture
def site(initialised: Path, tmp_path: Path) -> Path:
    shutil.copytree(initialised, tmp_path, dirs_exist_ok=True)
    return tmp_path


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def bodies(tape: Path, folder: Path) -> list[object]:
    """A tape's answers as `--answer ASK FILE` words, each in a file of its own."""
    words: list[object] = []
    for number, answer in enumerate(read_tape(tape).answers):
        path = folder / f"answer-{number}.txt"
        path.write_bytes(answer.body)
        words += ["--answer", answer.ask, path]
    return words


# --- init, doctor, devices ---


def test_init_makes_a_site_and_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    done = run("init")
    assert (done.returncode, done.stdout) == (0, "")
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {
        *("agent.yaml", "devices.yaml", "zones.yaml", "profile.yaml"),
        *("credentials", "state"),
    }
    secret = ("state/signing.pem", "state/site.key", "state", "credentials")
    assert [(tmp_path / name).stat().st_mode & 0o077 for name in secret] == [0, 0, 0, 0]
    keys = [(tmp_path / name).read_bytes() for name in secret[:2]]
    (tmp_path / "devices.yaml").write_text("devices: []\n")
    again = run("init")
    assert again.returncode == 0
    assert (tmp_path / "devices.yaml").read_text() == "devices: []\n"
    assert "left as it is" in again.stderr
    assert [(tmp_path / name).read_bytes() for name in secret[:2]] == keys


@pytest.mark.part("root")
def test_root_works_in_no_state_folder_of_another_account(run: Run, site: Path) -> None:
    """A lock or a record of root's would keep the daemon's account from its work."""
    for one in (site / "state", *(site / "state").rglob("*")):
        os.chown(one, NOBODY, NOBODY)
    for words in (("assess",), ("collect",), ("devices",), ("ledger", "rebuild"), ("run",)):
        done = run(*words)
        assert (done.returncode, done.stdout) == (3, ""), words
        assert "env_account" in done.stderr and "runuser -u" in done.stderr
    assert {one.stat().st_uid for one in (site / "state").rglob("*")} == {NOBODY}
    assert run("--version").stdout.startswith("evidence-agent ")


def test_doctor_is_content_with_a_new_site(run: Run, site: Path) -> None:
    done = run("doctor", "--json")
    assert done.returncode == 0
    states = {row["what"]: row["state"] for row in records(done.stdout)}
    assert states["configuration"] == states["keys"] == states["this-host"] == "ok"
    assert states["store"] == "warn"


def conditions(site: Path, now: datetime | None = None) -> list[Condition]:
    return examine(load_config(site / "agent.yaml"), now or datetime.now(UTC))


@pytest.mark.parametrize(
    ("spoil", "exit_code", "said", "mend"),
    [
        (lambda site: (site / "state/site.key").unlink(), 2, "key_missing", "init"),
        (lambda site: (site / "state/signing.pem").unlink(), 2, "key_missing", "init"),
        (lambda site: (site / "state/site.key").chmod(0o644), 2, "file_mode", "chmod 600"),
        (lambda site: (site / "state/signing.pem").chmod(0o640), 2, "file_mode", "chmod 600"),
        (lambda site: (site / "state/signing.pem").write_text("x"), 2, "key_unusable", ""),
        (
            lambda site: (site / "state/ledger.sqlite3").write_text("x" * 999),
            3,
            "env_ledger_damaged",
            "ledger rebuild",
        ),
    ],
    ids=["no site key", "no signing key", "open site key", "open signing key", "no key", "ledger"],
)
def test_doctor_names_what_is_wrong_and_its_mend(
    site: Path, spoil: Callable[[Path], object], exit_code: int, said: str, mend: str
) -> None:
    spoil(site)
    failed = [one for one in conditions(site) if one.state == "fail"]
    assert [one.exit_code for one in failed] == [exit_code]
    assert failed[0].said.startswith(said)
    assert mend in failed[0].mend


def test_doctor_exits_as_the_worst_it_found(run: Run, site: Path) -> None:
    (site / "devices.yaml").write_text(
        "devices:\n  - {id: fw-01, platform: asa, host: 127.0.0.1, port: 9, secret: cred:fw-01}\n"
    )
    done = run("doctor", "--json")
    assert done.returncode == 2
    rows = {row["about"]: row for row in records(done.stdout) if row["what"] == "fw-01"}
    assert rows["secret"]["said"].startswith("secret_missing: cred:fw-01")
    assert "0600" in rows["secret"]["mend"]
    assert rows["reach"]["said"].startswith("device_unreachable")
    typed = run("doctor", "fw-01")
    assert typed.returncode == 2
    assert [line[:4] for line in typed.stdout.splitlines() if "→" not in line] == ["FAIL", "FAIL"]
    assert "2 failed" in typed.stderr
    (site / "state" / "ledger.sqlite3").unlink()
    for path in (site / "state").glob("ledger.sqlite3-*"):
        path.unlink()
    (site / "state" / "ledger.sqlite3").mkdir()
    (site / "devices.yaml").write_text("devices: []\n")
    assert run("doctor").returncode == 3


def test_doctor_knows_a_clock_that_cannot_be_right(site: Path) -> None:
    failed = [one for one in conditions(site, datetime(1970, 1, 1, tzinfo=UTC)) if one.exit_code]
    assert [(one.what, one.exit_code) for one in failed] == [("clock", 3)]


def test_devices_are_listed_with_when_they_were_read(run: Run, site: Path) -> None:
    done = run("devices", "--json")
    assert done.returncode == 0
    (row,) = records(done.stdout)
    assert (row["id"], row["platform"], row["last_read_at"]) == ("this-host", "linux", None)
    assert "this-host" in run("devices").stdout


def test_without_a_configuration_it_says_where_it_looked(run: Run, tmp_path: Path) -> None:
    for words in (["devices"], ["collect"], ["doctor"], ["assess"], ["push"]):
        done = run(*words)
        assert (done.returncode, done.stdout) == (2, "")
        assert "config_missing" in done.stderr
        assert "evidence-agent init" in done.stderr
        break  # one shows it; the rest share the code
    (tmp_path / "agent.yaml").write_bytes("id: 證券\n".encode("big5"))
    done = run("devices")
    assert done.returncode == 2
    assert "agent.yaml" in done.stderr


# --- asks ---


def test_asks_lists_everything_of_every_platform(run: Run) -> None:
    done = run("asks", "--json")
    assert done.returncode == 0
    rows = records(done.stdout)
    for one in platforms().values():
        mine = [row for row in rows if row["platform"] == one.name]
        assert {row["text"] for row in mine} >= {ask.text for ask in one.all_asks}
        if one.session is None:
            continue
        uses = {(row["use"], row["text"]) for row in mine}
        assert uses >= {("log in", ask.text) for ask in one.session.login}
        assert uses >= {("log out", ask.text) for ask in one.session.logout}
        assert ("pager", repr(one.session.pager_key)) in uses or not one.session.pager


@pytest.mark.parametrize(
    ("name", "ours"),
    [("asa", "asa"), ("cisco_asa", "asa"), ("linux", "linux"), ("fortinet", "fortios")],
)
def test_asks_of_one_platform_by_any_of_its_names(run: Run, name: str, ours: str) -> None:
    done = run("asks", name)
    assert done.returncode == 0
    longest = max(platforms()[ours].asks, key=lambda ask: len(ask.text)).text
    assert longest in done.stdout, "a line that is cut or broken is no list of what is sent"


def test_an_unknown_platform_is_answered_with_the_known_ones(run: Run) -> None:
    done = run("asks", "nexus9000")
    assert (done.returncode, done.stdout) == (2, "")
    assert "platform_unknown" in done.stderr
    assert "asa" in done.stderr


# --- read ---


def test_answers_are_read_to_one_fact_a_line(run: Run, tmp_path: Path) -> None:
    words = bodies(ASA, tmp_path)
    done = run("read", "--platform", "cisco_asa", "--subject", "firmware", *words, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    expected = json.loads(ASA.with_suffix(".facts.json").read_text())
    assert records(done.stdout) == expected
    assert all(line.startswith('{"fact": ') for line in done.stdout.splitlines())


def test_an_answer_goes_by_its_name_its_text_or_how_people_type_it(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "version.txt"
    path.write_bytes(read_tape(ASA).answers[0].body)
    said = [
        run("read", "--platform", "asa", "-s", "firmware", "--answer", ask, path)
        for ask in ("version", "show version", "SHOW  Version", "show ver")
    ]
    assert [done.returncode for done in said] == [0, 0, 0, 0]
    assert len({done.stdout for done in said}) == 1


def test_a_tape_is_read_as_its_device_was(run: Run) -> None:
    tape = CASES / "linux" / "firewall.nftables.tape"
    done = run("read", "--platform", "linux", "--subject", "firewall", "--tape", tape)
    assert done.returncode == 0
    assert records(done.stdout) == json.loads(tape.with_suffix(".facts.json").read_text())


def test_another_vendors_output_fails_with_its_code(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "version.txt"
    path.write_bytes(b"Cisco IOS Software, C2960 Software, Version 15.0(2)SE4\n\x1b[2J\n")
    done = run("read", "--platform", "asa", "-s", "firmware", "--answer", "show version", path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("output_unexpected: ")
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--platform", "asa", "-s", "wireless", "--answer", "x", "x"], "subject_unknown"),
        (["--platform", "nosuch", "-s", "firmware", "--answer", "x", "x"], "platform_unknown"),
        (["--platform", "asa", "-s", "firmware"], "answer_missing"),
        (["--platform", "asa", "-s", "firmware", "--answer", "show version"], "answer_invalid"),
        (["--platform", "asa", "-s", "firmware", "--answer", "version", "gone"], "file_missing"),
        (["--platform", "asa", "-s", "firmware", "--answer", "version", "."], "file_missing"),
        (["--platform", "asa", "-s", "firmware", "--tape", "gone.tape"], "file_missing"),
        (["--platform", "asa", "-s", "firmware", "--tape", "."], "file_missing"),
        (["--platform", "asa", "-s", "firmware", "--tape", "bad.tape"], "tape_syntax"),
        (["--platform", "asa", "-s", "firmware", "--tape", "a", "--answer", "b", "c"], "answer_"),
        (["--platform", "asa"], "Missing option"),
    ],
)
def test_a_mistake_at_the_prompt_exits_2(
    run: Run, tmp_path: Path, words: list[str], code: str
) -> None:
    (tmp_path / "bad.tape").write_bytes(b'{"platform": "asa"}\n{"body": "no ask"}\n')
    done = run("read", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert code in done.stderr


# --- read into the ledger, collect, hostkey, verify ---


HANDED = ("--captured-at", "2026-11-20T02:30+08:00", "--delivered-by", "Lin", "--reason", "no way")


@pytest.fixture
def with_asa(site: Path) -> Path:
    (site / "devices.yaml").write_text(
        "devices:\n  - {id: fw-01, platform: asa, host: 192.0.2.1, secret: cred:fw-01}\n"
    )
    return site


def handed(run: Run, *words: object) -> CompletedProcess[str]:
    return run("read", "--platform", "asa", "-s", "firmware", "--device", "fw-01", *words)


def test_a_delivered_answer_enters_the_ledger_with_its_provenance(run: Run, with_asa: Path) -> None:
    done = handed(run, *HANDED, "--confirmed-by", "Chen", *bodies(ASA, with_asa))
    assert done.returncode == 0
    assert "kept as bundle" in done.stderr
    ledger = Ledger(with_asa / "state")
    (reading,) = ledger.readings()
    (kept,) = ledger.bundles_in("spooled")
    ledger.close()
    assert (reading.device, reading.provenance, reading.confirmed_by) == (
        *("fw-01", "hand-delivered"),
        "Chen",
    )
    assert reading.at == datetime(2026, 11, 19, 18, 30, tzinfo=UTC)
    assert kept.path is not None
    said = load_bundle(kept.path).collection.asks[0].provenance
    assert (said.delivered_by, said.reason, said.confirmed_by) == ("Lin", "no way", "Chen")
    verified = run("verify", kept.path)
    assert verified.returncode == 0
    assert "re-read" in verified.stdout
    spoilt = bytearray(kept.path.read_bytes())
    spoilt[len(spoilt) // 2] ^= 1
    (with_asa / "spoilt.zip").write_bytes(spoilt)
    assert run("verify", "spoilt.zip").returncode in (1, 2)
    row = records(run("devices", "--json").stdout)[0]
    assert row["last_read_at"] == "2026-11-19T18:30:00Z"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (HANDED[:4], "provenance_missing"),
        (HANDED[2:], "provenance_missing"),
        ((*HANDED, "--confirmed-by", " lin "), "four_eyes"),
        (("--captured-at", "yesterday", *HANDED[2:]), "time_invalid"),
        (("--captured-at", "2199-01-01T00:00+08:00", *HANDED[2:]), "time_invalid"),
    ],
)
def test_an_answer_without_its_story_stays_outside(
    run: Run, with_asa: Path, words: tuple[str, ...], code: str
) -> None:
    done = handed(run, *words, *bodies(ASA, with_asa))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(code)
    assert not list((with_asa / "state" / "bundles").rglob("*.zip"))


def test_an_answer_is_not_entered_for_a_device_of_another_platform(run: Run, site: Path) -> None:
    words = ["--device", "this-host", *HANDED, *bodies(ASA, site)]
    done = run("read", "--platform", "asa", "-s", "firmware", *words)
    assert done.returncode == 2
    assert done.stderr.startswith("platform_mismatch")
    done = run("read", "--platform", "asa", "-s", "firmware", "--device", "nosuch", *words[2:])
    assert done.returncode == 2
    assert done.stderr.startswith("device_unknown")


def test_a_dry_run_lists_what_would_be_sent_and_sends_nothing(run: Run, with_asa: Path) -> None:
    done = run("collect", "--dry-run", "--json")
    assert done.returncode == 0
    rows = records(done.stdout)
    assert {row["device"] for row in rows} == {"fw-01"}
    assert {row["text"] for row in rows} == {ask.text for ask in platforms()["asa"].all_asks}
    assert not list((with_asa / "state").glob("bundles/*"))


def test_collecting_from_a_device_that_cannot_be_read_exits_1_and_says_why(
    run: Run, with_asa: Path
) -> None:
    done = run("collect", "--json")
    assert done.returncode == 1
    assert {row["state"] for row in records(done.stdout)} == {"failed"}
    assert all(row["why"].startswith("secret_missing") for row in records(done.stdout))
    assert len(list((with_asa / "state" / "bundles").rglob("*.zip"))) == 1


def test_collecting_from_this_host_reads_it(run: Run, site: Path) -> None:
    done = run("collect", "this-host", "--json")
    assert done.returncode == 0
    (row,) = records(done.stdout)
    assert (row["state"], row["subject"]) == ("read", "firmware")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["collect", "nosuch"], "device_unknown"),
        (["collect", "--subject", "wireless"], "subject_unknown"),
        (["collect", "--config", "gone.yaml"], "file_missing"),
        (["hostkey", "accept", "nosuch", FINGERPRINT], "device_unknown"),
        (["hostkey", "accept", "fw-01", "MD5:00:11"], "fingerprint_invalid"),
        (["push"], "store_missing"),
        (["assess", "--period", "November"], "period_invalid"),
        (["assess", "--period", "2026-13"], "period_invalid"),
    ],
)
def test_what_was_named_wrongly_exits_2(
    run: Run, with_asa: Path, words: list[str], code: str
) -> None:
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert code in done.stderr


def test_a_damaged_ledger_is_named_and_rebuilt(run: Run, with_asa: Path) -> None:
    assert "the ledger is sound" in run("ledger", "rebuild").stderr
    (with_asa / "state" / "ledger.sqlite3").write_bytes(b"not a database" * 1000)
    done = run("push")
    assert (done.returncode, done.stdout) == (3, "")
    assert "env_ledger_damaged" in done.stderr and "ledger rebuild" in done.stderr
    done = run("ledger", "rebuild")
    assert done.returncode == 0
    assert "0 bundles and records came back from their files" in done.stderr
    assert run("hostkey", "list").returncode == 0


def test_a_host_key_is_pinned_by_whom_and_listed(run: Run, with_asa: Path) -> None:
    assert run("hostkey", "accept", "fw-01", FINGERPRINT).returncode == 0
    done = run("hostkey", "list", "--json")
    assert records(done.stdout) == [{"device": "fw-01", "fingerprint": FINGERPRINT}]


def test_a_store_that_is_away_exits_3_and_loses_nothing(run: Run, site: Path) -> None:
    text = (site / "agent.yaml").read_text()
    (site / "agent.yaml").write_text(text + "store: {url: 'http://127.0.0.1:9'}\n")
    assert run("collect").returncode == 0
    done = run("push")
    assert done.returncode == 3
    assert "store_unreachable" in done.stderr
    assert len(list((site / "state" / "bundles").rglob("*.zip"))) == 1


def test_what_failed_is_one_line_a_device_with_its_next_step(run: Run, site: Path) -> None:
    (site / "devices.yaml").write_text(
        "devices:\n"
        "  - {id: fw-01, platform: asa, host: 127.0.0.1, port: 9, secret: cred:fw-01,\n"
        "     subjects: [firewall, firmware]}\n"
        "  - {id: this-host, platform: linux, transport: local, subjects: [firmware]}\n"
    )
    secret = site / "credentials" / "fw-01"
    secret.touch(0o600)
    secret.write_text("{username: evidence, password: wrong}\n")
    done = run("collect")
    assert done.returncode == 1
    line, step = done.stdout.splitlines()
    assert line.startswith("FAIL  fw-01  firewall, firmware: device_unreachable: no connection")
    assert step.strip().startswith("→ check address")
    assert "3 readings, 2 devices: 2 failed" in done.stderr
    told = run("collect", "this-host", "-v")
    assert told.stdout.startswith("ok    this-host  firmware: ")
    assert run("collect", "this-host").stdout == ""


def test_a_full_or_broken_disk_is_a_sentence(run: Run, site: Path) -> None:
    (site / "state" / "bundles").write_text("not a folder")
    done = run("collect")
    assert done.returncode == 3
    assert "env_state" in done.stderr


@pytest.mark.whole
def test_a_reader_who_leaves_early_is_no_error(site: Path) -> None:
    program = f"{sys.executable} -c 'from agent.cli import main; main()'"
    done = subprocess.run(
        f"{program} asks --json | head -1",
        shell=True,
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
    )
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr
