"""The account over HTTPS: the header it sends with each request, or a log-in and its token."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from contextlib import suppress

import requests

from agent.platforms import Platform
from agent.secret import Credential, Secret
from agent.signs import signs_of
from evidence.ask import HOLE, SIGN, Ask, HttpSession
from evidence.device import Device
from evidence.errors import LoginRefused, NotAnswered

# What a header can carry without a library quoting it in an error.
_PRINTABLE = re.compile(r"[!-~]([ -~]*[!-~])?")


class Login:
    """One log-in to one device. `sent` once it was tried; `logout` is what to send after one."""

    def __init__(self, device: Device, credential: Credential, session: HttpSession) -> None:
        self._device = device
        self._credential = credential
        self._session = session
        self._options = {**session.defaults, **device.options}
        self.sent = False
        self.logout: Ask | None = None

    def is_needed(self, ask: Ask) -> bool:
        """Whether an ask waits for the log-in. Raises NotAnswered (`no_account`): it does, the
        device answers something to anybody, and no account is named."""
        if ask in self._session.open:
            return False
        if self._session.open and self._device.credential is None:
            raise NotAnswered(
                f"{self._device.id}: {ask.name} is told to an account only, and none is named",
                code="no_account",
                next_step="name a read-only account's secret in devices.yaml",
            )
        return True

    def request(self) -> tuple[Ask, dict[str, str]]:
        """The form of the log-in that fits the credential, and its headers.

        Raises LoginRefused: the credential fits none, and nothing is sent.
        """
        self.sent = True
        options = self._options
        held = signs_of(self._credential)
        if self._session.login_by == "basic":
            password = self._credential.password
            if not (
                self._credential.username and password and _PRINTABLE.fullmatch(password.reveal())
            ):
                raise self._unfit("a username and a password (printable ASCII, one line)")
            return self._session.login[0], basic(self._credential.username, password)
        for form in self._session.login:
            holes, signs = set(HOLE.findall(form.text)), set(SIGN.findall(form.text))
            if holes <= set(options) and signs <= set(held):
                return form(**{hole: options[hole] for hole in holes}), {}
        forms = (" and ".join(SIGN.findall(form.text)) for form in self._session.login)
        raise self._unfit(", or ".join(dict.fromkeys(forms)))

    def entered(self, response: requests.Response, body: bytes) -> tuple[Secret, dict[str, str]]:
        """The session's token, and the headers that carry it. Raises LoginRefused: none."""
        kind, _, name = self._session.token.partition(" ")
        match kind:
            case "header":
                found = response.headers.get(name)
            case "cookie":
                found = next((one.value for one in response.cookies if one.name == name), None)
            case _:
                found = _at(body, name)
        if not found or not _PRINTABLE.fullmatch(found):
            raise self.refused(f"{self._device.id}: the log-in's answer holds no token")
        if (logout := self._session.logout) is not None:
            self.logout = logout(
                **{hole: self._options[hole] for hole in HOLE.findall(logout.text)}
            )
        return Secret(found), dict(_carrier(way, found) for way in self._session.carried)

    def refused(self, why: str) -> LoginRefused:
        """Why there is no session. It is not tried again: accounts get locked by that."""
        return LoginRefused(
            f"{why}: the log-in is refused",
            next_step="check account, password and what the platform's page asks of the account; "
            "it is not tried again in this run",
        )

    def _unfit(self, wanted: str) -> LoginRefused:
        credential = self._device.credential or "no credential"
        return LoginRefused(
            f"{self._device.id}: {credential} does not hold {wanted}",
            next_step="correct the credential",
        )


def authorization(device: Device, credential: Credential, platform: Platform) -> dict[str, str]:
    """The header by the platform's HTTP_AUTH: `bearer`, `basic`, `token`, or a header's name."""
    way = getattr(platform.module, "HTTP_AUTH", "bearer")
    secret = credential.password if way == "basic" else credential.token
    # A library would quote a header it cannot send, and the token with it.
    if secret is None or not _PRINTABLE.fullmatch(secret.reveal()):
        raise LoginRefused(
            f"{device.id}: {device.credential or 'no credential'} holds no usable "
            f"{'password' if way == 'basic' else 'token'} (printable ASCII, one line)",
            next_step="correct the credential",
        )
    if way == "basic":
        return basic(credential.username, secret)
    if way not in ("bearer", "token"):
        return {way: secret.reveal()}
    # NetBox's tokens of the second kind say so themselves; the first kind has a scheme of its own.
    scheme = "Bearer" if way == "bearer" or secret.reveal().startswith("nbt_") else "Token"
    return {"Authorization": f"{scheme} {secret.reveal()}"}


def basic(username: str, password: Secret) -> dict[str, str]:
    """The header of HTTP's Basic authentication."""
    pair = f"{username}:{password.reveal()}".encode()
    return {"Authorization": f"Basic {b64encode(pair).decode()}"}


def _carrier(way: str, token: str) -> tuple[str, str]:
    kind, _, name = way.partition(" ")
    match kind:
        case "bearer":
            return "Authorization", f"Bearer {token}"
        case "cookie":
            return "Cookie", f"{name}={token}"
    return name, token


def _at(body: bytes, path: str) -> str | None:
    """The text at a path of keys in a JSON answer."""
    found: object = None
    with suppress(ValueError):
        found = json.loads(body)
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else None
