"""An ask: one thing that may be sent to a device, and the secrets its answer may carry.

What a platform's file declares as `Ask` constants is all that ever leaves. A hole in the
text (`{uid}`) is filled by calling the ask, and the value must match the hole's pattern
from end to end, so an answer can never become a command.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

from evidence.errors import Denied, shown

Kind = Literal["command", "http", "snmp", "probe", "file"]
SecretKind = Literal["regex", "json", "oid", "frames", "hive"]

# No white space, quotes, separators or shell signs: safe in a command line and in a path.
PLAIN_VALUE = r"[A-Za-z0-9._:@-]{1,128}"
HOLE = re.compile(r"\{([a-z_]+)\}")
SIGN = re.compile(r"\{\$([a-z]+)\}")


@dataclass(frozen=True, slots=True)
class Secret:
    """Where an answer may carry a secret.

    `regex`: a pattern whose group `secret` is the secret (searched over the decoded text).
    `json`: a path of keys, `[]` for every element, `*` for any key (`results[].passphrase`);
    a path starting with `**.` matches that key at any depth. A list of passphrases below it and an
    object around one are secret, too; the columns of a list of objects are declared by themselves.
    `oid`: an OID subtree (SNMP).
    `frames`: every frame of a capture of packets but those named, which are all that is kept.
    `hive`: every key of a registry hive but those at these paths, a line each, likewise.
    """

    kind: SecretKind
    where: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One question, as the exact text that is sent.

    `text` by kind: `command` the line itself; `http` "GET /path?query" or "POST /path body";
    `snmp` "walk OID" or "get OID OID…"; `probe` what the wire probe does; `file` a file name
    under the device's folder. A sign in an HTTP text (`{$session}`) stands for a secret: the
    transport puts it in where the bytes leave, and nothing else ever sees it.
    `also` are other texts under which a hand-delivered answer is recognised as this ask's.
    `encodings` are tried in order on the answer; the last resort is UTF-8 with replacement.
    `exits` are the exit statuses that are an answer where a command has one; with another
    than 0 its error output follows its output (`reg query` of a missing key: 1).
    `template` is the text before its holes were filled, `filled` what fills them in order.
    """

    name: str
    text: str
    kind: Kind = "command"
    secrets: tuple[Secret, ...] = ()
    holes: Mapping[str, str] = field(default_factory=dict, hash=False)
    also: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ("utf-8",)
    limit_bytes: int = 64 * 1024 * 1024
    limit_s: float = 120.0
    exits: tuple[int, ...] = (0,)
    template: str = ""
    filled: tuple[str, ...] = field(default=(), compare=False)

    def __call__(self, **values: str) -> Ask:
        """This ask with its holes filled. Raises Denied when a value does not fit its hole."""
        wanted = _holes(self.text)
        if set(wanted) != set(values):
            raise Denied(
                f"ask {self.name}: holes are {sorted(set(wanted))}, given {sorted(values)}"
            )
        for hole, value in values.items():
            if not re.fullmatch(self.holes.get(hole, PLAIN_VALUE), value):
                raise Denied(
                    f"ask {self.name}: {shown(value)!r} may not fill {{{hole}}}",
                    next_step="the device named something with characters we never send; "
                    "report the name",
                )
        filled = HOLE.sub(lambda match: values[match[1]], self.text)
        in_order = tuple(values[hole] for hole in wanted)
        return replace(self, text=filled, template=self.text, filled=in_order)

    @property
    def request(self) -> tuple[str, str, str]:
        """Method, target (path and query) and body ("" is none) of an HTTP ask."""
        method, _, rest = self.text.partition(" ")
        target, _, body = rest.partition(" ")
        return method, target, body

    @property
    def pattern(self) -> re.Pattern[str]:
        """What may leave for this ask: its text, with each hole as its pattern."""
        return _pattern(self.template or self.text, tuple(self.holes.items()))

    def admits(self, text: str) -> bool:
        """Whether `text` is this ask, or this ask with its holes lawfully filled."""
        return self.pattern.fullmatch(text) is not None


@cache
def _holes(text: str) -> tuple[str, ...]:
    """The names of a text's holes, in order."""
    return tuple(HOLE.findall(text))


@cache
def _pattern(source: str, holes: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    allowed = dict(holes)
    parts, end = [], 0
    for match in HOLE.finditer(source):
        parts.append(re.escape(source[end : match.start()]))
        parts.append(f"(?:{allowed.get(match[1], PLAIN_VALUE)})")
        end = match.end()
    parts.append(re.escape(source[end:]))
    return re.compile("".join(parts))


@dataclass(frozen=True, slots=True)
class Session:
    """How an interactive command line is entered and left; every line is an ask too.

    `prompt` is a pattern for the first prompt; after it the exact prompt is learned.
    `login` lines are sent in order (paging off); `elevate` is the line that asks for more
    privilege (answered by the credential's second secret, only if the device needs it);
    `pager` matches a pager's line and `pager_key` is what answers it.
    `unprivileged` is a prompt that needs `elevate`; `secret_prompt` is what then asks.
    `nonce` is the sign of a comment line: one with a random number is sent after each
    command, and what stands before its echo is the whole answer.
    """

    prompt: str
    login: tuple[Ask, ...] = ()
    elevate: Ask | None = None
    logout: tuple[Ask, ...] = ()
    pager: str | None = None
    pager_key: str = " "
    nonce: str | None = None
    unprivileged: str = r".*>"
    secret_prompt: str = r"(?i).*password:"

    @property
    def nonce_ask(self) -> Ask | None:
        """The comment line, with a hole for its random number."""
        if self.nonce is None:
            return None
        return Ask("nonce", f"{self.nonce}{{number}}", holes={"number": "[0-9a-f]{16}"})


@dataclass(frozen=True, slots=True)
class HttpSession:
    """How an HTTPS session is entered and left where a log-in gives a token; both are asks too.

    `login` are forms of one request, sent once before the first ask: the first form is taken
    whose signs the account's credential holds (`{$username}`, `{$password}`, `{$token}`) and
    whose holes the device's options fill. `login_by` basic: name and password travel in the
    Authorization header of that one request instead.
    `token` says where its answer holds the token: `header NAME`, `cookie NAME`, or
    `json KEY.KEY`. `carried` says how later requests carry it: `header NAME`, `cookie NAME`,
    `bearer`; and wherever an ask's text has the sign `{$session}`.
    `logout` is sent before the connection is closed. Its holes too are filled by the device's
    options, else by `defaults`.
    `open` are asks that anybody is answered: they are sent before a log-in, and without an
    account they are all that is.
    """

    login: tuple[Ask, ...]
    token: str
    carried: tuple[str, ...] = ()
    logout: Ask | None = None
    login_by: Literal["signs", "basic"] = "signs"
    defaults: Mapping[str, str] = field(default_factory=dict, hash=False)
    open: tuple[Ask, ...] = ()
