"""Damage to a pack, by chance and on purpose: all is caught, though the comment be made to fit."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from random import Random

import pytest

from evidence.archive import write_archive
from evidence.errors import SealError
from evidence.pack import read_pack, write_pack
from evidence.seal import SigningKey
from tests.fixtures_pack import MonthPack
from tests.test_bundle import COMMENT_BYTES, flips, recomputed


def members_of(data: bytes, key: SigningKey) -> Mapping[str, bytes]:
    """What a pack of that key holds. Raises SealError."""
    pack = read_pack(data)
    pack.manifest.verify([key.public])
    return {name: pack.archive.read(name) for name in pack.archive.names}


def written(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    write_archive(out, members)
    return out.getvalue()


def caught(data: bytes, key: SigningKey, whole: Mapping[str, bytes]) -> bool:
    """What is let through says the very same: the padding after a deflate stream is free."""
    try:
        return members_of(data, key) == whole
    except SealError:
        return True


@pytest.fixture
def small_pack(signing_key: SigningKey) -> bytes:
    out = io.BytesIO()
    write_pack(out, {"period": "2026-11"}, {"captures/x": b"a", "README.txt": b"b"}, signing_key)
    return out.getvalue()


def test_every_flipped_bit_of_a_small_pack_is_caught(
    small_pack: bytes, signing_key: SigningKey
) -> None:
    whole = members_of(small_pack, signing_key)
    for changed in flips(small_pack):
        with pytest.raises(SealError):
            read_pack(changed)
    for changed in flips(small_pack[:-COMMENT_BYTES]):
        assert caught(recomputed(changed + bytes(COMMENT_BYTES)), signing_key, whole)


@pytest.mark.timeout(1800)
def test_random_changes_of_a_month_s_pack_are_caught(
    month_pack: MonthPack, drill_count: Callable[[int, int], int]
) -> None:
    key, data = month_pack.broker.agent.signing_key, month_pack.path.read_bytes()
    whole, random = members_of(data, key), Random(20261123)
    count = drill_count(500, 100_000)
    for number in range(count):
        start, length = random.randrange(len(data)), random.randrange(1, 40)
        match random.randrange(4):
            case 0:
                changed = data[:start] + random.randbytes(length) + data[start + length :]
            case 1:
                changed = data[:start] + data[start + length :]
            case 2:
                changed = data[:start] + random.randbytes(length) + data[start:]
            case _:
                changed = data[:start]
        if changed == data:
            continue
        with pytest.raises(SealError):
            read_pack(changed)
        # Of some, by whoever writes the comment anew: to unpack all of them takes long.
        if number % 50 == 0:
            assert caught(recomputed(changed), key, whole), number


@pytest.mark.timeout(900)
def test_members_that_are_missing_swapped_or_extra_are_caught(
    month_pack: MonthPack, drill_count: Callable[[int, int], int]
) -> None:
    key = month_pack.broker.agent.signing_key
    whole = members_of(month_pack.path.read_bytes(), key)
    assert members_of(written(whole), key) == whole
    names = Random(20261123).sample(sorted(whole), drill_count(5, len(whole)))
    for name, other in zip(names, [*names[1:], names[0]], strict=True):
        without = {one: body for one, body in whole.items() if one != name}
        swapped = {**whole, name: whole[other], other: whole[name]}
        for changed in (without, swapped, {**whole, f"{name}x": b""}):
            if changed != whole:
                with pytest.raises(SealError):
                    members_of(written(changed), key)
