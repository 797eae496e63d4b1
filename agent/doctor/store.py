"""The store: ready or not, its certificate, its clock, and whether it lets this agent in."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from cryptography import x509

from agent.config import Config, StoreModel
from agent.doctor.condition import Condition, certificate, failed
from agent.push.client import Refused, StoreClient
from agent.wired import SIGNING_KEY
from evidence.errors import ConfigurationError, EvidenceError
from evidence.request import WINDOW_S
from evidence.seal import SigningKey

WAIT_S = 5.0
# Beyond this somebody should look, long before requests are refused.
CLOCKS_DIFFER_S = 30.0


def look_at_store(config: Config, now: datetime) -> Iterator[Condition]:
    """Whether the store would take something now. Of evidence nothing is sent to it."""
    settings = config.store
    if settings is None:
        yield Condition("warn", "store", "none is configured", "set store.url in agent.yaml")
        return
    for name in (settings.ca, settings.public_key):
        if name is not None and not (config.path.parent / name).is_file():
            yield Condition(
                "fail", "store", f"file_missing: {name}", "fetch it from whoever runs the store", 2
            )
            return
    if settings.public_key is None:
        mend = "set store.public_key: without it a receipt's signature is not checked"
        yield Condition("warn", "store", "its key is not known", mend, about="key")
    ca = None if settings.ca is None else str(config.path.parent / settings.ca)
    ready = list(_ready(settings.url.rstrip("/"), ca, now))
    yield from ready
    if all(one.state != "fail" for one in ready):
        yield from _let_in(config, settings, now)
    if (ends_at := _ends_at(settings.url, ca)) is not None:
        yield certificate("store", ends_at, now, "have it renewed by whoever runs the store")


def _ready(url: str, ca: str | None, now: datetime) -> Iterator[Condition]:
    session = requests.Session()
    session.trust_env = False
    mend = "look at the store; nothing is lost, bundles wait here meanwhile"
    try:
        answer = session.get(
            f"{url}/readyz", timeout=WAIT_S, verify=ca or True, allow_redirects=False
        )
    except requests.exceptions.SSLError:
        said = "tls_untrusted: its certificate is not trusted"
        yield Condition("fail", "store", said, "set store.ca to the file of its CA", 3)
        return
    except requests.RequestException as error:
        said = f"store_away: {url} does not answer ({type(error).__name__})"
        yield Condition("fail", "store", said, mend, 3)
        return
    if not answer.ok:
        said = f"store_not_ready: {url}/readyz answers {answer.status_code}"
        yield Condition("fail", "store", said, mend, 3)
        return
    yield Condition("ok", "store", f"{url} is ready")
    yield from _clock(answer, now)


def _let_in(config: Config, settings: StoreModel, now: datetime) -> Iterator[Condition]:
    """Asked by the receipt of a digest that nothing has: whoever is let in is told that there is
    none. A key that is not in order, or not readable, is a condition of its own."""
    try:
        key = SigningKey.read(config.state / SIGNING_KEY)
        client = StoreClient(settings, key, lambda: now, config.path.parent)
        client.receipt("0" * 64)
    except ConfigurationError:
        return
    except Refused as error:
        if error.code != "not_found":
            yield failed("store", error, about="access")
            return
        yield Condition("ok", "store", "it lets this agent in", about="access")
    except EvidenceError as error:
        yield failed("store", error, about="access")


def _clock(answer: requests.Response, now: datetime) -> Iterator[Condition]:
    """How far its clock is from ours, by the Date header; no word where it does not say."""
    try:
        theirs = parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, ValueError):
        return
    offset_s = (theirs - now).total_seconds()
    if abs(offset_s) <= CLOCKS_DIFFER_S:
        yield Condition("ok", "store", f"its clock is {offset_s:+.0f} s from ours", about="clock")
        return
    refuses = abs(offset_s) > WINDOW_S
    yield Condition(
        "fail" if refuses else "warn",
        "store",
        f"its clock is {offset_s:+.0f} s from ours; beyond {WINDOW_S} s it refuses what we send",
        "compare both hosts with the time server (chronyc tracking)",
        3 if refuses else 0,
        "clock",
    )


def _ends_at(url: str, ca: str | None) -> datetime | None:
    """When its certificate ends; None over plain HTTP, or where no handshake succeeds."""
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.hostname is None:
        return None
    context = ssl.create_default_context(cafile=ca)
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), WAIT_S) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname) as secured,
        ):
            der = secured.getpeercert(binary_form=True)
    except OSError:
        return None
    return None if der is None else x509.load_der_x509_certificate(der).not_valid_after_utc
