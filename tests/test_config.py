"""Wrong configuration: each mistake is named with its file, line and code, all of them at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from agent.config import load_config
from agent.credentials import files, resolve
from evidence.errors import ConfigurationError

BAD = Path(__file__).parent / "bad"
AGENT = "id: agent-1\nstate: state\n"


def configuration(folder: Path, devices: str) -> Path:
    (folder / "agent.yaml").write_text(AGENT, "utf-8")
    (folder / "devices.yaml").write_text(devices, "utf-8")
    return folder / "agent.yaml"


def mistake(folder: Path, devices: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as raised:
        load_config(configuration(folder, devices))
    return raised.value


def code_of(path: Path) -> str:
    codes = (
        *("config_syntax", "inventory_duplicate", "host_invalid", "port_invalid", "secret_inline"),
        *("platform_unknown", "subject_unknown"),
    )
    return next(code for code in codes if path.name.startswith(code))


@pytest.mark.parametrize("path", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_each_mistake_is_named_with_its_line(path: Path, tmp_path: Path) -> None:
    error = mistake(tmp_path, path.read_text("utf-8"))
    assert error.code == code_of(path)
    assert error.exit_code == 2
    assert "devices.yaml:" in error.message
    assert "Hunter2-canary" not in str(error)


def test_a_misspelt_key_is_answered_with_the_right_one(tmp_path: Path) -> None:
    error = mistake(tmp_path, (BAD / "config_syntax_unknown_key.yaml").read_text("utf-8"))
    assert "devices.yaml:4: config_syntax: key `hots` is unknown; did you mean `host`?" in str(
        error
    )


def test_two_devices_on_one_address_are_both_named(tmp_path: Path) -> None:
    error = mistake(tmp_path, (BAD / "inventory_duplicate_address.yaml").read_text("utf-8"))
    assert "fw-01 and fw-dr share 192.0.2.1" in str(error)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    error = mistake(
        tmp_path,
        "devices:\n- {id: a, platform: linux, host: 192.0.2.0/24, port: 0}\n- {id: b, hots: x}\n",
    )
    assert all(word in str(error) for word in ("host_invalid", "port_invalid", "`hots`"))


def test_a_good_configuration_loads(tmp_path: Path) -> None:
    config = load_config(
        configuration(tmp_path, "devices:\n- {id: fw-01, platform: linux, host: 192.0.2.1}\n")
    )
    assert config.devices["fw-01"].transport == "ssh"
    assert config.state == tmp_path / "state"


def test_a_missing_secret_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        resolve("cred:fw-01", tmp_path, {})
    assert raised.value.code == "secret_missing"
    assert str(tmp_path / "fw-01") in str(raised.value)


def test_an_empty_secret_is_missing(tmp_path: Path) -> None:
    (tmp_path / "fw-01").touch(mode=0o600)
    with pytest.raises(ConfigurationError, match="secret_missing"):
        resolve("cred:fw-01", tmp_path, {})


def test_a_secret_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fw-01"
    path.write_text("username: auditor\npassword: Hunter2-canary\n", "utf-8")
    path.chmod(0o644)
    with pytest.raises(ConfigurationError) as raised:
        resolve("cred:fw-01", tmp_path, {})
    assert raised.value.code == "file_mode"
    assert "Hunter2-canary" not in str(raised.value)


def test_a_credential_never_shows_its_secret(tmp_path: Path) -> None:
    path = tmp_path / "fw-01"
    path.write_text("username: auditor\npassword: Hunter2-canary\n", "utf-8")
    path.chmod(0o600)
    found = resolve("cred:fw-01", tmp_path, dict(os.environ))
    assert found.password is not None and found.password.reveal() == "Hunter2-canary"
    assert "Hunter2-canary" not in f"{found} {found!r}"


def test_systemd_credentials_come_first(tmp_path: Path) -> None:
    for folder, password in (("system", "from systemd"), ("own", "from the folder")):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "fw-01"
        path.write_text(f"password: {password}\n", "utf-8")
        path.chmod(0o600)
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path / "system")}
    found = resolve("cred:fw-01", tmp_path / "own", environment)
    assert found.password is not None and found.password.reveal() == "from systemd"


@pytest.mark.part("root")
@pytest.mark.parametrize(
    ("group", "mode", "taken"),
    [(0, 0o440, True), (65534, 0o440, False), (0, 0o460, False), (0, 0o444, False)],
)
def test_what_systemd_hands_out_by_an_access_list_is_taken(
    tmp_path: Path, group: int, mode: int, taken: bool
) -> None:
    """The list's mask stands where the group's rights do; the file and its group are root's."""
    path = tmp_path / "fw-01"
    path.write_text("password: Hunter2-canary\n", "utf-8")
    os.chown(path, 0, group)
    path.chmod(mode)
    if taken:
        assert resolve("cred:fw-01", tmp_path, {}).password is not None
        return
    with pytest.raises(ConfigurationError, match="file_mode"):
        resolve("cred:fw-01", tmp_path, {})


def test_doctor_sees_what_the_running_unit_was_handed(
    tmp_path: Path, mocker: MockerFixture
) -> None:
    mocker.patch.object(files, "OF_THE_UNIT", str(tmp_path / "handed"))
    (tmp_path / "handed").mkdir()
    (tmp_path / "handed" / "fw-01").write_text("password: Hunter2-canary\n", "utf-8")
    (tmp_path / "handed" / "fw-01").chmod(0o400)
    assert resolve("cred:fw-01", tmp_path, {}).password is not None


def test_a_folder_that_is_closed_to_us_holds_no_secret_for_us(
    tmp_path: Path, mocker: MockerFixture
) -> None:
    # Root is let in anywhere, so the refusal is made.
    mocker.patch.object(Path, "is_file", side_effect=PermissionError(13, "Permission denied"))
    with pytest.raises(ConfigurationError, match="secret_missing"):
        resolve("cred:fw-01", tmp_path, {})


def test_listeners_of_one_host_stand_beside_each_other(tmp_path: Path) -> None:
    listeners = """devices:
  - {id: web, platform: tls_wire, host: 192.0.2.9}
  - {id: mail, platform: tls_wire, host: 192.0.2.9, options: {starttls: smtp}}
  - {id: files, platform: tls_wire, host: 192.0.2.9, options: {starttls: ftp}}
"""
    assert len(load_config(configuration(tmp_path, listeners)).devices) == 3
    twice = listeners.replace("ftp", "smtp")
    assert mistake(tmp_path, twice).code == "inventory_duplicate"


def test_a_subject_is_read_only_by_what_can_ask_for_it(tmp_path: Path) -> None:
    host = "devices:\n  - {id: pc, platform: windows, transport: winreg, host: 192.0.2.9"
    device = load_config(configuration(tmp_path, host + "}\n")).devices["pc"]
    assert "remote_desktop" in device.subjects
    assert "account" not in device.subjects
    error = mistake(tmp_path, host + ", subjects: [account]}\n")
    assert error.code == "subject_unknown"
    assert "windows does not read account by winreg; it reads " in str(error)
