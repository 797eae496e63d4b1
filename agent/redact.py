"""Redaction: declared secrets become keyed digests before anything else sees the answer.

`redacted:hmac:<key id>:<hex>`: the same secret under the same site key always reads the
same, so equal secrets stay visible as equal, live and on re-reading. Behind the declared
fields stands a net of patterns: an answer that still seems to hold a secret fails its
capture rather than letting it through.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from collectors._air.keep import announcements_only
from collectors._hive import named_keys_only
from evidence.ask import Ask, Secret
from evidence.capture import snmprec_rows, utf16
from evidence.errors import Incomplete, TooMuch, VisitError
from evidence.markup import MAX_DEPTH

MARK = "redacted:hmac:"

# What no answer may hold once its declared secrets are gone. Each names its find for the error,
# and words of which a find has one: looking for a word is many times as quick.
_NET: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = (
    (
        "private key",
        ("PRIVATE KEY-----",),
        re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    ),
    (
        "password hash",
        ("$",),
        re.compile(r"\$(?:1|2[aby]|5|6|y|argon2id)\$[./A-Za-z0-9$=,+]{16,}"),
    ),
    ("FortiOS secret", ("ENC ",), re.compile(r"ENC (?<=\bENC )[A-Za-z0-9+/=]{16,}")),
    (
        "secret field",
        ('"',),
        re.compile(
            r'"(?:x_)?(?:passphrase|psk|password|passwd|secret|api_key|token)"\s*:\s*'
            rf'"(?!{MARK}|ENC XXXX|\*+")[^"]+"',
            re.IGNORECASE,
        ),
    ),
    (
        "secret setting",
        ("wpa_p", "sae_password", "wep_key", "auth_server_shared_secret"),
        re.compile(
            r"^[ \t]*(?:wpa_passphrase|wpa_psk|sae_password|wep_key\d|auth_server_shared_secret)"
            rf"[ \t]*=[ \t]*(?!{MARK})\S",
            re.MULTILINE,
        ),
    ),
)


@dataclass(frozen=True)
class SiteKey:
    """The site's HMAC key for secrets. Not the signing key; its id is the digest's first 8 hex."""

    key: bytes = field(repr=False)

    @property
    def id(self) -> str:
        return sha256(b"evidence-agent site key\0" + self.key).hexdigest()[:8]

    def replace(self, secret: str) -> str:
        """What stands in the capture instead of `secret`."""
        if secret.startswith(MARK):
            return secret
        digest = hmac.new(self.key, secret.encode("utf-8", "surrogateescape"), sha256)
        return f"{MARK}{self.id}:{digest.hexdigest()}"


def redact(ask: Ask, body: bytes, key: SiteKey) -> bytes:
    """The answer with the ask's declared secrets replaced. Raises VisitError (`secret_left`)."""
    if any(secret.kind == "frames" for secret in ask.secrets):
        # The net is for text: what strangers call their networks must not stop a reading.
        return announcements_only(body)
    for secret in ask.secrets:
        if secret.kind == "hive":
            body = named_keys_only(body, secret.where.splitlines())
    if (wide := utf16(body)) is not None:
        # Patterns are of bytes: they would not see a secret with a zero after each letter.
        try:
            narrow = body[2:].decode(wide, "surrogatepass").encode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise Incomplete(
                f"the answer to {ask.text!r} breaks off in the middle of a character"
            ) from None
        plain = redact(ask, narrow, key).decode("utf-8", "surrogatepass")
        return body[:2] + plain.encode(wide, "surrogatepass")
    # All paths of a JSON answer in one pass: a large policy has millions of values.
    paths = [secret.where for secret in ask.secrets if secret.kind == "json"]
    if paths:
        body = _json(paths, body, key)
    for secret in ask.secrets:
        if secret.kind in _WAYS:
            body = _WAYS[secret.kind](secret, body, key)
    text = body.decode("latin-1")
    for what, words, pattern in _NET:
        if any(word in text for word in words) and pattern.search(text):
            raise VisitError(
                f"the answer to {ask.text!r} holds what looks like a {what} that the ask does "
                "not declare; the capture was dropped",
                code="secret_left",
                next_step="report the platform and the ask; declare the field in its Ask",
            )
    return body


