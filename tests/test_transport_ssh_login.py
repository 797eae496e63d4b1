"""Who the device is comes before who we are; and a log-in is tried once."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from paramiko import ECDSAKey, RSAKey, Transport

from agent.secret import Credential, Secret
from agent.transports.ssh import open_ssh
from agent.transports.ssh.keys import private_key
from agent.transports.ssh.link import OLD
from evidence.ask import Session
from evidence.errors import IdentityRefused, LoginRefused, Unreachable, VisitError
from lab.devices import Mischief
from lab.devices.ssh import Account, LabSsh
from tests import toy

MODES = pytest.mark.parametrize("session", [None, toy.SESSION], ids=["exec", "terminal"])


def refusal(
    lab: LabSsh,
    pins: set[str] | None = None,
    credential: Credential = toy.CREDENTIAL,
    session: Session | None = None,
    **changes: Any,
) -> VisitError:
    """The error that opening ends with."""
    with pytest.raises(VisitError) as refused:
        open_ssh(
            toy.device(lab.port, **changes),
            credential,
            toy.platform(session=session),
            {lab.fingerprint} if pins is None else pins,
        )
    assert toy.PASSWORD not in str(refused.value)
    return refused.value


@MODES
def test_an_unknown_host_key_is_refused_before_the_password(session: Session | None) -> None:
    with LabSsh(toy.TAPE, toy.ACCOUNT) as lab:
        error = refusal(lab, set(), session=session)
    assert isinstance(error, IdentityRefused)
    assert error.code == "host_key_unknown"
    assert f"hostkey accept fw-01 {lab.fingerprint}" in error.next_step
    assert lab.attempts == 0


@MODES
def test_a_changed_host_key_is_refused_before_the_password(session: Session | None) -> None:
    pinned = ECDSAKey.generate().fingerprint
    with LabSsh(toy.TAPE, toy.ACCOUNT) as lab:
        error = refusal(lab, {pinned}, session=session)
    assert isinstance(error, IdentityRefused)
    assert error.code == "host_key_changed"
    assert pinned in error.message
    assert lab.fingerprint in error.message
    assert lab.attempts == 0


@MODES
def test_a_wrong_password_is_tried_once(session: Session | None) -> None:
    with LabSsh(toy.TAPE, Account("auditor", password="another")) as lab:
        error = refusal(lab, session=session)
    assert isinstance(error, LoginRefused)
    assert (error.code, lab.attempts) == ("auth_failed", 1)


def test_a_locked_account_is_told_apart() -> None:
    with LabSsh(toy.TAPE, toy.ACCOUNT, mischief=Mischief(locked=True)) as lab:
        error = refusal(lab)
    assert (error.code, lab.attempts) == ("auth_locked", 1)


@MODES
def test_a_prompt_for_a_code_is_answered_by_nobody(session: Session | None) -> None:
    with LabSsh(toy.TAPE, toy.ACCOUNT, mischief=Mischief(token_prompt=True)) as lab:
        error = refusal(lab, session=session)
    assert error.code == "auth_interactive"
    assert "Verification code" in error.message


def test_a_prompt_for_a_code_is_answered_by_what_was_typed_once() -> None:
    for typed, expected in ((toy.PASSWORD, None), ("000000", "auth_failed")):
        with LabSsh(toy.TAPE, toy.ACCOUNT, mischief=Mischief(token_prompt=True)) as lab:
            credential = replace(toy.CREDENTIAL, password=None, otp=Secret(typed))
            if expected is not None:
                assert refusal(lab, credential=credential).code == expected
            else:
                way = open_ssh(toy.device(lab.port), credential, toy.platform(), {lab.fingerprint})
                assert way.ask(toy.VERSION).body
                way.close()
        assert lab.attempts == 1


def test_a_password_asked_for_by_prompt_is_given() -> None:
    mischief = Mischief(password_prompt=True)
    with LabSsh(toy.TAPE, toy.ACCOUNT, mischief=mischief) as lab:
        way = open_ssh(toy.device(lab.port), toy.CREDENTIAL, toy.platform(), {lab.fingerprint})
        assert way.ask(toy.VERSION).body
        way.close()
    assert lab.attempts == 1


def test_a_wrong_second_secret_is_tried_once() -> None:
    account = Account("auditor", password=toy.PASSWORD, second="another")
    with LabSsh(toy.TAPE, account, toy.TERMINAL) as lab:
        error = refusal(lab, session=toy.SESSION)
    assert isinstance(error, LoginRefused)
    assert "second secret" in error.message
    assert toy.SECOND not in str(error)
    assert lab.lines == ["enable"]


def test_without_a_credential_nothing_is_tried() -> None:
    with LabSsh(toy.TAPE, toy.ACCOUNT) as lab:
        error = refusal(lab, credential=Credential("auditor"))
    assert (error.code, lab.attempts) == ("auth_failed", 0)


# --- algorithms ---


def test_no_old_algorithm_is_offered_by_default() -> None:
    with LabSsh(toy.TAPE, toy.ACCOUNT) as lab:
        way: Any = open_ssh(toy.device(lab.port), toy.CREDENTIAL, toy.platform(), {lab.fingerprint})
        wire: Transport = way._client.get_transport()
        for what, names in OLD.items():
            ours = getattr(wire, f"preferred_{what}")
            assert not set(names) & set(ours)
            assert not [name for name in ours if name.endswith(("sha1", "cbc", "-96", "md5"))]
        way.close()


@MODES
def test_a_device_with_old_algorithms_only_is_named_so(session: Session | None) -> None:
    with LabSsh(toy.TAPE, toy.ACCOUNT, mischief=Mischief(legacy_only=True)) as lab:
        error = refusal(lab, session=session)
    assert error.code == "ssh_legacy_only"
    for name in ("diffie-hellman-group1-sha1", "ssh-rsa", "aes128-cbc", "hmac-sha1"):
        assert name in error.message
    assert lab.attempts == 0


@MODES
def test_a_recorded_exception_reaches_an_old_device(session: Session | None) -> None:
    mischief = Mischief(legacy_only=True)
    with LabSsh(toy.TAPE, toy.ACCOUNT, toy.TERMINAL, mischief=mischief) as lab:
        way = open_ssh(
            toy.device(lab.port, exceptions={"ssh_legacy": "EX-2026-004"}),
            toy.CREDENTIAL,
            toy.platform(session=session),
            {lab.fingerprint},
        )
        assert b"Toy Appliance" in way.ask(toy.VERSION).body
        way.close()


# --- private keys ---

PEM = PrivateFormat.TraditionalOpenSSL
OPENSSH = PrivateFormat.OpenSSH


def written(key: Any, form: PrivateFormat, passphrase: str | None = None) -> Secret:
    lock: KeySerializationEncryption = NoEncryption()
    if passphrase:
        lock = BestAvailableEncryption(passphrase.encode())
    return Secret(key.private_bytes(Encoding.PEM, form, lock).decode())


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    ("key", "form"),
    [
        (ed25519.Ed25519PrivateKey.generate, OPENSSH),
        (ed25519.Ed25519PrivateKey.generate, PrivateFormat.PKCS8),
        (lambda: ec.generate_private_key(ec.SECP256R1()), OPENSSH),
        (lambda: ec.generate_private_key(ec.SECP384R1()), PEM),
        (rsa_key, OPENSSH),
        (rsa_key, PEM),
    ],
)
@pytest.mark.parametrize("passphrase", [None, "open sesame"])
def test_a_key_of_any_usual_kind_is_read(
    key: Callable[[], Any], form: PrivateFormat, passphrase: str
) -> None:
    credential = Credential(
        "auditor",
        private_key=written(key(), form, passphrase),
        passphrase=Secret(passphrase) if passphrase else None,
    )
    assert private_key(toy.device(22), credential) is not None


def test_a_key_logs_in_and_the_password_is_not_tried() -> None:
    key = RSAKey(key=rsa_key())
    credential = Credential(
        "auditor", password=Secret(toy.PASSWORD), private_key=written(rsa_key(), OPENSSH)
    )
    with LabSsh(toy.TAPE, Account("auditor", key=key)) as lab:
        way = open_ssh(toy.device(lab.port), credential, toy.platform(), {lab.fingerprint})
        assert way.ask(toy.VERSION).body
        way.close()
    with LabSsh(toy.TAPE, toy.ACCOUNT) as lab:
        error = refusal(lab, credential=credential)
    assert (error.code, lab.attempts) == ("auth_failed", 1)


OTHER = Secret("another")
UNUSABLE: dict[str, Callable[[], Credential]] = {
    "locked": lambda: Credential(private_key=written(rsa_key(), OPENSSH, "x")),
    "locked PEM": lambda: Credential(private_key=written(rsa_key(), PEM, "x")),
    "wrong passphrase": lambda: Credential(
        private_key=written(rsa_key(), OPENSSH, "x"), passphrase=OTHER
    ),
    "no lock to open": lambda: Credential(private_key=written(rsa_key(), PEM), passphrase=OTHER),
    "DSA": lambda: Credential(private_key=written(dsa.generate_private_key(1024), PEM)),
    "no key": lambda: Credential(private_key=Secret("what stands here is no private key at all")),
    "half a key": lambda: Credential(
        private_key=Secret(written(rsa_key(), OPENSSH).reveal()[:300])
    ),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_an_unusable_key_says_why_and_stays_secret(what: str) -> None:
    credential = UNUSABLE[what]()
    with pytest.raises(LoginRefused) as refused:
        private_key(toy.device(22), credential)
    assert refused.value.code == "key_unusable"
    assert credential.private_key is not None
    assert credential.private_key.reveal()[10:30] not in str(refused.value)


@pytest.mark.part("ssh-keygen")
@pytest.mark.parametrize("passphrase", ["", "open sesame"])
def test_a_dsa_key_of_openssh_is_told_from_its_text(tmp_path: Path, passphrase: str) -> None:
    file = tmp_path / "key"
    made = subprocess.run(
        ["ssh-keygen", "-q", "-t", "dsa", "-N", passphrase, "-f", file], capture_output=True
    )
    if made.returncode:
        pytest.skip("this ssh-keygen makes no DSA keys any more")
    credential = Credential(private_key=Secret(file.read_text()))
    with pytest.raises(LoginRefused, match="DSA"):
        private_key(toy.device(22), credential)


def test_a_device_that_hangs_up_at_log_in_is_not_called_a_wrong_password() -> None:
    with LabSsh(toy.TAPE, toy.ACCOUNT, mischief=Mischief(hangs_up=True)) as lab:
        error = refusal(lab)
    assert isinstance(error, Unreachable)
    assert error.code == "auth_cut_off"
