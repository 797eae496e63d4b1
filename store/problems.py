"""What the store refuses, and how it says so: `application/problem+json` (RFC 9457) with a code
that stays, a sentence in English and in Chinese, and a number to find it again in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evidence.errors import EvidenceError
from evidence.text import Text


class Refused(EvidenceError):
    """The store does not take or give this. `more` goes into the answer (`missing` digests);
    `said` is what a person is told of it beside the problem's title."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        next_step: str = "",
        more: Mapping[str, Any] | None = None,
        retry_after_s: int | None = None,
        said: Text | None = None,
    ) -> None:
        super().__init__(message, code=code, next_step=next_step)
        self.said = said
        self.retry_after_s = retry_after_s
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
    "witness_unknown": _problem(403, "No such witness is known here.", "本保存庫未設定此見證者。"),
    **dict.fromkeys(
        ("checkpoint_invalid", "cosignature_invalid"),
        _problem(400, "This checkpoint or signature does not hold.", "檢查點或其簽章無效。"),
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
    "run_waits": _problem(
        409, "Another run of this agent is not over.", "此代理程式前一次要求之採集尚未結束。"
    ),
    "offset_wrong": _problem(
        409, "The upload goes on at another place.", "續傳位置不符，請依 Upload-Offset 續傳。"
    ),
    "quota_exceeded": _problem(
        429,
        "This agent has sent its share; wait and go on.",
        "此代理程式已達傳輸配額；請稍候再續傳。",
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
    **dict.fromkeys(
        ("archive_unreadable", "archive_altered", "archive_incomplete"),
        _problem(400, "This is no whole bundle.", "證據包檔案不完整或已毀損。"),
    ),
    "archive_too_large": _problem(413, "The bundle is too large.", "證據包超過大小上限。"),
    "statement_invalid": _problem(400, "The statement is not valid.", "證據陳述無效。"),
    "format_unsupported": _problem(
        400, "This store does not read that format yet.", "本保存庫尚不支援此格式版本。"
    ),
    "login_failed": _problem(
        401, "Account, password or code is wrong.", "帳號、密碼或驗證碼錯誤。"
    ),
    "login_delayed": _problem(
        429, "Too many tries failed; wait before the next one.", "嘗試失敗次數過多，請稍後再試。"
    ),
    "reauth_required": _problem(
        401, "Prove again who you are.", "請重新驗證身分（密碼與驗證碼）。"
    ),
    "oidc_away": _problem(
        503,
        "The identity provider does not answer; the store's own accounts get in all the same.",
        "身分提供者無回應；保存庫本機帳號仍可登入。",
    ),
    "oidc_state": _problem(
        401,
        "This log-in was used, is over, or was begun elsewhere; begin again.",
        "此次登入已使用、逾時或非由本瀏覽器發起，請重新登入。",
    ),
    "oidc_token": _problem(
        401,
        "What the identity provider said of you does not hold.",
        "身分提供者之回覆未通過驗證。",
    ),
    "oidc_denied": _problem(
        401, "The identity provider did not let you in.", "身分提供者未准許登入。"
    ),
    "directory_away": _problem(
        503,
        "The directory does not answer; the store's own accounts get in all the same.",
        "目錄服務無回應；保存庫本機帳號仍可登入。",
    ),
    "password_expired": _problem(
        403,
        "The directory wants another password first; change it at your computer.",
        "目錄服務要求先變更密碼；請於您的電腦變更後再登入。",
    ),
    "account_locked": _problem(
        403, "The directory has locked the account.", "目錄服務已鎖定此帳號。"
    ),
    "account_disabled": _problem(
        403, "The account is disabled or has expired.", "帳號已停用或到期。"
    ),
    "group_unmapped": _problem(
        403,
        "None of your groups has a role here; ask the store's administrator.",
        "您所屬群組均未對應任何角色，無法進入；請洽保存庫管理者。",
    ),
    "account_joined": _problem(
        409, "The account is only a way in to another one.", "此帳號僅為另一帳號之登入方式。"
    ),
    "join_waits": _problem(
        403,
        "This account was joined to another one of yours, where you have to agree first.",
        "此帳號已併入您的另一帳號；請先以該帳號登入並同意。",
    ),
    "join_invalid": _problem(
        422,
        "Only a provider's or directory's account without a password is joined, and once.",
        "僅得將無本機密碼之外部帳號併入他人帳號，且以一次為限。",
    ),
    "csrf": _problem(403, "The form is not of this session.", "表單已失效，請重新整理頁面。"),
    "form_invalid": _problem(400, "The form cannot be read.", "表單內容無法辨識。"),
    "not_allowed": _problem(403, "Your roles do not cover this.", "您的角色未獲此授權。"),
    "four_eyes": _problem(
        403, "Another person has to do this.", "須由另一人辦理，編製者不得自行覆核。"
    ),
    "set_changed": _problem(
        409, "The evidence changed meanwhile; look again.", "佐證已異動，請重新檢視後再簽核。"
    ),
    "step_invalid": _problem(
        409, "The month does not stand there.", "本月目前狀態不得執行此步驟。"
    ),
    "witness_refuses": _problem(
        409,
        "A witness refuses this log; no month is signed until it signs the log again.",
        "見證者拒絕此日誌；於其恢復簽章前，不得簽核任何月份。",
    ),
    "month_running": _problem(409, "The month is not over.", "本月尚未結束，不得編製。"),
    "month_signed": _problem(
        409, "The month is signed; two people can open it again.", "本月已簽核；須經二人重新開啟。"
    ),
    "blob_deleted": _problem(
        410,
        "It was deleted at the end of its retention; the tombstone says by whom.",
        "保存期限屆滿，業經二人核准銷毀；銷毀紀錄仍可驗證。",
    ),
    "retention_locked": _problem(
        409, "It is kept: its time is not over, or it is held.", "仍在保存期限內或法律保全中。"
    ),
    "month_unfolded": _problem(
        409, "The month cannot be judged from what is here.", "本月資料不足，無法判定。"
    ),
    "reason_missing": _problem(422, "A reason is missing.", "請填寫理由。"),
    "answer_incomplete": _problem(422, "The answer is incomplete.", "答覆內容不完整或有誤。"),
    "file_type": _problem(
        415, "Only PDF, PNG, JPEG and XLSX are taken.", "僅接受 PDF、PNG、JPEG 與 XLSX 檔案。"
    ),
    "account_invalid": _problem(422, "The account cannot be made so.", "帳號格式不符。"),
    "account_taken": _problem(409, "There is such an account already.", "帳號已存在。"),
    "account_unknown": _problem(404, "There is no such account.", "查無此帳號。"),
    "password_weak": _problem(422, "The password is too weak.", "密碼強度不足。"),
    "deputy_invalid": _problem(422, "The deputy cannot be entered so.", "職務代理資料有誤。"),
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
    "lock_failed": _problem(
        503,
        "The bucket does not lock any more; nothing is taken until it does.",
        "物件儲存之鎖定失效；恢復前不再收件。",
        **{"Retry-After": "600"},
    ),
    "bucket_away": _problem(
        503,
        "The bucket does not answer; keep the copy and try again.",
        "物件儲存無回應；請保留副本，稍後再送。",
        **{"Retry-After": "30"},
    ),
    "database_away": _problem(
        503,
        "The store's database does not answer; keep the copy and try again.",
        "保存庫之資料庫無回應；請保留副本，稍後再送。",
        **{"Retry-After": "10"},
    ),
    "store_refilling": _problem(
        503,
        "The store was restored and takes back first what it had signed.",
        "保存庫自備份還原，須先補齊已簽署之紀錄。",
    ),
    "refill_conflict": _problem(
        409, "This is not what the log had there.", "與紀錄簿原有內容不符。"
    ),
    "receipt_invalid": _problem(400, "This receipt does not hold.", "收據無效。"),
    "not_ready": _problem(503, "The store is not ready.", "保存庫尚未就緒。"),
    "internal": _problem(500, "The store made a mistake.", "保存庫發生內部錯誤。"),
}

# B22 of the agreed errors: whatever is wrong with an envelope goes by one name.
_OUTSIDE = {"signature_invalid": "envelope_invalid", "key_untrusted": "envelope_invalid"}


def outside(code: str) -> str:
    """The name a code goes by in an answer."""
    return _OUTSIDE.get(code, code)


def problem_record(error: EvidenceError, correlation_id: str) -> tuple[Problem, dict[str, Any]]:
    """The problem an error is, and the body that tells of it."""
    code = error.code if error.code in PROBLEMS else "internal"
    problem = PROBLEMS[code]
    record: dict[str, Any] = {
        "type": "about:blank",
        "status": problem.status,
        "code": outside(code),
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