def _regex(secret: Secret, body: bytes, key: SiteKey) -> bytes:
    def replaced(match: re.Match[bytes]) -> bytes:
        start, end = match.span("secret")
        if start < 0 or start == end:
            return match[0]
        whole, offset = match[0], match.start()
        digest = key.replace(match["secret"].decode("utf-8", "surrogateescape")).encode()
        return whole[: start - offset] + digest + whole[end - offset :]

    return re.sub(secret.where.encode(), replaced, body, flags=re.MULTILINE)


def _json(wheres: Sequence[str], body: bytes, key: SiteKey) -> bytes:
    """Replace the values at these paths, and what `_covers` below, leaving every other byte as it
    was."""
    text = body.decode("utf-8", "surrogateescape")
    keys = {one.removeprefix("**.") for one in wheres if _ANYWHERE.fullmatch(one)}
    tests = [_path_test(one) for one in wheres if not _ANYWHERE.fullmatch(one)]
    parts, end = [], 0
    for path, start, stop in _json_values(text):
        token = text[start:stop]
        if not (_below_key(path, keys) or any(fits(path) for fits in tests)):
            continue
        if token not in ('""', "null", "true", "false"):
            parts += [text[end:start], json.dumps(key.replace(_string(token)))]
            end = stop
    return "".join([*parts, text[end:]]).encode("utf-8", "surrogateescape")


# One key at any depth: the usual case, and one that needs no look at the whole path.
_ANYWHERE = re.compile(r"\*\*\.[^.\[\]*]+")


def _covers(rest: tuple[str, ...]) -> bool:
    """Whether what lies there below a secret's key is secret, too: it is in a list of values, or in
    an object around one. A list of objects is a table, whose columns are declared by themselves."""
    return "[]" not in rest or set(rest[rest.index("[]") :]) == {"[]"}


def _below_key(path: tuple[str, ...], keys: set[str]) -> bool:
    if keys.isdisjoint(path):
        return False
    return any(name in keys and _covers(path[place:]) for place, name in enumerate(path, 1))


def _path_test(where: str) -> Callable[[tuple[str, ...]], bool]:
    steps = tuple(where.replace("[]", ".[]").strip(".").split("."))
    if steps[0] == "**":
        tail = steps[1:]
        length = len(tail)
        return lambda path: any(
            path[start : start + length] == tail and _covers(path[start + length :])
            for start in range(len(path) - length + 1)
        )
    return lambda path: (
        len(path) >= len(steps)
        and all(want in ("*", got) for want, got in zip(steps, path, strict=False))
        and _covers(path[len(steps) :])
    )


# A string that is cut off runs to the end: what is left of a secret is one too.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.?)*+"?|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def _string(token: str) -> str:
    """What a token says; one that is no JSON string (a number, a cut one) says itself."""
    try:
        return str(json.loads(token)) if token.startswith('"') else token
    except ValueError:
        return token.strip('"')


def _json_values(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """(path, start, end) of every scalar value in a JSON text; `[]` stands for an element.

    Raises TooMuch (`input_too_deep`) below the depth at which it would not be parsed anyway.
    """
    path: list[str] = []
    key_next = False
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in "{[":
            path.append("[]" if sign == "[" else "")
            if len(path) > MAX_DEPTH:
                raise TooMuch(f"nested over {MAX_DEPTH} levels deep", code="input_too_deep")
            key_next = sign == "{"
        elif sign in "}]":
            path = path[:-1]
            key_next = False
        elif sign == ",":
            key_next = bool(path) and path[-1] != "[]"
        elif sign == ":":
            key_next = False
        elif key_next:
            path[-1] = _string(sign)
        else:
            yield tuple(path), token.start(), token.end()


def _oid(secret: Secret, body: bytes, key: SiteKey) -> bytes:
    root = tuple(int(part) for part in secret.where.strip(".").split("."))
    rows = []
    for oid, tag, value in snmprec_rows(body, "an SNMP answer"):
        dotted = ".".join(map(str, oid))
        if oid[: len(root)] == root and value:
            value = key.replace(value.decode("latin-1")).encode()
        printable = all(0x20 <= byte < 0x7F for byte in value)
        rows.append(
            f"{dotted}|{tag}|{value.decode()}" if printable else f"{dotted}|{tag}x|{value.hex()}"
        )
    return ("\n".join(rows) + "\n").encode()


_WAYS: dict[str, Callable[[Secret, bytes, SiteKey], bytes]] = {
    "regex": _regex,
    "oid": _oid,
}
