"""The folder transport: regular files of one folder, whole or not at all."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from agent.transports.folder import Folder, open_folder
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import (
    ConfigurationError,
    Denied,
    Incomplete,
    NotAnswered,
    TooMuch,
    Unreachable,
)
from tests import toy

REGISTER = Ask("assets", "assets.csv", "file", limit_bytes=1000)
WRITTEN = Ask("nft_ruleset", "sudo -n nft -j list ruleset")
STATUS = Ask(
    "status", "hostapd_cli -p {control} -i {interface} status", holes={"control": "[a-z/]+"}
)
OUTSIDE = Ask("outside", "../outside.csv", "file")


def folder(path: Path | str) -> Folder:
    device = Device(id="registers", platform="toy", address=str(path))
    return open_folder(device, toy.platform(REGISTER, WRITTEN, STATUS, OUTSIDE))


def test_a_register_is_read_now(tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_bytes(b"id\n1\n")
    answer = folder(tmp_path).ask(REGISTER)
    assert (answer.body, answer.at) == (b"id\n1\n", None)


def test_an_answer_that_a_unit_wrote_is_as_old_as_its_file(tmp_path: Path) -> None:
    file = tmp_path / "nft_ruleset"
    file.write_bytes(b"{}")
    os.utime(file, (1_790_000_000, 1_790_000_000))
    assert folder(tmp_path).ask(WRITTEN).at == datetime.fromtimestamp(1_790_000_000, UTC)


def test_an_answer_may_end_in_txt_and_never_in_tmp(tmp_path: Path) -> None:
    (tmp_path / "nft_ruleset.tmp").write_bytes(b"half")
    with pytest.raises(NotAnswered):
        folder(tmp_path).ask(WRITTEN)
    (tmp_path / "nft_ruleset.txt").write_bytes(b"whole")
    assert folder(tmp_path).ask(WRITTEN).body == b"whole"


def test_each_filling_of_a_hole_has_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "status.run-hostapd.wlan1").write_bytes(b"of wlan1")
    ways = folder(tmp_path)
    assert ways.ask(STATUS(control="/run/hostapd", interface="wlan1")).body == b"of wlan1"
    with pytest.raises(NotAnswered):
        ways.ask(STATUS(control="/run/hostapd", interface="wlan0"))


def test_a_file_that_changes_while_it_is_read_is_no_answer(
    tmp_path: Path, mocker: MockerFixture
) -> None:
    file = tmp_path / "assets.csv"
    file.write_bytes(b"id\n1\n")
    real = os.dup

    def overtaken(number: int) -> int:
        os.utime(file, (1, 1))
        return real(number)

    mocker.patch("agent.transports.folder.os.dup", overtaken)
    with pytest.raises(Incomplete):
        folder(tmp_path).ask(REGISTER)


def test_the_option_stands_before_the_address(tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_bytes(b"here")
    device = Device(
        id="registers", platform="toy", address="198.51.100.1", options={"folder": str(tmp_path)}
    )
    assert open_folder(device, toy.platform(REGISTER)).ask(REGISTER).body == b"here"


def test_nothing_leads_out_of_the_folder(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "outside.csv").write_bytes(b"secret")
    with pytest.raises(Denied):
        folder(inner).ask(OUTSIDE)
    (inner / "assets.csv").symlink_to(tmp_path / "outside.csv")
    refused(inner)


def refused(path: Path) -> None:
    """Not as if it were missing: nothing else may be read in its stead."""
    with pytest.raises(Unreachable) as raised:
        folder(path).ask(REGISTER)
    assert raised.value.code == "file_invalid"


def test_what_no_ask_declares_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_bytes(b"x")
    with pytest.raises(Denied):
        folder(tmp_path).ask(Ask("other", "other.csv", "file"))


def test_a_pipe_is_no_file_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "assets.csv")
    refused(tmp_path)


def test_a_folder_of_that_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "assets.csv").mkdir()
    refused(tmp_path)


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_bytes(b"x" * 1001)
    with pytest.raises(TooMuch):
        folder(tmp_path).ask(REGISTER)


def test_what_is_missing_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotAnswered, match=r"no assets\.csv") as raised:
        folder(tmp_path).ask(REGISTER)
    assert raised.value.code == "file_missing"
    with pytest.raises(Unreachable):
        folder(tmp_path / "gone").ask(REGISTER)


def test_a_path_is_absolute() -> None:
    with pytest.raises(ConfigurationError) as raised:
        folder("registers")
    assert raised.value.code == "folder_invalid"


def test_an_answer_says_who_wrote_it_and_how_long_it_holds(tmp_path: Path) -> None:
    (tmp_path / "nft_ruleset").write_bytes(b"{}")
    os.utime(tmp_path / "nft_ruleset", (1_790_000_000, 1_790_000_000))
    (tmp_path / "written_by").write_text("evidence-agent-host.service, run 1\n")
    options = {"folder": str(tmp_path), "oldest_hours": "26"}
    device = Device(id="registers", platform="toy", options=options)
    answer = open_folder(device, toy.platform(WRITTEN)).ask(WRITTEN)
    assert answer.by == "evidence-agent-host.service, run 1"
    assert answer.until == datetime.fromtimestamp(1_790_000_000 + 26 * 3600, UTC)


def test_an_age_that_is_no_number_is_a_mistake(tmp_path: Path) -> None:
    options = {"folder": str(tmp_path), "oldest_hours": "a day"}
    device = Device(id="registers", platform="toy", options=options)
    with pytest.raises(ConfigurationError) as raised:
        open_folder(device, toy.platform(WRITTEN))
    assert raised.value.code == "folder_invalid"
