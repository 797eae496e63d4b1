"""Rot of what a store keeps is found within a week, told, and known to be mended."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from evidence.bundle import Bundle
from evidence.seal import SigningKey
from evidence.workdays import WorkDays
from store.files import ENVELOPES
from store.fsck import fsck
from store.notices.found import Kind, notices
from store.scrub import Scrubber
from tests.fixtures_bundle import AT
from tests.fixtures_store import StoreClient, served_store


def test_rot_is_found_within_a_week_and_told_until_it_is_mended(
    tmp_path: Path, signing_key: SigningKey, small_bundle: Bundle
) -> None:
    now = [AT]
    with served_store(tmp_path / "store", clock=lambda: now[0]) as store:
        custody = store.custody
        custody.enrol("agent-1", ["main"], signing_key.public)
        assert StoreClient(store.url, signing_key).put_bundle(small_bundle).status_code == 201
        scrubber = Scrubber(custody, rest=lambda seconds: None)

        def week() -> set[str]:
            found: set[str] = set()
            for _ in range(7):
                now[0] += timedelta(days=1)
                found.update(scrubber.look())
            return found

        def told() -> set[str]:
            with custody.database.reading() as rows:
                found = notices(rows, now[0], WorkDays())
                return {one.about for one in found if one.kind is Kind.store_damaged}

        assert week() == told() == set()
        (capture,) = small_bundle.captures
        [blob] = [one for one in (store.state / "blobs").rglob(f"*{capture[4:]}*")]
        kept = {blob: blob.read_bytes()}
        envelope = custody.files.path(ENVELOPES, small_bundle.digest)
        kept[envelope] = envelope.read_bytes()
        for file, body in kept.items():
            file.chmod(0o600)
            file.write_bytes(body[:-2] + bytes([body[-2] ^ 1]) + body[-1:])
        wrong = {f"blob {capture}", f"statement {small_bundle.digest}"}
        assert week() == told() == wrong
        now[0] += timedelta(days=1)
        assert set(scrubber.look()) == wrong, "what is damaged is looked at every day"
        for file, body in kept.items():
            file.write_bytes(body)
        now[0] += timedelta(days=1)
        assert scrubber.look() == [] and told() == set()
        assert list(fsck(custody)) == []
