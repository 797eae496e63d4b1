"""Notices: each thing once, on real ways out: a mail relay, a receiver of requests, syslog."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select, update

from evidence.request import parse_request
from evidence.seal import PublicKey
from evidence.text import Text
from store.month.tables import coverage
from store.notices.found import Kind, Notice
from store.notices.post import Messenger
from store.notices.settings import Mail, Siem, Ways, Webhook
from store.notices.ways import Lines
from tests.fixtures_bundle import AT
from tests.fixtures_month import Kept
from tests.ports import free_port


@dataclass
class Relay:
    """A mail relay (aiosmtpd); what it took."""

    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 taken"


@contextmanager
def relay(port: int = 0) -> Iterator[tuple[Relay, int]]:
    taken = Relay()
    controller = Controller(taken, hostname="127.0.0.1", port=port or free_port())
    controller.start()
    try:
        yield taken, controller.port
    finally:
        controller.stop()


def break_off(kept: Kept) -> None:
    """The read model as it is after a device went away: its last readings failed."""
    with kept.custody.database.transaction() as rows:
        device = rows.scalar(select(coverage.c.device).order_by(coverage.c.device).limit(1))
        gone = update(coverage).where(coverage.c.device == device)
        rows.execute(gone.values(failure="device_unreachable", message="no answer in 30 s"))


def mail_to(port: int) -> Mail:
    return Mail(
        host="127.0.0.1", port=port, sender="s@a.example", recipients=("officers@a.example",)
    )


@contextmanager
def receiver(key: PublicKey, kept: Kept) -> Iterator[tuple[list[dict[str, Any]], str]]:
    """A web server that takes only what the store's key signed."""
    taken: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            signed = parse_request("POST", path, query, headers)
            signed.check(key, kept.now[0])
            taken.append(json.loads(body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing to log."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield taken, f"http://127.0.0.1:{server.server_port}/hooks/evidence?to=team"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_each_thing_is_told_once_on_each_way(filled_store: Kept) -> None:
    custody = filled_store.custody
    break_off(filled_store)
    with (
        relay() as (mailbox, port),
        receiver(custody.key.public, filled_store) as (posted, url),
        closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as syslog,
    ):
        syslog.bind(("127.0.0.1", 0))
        syslog.settimeout(5)
        ways = Ways(
            mail=mail_to(port),
            webhook=Webhook(url=url),
            siem=Siem(host="127.0.0.1", port=syslog.getsockname()[1], transport="udp"),
        )
        messenger = Messenger(custody, ways)
        assert messenger.round() == []
        (mail,), (said,) = mailbox.mails, posted
        kinds = {one["kind"] for one in said["notices"]}
        assert {"agent_silent", "collection_failed", "deficiency_new"} <= kinds
        assert mail["Subject"] == f"{custody.origin}：通知 {len(said['notices'])} 則"
        assert mail.get_content().splitlines() == [f"- {one['zh']}" for one in said["notices"]]
        lines = [syslog.recv(65536).decode() for _ in said["notices"]]
        assert all(
            line.startswith("<108>1 ") and " CEF:0|evidence-agent|" in line for line in lines
        )

        assert messenger.round() == []
        assert len(mailbox.mails) == len(posted) == 1, "nothing is told twice"


def test_a_way_that_is_away_holds_up_no_other_and_is_told_later(filled_store: Kept) -> None:
    port = free_port()
    mail = mail_to(port)
    with receiver(filled_store.custody.key.public, filled_store) as (posted, url):
        messenger = Messenger(filled_store.custody, Ways(mail=mail, webhook=Webhook(url=url)))
        (error,) = messenger.round()
        assert error.code == "notice_unsent" and "127.0.0.1" in error.message
        assert len(posted) == 1
        with relay(port) as (mailbox, _):
            assert messenger.round() == []
            assert len(mailbox.mails) == len(posted) == 1
        # What is over is forgotten, and told again when it comes back.
        agent = filled_store.month.agent.id
        now = filled_store.now[0]
        filled_store.now[0] = now - timedelta(days=9)
        with relay(port) as (mailbox, _):
            messenger.round()
            filled_store.now[0] = now + timedelta(days=1)
            messenger.round()
        back = [one for one in posted[-1]["notices"] if one["kind"] == "agent_silent"]
        assert [one["agent"] for one in back] == [agent]


def test_what_a_device_is_called_ends_no_line_of_syslog() -> None:
    notice = Notice(Kind.collection_failed, "a|b", "x=\\y\nCEF:0", Text("odd=\nname", "怪"))
    siem = Siem(host="127.0.0.1", form="cef")
    line = Lines(siem, "store", "1.0").of_notice(notice, AT).decode()
    assert "\n" not in line
    assert line.endswith(
        "|collection_failed|collection failed|7|dvchost=a|b cs1=x\\=\\\\y\\\\nCEF:0 "
        "msg=odd\\=\\\\nname cs1Label=about"
    )


@pytest.mark.parametrize("form", ["cef", "json"])
def test_syslog_over_tcp_is_framed_by_length(form: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        siem = Siem.model_validate(
            {"host": "127.0.0.1", "port": server.getsockname()[1], "form": form}
        )
        lines = Lines(siem, "store", "1.0")
        sent = [
            lines.of_event("log_in", "refused", "wang", "", "192.0.2.7", AT),
            lines.of_event("log_in", "done", "王", "", "192.0.2.7", AT),
        ]
        lines.send(sent)
        taken, _ = server.accept()
        with taken, taken.makefile("rb") as read:
            whole = read.read()
    for line in sent:
        length, _, whole = whole.partition(b" ")
        assert whole[: int(length)] == line
        whole = whole[int(length) :]
    assert whole == b""
