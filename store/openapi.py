"""The agents' API as an OpenAPI 3.1 description, served at `/v1/openapi.json`.

Written down here a second time on purpose: a test holds it to the routes, and requests made from
it to what the store answers. Refusals are told by their codes, from `store.problems`. The console
speaks HTML to people and is no part of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from store.problems import PROBLEMS, outside

Record = Mapping[str, Any]

_JSON, _BYTES, _TEXT, _ZIP = (
    *("application/json", "application/octet-stream", "text/plain", "application/zip"),
)
_DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_COUNT = {"type": "integer", "minimum": 0, "maximum": 999_999_999_999_999}
_ENVELOPE: Record = {"$ref": "#/components/schemas/Envelope"}
_EMPTY: Record = {}

_SIGNED = (
    *("request_unsigned", "request_signature", "request_stale", "request_replayed"),
    *("agent_unknown", "agent_locked"),
)
_ALWAYS = ("store_broken", "database_away", "internal")
_LENGTH = ("length_required", "body_too_large", "body_cut")
_TAKES = (
    *("quota_exceeded", "digest_mismatch", "store_full", "store_refilling"),
    *("lock_failed", "bucket_away"),
)
_STATEMENT = (
    *("name_invalid", "envelope_invalid", "signature_invalid", "key_untrusted"),
    *("statement_invalid", "format_unsupported", "site_mismatch", "replayed_refused"),
    "blobs_missing",
)
_FILE = ("archive_unreadable", "archive_altered", "archive_incomplete", "archive_too_large")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one address. `answers`: by status what it means, its media type and schema;
    `codes`: the refusals it can come to, beside those that every address has. `open`: asked for
    without a signature."""

    path: str
    method: str
    summary: str
    answers: Mapping[int, tuple[str, str, Record]]
    codes: Sequence[str] = ()
    open: bool = False
    parameters: Sequence[Record] = ()
    body: Mapping[str, Record] = field(default_factory=dict)
    headers: Mapping[str, Record] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "summary": self.summary,
            "operationId": f"{self.method}_{self.path.strip('/').replace('/', '_')}".translate(
                {ord(one): None for one in "{}"}
            ),
            "security": [] if self.open else [{"signature": []}],
            "responses": {**self._answers(), **self._refusals()},
        }
        if self.parameters:
            found["parameters"] = list(self.parameters)
        if self.body:
            content = {kind: {"schema": schema} for kind, schema in self.body.items()}
            found["requestBody"] = {"required": True, "content": content}
        return found

    def _answers(self) -> dict[str, Any]:
        return {
            str(status): {
                "description": said,
                **({"content": {kind: {"schema": schema}}} if kind else {}),
                **({"headers": dict(self.headers)} if self.headers else {}),
            }
            for status, (said, kind, schema) in self.answers.items()
        }

    def _refusals(self) -> dict[str, Any]:
        codes = (*self.codes, *(() if self.open else _SIGNED), *_ALWAYS)
        by_status: defaultdict[int, list[str]] = defaultdict(list)
        for code in dict.fromkeys(codes):
            by_status[PROBLEMS[code].status].append(outside(code))
        return {
            str(status): {
                "description": ", ".join(dict.fromkeys(found)),
                "content": {"application/problem+json": {"schema": _problem(found)}},
            }
            for status, found in sorted(by_status.items())
        }


def _problem(codes: Sequence[str]) -> dict[str, Any]:
    said = {"properties": {"code": {"enum": sorted(set(codes))}}}
    return {"allOf": [{"$ref": "#/components/schemas/Problem"}, said]}


def _in_path(name: str, schema: Record) -> Record:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(name: str, required: bool = True) -> Record:
    return {"name": name, "in": "query", "required": required, "schema": _COUNT}


def _object(required: Sequence[str] = (), **properties: Record) -> Record:
    return {"type": "object", "required": list(required), "properties": properties}


