"""Signs in an HTTP ask: `{$password}` and its like, and the secrets that stand in their place.

They are filled in twice, in the same way: where a request is made, and in the gate, which
then knows what the bytes may look like. What is recorded of an ask has the sign.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import quote
from xml.sax.saxutils import escape

from agent.secret import Credential, Secret
from evidence.ask import SIGN


def signs_of(credential: Credential) -> dict[str, Secret]:
    """The signs that an account can fill."""
    held = {
        "username": Secret(credential.username) if credential.username else None,
        "password": credential.password,
        "token": credential.token,
    }
    return {name: secret for name, secret in held.items() if secret}


def filled(text: str, secrets: Mapping[str, Secret]) -> str:
    """An HTTP ask's text with its signs replaced, each as its place needs it written.

    A sign for which there is no secret stays. No secret brings a brace, so none becomes a hole.
    """
    method, _, rest = text.partition(" ")
    target, blank, body = rest.partition(" ")
    written = _in_json if body.startswith(('{"', "[")) else _in_address
    if body.startswith("<"):
        written = _in_xml
    return (
        f"{method} {_filled(target, secrets, _in_address)}{blank}{_filled(body, secrets, written)}"
    )


def holds_secret(text: str, secrets: Mapping[str, Secret]) -> bool:
    """Whether a text shows a secret in any of the forms in which one is written."""
    values = [secret.reveal() for name, secret in secrets.items() if name != "username"]
    ways = (str, _in_json, _in_xml, _in_address)
    forms = (written(value) for value in values for written in ways)
    return any(form in text for form in forms if form)


def _filled(text: str, secrets: Mapping[str, Secret], written: Callable[[str], str]) -> str:
    return SIGN.sub(
        lambda sign: written(secrets[sign[1]].reveal()) if sign[1] in secrets else sign[0], text
    )


def _in_json(value: str) -> str:
    return json.dumps(value)[1:-1].replace("{", "\\u007b").replace("}", "\\u007d")


def _in_xml(value: str) -> str:
    return escape(value, {"{": "&#123;", "}": "&#125;"})


def _in_address(value: str) -> str:
    return quote(value, safe="")
