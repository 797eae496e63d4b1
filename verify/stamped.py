"""The time stamp of a pack: an authority's clock over a checkpoint of the log (RFC 3161)."""

from __future__ import annotations

from cryptography.x509 import Certificate

from evidence.clock import stamp
from evidence.errors import SealError
from evidence.text import Text

NO_ROOTS = Text(
    "the time stamp was not verified: no roots of an authority were given",
    "未提供時戳機構之根憑證，時戳未驗證",
)
NO_LIBRARY = Text(
    "the time stamp was not verified: the library rfc3161-client is not here",
    "本機未安裝 rfc3161-client，時戳未驗證",
)


def stamped(note: bytes, answer: bytes, roots: tuple[Certificate, ...]) -> Text:
    """What an authority's answer over a checkpoint shows, under the roots somebody trusts.

    Raises SealError `timestamp_invalid` for an answer that does not hold.
    """
    if not roots:
        return NO_ROOTS
    try:
        # Whoever has no time stamp to look at need not have it.
        from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response
    except ModuleNotFoundError:
        return NO_LIBRARY
    try:
        token = decode_timestamp_response(answer)
        VerifierBuilder(roots=list(roots)).build().verify_message(token, note)
    except (ValueError, VerificationError) as error:
        raise SealError(
            f"the time stamp does not hold: {type(error).__name__}", code="timestamp_invalid"
        ) from None
    at = stamp(token.tst_info.gen_time)
    return Text(f"an authority stamped the log at {at}", f"時戳機構於 {at} 對紀錄樹加蓋時戳")