_DIGEST_IN_PATH = (_in_path("digest", _DIGEST),)
_RECEIPT = ("the receipt", _JSON, _ENVELOPE)
_NOTE: Record = {"type": "string", "description": "a checkpoint (C2SP tlog-checkpoint)"}
_OFFSET = {
    name: {"required": True, "schema": {"type": "string"}} for name in ("Location", "Upload-Offset")
}
_LISTED = _object(
    ("items", "next"),
    items={
        "type": "array",
        "items": _object(
            ("digest", "kind", "index"), digest=_DIGEST, kind={"type": "string"}, index=_COUNT
        ),
    },
    next={"type": ["integer", "null"]},
)


def _kept(
    kind: str, said: str, more: Mapping[str, Record], codes: Sequence[str]
) -> list[Operation]:
    """What bundles and records have alike."""
    path = f"/v1/{kind}/sha256/{{digest}}"
    return [
        Operation(
            path=path,
            method="put",
            summary=f"Keep {said}; the same again gets the same receipt",
            parameters=_DIGEST_IN_PATH,
            body={_JSON: _ENVELOPE, **more},
            answers={201: _RECEIPT, 200: ("it was here; its receipt", _JSON, _ENVELOPE)},
            codes=(*_LENGTH, *_TAKES, *_STATEMENT, *codes),
        ),
        Operation(
            path=path,
            method="get",
            summary=f"The envelope of {said} of one's own",
            parameters=_DIGEST_IN_PATH,
            answers={200: ("the envelope", _JSON, _ENVELOPE)},
            codes=("name_invalid", "not_found"),
        ),
        Operation(
            path=f"/v1/{kind}",
            method="get",
            summary=f"One's own {kind}, in the order of the log",
            parameters=(_in_query("after", required=False),),
            answers={200: ("a page of them", _JSON, _LISTED)},
            codes=("query_invalid",),
        ),
    ]


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        path="/v1/blobs/sha256/{digest}",
        method="put",
        summary="Keep a capture under the digest of its bytes",
        parameters=_DIGEST_IN_PATH,
        body={_BYTES: _EMPTY},
        answers={201: ("kept", "", {}), 200: ("it was here", "", {})},
        codes=("name_invalid", *_LENGTH, *_TAKES),
    ),
    Operation(
        path="/v1/blobs/sha256/{digest}",
        method="get",
        summary="A capture of one's own",
        parameters=_DIGEST_IN_PATH,
        answers={200: ("its bytes", _BYTES, _EMPTY)},
        codes=("name_invalid", "not_found", "blob_deleted", "bucket_away"),
    ),
    *_kept("bundles", "a bundle", {_ZIP: _EMPTY}, _FILE),
    *_kept("records", "a run, an assessment or decisions", {}, ()),
    Operation(
        path="/v1/receipts/{digest}",
        method="get",
        summary="The receipt for a statement of one's own",
        parameters=_DIGEST_IN_PATH,
        answers={200: _RECEIPT},
        codes=("name_invalid", "not_found"),
    ),
    Operation(
        path="/v1/uploads",
        method="post",
        summary="Begin a large capture, or find the one that was begun",
        body={_JSON: _object(("digest", "size_bytes"), digest=_DIGEST, size_bytes=_COUNT)},
        answers={201: ("where to go on", "", {})},
        headers=_OFFSET,
        codes=(*_LENGTH, "body_invalid", "digest_mismatch", "store_full"),
    ),
    Operation(
        path="/v1/uploads/{name}",
        method="get",
        summary="How much of it is here",
        parameters=(_in_path("name", {"type": "string", "minLength": 1}),),
        answers={200: ("where to go on", "", {})},
        headers=_OFFSET,
        codes=("not_found",),
    ),
    Operation(
        path="/v1/uploads/{name}",
        method="patch",
        summary="Add to it; the part that completes it makes it a capture",
        parameters=(
            _in_path("name", {"type": "string", "minLength": 1}),
            {"name": "Upload-Offset", "in": "header", "required": True, "schema": _COUNT},
        ),
        body={_BYTES: _EMPTY},
        answers={200: ("added; where to go on", "", {}), 201: ("complete, and kept", "", {})},
        codes=(*_LENGTH, *_TAKES, "not_found", "offset_wrong"),
    ),
    Operation(
        path="/v1/key",
        method="get",
        summary="The store's public key",
        open=True,
        answers={200: ("PEM", _TEXT, {"type": "string"})},
    ),
    Operation(
        path="/v1/enrol",
        method="post",
        summary="Come in with a token, signed by the key that comes in",
        body={
            _JSON: _object(
                ("token", "agent", "key"),
                token={"type": "string"},
                agent={"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
                key={"type": "string", "description": "PEM"},
            )
        },
        answers={
            200: (
                "the agent's sites",
                _JSON,
                _object(
                    ("agent", "sites", "store"),
                    agent={"type": "string"},
                    sites={"type": "array", "items": {"type": "string"}},
                    store={"type": "string"},
                ),
            )
        },
        codes=(*_LENGTH, "body_invalid", "digest_mismatch", "token_refused", "store_refilling"),
    ),
    Operation(
        path="/v1/contact",
        method="post",
        summary="Say that one is there, and have the log's growth proved",
        body={
            _JSON: _object(
                ("generation", "mark"),
                generation=_COUNT,
                mark={"type": "string", "pattern": "^[0-9a-f]{32}$"},
                checkpoint={"type": ["string", "null"]},
            )
        },
        answers={200: ("the checkpoint now, and the proof", _JSON, {"type": "object"})},
        codes=(*_LENGTH, "body_invalid", "digest_mismatch", "checkpoint_invalid"),
    ),
    Operation(
        path="/v1/refill",
        method="post",
        summary="Give back what a restored store lost",
        body={
            _JSON: _object(
                ("statement", "receipt"), statement={"type": "string"}, receipt={"type": "string"}
            )
        },
        answers={201: ("taken", "", {})},
        codes=(
            *(*_LENGTH, "body_invalid", "digest_mismatch", "envelope_invalid", "statement_invalid"),
            *("receipt_invalid", "refill_conflict", "signature_invalid", "key_untrusted"),
            *("format_unsupported", "site_mismatch", "replayed_refused", "store_full"),
        ),
    ),
    Operation(
        path="/v1/runs/wait",
        method="post",
        summary="Fetch the run that somebody asked for; held for some 20 s while nobody did",
        body={_JSON: {"type": "object"}},
        answers={
            200: (
                "what to read, of one's own inventory",
                _JSON,
                _object(
                    ("id", "devices", "subject", "by", "asked_at"),
                    id={"type": "string"},
                    devices={"type": "array", "items": {"type": "string"}},
                    subject={"type": ["string", "null"]},
                    by={"type": "string"},
                    asked_at={"type": "string"},
                ),
            ),
            204: ("nobody asked", "", {}),
        },
        codes=(*_LENGTH, "digest_mismatch"),
    ),
    Operation(
        path="/v1/runs/{id}",
        method="post",
        summary="Say how that run goes",
        parameters=(_in_path("id", {"type": "string", "minLength": 1}),),
        body={
            _JSON: _object(
                ("state",),
                state={"enum": ["running", "done", "refused"]},
                read=_COUNT,
                failed=_COUNT,
                run={"type": "string"},
                why={"type": "string"},
            )
        },
        answers={204: ("heard", "", {})},
        codes=(*_LENGTH, "digest_mismatch", "body_invalid", "not_found"),
    ),
    Operation(
        path="/checkpoint",
        method="get",
        summary="The log's size and root, signed",
        open=True,
        answers={200: ("the checkpoint", _TEXT, _NOTE)},
        codes=("store_refilling",),
    ),
    Operation(
        path="/tile/{tile}",
        method="get",
        summary="A tile of the log (C2SP tlog-tiles)",
        open=True,
        parameters=(_in_path("tile", {"type": "string", "examples": ["0/000.p/1"]}),),
        answers={200: ("its bytes", _BYTES, _EMPTY)},
        codes=("not_found",),
    ),
    Operation(
        path="/v1/log/consistency",
        method="get",
        summary="The proof that the log only grew",
        open=True,
        parameters=(_in_query("old"), _in_query("new")),
        answers={
            200: (
                "the proof",
                _JSON,
                _object(
                    ("old", "new", "proof"),
                    old=_COUNT,
                    new=_COUNT,
                    proof={"type": "array", "items": {"type": "string"}},
                ),
            )
        },
        codes=("query_invalid", "not_found", "store_refilling"),
    ),
    Operation(
        path="/v1/log/witnessed",
        method="get",
        summary="The newest checkpoint that a witness signed, with the witnesses' lines",
        open=True,
        answers={200: ("the checkpoint", _TEXT, _NOTE)},
        codes=("not_found",),
    ),
    Operation(
        path="/v1/log/cosignatures",
        method="post",
        summary="A witness's signature of a checkpoint",
        open=True,
        body={
            _JSON: _object(
                ("note", "witness", "line"),
                note=_NOTE,
                witness={"type": "string"},
                line={"type": "string"},
            )
        },
        answers={201: ("kept", "", {})},
        codes=(
            *(*_LENGTH, "body_invalid", "witness_unknown", "checkpoint_invalid"),
            *("cosignature_invalid", "store_full", "store_refilling"),
        ),
    ),
    Operation(
        path="/v1/log/known",
        method="post",
        summary="A checkpoint that somebody has of this store",
        open=True,
        body={_JSON: _object(("note",), note=_NOTE)},
        answers={204: ("heard", "", {})},
        codes=(*_LENGTH, "body_invalid", "checkpoint_invalid", "store_refilling"),
    ),
    Operation(
        path="/v1/log/refusals",
        method="post",
        summary="A witness does not sign this log; signed by the witness's key as an agent signs",
        open=True,
        body={
            _JSON: _object(("witness", "why"), witness={"type": "string"}, why={"type": "string"})
        },
        answers={204: ("heard", "", {})},
        codes=(
            *(*_LENGTH, "body_invalid", "digest_mismatch", "witness_unknown", "store_full"),
            *("request_unsigned", "request_signature", "request_stale"),
        ),
    ),
    Operation(
        path="/v1/openapi.json",
        method="get",
        summary="This description",
        open=True,
        answers={200: ("OpenAPI 3.1", _JSON, {"type": "object"})},
    ),
    Operation(
        path="/healthz",
        method="get",
        summary="Whether the process answers",
        open=True,
        answers={200: ("it does", _TEXT, {"type": "string"})},
    ),
    Operation(
        path="/readyz",
        method="get",
        summary="Whether something could be taken in now",
        open=True,
        answers={200: ("it could", _TEXT, {"type": "string"})},
        codes=("not_ready",),
    ),
)


