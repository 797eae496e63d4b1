"""How a pack of the store hangs on the store's log: one checkpoint over every record, and who else
saw that log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evidence.anchors import CHECKPOINT, PROOFS, STAMPED, TOKEN, WITNESSED, Proofs
from evidence.checkpoint import Checkpoint, cosigned_at
from evidence.errors import SealError
from evidence.log import consistent, included
from evidence.pack import Pack
from evidence.receipt import Receipt
from evidence.text import Text
from verify.report import Problem
from verify.stamped import stamped
from verify.trust import Trust


def anchor_problems(
    pack: Pack, receipts: Mapping[str, Receipt], trust: Trust
) -> Iterator[Problem | Text]:
    """What does not hold, and as a Text who else vouches for the log. `receipts` by the digest of
    the record each is for. Without the store's key nothing of it can be shown."""
    if trust.store is None:
        return
    try:
        checkpoint = Checkpoint.parse(_text(pack, CHECKPOINT), trust.store)
        proofs = Proofs.parse(pack.archive.read(PROOFS))
        yield from _under(checkpoint, proofs, receipts)
        for name, proof in proofs.grown.items():
            older = Checkpoint.parse(_text(pack, name), trust.store)
            if not consistent(older.size, checkpoint.size, proof, older.root, checkpoint.root):
                yield Problem("log_rewritten", f"{name} is of another log than {CHECKPOINT}")
            elif name == WITNESSED:
                yield from _witnesses(_text(pack, name), older.size, trust)
            elif name == STAMPED:
                note, answer = pack.archive.read(name), pack.archive.read(TOKEN)
                yield stamped(note, answer, trust.authorities)
    except SealError as error:
        yield Problem.of(error, "the log")


def _under(
    checkpoint: Checkpoint, proofs: Proofs, receipts: Mapping[str, Receipt]
) -> Iterator[Problem]:
    for digest, one in receipts.items():
        proof = proofs.entries.get(digest)
        if proof is None or not included(
            one.entry.leaf, one.index, checkpoint.size, proof, checkpoint.root
        ):
            yield Problem("log_rewritten", f"record {digest} is not under {CHECKPOINT}")


def _witnesses(note: str, size: int, trust: Trust) -> Iterator[Text]:
    """Those of the witnesses' lines that a key brought along vouches for."""
    for line in note.partition("\n\n")[2].splitlines():
        name = line.removeprefix("— ").partition(" ")[0]
        for key in trust.witnesses:
            try:
                at = cosigned_at(note, line, name, key)
            except SealError:
                continue
            yield Text(
                f"witness {name} saw the log of {size} entries at {at.isoformat()}",
                f"見證者 {name} 於 {at.isoformat()} 見證 {size} 筆之紀錄樹",
            )


def _text(pack: Pack, name: str) -> str:
    try:
        return pack.archive.read(name).decode("utf-8")
    except UnicodeDecodeError:
        raise SealError(f"{name} is no text", code="checkpoint_invalid") from None
