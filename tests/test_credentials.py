"""Secrets of a Vault: read for one run, refused in words, and never seen anywhere."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from agent.collect import collect, jobs_for
from agent.config import Config, load_config
from agent.connect import Connector
from agent.credentials import Keyring
from agent.logins import Logins
from evidence.errors import ConfigurationError, EnvironmentProblem, EvidenceError
from tests.fixtures_lab import ASA, ASA_TERMINAL, Site, by_device, failure_of
from tests.fixtures_vault import CannedVault

TOKEN = "canary-token-0001"
PASSWORD = "canary-password-0002"
FW: dict[str, object] = {"username": "evidence", "password": PASSWORD, "second": None}


def site_of(
    folder: Path,
    vault: CannedVault,
    settings: Mapping[str, str] | None = None,
    held: Mapping[str, str] | None = None,
) -> Config:
    """A site whose secrets lie in this Vault, its own log-in in a file."""
    scheme = "https" if vault.certificate else "http"
    url = f"{scheme}://127.0.0.1:{vault.port}"
    entry = {"url": url, "login": "cred:vault", **(settings or {})}
    folder.mkdir(exist_ok=True)
    (folder / "agent.yaml").write_text(
        yaml.safe_dump({"id": "agent-1", "state": "state", "vault": entry})
    )
    (folder / "devices.yaml").write_text("devices: []\n")
    (folder / "credentials").mkdir(exist_ok=True)
    file = folder / "credentials" / "vault"
    file.touch(0o600)
    file.write_text(yaml.safe_dump(dict(held or {"token": TOKEN})))
    return load_config(folder / "agent.yaml")


def keyring(folder: Path, vault: CannedVault, **more: str) -> Keyring:
    return Keyring(site_of(folder, vault, more).credentials, {})


def refusal(keys: Keyring, reference: str = "vault:network/fw-01") -> EvidenceError:
    """The error that asking ends with; it says nothing secret."""
    with pytest.raises(EvidenceError) as raised:
        keys.get(reference)
    assert "canary" not in str(raised.value)
    return raised.value


def test_a_secret_is_read_once_a_run_with_the_token(tmp_path: Path, vault: CannedVault) -> None:
    vault.secrets["network/fw-01"] = FW
    keys = keyring(tmp_path, vault, namespace="brokers/taipei")
    given = keys.get("vault:network/fw-01")
    assert (given.username, given.second) == ("evidence", None)
    assert given.password is not None and given.password.reveal() == PASSWORD
    assert keys.get("vault:network/fw-01") == given
    ((path, headers, _),) = vault.heard
    assert path == "/v1/secret/data/network/fw-01"
    assert headers["x-vault-token"] == TOKEN
    assert headers["x-vault-namespace"] == "brokers/taipei"
    keyring(tmp_path, vault).get("vault:network/fw-01")
    assert len(vault.heard) == 2, "another run asks anew: what was changed there holds at once"


def test_an_approle_logs_in_once_and_again_when_its_token_ends(
    tmp_path: Path, vault: CannedVault
) -> None:
    vault.approle = {"role_id": "evidence", "secret_id": "canary-secret-id"}
    vault.secrets = {"fw-01": FW, "fw-02": FW, "fw-03": FW}
    keys = Keyring(site_of(tmp_path, vault, held=vault.approle).credentials, {})
    keys.get("vault:fw-01")
    keys.get("vault:fw-02")
    assert vault.issued == 1
    vault.tokens.clear()
    keys.get("vault:fw-03")
    assert vault.issued == 2
    vault.approle = {}
    vault.tokens.clear()
    assert refusal(keys, "vault:fw-04").code == "secret_denied"


def test_what_a_vault_refuses_is_said_with_what_to_do(tmp_path: Path, vault: CannedVault) -> None:
    keys = keyring(tmp_path, vault)
    missing = refusal(keys)
    assert isinstance(missing, ConfigurationError)
    assert missing.code == "secret_missing"
    assert "bao kv put -mount=secret network/fw-01" in missing.next_step
    vault.secrets["network/fw-01"] = {"user": "canary-name"}
    assert refusal(keys).code == "secret_invalid"
    vault.tokens.clear()
    assert refusal(keys, "vault:network/fw-02").code == "secret_denied"


def test_a_sealed_vault_is_asked_once_and_left_alone(tmp_path: Path, vault: CannedVault) -> None:
    vault.sealed = True
    keys = keyring(tmp_path, vault)
    error = refusal(keys)
    assert isinstance(error, EnvironmentProblem)
    assert (error.code, error.exit_code) == ("secret_unavailable", 3)
    assert "sealed" in error.message
    assert refusal(keys, "vault:fw-02").message == error.message
    assert len(vault.heard) == 1


def test_a_redirect_is_not_followed_with_the_token(tmp_path: Path, vault: CannedVault) -> None:
    vault.redirects = True
    assert refusal(keyring(tmp_path, vault)).code == "secret_unavailable"
    assert len(vault.heard) == 1


def test_a_vault_that_is_away_says_so(tmp_path: Path) -> None:
    error = refusal(keyring(tmp_path, CannedVault(port=9)))
    assert error.code == "secret_unavailable"
    assert "127.0.0.1:9" in error.message


@pytest.mark.parametrize("vault", ["tls"], indirect=True)
def test_tls_trusts_the_pin_or_the_ca_and_nobody_else(tmp_path: Path, vault: CannedVault) -> None:
    vault.secrets["network/fw-01"] = FW
    assert refusal(keyring(tmp_path, vault)).code == "vault_untrusted"
    wrong = keyring(tmp_path, vault, tls_fingerprint="SHA256:" + "ab" * 32)
    assert refusal(wrong).code == "vault_untrusted"
    assert not vault.heard, "no token left for a Vault that is not the right one"
    (tmp_path / "ca.pem").write_bytes(vault.certificate)
    keyring(tmp_path, vault, ca="ca.pem").get("vault:network/fw-01")
    keyring(tmp_path, vault, tls_fingerprint=vault.fingerprint).get("vault:network/fw-01")
    assert len(vault.heard) == 2


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ({"url": "http://vault.example:8200"}, "vault_plain"),
        ({"url": "http://192.0.2.1:8200"}, "vault_plain"),
        ({"url": "vault.example"}, "vault_url"),
        ({"url": "https://user:canary@vault.example"}, "vault_url"),
        ({"login": "canary-token-in-the-file"}, "secret_inline"),
        ({"tls_fingerprint": "SHA256:canary"}, "tls_fingerprint_invalid"),
        ({"mount": "../canary"}, "config_invalid"),
    ],
)
def test_an_unsafe_way_to_the_vault_is_refused_before_anything_starts(
    tmp_path: Path, setting: dict[str, str], code: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        site_of(tmp_path, CannedVault(port=8200), setting)
    assert raised.value.code == code
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("path", ["../sys/seal", "fw 01", "a//b", "a?b", ""])
def test_a_reference_is_a_plain_path(tmp_path: Path, path: str) -> None:
    (tmp_path / "agent.yaml").write_text("id: agent-1\nstate: state\n")
    (tmp_path / "devices.yaml").write_text(
        f"devices:\n  - {{id: fw-01, platform: asa, host: fw, secret: 'vault:{path}'}}\n"
    )
    with pytest.raises(ConfigurationError, match="secret_invalid"):
        load_config(tmp_path / "agent.yaml")


def test_without_a_vault_its_secrets_are_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text("id: agent-1\nstate: state\n")
    (tmp_path / "devices.yaml").write_text("devices: []\n")
    keys = Keyring(load_config(tmp_path / "agent.yaml").credentials, {})
    assert refusal(keys).code == "vault_missing"


def test_a_token_that_no_header_can_carry_is_never_quoted(
    tmp_path: Path, vault: CannedVault
) -> None:
    config = site_of(tmp_path, vault, held={"token": "canary\ntoken"})
    assert refusal(Keyring(config.credentials, {})).code == "secret_invalid"
    assert not vault.heard


def test_devices_go_on_when_the_vault_of_others_is_sealed(
    lab_site: Site, vault: CannedVault, caplog: pytest.LogCaptureFixture
) -> None:
    vault.sealed = True
    for name in ("fw-01", "fw-02"):
        lab_site.ssh(name, ASA, "firmware", terminal=ASA_TERMINAL)
    lab_site._devices[0]["secret"] = "vault:fw-01"
    lab_site.write()
    config = site_of_vault(lab_site, vault)
    with caplog.at_level(logging.DEBUG), lab_site.agent(config) as agent:
        connector = Connector(Logins(agent, "lin"), config.credentials)
        read = by_device(collect(agent, jobs_for(config.devices.values()), connector))
    assert failure_of(read["fw-01", "firmware"]) == "secret_unavailable"
    assert read["fw-02", "firmware"].failure is None


def test_no_secret_of_the_vault_is_left_behind(
    lab_site: Site, vault: CannedVault, caplog: pytest.LogCaptureFixture
) -> None:
    lab = lab_site.ssh("fw-01", ASA, "firmware", terminal=ASA_TERMINAL)
    own = yaml.safe_load((lab_site.folder / "credentials" / "fw-01").read_text())
    vault.secrets["fw-01"] = own
    lab_site._devices[0]["secret"] = "vault:fw-01"
    lab_site.write()
    config = site_of_vault(lab_site, vault)
    (lab_site.folder / "credentials" / "fw-01").unlink()
    with caplog.at_level(logging.DEBUG), lab_site.agent(config) as agent:
        connector = Connector(Logins(agent, "lin"), config.credentials)
        read = by_device(collect(agent, jobs_for(config.devices.values()), connector))
        said = repr(connector) + repr(vars(connector.keyring)) + repr(config)
    assert read["fw-01", "firmware"].failure is None
    assert lab.attempts == 1
    secrets = (TOKEN, *lab_site.secrets)
    told = caplog.text + said + Path("/proc/self/cmdline").read_text() + str(dict(os.environ))
    left = [
        path.name
        for path in (lab_site.folder / "state").rglob("*")
        if path.is_file() and any(one.encode() in path.read_bytes() for one in secrets)
    ]
    assert not [one for one in secrets if one in told]
    assert not left


def site_of_vault(lab_site: Site, vault: CannedVault) -> Config:
    """The lab's own site, with this Vault beside its files."""
    path = lab_site.folder / "agent.yaml"
    settings = yaml.safe_load(path.read_text())
    settings["vault"] = {"url": f"http://127.0.0.1:{vault.port}", "login": "cred:vault"}
    path.write_text(yaml.safe_dump(settings))
    file = lab_site.folder / "credentials" / "vault"
    file.touch(0o600)
    file.write_text(yaml.safe_dump({"token": TOKEN}))
    return load_config(path)
