"""Which HTTP requests only read: GET, and the POST whose vendor's verb says that it reads."""

from __future__ import annotations

import re

from evidence.ask import Ask

# A verb that reads begins the path's last part (`/web_api/show-hosts`), is `query` before it
# (`/query/ap`), or is the method of a JSON-RPC body.
_READING_PATH = re.compile(
    r"(?:/[^/?]+)*/(?:(?:show|get|search|query|list)(?:[-_][^/?]*)?|query/[A-Za-z]+)(?:\?.*)?"
)
_READING_METHOD = re.compile(r'\{"(?:id":[0-9]+,")?method":"get",.*')


def reads(ask: Ask) -> bool:
    """Whether an ask can only read, judged by method, path and body.

    >>> reads(Ask("a", "GET /x", "http")), reads(Ask("b", "POST /api/set-host {}", "http"))
    (True, False)
    """
    method, target, body = ask.request
    if method != "POST":
        return method == "GET" and not body
    return bool(_READING_PATH.fullmatch(target) or _READING_METHOD.fullmatch(body))
