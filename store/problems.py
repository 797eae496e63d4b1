"""What the store refuses, and how it says so: `application/problem+json` (RFC 9457) with a code
that stays, a sentence in English and in Chinese, and a number to find it again in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evidence.errors import EvidenceError
from evidence.text import Text


class Refused(EvidenceError):
    """The store does not take or give this. `more` goes into the answer (`missing` digests)."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        next_step: str = "",
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, code=code, next_step=next_step)
        self.more = dict(more or {})


@dataclass(frozen=True, slots=True)
class Problem:
    status: int
    title: Text
    headers: Mapping[str, str] = field(default_factory=dict)


def _problem(status: int, en: str, zh: str, **headers: str) -> Problem:
    return Problem(status, Text(en, zh), headers)


PROBLEMS: dict[str, Problem] = {
    "request_unsigned": _problem(401, "The request is not signed.", "請求未經簽章。"),
    "request_signature": _problem(401, "The request's signature is wrong.", "請求簽章不正確。"),
    "request_stale": _problem(
        401,
        "The request's time is too far from the store's.",
        "請求時間與保存庫時間相差過大。",
    ),
    "request_replayed": _problem(
        401, "The request was already made once.", "此請求已使用過，不得重送。"
    ),
    "agent_unknown": _problem(
        403, "This key is not enrolled, or was revoked.", "此金鑰未登錄或已撤銷。"
    ),
    "agent_locked": _problem(
        403,
        "A second agent of this name was seen; both are locked.",
        "偵測到同名之第二個代理程式；兩者均已鎖定。",
    ),
    "token_refused": _problem(
        403,
        "This token does not let you in.",
        "此登錄權杖無效。",
    ),
    "body_invalid": _problem(400, "The body cannot be read.", "內容格式無法辨識。"),
    "site_mismatch": _problem(
        403,
        "The statement is of another agent or site.",
        "此紀錄屬於其他代理程式或其他據點。",
    ),
    "replayed_refused": _problem(
        403, "Replayed evidence is not taken here.", "本保存庫不收重播之證據。"
    ),
    "not_found": _problem(404, "There is nothing of yours here.", "查無您的資料。"),
    "method_not_allowed": _problem(405, "This cannot be done here.", "此處不支援該操作。"),
    "blobs_missing": _problem(
        409, "Captures the bundle names are missing.", "證據包所列之擷取檔尚未上傳。"
    ),
    "length_required": _problem(411, "Content-Length is required.", "須提供 Content-Length。"),
    "body_cut": _problem(400, "The body broke off.", "內容傳輸中斷。"),
    "body_too_large": _problem(413, "The body is too large.", "內容超過大小上限。"),
    "digest_mismatch": _problem(422, "The bytes have another digest.", "內容與其雜湊值不符。"),
    "name_invalid": _problem(400, "This is not a SHA-256 in hexadecimal.", "名稱不是 SHA-256。"),
    "query_invalid": _problem(400, "The query cannot be read.", "查詢參數無法辨識。"),
    "envelope_invalid": _problem(400, "The envelope is not valid.", "簽章封套無效。"),
    "signature_invalid": _problem(403, "The envelope is not valid.", "簽章封套無效。"),
    "key_untrusted": _problem(403, "The envelope is not valid.", "簽章封套無效。"),
    "statement_invalid": _problem(400, "The statement is not valid.", "證據陳述無效。"),
    "format_unsupported": _problem(
        400, "This store does not read that format yet.", "本保存庫尚不支援此格式版本。"
    ),
    "store_full": _problem(
        507,
        "The store's disk is full; keep the copy and try again later.",
        "保存庫磁碟已滿；請保留副本，稍後再送。",
        **{"Retry-After": "300"},
    ),
    "store_broken": _problem(
        503,
        "The store's disk failed; it takes nothing until it is restarted.",
        "保存庫磁碟故障；重新啟動前不再收件。",
        **{"Retry-After": "300"},
    ),
    "database_away": _problem(
        503,
        "The store's database does not answer; keep the copy and try again.",
        "保存庫之資料庫無回應；請保留副本，稍後再送。",
        **{"Retry-After": "10"},
    ),
    "not_ready": _problem(503, "The store is not ready.", "保存庫尚未就緒。"),
    "internal": _problem(500, "The store made a mistake.", "保存庫發生內部錯誤。"),
}

# B22 of the agreed errors: whatever is wrong with an envelope goes by one name.
_OUTSIDE = {"signature_invalid": "envelope_invalid", "key_untrusted": "envelope_invalid"}


def problem_record(error: EvidenceError, correlation_id: str) -> tuple[Problem, dict[str, Any]]:
    """The problem an error is, and the body that tells of it."""
    code = error.code if error.code in PROBLEMS else "internal"
    problem = PROBLEMS[code]
    record: dict[str, Any] = {
        "type": "about:blank",
        "status": problem.status,
        "code": _OUTSIDE.get(code, code),
        "title": problem.title.en,
        "title_zh": problem.title.zh,
        "detail": "" if code == "internal" else error.message,
        "correlation_id": correlation_id,
    }
    if error.next_step and code != "internal":
        record["next_step"] = error.next_step
    if isinstance(error, Refused):
        record |= error.more
    return problem, record
