"""The ways out: one mail for all that is new, one signed request, one line of syslog a thing.

Every error of a way is `notice_unsent`; what was not told is told at the next round.
"""

from __future__ import annotations

import json
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import urlsplit

import requests

from evidence.clock import stamp
from evidence.errors import EnvironmentProblem
from evidence.request import sign_request
from evidence.seal import SigningKey
from evidence.text import Text, visible
from store.notices.found import Notice
from store.notices.settings import Mail, Siem, Webhook

TIMEOUT_S = 20.0
MOST_IN_A_MAIL = 50
_FACILITY_AUDIT, _WARNING, _INFO = 13, 4, 6
_CEF_SEVERITY = {_WARNING: 7, _INFO: 3}


@contextmanager
def _told(way: str, where: str) -> Iterator[None]:
    try:
        yield
    except (OSError, smtplib.SMTPException, requests.RequestException) as error:
        raise EnvironmentProblem(
            f"notices by {way} to {where} failed: {type(error).__name__}: {error}",
            code="notice_unsent",
            next_step="they are sent again at the next round",
        ) from None


def send_mail(mail: Mail, notices: Sequence[Notice], origin: str, language: str) -> None:
    """One mail with all of them. Raises EnvironmentProblem `notice_unsent`."""
    subject = Text(f"{origin}: {len(notices)} notices", f"{origin}：通知 {len(notices)} 則")
    lines = [f"- {one.text.in_(language)}" for one in notices[:MOST_IN_A_MAIL]]
    if more := len(notices) - len(lines):
        lines.append(Text(f"- and {more} more", f"- 另有 {more} 則").in_(language))
    message = EmailMessage()
    message["From"], message["To"] = mail.sender, ", ".join(mail.recipients)
    message["Subject"] = subject.in_(language)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(lines) + "\n")
    with _told("mail", mail.host):
        context = ssl.create_default_context(cafile=mail.ca)
        if mail.security == "tls":
            relay: smtplib.SMTP = smtplib.SMTP_SSL(
                mail.host, mail.port, timeout=TIMEOUT_S, context=context
            )
        else:
            relay = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_S)
        with relay:
            if mail.security == "starttls":
                relay.starttls(context=context)
            if mail.user is not None and mail.password_file is not None:
                relay.login(mail.user, mail.password_file.read_text("utf-8").strip())
            relay.send_message(message)


def post(
    webhook: Webhook, notices: Sequence[Notice], origin: str, key: SigningKey, now: datetime
) -> None:
    """One signed request with all of them as JSON. Raises EnvironmentProblem `notice_unsent`."""
    said = [
        {"kind": one.kind.value, "agent": one.agent, "about": one.about, **one.text.record()}
        for one in notices
    ]
    body = json.dumps({"store": origin, "at": stamp(now), "notices": said}).encode()
    parts = urlsplit(webhook.url)
    headers = sign_request(key, "POST", parts.path or "/", parts.query, body, now)
    with _told("webhook", webhook.url):
        requests.post(
            webhook.url,
            data=body,
            headers={**headers, "Content-Type": "application/json"},
            timeout=TIMEOUT_S,
            verify=True if webhook.ca is None else str(webhook.ca),
            allow_redirects=False,
        ).raise_for_status()


class Lines:
    """Syslog to one receiver (RFC 5424; over TCP framed by its length, RFC 6587)."""

    def __init__(self, siem: Siem, origin: str, version: str) -> None:
        self._siem, self._origin, self._version = siem, origin, version

    def of_notice(self, one: Notice, now: datetime) -> bytes:
        fields = {"agent": one.agent, "about": one.about, "message": one.text.en}
        return self._line(one.kind.value, one.kind.value.replace("_", " "), fields, now, _WARNING)

    def of_event(
        self, action: str, result: str, actor: str, object: str, address: str, at: datetime
    ) -> bytes:
        """A line of the audit trail."""
        fields = {"actor": actor, "object": object, "address": address, "result": result}
        return self._line(action, action.replace("_", " "), fields, at, _INFO)

    def send(self, lines: Sequence[bytes]) -> None:
        """Raises EnvironmentProblem `notice_unsent`."""
        siem = self._siem
        with _told("syslog", siem.host):
            if siem.transport == "udp":
                family, *_, address = socket.getaddrinfo(
                    siem.host, siem.port, type=socket.SOCK_DGRAM
                )[0]
                with socket.socket(family, socket.SOCK_DGRAM) as way:
                    for line in lines:
                        way.sendto(line, address)
                return
            with socket.create_connection((siem.host, siem.port), TIMEOUT_S) as way:
                way.sendall(b"".join(b"%d %s" % (len(line), line) for line in lines))

    def _line(
        self, id: str, name: str, fields: dict[str, str], at: datetime, severity: int
    ) -> bytes:
        if self._siem.form == "json":
            said = json.dumps({"event": id, **fields}, ensure_ascii=False)
        else:
            said = _cef(self._version, id, name, _CEF_SEVERITY[severity], fields)
        priority = _FACILITY_AUDIT * 8 + severity
        head = f"<{priority}>1 {stamp(at)} {visible(self._origin).replace(' ', '')} evidence-store"
        return f"{head} - {id} - {said}".encode()


_CEF_KEYS = {
    "actor": "suser",
    "address": "src",
    "result": "outcome",
    "message": "msg",
    "agent": "dvchost",
    "about": "cs1",
    "object": "cs1",
}


def _cef(version: str, id: str, name: str, severity: int, fields: dict[str, str]) -> str:
    """ArcSight's Common Event Format, version 0: pipes of the head and equal signs of the rest are
    escaped, and nothing a device chose can end a line."""
    head = (word.replace("\\", "\\\\").replace("|", "\\|") for word in (version, id, name))
    said = {_CEF_KEYS[key]: value for key, value in fields.items() if value}
    if "cs1" in said:
        said["cs1Label"] = "about"
    rest = (f"{key}={_escaped(value)}" for key, value in said.items())
    return f"CEF:0|evidence-agent|evidence-store|{'|'.join(head)}|{severity}|{' '.join(rest)}"


def _escaped(value: str) -> str:
    return visible(value).replace("\\", "\\\\").replace("=", "\\=")
