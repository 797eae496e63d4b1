"""Which HTTP requests only read: GET, and the POST whose vendor's verb says that it reads."""

from __future__ import annotations

import re

from evidence.ask import Ask

# A verb that reads begins the path's last part (`/web_api/show-hosts`), is `query` before it
# (`/query/ap`, `/query/ap/wlan`), is the method of a JSON-RPC body, or begins the one method of a
# SOAP body.
_READING_PATH = re.compile(
    r"(?:/[^/?]+)*/(?:(?:show|get|search|query|list)(?:[-_][^/?]*)?|query/[A-Za-z]+(?:/wlan)?)"
    r"(?:\?.*)?"
)
_READING_METHOD = re.compile(r'\{"(?:id":[0-9]+,")?method":"get",.*')
_READING_SOAP = re.compile(
    r"<soapenv:Envelope [^<>]*><soapenv:Body><(Retrieve[A-Za-z]+) [^<>]*>"
    r"(?:(?!</?soapenv:|</?\1\b).)*</\1></soapenv:Body></soapenv:Envelope>"
)


def reads(ask: Ask) -> bool:
    """Whether an ask can only read, judged by method, path and body.

    >>> reads(Ask("a", "GET /x", "http")), reads(Ask("b", "POST /api/set-host {}", "http"))
    (True, False)
    """
    method, target, body = ask.request
    if method != "POST":
        return method == "GET" and not body
    bodies = (_READING_METHOD, _READING_SOAP)
    return bool(_READING_PATH.fullmatch(target)) or any(one.fullmatch(body) for one in bodies)
