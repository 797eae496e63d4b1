"""HTTPS: declared requests to one device, its certificate judged before any HTTP is written.

No redirects, proxies, cookies, retries or settings from the environment.
"""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Mapping
from dataclasses import replace
from http.cookiejar import DefaultCookiePolicy
from types import MappingProxyType

import requests
from urllib3 import HTTPSConnectionPool

from agent import line
from agent.gate import Gate
from agent.gate.http import connection_class
from agent.line import Line
from agent.platforms import Platform
from agent.secret import Credential
from agent.signs import filled
from agent.transports import Answer
from agent.transports.deadline import Deadline
from agent.transports.http_login import Login, authorization
from agent.transports.pooled import GatedAdapter, innermost
from agent.transports.tls import fingerprint, no_tls, tls_way, trust
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import (
    IdentityRefused,
    Incomplete,
    LoginRefused,
    NotAnswered,
    TooMuch,
    Unreachable,
    VisitError,
    shown,
)

CONNECT_S = 20.0
_CHUNK = 64 * 1024
_HEAD = 4096  # where an answer says that it is a refusal


class Https:
    """One session with one device. A refused token is final: it is not sent again."""

    def __init__(self, device: Device, credential: Credential, platform: Platform) -> None:
        self._device = device
        self._account = credential.username or None
        self._trust = trust(device)
        self._no_key: bytes | None = getattr(platform.module, "HTTP_KEY_REFUSED", None)
        self._gate = Gate(device, platform, credential)
        self._line = Line()
        self._connected = False
        self._peer: str | None = None
        self._way: str | None = None
        self._trouble: VisitError | None = None
        session = platform.http_session
        self._login = Login(device, credential, session) if session else None
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.adapters.clear()
        self._session.mount("https://", GatedAdapter(self._pool(), self._gate, _authority(device)))
        self._session.headers.update(
            # The bytes captured are the device's own, not an unpacking of them.
            {"User-Agent": "evidence-agent", "Accept-Encoding": "identity"}
            | ({} if self._login else authorization(device, credential, platform))
        )

    def ask(self, ask: Ask) -> Answer:
        """The body of a 2xx answer. Other statuses are errors, by what they mean."""
        if self._trouble is not None:
            raise self._trouble
        if ask.kind != "http":
            # A platform may also read what people type and deliver by hand.
            raise NotAnswered(f"{self._device.id}: {ask.text!r} is not asked over HTTPS")
        try:
            if self._login is not None and self._login.is_needed(ask):
                self._enter(self._login)
            response, body = self._request(ask)
        except (LoginRefused, IdentityRefused) as error:
            self._trouble = error
            raise
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
        return Answer(
            body, media_type or "application/octet-stream", self._peer, self._account, self._way
        )

    def close(self) -> None:
        """Log out where there was a log-in, then close. Raises VisitError for the log-out."""
        try:
            if self._login and self._login.logout and self._trouble is None:
                self._request(self._login.logout)
        finally:
            self._session.close()
            self._line.close()

    def _enter(self, login: Login) -> None:
        """Log in, once in a visit: what came of it is final. Raises LoginRefused, Unreachable."""
        if login.sent:
            return
        ask, headers = login.request()
        try:
            response, body = self._request(ask, headers)
        except NotAnswered as error:
            raise login.refused(error.message) from None
        except VisitError as error:
            # Nobody knows whether the device counts a log-in that broke off as a refusal.
            cut_off = error.code in ("device_disconnected", "device_silent")
            self._trouble = (
                Unreachable(error.message, code="auth_cut_off", next_step=error.next_step)
                if cut_off
                else error
            )
            raise self._trouble from None
        token, carried = login.entered(response, body)
        self._gate.entered(token)
        self._session.headers.update(carried)

    def _request(
        self, ask: Ask, headers: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[requests.Response, bytes]:
        """A 2xx answer and its body."""
        method, target, body = replace(ask, text=filled(ask.text, self._gate.signs)).request
        with Deadline(ask.limit_s, self._line.cut) as deadline:
            try:
                with self._session.request(
                    method,
                    f"https://{_authority(self._device)}{target}",
                    data=body.encode() or None,
                    headers={**_content_type(body), **headers},
                    timeout=(CONNECT_S, min(ask.limit_s, line.SILENCE_S)),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    self._judge(response, ask)
                    answer = self._read(response, ask)
                    if self._no_key and re.search(self._no_key, answer[:_HEAD]):
                        raise self._refused(ask, response)
            except requests.RequestException as error:
                if deadline.passed:
                    raise self._late(ask) from None
                raise self._meaning(error, ask) from None
        if deadline.passed:
            raise self._late(ask)
        return response, answer

    def _read(self, response: requests.Response, ask: Ask) -> bytes:
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > ask.limit_bytes:
                raise TooMuch(
                    f"{self._device.id}: {ask.text!r} answered over {ask.limit_bytes} bytes"
                )
        return bytes(body)

    def _judge(self, response: requests.Response, ask: Ask) -> None:
        """Raise what a status other than 2xx means."""
        status = response.status_code
        if 200 <= status < 300:
            return
        said = f"{self._device.id}: {ask.text!r}: status {status}"
        if status == 401:
            raise self._refused(ask, response)
        if self._no_key and re.search(self._no_key, next(response.iter_content(_HEAD), b"")):
            raise self._refused(ask, response)
        if status == 403:
            raise NotAnswered(
                f"{said}: the account may not read this",
                code="privilege_missing",
                next_step="give the account's profile read access; the platform's page lists what",
            )
        if status == 429 or status >= 500:
            raise Unreachable(f"{said}: the device is busy or out of order", code="device_busy")
        raise NotAnswered(f"{said}: the device does not answer this")

    def _refused(self, ask: Ask, response: requests.Response) -> LoginRefused:
        """What ends the session: a token that is not taken is not sent again."""
        return LoginRefused(
            f"{self._device.id}: {ask.text!r}: status {response.status_code}: "
            "the token or password is refused",
            next_step="issue a new one on the device; it is not tried again in this run",
        )

    def _meaning(self, error: requests.RequestException, ask: Ask) -> VisitError:
        """A library's error in our words."""
        who = f"{self._device.id}: {_authority(self._device)}"
        if isinstance(error, requests.exceptions.SSLError):
            address = (self._device.address, self._device.port or 443)
            return no_tls(who, address, innermost(error))
        if isinstance(error, requests.exceptions.ReadTimeout) or "Read timed out" in str(error):
            if ask.limit_s <= line.SILENCE_S:
                return self._late(ask)
            return Incomplete(
                f"{who}: {ask.text!r}: nothing came for {line.SILENCE_S:g} s", code="device_silent"
            )
        if not self._connected:
            return Unreachable(
                f"{who}: no connection: {shown(innermost(error))}",
                next_step="check address, port and the firewall between",
            )
        return Unreachable(
            f"{who}: closed in the middle of {ask.text!r}: {shown(innermost(error))}",
            code="device_disconnected",
        )

    def _late(self, ask: Ask) -> Incomplete:
        return Incomplete(f"{self._device.id}: {ask.text!r} took over {ask.limit_s:g} s")

    def _stands(self, connection: ssl.SSLSocket) -> None:
        self._connected = True
        self._way = tls_way(connection)
        certificate = connection.getpeercert(binary_form=True)
        self._peer = fingerprint(certificate) if certificate else None

    def _pool(self) -> HTTPSConnectionPool:
        """The only connections there are: to this device, of the gated kind, one at a time."""
        pool = HTTPSConnectionPool(
            self._device.address,
            self._device.port or 443,
            maxsize=1,
            block=True,
            retries=False,
            ssl_context=self._trust.context,
            cert_reqs=self._trust.context.verify_mode,
            assert_fingerprint=self._trust.pin,
            socket_options=line.ALIVE,
        )
        pool.ConnectionCls = connection_class(
            self._gate, _authority(self._device), self._line, self._stands
        )
        return pool


def open_https(device: Device, credential: Credential, platform: Platform) -> Https:
    """A session that connects at the first ask. Raises ConfigurationError, LoginRefused."""
    if platform.http_session:
        # It writes each request's target to the debug log, and one may carry the session's token.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
    return Https(device, credential, platform)


def _content_type(body: str) -> dict[str, str]:
    if not body:
        return {}
    if body.startswith("<"):
        return {"Content-Type": "text/xml; charset=utf-8"}
    form = "json" if body.startswith(("{", "[")) else "x-www-form-urlencoded"
    return {"Content-Type": f"application/{form}"}


def _authority(device: Device) -> str:
    """Host and port as the Host header writes them."""
    host = f"[{device.address}]" if ":" in device.address else device.address
    return host if device.port in (None, 443) else f"{host}:{device.port}"
