"""What a pack holds, and what of each bundle belongs in it: the readings cited, no more.

What is taken from a bundle goes into a file at once, so that a pack of many months of readings
needs little memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from hashlib import sha256
from os import SEEK_END
from typing import BinaryIO

from evidence.bundle import check_digest
from evidence.collection import Asked
from evidence.errors import SealError
from evidence.reading import canonical
from evidence.seal import Envelope
from evidence.statement import COLLECTION, Statement
from report.exhibits import Exhibit


class Members(Mapping[str, bytes]):
    """The members of a pack by name, kept end to end in one open file until they are written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._places: dict[str, tuple[int, int]] = {}

    def add(self, name: str, body: bytes) -> None:
        """Keep a member; one that is there already stays as it is."""
        self.add_parts(name, (body,))

    def add_parts(self, name: str, parts: Iterable[bytes]) -> None:
        """The same for one that is made part by part. Other members must not be made meanwhile."""
        if name not in self._places:
            begins = self._file.seek(0, SEEK_END)
            self._file.writelines(parts)
            self._places[name] = (begins, self._file.tell() - begins)

    def add_record(self, body: bytes) -> Envelope:
        """Keep a signed record under the digest of its payload. Raises SealError for none."""
        envelope = Envelope.parse(body)
        self.add(f"records/{envelope.digest}.json", body)
        return envelope

    @property
    def records(self) -> list[str]:
        """The digests of the signed records among them."""
        folder = "records/"
        return [
            name.removeprefix(folder).removesuffix(".json")
            for name in self._places
            if name.startswith(folder)
        ]

    def __getitem__(self, name: str) -> bytes:
        offset, size_bytes = self._places[name]
        self._file.seek(offset)
        return self._file.read(size_bytes)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def take(
    bundle: str,
    readings: Set[str],
    envelope: bytes,
    capture: Callable[[str], bytes | None],
    members: Members,
) -> Iterator[Exhibit]:
    """Keep a bundle's envelope and the captures of these readings (digests); yield their exhibits.

    `capture` gives the bytes of a digest, None where they were deleted on record. Works on plain
    records: facts by the hundred thousand need not become objects to be packed. Raises SealError
    for a bundle that is not `bundle`.
    """
    kept = members.add_record(envelope)
    if kept.digest != bundle:
        raise SealError(f"{bundle} holds another bundle", code="digest_mismatch")
    statement = Statement.parse(kept.payload)
    if statement.predicate_type != COLLECTION:
        raise SealError(f"{bundle} holds a {statement.kind}", code="statement_invalid")
    said = statement.predicate
    by_subject = {}
    for reading in said["readings"]:
        digest = sha256(canonical(reading)).hexdigest()
        if digest in readings:
            by_subject[reading["subject"]] = digest
            for one in reading["captures"]:
                body = capture(one)
                if body is not None:
                    check_digest(one, body)
                    members.add(f"captures/{one}", body)
    if unfound := readings - set(by_subject.values()):
        raise SealError(f"{bundle} lacks reading {min(unfound)}", code="archive_incomplete")
    for asked in said["asks"]:
        if asked["subject"] in by_subject:
            yield Exhibit(
                device=said["device"]["id"],
                site=said["device"]["site"],
                reading=by_subject[asked["subject"]],
                bundle=bundle,
                agent=said["agent"],
                requester=said["requester"],
                replayed=said["replayed"],
                asked=Asked.of_record(asked),
            )
