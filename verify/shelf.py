"""The readings of a pack, known by digest: an examiner's stand-in for the agent's ledger.

Only where each reading lies is remembered; it is unpacked when somebody asks for it, so that
months of readings need little memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from evidence.collection import Collection
from evidence.pack import Pack
from evidence.reading import Reading
from evidence.seal import Envelope
from evidence.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a reading lies: the digest of its bundle, and how many come before it there."""

    bundle: str
    index: int
    digest: str
    device: str
    subject: str
    at: datetime
    failed: bool


class Shelf:
    """The readings of the bundles in a pack, or of some of them."""

    def __init__(self, pack: Pack, places: Iterable[Place] = ()) -> None:
        self._pack = pack
        self._places = list(places)

    @property
    def digests(self) -> set[str]:
        return {one.digest for one in self._places}

    def put(self, bundle: str, collection: Collection) -> None:
        """Remember the readings of a bundle of the pack."""
        self._places += (
            Place(
                bundle=bundle,
                index=index,
                digest=reading.digest,
                device=reading.device,
                subject=reading.subject,
                at=reading.at,
                failed=reading.failure is not None,
            )
            for index, reading in enumerate(collection.readings)
        )

    def visits_of(self, digests: Iterable[str]) -> Shelf:
        """Every reading of the visits that these readings come from.

        Who had one reading of a visit had all of it: an assessment that names only some of
        them is held to the others as well.
        """
        wanted = set(digests)
        bundles = {one.bundle for one in self._places if one.digest in wanted}
        return Shelf(self._pack, (one for one in self._places if one.bundle in bundles))

    def newest(self, end: datetime) -> list[Reading]:
        """Per device and subject the newest reading before `end`, and the newest good one, as
        the agent's ledger gives them: oldest first."""
        before = [one for one in self._places if one.at < end]
        last: dict[tuple[str, str], datetime] = {}
        last_good: dict[tuple[str, str], datetime] = {}
        for one in before:
            key = (one.device, one.subject)
            last[key] = max(one.at, last.get(key, one.at))
            if not one.failed:
                last_good[key] = max(one.at, last_good.get(key, one.at))
        return list(
            self._unpacked(
                one
                for one in before
                if one.at == last[one.device, one.subject]
                or one.at == last_good.get((one.device, one.subject))
            )
        )

    def readings(self, device: str, subject: str, end: datetime | None = None) -> Iterator[Reading]:
        """The readings of a device and subject (at < end), oldest first, one by one."""
        yield from self._unpacked(
            one
            for one in self._places
            if (one.device, one.subject) == (device, subject) and (end is None or one.at < end)
        )

    def newest_before(self, device: str, subject: str, moment: datetime) -> Reading | None:
        """The newest good reading of a device and subject before a moment; of several at one time
        the one that the agent's ledger gives."""
        found = [
            one
            for one in self._places
            if (one.device, one.subject) == (device, subject) and one.at < moment and not one.failed
        ]
        if not found:
            return None
        last_at = max(one.at for one in found)
        last = min((one for one in found if one.at == last_at), key=lambda one: one.digest)
        return next(self._unpacked([last]))

    def _unpacked(self, places: Iterable[Place]) -> Iterator[Reading]:
        for one in sorted(places, key=lambda place: (place.at, place.digest)):
            envelope = Envelope.parse(self._pack.archive.read(f"records/{one.bundle}.json"))
            said = Statement.parse(envelope.payload).predicate
            yield Reading.of_record(said["readings"][one.index])
