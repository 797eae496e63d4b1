"""What is kept of a capture: what access points announce, and nothing that anybody sent.

Frames of others are their traffic: an open network's passwords, handshakes to guess a passphrase
from, addresses of people's machines. Of the same announcement the first frame is kept.
"""

from __future__ import annotations

from collectors._air.elements import announcements
from collectors._air.packets import Head, pieces
from collectors._air.radio import heard


def announcements_only(body: bytes) -> bytes:
    """The file without any other frame, in its own form. Raises Unexpected: no file of packets."""
    kept: list[bytes] = []
    seen: set[tuple[object, ...]] = set()
    for piece in pieces(body):
        if isinstance(piece, Head):
            kept.append(piece.piece)
            continue
        frame = heard(piece)
        said = {one.protection for one in announcements(frame)} if frame else set()
        if said - seen:
            seen |= said
            kept.append(piece.piece)
    return b"".join(kept)
