"""A bundle's file: any unzip reads it, and no bit of it can change unseen."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from random import Random

import pytest

from evidence.archive import open_archive, write_archive
from evidence.bundle import Bundle, read_bundle, seal
from evidence.errors import SealError
from evidence.seal import Envelope, SigningKey
from evidence.statement import COLLECTION, Statement
from tests.fixtures_bundle import BODY, MakeBundle

COMMENT_BYTES = len("sha256:") + 64


@pytest.fixture(scope="module")
def data(small_bundle: Bundle) -> bytes:
    return small_bundle.to_bytes()


def archive(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    write_archive(out, members)
    return out.getvalue()


def recomputed(data: bytes) -> bytes:
    """The file with its comment made to fit, as somebody who knows the format would."""
    body = data[:-COMMENT_BYTES]
    return body + f"sha256:{sha256(body).hexdigest()}".encode()


def code(data: bytes) -> str:
    with pytest.raises(SealError) as caught:
        read_bundle(data)
    return caught.value.code


def flips(data: bytes) -> list[bytes]:
    number = int.from_bytes(data, "big")
    return [(number ^ (1 << bit)).to_bytes(len(data), "big") for bit in range(len(data) * 8)]


def test_a_bundle_is_read_back_as_it_was_sealed(small_bundle: Bundle, data: bytes) -> None:
    again = read_bundle(data)
    assert again == small_bundle
    assert again.collection.readings == small_bundle.collection.readings
    assert again.collection.asks[1].failure is not None
    assert again.to_bytes() == data


def test_any_unzip_reads_it(small_bundle: Bundle, data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        digest = sha256(BODY + b"visit 0\n").hexdigest()
        assert file.namelist() == [f"captures/{digest}", "envelope.json"]
        assert all(one.compress_type == zipfile.ZIP_DEFLATED for one in file.infolist())
        assert sha256(file.read(f"captures/{digest}")).hexdigest() == digest
        assert file.read("envelope.json") == small_bundle.envelope.to_json()


def test_the_statement_names_every_capture(small_bundle: Bundle) -> None:
    statement = Statement.parse(small_bundle.envelope.payload)
    assert statement.predicate_type == COLLECTION
    assert set(statement.subjects.values()) == set(small_bundle.captures)
    assert statement.payload() == small_bundle.envelope.payload


def test_every_flipped_bit_is_caught(data: bytes) -> None:
    for changed in flips(data):
        with pytest.raises(SealError):
            read_bundle(changed)


def test_a_flipped_bit_is_caught_though_the_comment_was_made_to_fit(
    data: bytes, signing_key: SigningKey, small_bundle: Bundle
) -> None:
    """What is let through says the very same: only the padding after a deflate stream is free."""
    let_through = 0
    for changed in flips(data[:-COMMENT_BYTES]):
        try:
            bundle = read_bundle(recomputed(changed + bytes(COMMENT_BYTES)))
            bundle.envelope.verify([signing_key.public])
        except SealError:
            continue
        assert bundle == small_bundle
        let_through += 1
    assert let_through <= 7 * 2  # at most seven bits in the last byte of each of two streams


def test_truncated_and_lengthened_files_are_caught(data: bytes) -> None:
    for length in range(len(data)):
        assert code(data[:length]) in {"archive_altered", "archive_unreadable"}
    assert code(data + b"\0") == "archive_altered"
    assert code(b"\0" + data) == "archive_altered"
    assert code(data + data) == "archive_altered"


def test_random_damage_is_caught(data: bytes) -> None:
    random = Random(20261123)
    for _ in range(2_000):
        start = random.randrange(len(data))
        length = random.randrange(1, 40)
        changed = data[:start] + random.randbytes(length) + data[start + length :]
        if changed != data:
            with pytest.raises(SealError):
                read_bundle(changed)


def test_what_is_no_zip_is_unreadable_rather_than_altered() -> None:
    assert code(b"") == "archive_unreadable"
    assert code(b"%PDF-1.7 " * 100) == "archive_unreadable"


def test_members_that_are_missing_swapped_or_extra_are_caught(
    small_bundle: Bundle, make_bundle: MakeBundle
) -> None:
    envelope = small_bundle.envelope.to_json()
    ((digest, body),) = small_bundle.captures.items()
    ((other, other_body),) = make_bundle(7).captures.items()
    whole = {"envelope.json": envelope, f"captures/{digest}": body}
    assert read_bundle(archive(whole)) == small_bundle
    assert code(archive({"envelope.json": envelope})) == "archive_incomplete"
    assert code(archive({f"captures/{digest}": body})) == "archive_incomplete"
    assert code(archive(whole | {f"captures/{other}": other_body})) == "archive_incomplete"
    assert code(archive(whole | {"note.txt": b"hello"})) == "archive_incomplete"
    assert code(archive(whole | {f"captures/{digest}": other_body})) == "digest_mismatch"


def test_another_zip_of_the_same_members_is_not_the_one_that_was_sealed(
    small_bundle: Bundle,
) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("envelope.json", small_bundle.envelope.to_json())
        for digest, body in small_bundle.captures.items():
            file.writestr(f"captures/{digest}", body)
    assert code(out.getvalue()) == "archive_altered"


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a\0b", "x" * 300, "\u202egpj", "a//b"])
def test_names_never_become_paths(name: str) -> None:
    with pytest.raises(SealError) as caught:
        archive({name: b""})
    assert caught.value.code == "name_invalid"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = archive({"zeros": bytes(50_000_000)})
    assert len(bomb) < 100_000
    with pytest.raises(SealError) as caught:
        open_archive(bomb, limit_bytes=1_000_000)
    assert caught.value.code == "archive_too_large"


def test_a_member_larger_than_its_header_says_is_not_unpacked_whole() -> None:
    honest = archive({"zeros": bytes(1_000_000)})
    size = (1_000_000).to_bytes(4, "little")
    liar = recomputed(honest.replace(size, (10).to_bytes(4, "little")))
    with pytest.raises(SealError) as caught:
        open_archive(liar).read("zeros")
    assert caught.value.code == "archive_altered"


def test_a_later_format_is_named_as_such(signing_key: SigningKey) -> None:
    later = Statement("urn:evidence-agent:collection:v2", {}, {})
    envelope = Envelope(later.payload()).signed_by(signing_key)
    assert code(archive({"envelope.json": envelope.to_json()})) == "format_unsupported"


def test_a_bundle_cannot_be_sealed_with_other_captures(
    small_bundle: Bundle, signing_key: SigningKey
) -> None:
    with pytest.raises(SealError):
        seal(small_bundle.collection, [b"never asked for"], signing_key)
    with pytest.raises(SealError):
        seal(small_bundle.collection, [], signing_key)
