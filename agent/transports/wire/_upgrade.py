"""The few words of a protocol after which its connection goes on in TLS (STARTTLS).

SMTP (RFC 3207), IMAP and POP3 (RFC 2595), FTP (RFC 4217), LDAP (RFC 4511 4.14), PostgreSQL's
SSLRequest. No more is said than what asks for TLS: nobody is named and nobody logs in. A server
that says more than its consent is not believed: what follows could be anybody's.

What a server takes without TLS is asked on a connection of its own: SMTP by beginning a message
of nobody (`MAIL FROM:<>`, RFC 3207 4), which ends with the connection; IMAP and POP3 by their
lists of what they can. The others would have to be logged in to.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agent.transports.wire._exchange import exchange
from evidence.errors import shown

PORTS: Mapping[str, int] = {
    **{"smtp": 25, "imap": 143, "pop3": 110, "ftp": 21, "ldap": 389, "postgresql": 5432}
}
_LONGEST_REPLY = 8192
_LDAP = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
# An ExtendedResponse to message 1 with resultCode 0; lengths are of any form.
_LDAP_GOOD = rb"(?s)\x30.{1,5}\x02\x01\x01\x78.{1,5}\x0a\x01\x00.*"


@dataclass(frozen=True, slots=True)
class _Step:
    """What is said, how long a reply is that begins so, and what a good one looks like."""

    says: bytes
    wanted: Callable[[bytes], int]
    good: bytes


def upgraded(connection: socket.socket, protocol: str) -> tuple[str, str | None]:
    """What the server said, in hexadecimal, and what it refused with (None: TLS may begin)."""
    heard = b""
    for step in _STEPS[protocol]:
        reply = exchange(connection, step.says, step.wanted)
        heard += reply
        whole = step.wanted is not _message or len(reply) == _message(reply)
        if not (whole and re.fullmatch(step.good, reply)):
            return heard.hex(), shown(reply.decode("latin-1")) or "nothing"
    return heard.hex(), None


def without_tls(connection: socket.socket, protocol: str) -> tuple[str, str]:
    """What came before, and what was answered to the question, both in hexadecimal; "" where it
    did not come to that."""
    heard = b""
    *before, question = _QUESTIONS[protocol]
    for step in before:
        reply = exchange(connection, step.says, step.wanted)
        heard += reply
        if not re.fullmatch(step.good, reply):
            return heard.hex(), ""
    return heard.hex(), exchange(connection, question.says, question.wanted).hex()


def _until(last: bytes, before: bytes = b"(?!)") -> Callable[[bytes], int]:
    """Wait for a line that begins so, while those before it begin as lines there may; never for
    more than a reply has."""
    going_on = re.compile(rb"(?:" + before + rb"[^\n]*\n)*(?!" + last + rb")[^\n]*")

    def wanted(heard: bytes) -> int:
        done = not going_on.fullmatch(heard) or len(heard) >= _LONGEST_REPLY
        return 0 if done else len(heard) + 1

    return wanted


def _one_byte(heard: bytes) -> int:
    return 1


def _message(heard: bytes) -> int:
    """A BER message's length from its head; 0 for what is none."""
    if len(heard) < 2:
        return 2
    size = heard[1]
    if heard[0] != 0x30 or size == 0x80 or size > 0x82:
        return 0
    if size < 0x80:
        return 2 + size
    more = size & 0x7F
    return min(2 + more + int.from_bytes(heard[2 : 2 + more], "big"), _LONGEST_REPLY)


_NUMBERED = rb"(?:2\d\d-[^\n]*\n)*%b [^\n]*\n"
_IMAP = rb"(?:\* [^\n]*\n)*"
_STEPS: Mapping[str, Sequence[_Step]] = {
    "smtp": [
        _Step(b"", _until(rb"\d{3} [^\n]*\n", rb"\d{3}-"), _NUMBERED % b"220"),
        _Step(
            b"EHLO evidence-agent\r\n", _until(rb"\d{3} [^\n]*\n", rb"\d{3}-"), _NUMBERED % b"250"
        ),
        _Step(b"STARTTLS\r\n", _until(rb"\d{3} [^\n]*\n", rb"\d{3}-"), _NUMBERED % b"220"),
    ],
    "ftp": [
        _Step(b"", _until(rb"\d{3} [^\n]*\n", rb"\d{3}-"), _NUMBERED % b"220"),
        _Step(b"AUTH TLS\r\n", _until(rb"\d{3} [^\n]*\n", rb"\d{3}-"), _NUMBERED % b"234"),
    ],
    "imap": [
        _Step(b"", _until(rb"\* [^\n]*\n"), rb"\* OK[^\n]*\n" + _IMAP),
        _Step(b"a STARTTLS\r\n", _until(rb"a [^\n]*\n", rb"\* "), _IMAP + rb"a OK[^\n]*\n"),
    ],
    "pop3": [
        _Step(b"", _until(rb"[+-][^\n]*\n"), rb"\+OK[^\n]*\n"),
        _Step(b"STLS\r\n", _until(rb"[+-][^\n]*\n"), rb"\+OK[^\n]*\n"),
    ],
    "ldap": [_Step(_LDAP, _message, _LDAP_GOOD)],
    "postgresql": [_Step(bytes.fromhex("0000000804d2162f"), _one_byte, b"S")],
}
_QUESTIONS: Mapping[str, Sequence[_Step]] = {
    "smtp": [
        *_STEPS["smtp"][:2],
        _Step(b"MAIL FROM:<>\r\n", _until(rb"\d{3} [^\n]*\n", rb"\d{3}-"), b""),
    ],
    "imap": [
        _STEPS["imap"][0],
        _Step(b"a CAPABILITY\r\n", _until(rb"a [^\n]*\n", rb"\* "), b""),
    ],
    "pop3": [
        _STEPS["pop3"][0],
        _Step(b"CAPA\r\n", _until(rb"(?:-[^\n]*|\.\r?)\n", rb"[+A-Za-z]"), b""),
    ],
}