def description() -> dict[str, Any]:
    """The whole description."""
    paths: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for one in OPERATIONS:
        paths[one.path][one.method] = one.record()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "evidence-store",
            "version": "1",
            "description": "What agents, witnesses and monitors ask of the store. A request is"
            " signed as docs/formats.md says (RFC 9421); GET is answered to HEAD, too.",
        },
        "paths": dict(paths),
        "components": {
            "securitySchemes": {
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Signature",
                    "description": "RFC 9421 with Signature-Input and Content-Digest, by the"
                    " agent's enrolled key",
                }
            },
            "schemas": {
                "Envelope": _object(
                    ("payload", "payloadType", "signatures"),
                    payload={"type": "string", "contentEncoding": "base64"},
                    payloadType={"const": "application/vnd.in-toto+json"},
                    signatures={
                        "type": "array",
                        "minItems": 1,
                        "items": _object(("keyid", "sig"), keyid=_DIGEST, sig={"type": "string"}),
                    },
                ),
                "Problem": _object(
                    ("type", "status", "code", "title", "title_zh", "detail", "correlation_id"),
                    type={"const": "about:blank"},
                    status={"type": "integer"},
                    code={"type": "string"},
                    title={"type": "string"},
                    title_zh={"type": "string"},
                    detail={"type": "string"},
                    correlation_id={"type": "string"},
                    next_step={"type": "string"},
                ),
            },
        },
    }
