"""TLS behind the words of another protocol: openssl's server, and a front that says the words.

No server of mail, files or directories is small enough for the suite: the words are those of
the RFCs, said by the front; everything after them is openssl's.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from agent.collect import Job
from agent.platforms import platform
from agent.told import ask_rows
from agent.transports.wire import open_wire
from collectors.tls_wire import INSISTS, _needed
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import Denied
from tests.test_real_crypto import key_pair, offers, read, tls_server, visit

# What is awaited, and what is then said; nothing awaited: it is said first.
Words = Sequence[tuple[bytes, bytes]]
LDAP = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
FRONTS: dict[str, Words] = {
    "smtp": [
        (b"", b"220-mail.test\r\n220 ESMTP\r\n"),
        (rb"EHLO evidence-agent\r\n", b"250-mail.test\r\n250-PIPELINING\r\n250 STARTTLS\r\n"),
        (rb"STARTTLS\r\n", b"220 go ahead\r\n"),
    ],
    "imap": [
        (b"", b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"),
        (rb"a STARTTLS\r\n", b"* CAPABILITY IMAP4rev1\r\na OK begin\r\n"),
    ],
    "pop3": [(b"", b"+OK ready\r\n"), (rb"STLS\r\n", b"+OK begin\r\n")],
    "ftp": [(b"", b"220-files\r\n220 ready\r\n"), (rb"AUTH TLS\r\n", b"234 go on\r\n")],
    "ldap": [(re.escape(LDAP), bytes.fromhex("300c02010178070a010004000400"))],
    "postgresql": [(re.escape(bytes.fromhex("0000000804d2162f")), b"S")],
}


# What is asked in place of TLS, and what a server that insists on it says.
QUESTIONS: dict[str, tuple[bytes, bytes]] = {
    "smtp": (b"MAIL FROM:<>\r\n", b"530 5.7.0 Must issue a STARTTLS command first\r\n"),
    "imap": (b"a CAPABILITY\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\na OK\r\n"),
    "pop3": (b"CAPA\r\n", b"+OK\r\nUIDL\r\nSTLS\r\n.\r\n"),
}
NOBODY = (b"no such words", b"")


@contextmanager
def front(
    words: Words,
    behind: int,
    breaks_down_at: bytes = b"",
    question: tuple[bytes, bytes] = NOBODY,
) -> Iterator[int]:
    """Says the words to everybody, then passes TLS on; hangs up on a hello that holds a suite,
    and behind the answer to a question."""

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(10)
            for awaited, said in words:
                heard = b""
                while awaited and not re.fullmatch(awaited, heard):
                    piece = connection.recv(4096)
                    if not piece:
                        return
                    heard += piece
                    if heard == question[0]:
                        connection.sendall(question[1])
                        return
                connection.sendall(said)
            hello = connection.recv(4096)
            if breaks_down_at and breaks_down_at in hello:
                return
            with socket.create_connection(("127.0.0.1", behind), 10) as server:
                server.sendall(hello)
                there = Thread(target=passed, args=(connection, server))
                there.start()
                passed(server, connection)
                there.join(10)

    def accept(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                Thread(target=serve, args=(server.accept()[0],)).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=accept, args=(server,))
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def passed(giver: socket.socket, taker: socket.socket) -> None:
    with suppress(OSError):
        while piece := giver.recv(65536):
            taker.sendall(piece)
    for one in (giver, taker):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def strong(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("starttls")
    certificate, key = key_pair(folder, "mail", "ec", "sha256")
    options = ["-cert", certificate, "-key", key, "-cipher", "ECDHE+AESGCM", "-groups", "X25519"]
    with tls_server(folder, *options) as port:
        yield port


@pytest.mark.part("openssl")
@pytest.mark.parametrize("protocol", sorted(FRONTS))
def test_behind_the_words_is_what_the_server_offers(protocol: str, strong: int) -> None:
    plain = read("tls_wire", strong)
    with front(FRONTS[protocol], strong, question=QUESTIONS.get(protocol, NOBODY)) as port:
        upgraded = visit("tls_wire", port, starttls=protocol)
    reading = upgraded.readings[0]
    assert reading.failure is None, reading.failure
    needed = offers(reading).get(("starttls", None))
    assert (needed and needed.names) == (("required",) if protocol in QUESTIONS else None)
    facts = [replace(one, port=strong) for one in reading.facts if one is not needed]  # type: ignore[call-arg]
    assert facts == list(plain.facts)
    assert all(one.ask.text.startswith(f"starttls {protocol} ") for one in upgraded.exchanges)


@pytest.mark.parametrize(
    ("protocol", "answer", "needed"),
    [
        ("smtp", b"250 2.1.0 Ok\r\n", "optional"),
        ("smtp", b"530-first\r\n530 STARTTLS\r\n", "required"),
        ("smtp", b"451 greylisted\r\n", None),
        ("imap", b"* CAPABILITY IMAP4rev1 STARTTLS\r\na OK done\r\n", "optional"),
        (
            "imap",
            b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED AUTH=PLAIN\r\na OK done\r\n",
            "optional",
        ),
        ("imap", b"* capability imap4rev1 logindisabled\r\na OK done\r\n", "required"),
        ("imap", b"a BAD what\r\n", None),
        ("pop3", b"+OK\r\nUSER\r\nSTLS\r\n.\r\n", "optional"),
        ("pop3", b"+OK\r\nSASL SCRAM-SHA-256 PLAIN\r\nSTLS\r\n.\r\n", "optional"),
        ("pop3", b"-ERR what\r\n", None),
        ("pop3", b"", None),
    ],
)
def test_whether_a_server_insists(protocol: str, answer: bytes, needed: str | None) -> None:
    """The question alone, on a connection of its own; what is no answer says nothing."""
    asked = INSISTS(protocol=protocol)
    with front(FRONTS[protocol], 1, question=(QUESTIONS[protocol][0], answer)) as port:
        device = Device(
            id="srv", platform="tls_wire", transport="wire", address="127.0.0.1", port=port
        )
        record = json.loads(open_wire(device, platform("tls_wire")).ask(asked).body)
    assert bytes.fromhex(record["reply_hex"]) == answer
    assert _needed(protocol, answer.decode().upper()) == needed


@pytest.mark.parametrize(
    ("protocol", "words"),
    [
        ("smtp", [*FRONTS["smtp"][:2], (rb"STARTTLS\r\n", b"454 not now\r\n")]),
        ("smtp", [(b"", b"554 no service\r\n")]),
        ("smtp", [(b"", b"HTTP/1.1 400 Bad Request\r\n\r\n")]),
        # Words after the consent would be taken for the server's own, and anybody can add them.
        ("smtp", [*FRONTS["smtp"][:2], (rb"STARTTLS\r\n", b"220 go\r\n250 more\r\n")]),
        ("imap", [FRONTS["imap"][0], (rb"a STARTTLS\r\n", b"a BAD unknown\r\n")]),
        ("pop3", [FRONTS["pop3"][0], (rb"STLS\r\n", b"-ERR no\r\n")]),
        ("ftp", [FRONTS["ftp"][0], (rb"AUTH TLS\r\n", b"530 log in first\r\n")]),
        ("ldap", [(re.escape(LDAP), bytes.fromhex("300c02010178070a013504000400"))]),
        ("ldap", [(re.escape(LDAP), bytes.fromhex("3084ffffffff020101"))]),
        ("postgresql", [(re.escape(bytes.fromhex("0000000804d2162f")), b"N")]),
    ],
)
def test_a_server_that_does_not_go_on_in_tls_is_no_tls_service(protocol: str, words: Words) -> None:
    with front(words, 1) as port:
        reading = read("tls_wire", port, starttls=protocol)
    assert reading.failure is not None
    assert reading.failure.code == "starttls_refused"


@pytest.mark.part("openssl")
def test_a_server_that_breaks_down_over_one_suite_still_has_its_others(tmp_path: Path) -> None:
    """As one with DHE switched on and no parameters for it: it hangs up without an alert."""
    certificate, key = key_pair(tmp_path, "odd", "rsa:2048", "sha256")
    options = ["-cert", certificate, "-key", key, "-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA"]
    with (
        tls_server(tmp_path, *options) as behind,
        front([], behind, breaks_down_at=bytes.fromhex("0033")) as port,
    ):
        found = offers(read("tls_wire", port))
    assert found["version", None].names == ("TLSv1.2",)
    assert found["suite", "TLSv1.2"].names == ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",)


@pytest.mark.parametrize(("options", "first"), [({}, "tls "), ({"starttls": "smtp"}, "starttls ")])
def test_the_dry_run_lists_one_way_of_asking(options: dict[str, str], first: str) -> None:
    device = Device(id="srv", platform="tls_wire", transport="wire", options=options)
    texts = [str(row["text"]) for row in ask_rows([Job(device, ("crypto",))])]
    assert texts
    assert all(text.startswith(first) for text in texts)


def test_no_other_words_are_ever_said() -> None:
    one = platform("tls_wire")
    device = Device(id="srv", platform="tls_wire", transport="wire", address="127.0.0.1", port=1)
    ask = Ask("x", "starttls gopher hello 0303 c02f", kind="probe")
    with pytest.raises(Denied):
        open_wire(device, one).ask(ask)
    assert read("tls_wire", 1, starttls="gopher").failure
