"""Down to the bytes: a reading, the answers it came from, and what was signed about them."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from starlette.responses import Response

from evidence.collection import Asked
from evidence.facts import to_record
from evidence.receipt import Receipt
from evidence.seal import Envelope
from evidence.statement import Statement, is_digest
from store.console.guard import Call, Console
from store.console.html import safe_text
from store.console.pages import shown
from store.month import look
from store.problems import Refused

_MOST_FACTS = 400
_UNTOLD: tuple[object, ...] = (None, "", [], {})
_MOST_SHOWN_BYTES = 200_000
# Whatever a device sent is never anything but a file to a browser.
_DOWNLOAD = {"Content-Security-Policy": "default-src 'none'; sandbox"}


def reading(console: Console, call: Call) -> Response:
    agent, digest = call.path["agent"], _digest(call)
    shelf = console.custody.shelf
    with console.custody.database.reading() as rows:
        row = look.one_reading(rows, agent, digest)
        visit = None if row is None else look.one_visit(rows, agent, row.visit)
    if row is None or visit is None:
        raise Refused("no such reading", code="not_found")
    found = shelf.reading(row.visit, row.place)
    asks = shelf.statement(row.visit).predicate["asks"]
    told: dict[str, list[Any]] = {}
    for fact in found.facts[:_MOST_FACTS]:
        record = to_record(fact)
        told.setdefault(record.pop("fact"), []).append(record)
    # What none of a kind was told is no column.
    facts = [
        (name, [key for key in some[0] if any(one.get(key) not in _UNTOLD for one in some)], some)
        for name, some in told.items()
    ]
    return shown(
        console,
        call,
        "reading.html",
        here="devices",
        agent=agent,
        period=row.period,
        row=row,
        visit=visit,
        reading=found,
        asks=[Asked.of_record(one) for one in asks if one["subject"] == row.subject],
        facts=facts,
        facts_total=len(found.facts),
        facts_shown=_MOST_FACTS,
    )


def capture(console: Console, call: Call) -> Response:
    """An answer's bytes: shown as text, or given as a file that no browser opens."""
    agent, digest = call.path["agent"], _digest(call)
    with console.custody.database.reading() as rows:
        visits = look.visits_with(rows, agent, digest)
    if not visits:
        raise Refused("no such capture", code="not_found")
    body = console.custody.shelf.blob(digest)
    if call.asked("raw"):
        return _file(body, f"{digest}.bin")
    uses = [use for visit in visits[:20] for use in _uses(console, visit, digest)]
    return shown(
        console,
        call,
        "capture.html",
        here="devices",
        agent=agent,
        period=max(visit.period for visit in visits),
        devices=sorted({visit.device for visit in visits}),
        digest=digest,
        uses=uses,
        size=len(body),
        agrees=sha256(body).hexdigest() == digest,
        body=_readable(body[:_MOST_SHOWN_BYTES]),
        cut=len(body) > _MOST_SHOWN_BYTES,
    )


def _uses(console: Console, visit: Any, digest: str) -> list[dict[str, Any]]:
    asks = console.custody.shelf.statement(visit.digest).predicate["asks"]
    found = [Asked.of_record(one) for one in asks if one["capture"] == digest]
    return [
        {
            "device": visit.device,
            "requester": visit.requester,
            "visit": visit.digest,
            "position": visit.position,
            "ask": one,
        }
        for one in found[:1]
    ]


def statement(console: Console, call: Call) -> Response:
    """A signed statement, where it lies in the log, and the proof that it does."""
    agent, digest = call.path["agent"], _digest(call)
    with console.custody.database.reading() as rows:
        entry = look.log_entry(rows, agent, digest)
        visit = look.one_visit(rows, agent, digest)
        at = visit or next(iter(look.months(rows, agent)), None)
    if entry is None:
        raise Refused("no such statement", code="not_found")
    envelope = console.custody.shelf.envelope(digest)
    # Raises SealError when the proof does not hold.
    receipt = Receipt.check(Envelope.parse(entry.receipt), digest, console.custody.key.public)
    text = json.dumps(json.loads(envelope.payload), ensure_ascii=False, indent=1)
    return shown(
        console,
        call,
        "statement.html",
        agent=agent,
        visit=visit,
        **({} if at is None else {"period": at.period}),
        digest=digest,
        entry=entry,
        statement=Statement.parse(envelope.payload),
        signatures=envelope.signatures,
        receipt=receipt,
        body=_lines(text[:_MOST_SHOWN_BYTES]),
        cut=len(text) > _MOST_SHOWN_BYTES,
    )


def attachment(console: Console, call: Call) -> Response:
    """A file a person gave, as a file."""
    agent, digest = call.path["agent"], _digest(call)
    with console.custody.database.reading() as rows:
        found = look.attachment_of(rows, agent, digest)
    if found is None:
        raise Refused("no such file", code="not_found")
    ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
    return _file(
        console.custody.shelf.blob(digest),
        f"{digest[:16]}.{ending.get(found.media_type, 'xlsx')}",
    )


def _digest(call: Call) -> str:
    digest = call.path["digest"]
    if not is_digest(digest):
        raise Refused("this is no SHA-256", code="not_found")
    return digest


def _file(body: bytes, name: str) -> Response:
    return Response(
        body,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"', **_DOWNLOAD},
    )


def _readable(body: bytes) -> str:
    """Text as people read it, what is not printable written out; else the bytes in hexadecimal."""
    try:
        return _lines(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        if error.start > len(body) - 4:
            return _lines(body[: error.start].decode("utf-8"))
    return "\n".join(body[at : at + 32].hex(" ", 2) for at in range(0, min(len(body), 20_000), 32))


def _lines(text: str) -> str:
    return "\n".join(safe_text(line) for line in text.replace("\r\n", "\n").split("\n"))
