"""Keys and envelopes: what a signature holds, and what each thing wrong with one is called."""

from __future__ import annotations

import json
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from evidence.errors import ConfigurationError, SealError
from evidence.reading import canonical
from evidence.seal import Envelope, PublicKey, SigningKey, pae

PAYLOAD = b'{"said":"once"}'


@pytest.fixture
def envelope(signing_key: SigningKey) -> Envelope:
    return Envelope(PAYLOAD).signed_by(signing_key)


def refused(data: bytes) -> str:
    with pytest.raises(SealError) as caught:
        Envelope.parse(data)
    assert caught.value.code == "envelope_invalid"
    return caught.value.message


def test_pae_is_that_of_the_dsse_specification() -> None:
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("http://example.com/HelloWorld", b"hello world") == expected


def test_an_envelope_is_read_back_as_it_was_written(
    envelope: Envelope, signing_key: SigningKey
) -> None:
    again = Envelope.parse(envelope.to_json())
    assert again == envelope
    assert again.verify([signing_key.public]) == (signing_key.public,)


def test_a_further_signature_leaves_the_identity_as_it_is(
    envelope: Envelope, signing_key: SigningKey
) -> None:
    reviewer = SigningKey.generate()
    both = Envelope.parse(envelope.signed_by(reviewer).to_json())
    assert both.digest == envelope.digest == sha256(PAYLOAD).hexdigest()
    assert both.verify([reviewer.public, signing_key.public]) == (
        signing_key.public,
        reviewer.public,
    )
    assert both.signed_by(reviewer) is both


def test_a_signature_over_other_bytes_names_its_key(
    envelope: Envelope, signing_key: SigningKey
) -> None:
    moved = Envelope(b'{"said":"other"}', envelope.signatures)
    with pytest.raises(SealError, match=signing_key.public.keyid) as caught:
        moved.verify([signing_key.public])
    assert caught.value.code == "signature_invalid"


def test_an_unknown_key_is_not_trusted_and_is_named(
    envelope: Envelope, signing_key: SigningKey
) -> None:
    with pytest.raises(SealError, match=signing_key.public.keyid) as caught:
        envelope.verify([SigningKey.generate().public])
    assert caught.value.code == "key_untrusted"


def test_each_thing_wrong_with_an_envelope_is_said(envelope: Envelope) -> None:
    record = json.loads(envelope.to_json())
    one = record["signatures"][0]
    assert "does not parse" in refused(b"\xff\x00")
    assert "does not parse" in refused(b"[" * 100_000)
    assert "bad base64" in refused(canonical(record | {"payload": "e30 ="}))
    assert "payload type" in refused(canonical(record | {"payloadType": "text/plain"}))
    assert "no signature" in refused(canonical(record | {"signatures": []}))
    assert "the same key" in refused(canonical(record | {"signatures": [one, one]}))
    strange = canonical(record | {"signatures": [one | {"keyid": "?"}]})
    strange = strange.replace(b"?", rb"\ud800")
    assert "keyid" in refused(strange)
    assert "canonical form" in refused(envelope.to_json() + b"\n")
    assert "canonical form" in refused(canonical(record | {"more": 1}))


def test_keys_are_written_for_their_owner_only_and_never_over_another(
    tmp_path: Path, signing_key: SigningKey
) -> None:
    path = tmp_path / "agent.key"
    signing_key.write(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert SigningKey.read(path) == signing_key
    assert PublicKey.of_pem(signing_key.public.pem.encode()) == signing_key.public
    with pytest.raises(FileExistsError):
        SigningKey.generate().write(path)


def test_a_key_that_cannot_be_used_says_why(tmp_path: Path, signing_key: SigningKey) -> None:
    path = tmp_path / "agent.key"
    with pytest.raises(ConfigurationError, match="there is no key"):
        SigningKey.read(path)
    signing_key.write(path)
    path.chmod(0o644)
    with pytest.raises(ConfigurationError) as caught:
        SigningKey.read(path)
    assert caught.value.code == "file_mode"
    path.chmod(0o600)
    path.write_bytes(b"-----BEGIN NOTHING-----\n")
    with pytest.raises(ConfigurationError) as caught:
        SigningKey.read(path)
    assert caught.value.code == "key_unusable"


def test_a_private_key_does_not_show_itself(signing_key: SigningKey) -> None:
    assert signing_key.raw.hex() not in repr(signing_key)
    assert repr(signing_key.raw) not in repr(signing_key)


@pytest.mark.part("openssl")
def test_openssl_gives_the_same_keyid(tmp_path: Path, signing_key: SigningKey) -> None:
    path = tmp_path / "agent.pem"
    path.write_text(signing_key.public.pem)
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", str(path), "-outform", "DER"],
        check=True,
        capture_output=True,
    ).stdout
    assert sha256(der).hexdigest() == signing_key.public.keyid
