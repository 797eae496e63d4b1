"""Codes in words: what the rest of the house says in codes, in both languages."""

from __future__ import annotations

from evidence.control import Answer, Applies, Audit, Source
from evidence.reading import Failure
from evidence.text import Text

SUBJECTS = {
    "firewall": Text("firewall", "防火牆規則"),
    "firmware": Text("firmware", "韌體與系統版本"),
    "wireless": Text("wireless", "無線網路"),
    "remote_desktop": Text("remote desktop", "遠端桌面"),
    "remote_access": Text("remote access", "遠端連線"),
    "crypto": Text("crypto", "加密演算法"),
    "host": Text("host", "主機狀態"),
    "assets": Text("assets", "資產清冊"),
    "tickets": Text("tickets", "變更與核准單"),
}

STATES = {
    "in_use": Text("in use", "使用中"),
    "must_decide": Text("a decision is needed", "須作決定"),
    "provable_later": Text("history too short so far", "期間不足，屆期可證明"),
    "not_measurable": Text("not measurable", "無法量測"),
    "has_traffic": Text("has traffic", "有流量"),
    "no_traffic_6m_proven": Text("no traffic in six months, proven", "六個月內無流量（已證明）"),
    "insufficient_history": Text("history too short", "歷史資料不足"),
    "check_failed": Text("the check itself failed", "檢核程式執行失敗"),
    "history_cited": Text("counter history", "計數歷史紀錄"),
    "rule_disabled": Text("disabled", "規則已停用"),
    "others_fine": Text("the others are as they should be", "其餘規則符合"),
    "not_understood": Text("rule not understood", "規則無法解讀"),
    "shadowed": Text("never reached, decided otherwise before", "遭先前規則遮蔽"),
    "redundant": Text("never reached, decided alike before", "與先前規則重複"),
    "reach_unknown": Text("whether it is reached is not known", "是否生效無法判斷"),
    "matches_nothing": Text("matches nothing", "不符合任何流量"),
    "not_logged": Text("not logged", "未留存紀錄"),
    "logging_unknown": Text("logging not said", "是否留存紀錄不明"),
    "not_counted": Text("not counted", "未計數"),
    "count_unknown": Text("no count read", "未讀得計數"),
    "count_not_exact": Text("count not exact", "計數並非精確值"),
    "no_owner": Text("no ticket, no owner", "無單號或負責人"),
    "expired": Text("past its end", "已到期"),
    "expires_soon": Text("ends soon", "即將到期"),
    "end_unknown": Text("end not known", "期限不明"),
    "way_closed": Text("opens a closed way between zones", "開放應隔離之區域"),
    "way_too_broad": Text("too broad between zones", "跨區規則過於寬鬆"),
    "zone_unknown": Text("zone not mapped", "區域未對應"),
    "exposed": Text("open to the outside", "對外開放管理埠或明文協定"),
    "exposure_unknown": Text("exposure not known", "是否對外開放無法判斷"),
    "change_approved": Text("changed, approved", "變動已核准"),
    "change_unapproved": Text("changed without approval", "變動未經核准"),
    "order_changed": Text("order of rules changed", "規則順序變動"),
    "no_reading_before": Text("no reading of the month before", "無上月讀取紀錄"),
    "default_permits": Text("permits by default", "預設放行"),
    "high_risk": Text("high risk", "高風險設定"),
    "risk_unknown": Text("risk not known", "風險無法判斷"),
    "specific": Text("nothing risky", "未見高風險設定"),
    "default_denies": Text("denies by default", "預設拒絕"),
    "default_not_shown": Text("default not shown", "預設動作未顯示"),
    "decommissioned": Text("system decommissioned", "資通系統已下線"),
    "system_in_service": Text("system in service", "資通系統使用中"),
    "no_register": Text("no asset register", "無資產清冊"),
    "decided": Text("decided", "已決定"),
    "ticket_incomplete": Text("ticket incomplete", "變更單不完整"),
    "rule_unknown": Text("ticket names no rule", "變更單查無對應規則"),
    "fresh": Text("read in time", "已於期限內讀取"),
    "stale": Text("read too long ago", "讀取逾期"),
    "not_read": Text("not read", "未能讀取"),
    "last_visit_failed": Text("last visit failed", "最近一次訪視失敗"),
    "supported": Text("supported", "支援中"),
    "support_ended": Text("support ended", "支援已終止"),
    "support_ends_soon": Text("support ends soon", "支援即將終止"),
    "maintenance_ended": Text("maintenance ended", "維護已終止"),
    "catalogue_stale": Text("catalogue too old", "生命週期資料過舊"),
    "unknown_model": Text("no lifecycle data for the model", "查無型號之生命週期資料"),
    "unknown_version": Text("no lifecycle data for the version", "查無版本之生命週期資料"),
    "no_date_published": Text("no date published", "原廠未公布日期"),
    "strong": Text("strong", "安全協定無已知弱點"),
    "weak": Text("weak", "安全協定不足"),
    "switched_off": Text("switched off", "未啟用"),
    "nla_required": Text("NLA required", "要求 NLA"),
    "nla_not_required": Text("NLA not required", "未要求 NLA"),
    "nla_unknown": Text("NLA not said", "NLA 狀態不明"),
    "no_limit": Text("no limit", "未設限制"),
    "unlimited": Text("limit switched off", "限制已關閉"),
    "limit_too_long": Text("limit too long", "限制過長"),
    "limited": Text("limited", "已設限制"),
    "limit_unknown": Text("limit not read", "未讀得限制"),
    "intent_only": Text("ordered by policy, not seen on a computer", "僅有原則設定，未見實機"),
    "hours_not_read": Text("hours not read", "未讀取連線時段"),
    "not_probed": Text("not probed", "未自網路端測試"),
    "nothing_to_compare": Text("nothing to compare", "無可比對項目"),
    "agrees": Text("settings and wire agree", "設定與網路端一致"),
    "disagrees": Text("settings and wire disagree", "設定與網路端不一致"),
    "off_and_silent": Text("off, and silent", "已停用且無回應"),
    "sanctioned": Text("sanctioned", "屬核准之遠端軟體"),
    "unsanctioned": Text("not sanctioned", "非核准之遠端軟體"),
    "port_of_remote_control": Text("port of remote control", "監聽遠端軟體慣用埠"),
    "programs_unknown": Text("programs not read", "未讀得安裝之程式"),
    "none_found": Text("none found", "未見遠端控制軟體"),
    "settings_unknown": Text("settings not known", "設定不明"),
    "redirection_allowed": Text("redirection allowed", "允許重新導向"),
    "redirection_off": Text("redirection off", "重新導向已關閉"),
    "redirection_unknown": Text("redirection not known", "重新導向狀態不明"),
}

UNSEEN = {
    "never_read": Text("never read", "從未讀取"),
    "before_first_reading": Text("before the first reading", "首次讀取之前"),
    "not_read_since": Text("not read since", "此後未再讀取"),
    "not_counted": Text("not counted", "設備未計數"),
    "rule_came_or_went": Text("rule appeared or disappeared", "規則新增或移除"),
    "other_counter": Text("another counter", "計數器不同"),
    "restart": Text("restart", "設備重新啟動"),
    "zeroed": Text("counter zeroed", "計數器歸零"),
    "cleared": Text("counter cleared", "計數器遭清除"),
    "group_zeroed": Text("its group of counters zeroed", "同組計數器歸零"),
    "no_witness": Text("no witness", "無旁證計數器"),
    "peer_not_read": Text("peer not read", "備援設備未讀取"),
}

APPLIES = {
    Applies.all: Text("all brokers", "全體證券商"),
    Applies.net: Text("internet-order brokers", "網際網路下單證券商"),
    Applies.colo: Text("users of co-location", "使用主機共置之證券商"),
    Applies.unknown: Text("whom it binds is to be verified", "適用對象待核對"),
}

BINDS = {
    Answer.yes: Text("applicable", "適用"),
    Answer.no: Text("not applicable", "不適用"),
    Answer.unknown: Text("applicability undetermined", "適用性未定"),
}

AUDITS = {
    Audit.monthly: Text("audited monthly", "每月查核"),
    Audit.half_yearly: Text("audited half-yearly", "半年查核"),
    Audit.annual: Text("audited yearly", "年度查核"),
    Audit.unknown: Text("audit frequency to be verified", "查核頻率待核對"),
}

SOURCES = {
    Source.deck: Text("slides of the exchange", "證交所宣導簡報"),
    Source.page: Text("public page", "公開網頁"),
    Source.knowledge: Text("background knowledge", "背景知識"),
    Source.inference: Text("our own reading", "推論"),
}

# Failure codes of visits and of gaps: what happened, and what to do next.
_FAILURES = {
    "agent_off": ("代理程式未執行", "無須處理；恢復後已補讀一次"),
    "ask_not_answered": ("設備拒絕或未回應此查詢", "確認帳號對此指令有唯讀權限"),
    "auth_failed": ("登入失敗，密碼或帳號不符（僅嘗試一次）", "核對唯讀帳號與憑證參照"),
    "auth_cut_off": ("登入時連線中斷，本次未再嘗試", "查看設備登入紀錄"),
    "auth_held": ("前次登入遭拒，為免帳號鎖定，暫停嘗試", "更正憑證，或由維運人員手動嘗試一次"),
    "auth_interactive": ("登入時出現需人工回應之提示", "改用不需互動之唯讀帳號"),
    "auth_locked": ("帳號遭鎖定", "由設備管理者解除鎖定"),
    "auth_not_offered": ("設備不提供可用之登入方式，未送出憑證資料", "於設備啟用 Negotiate 驗證"),
    "command_failed": ("指令執行失敗", "確認指令存在且帳號有權執行"),
    "device_busy": ("設備忙碌，未能於時限內回應", "避開尖峰時段後重新讀取"),
    "device_clock_suspect": ("設備時鐘可疑", "檢查設備校時設定"),
    "device_disconnected": ("讀取中途斷線，部分內容不採用", "檢查網路後重新讀取"),
    "device_restarted": ("讀取中設備重新啟動，部分內容不採用", "待設備穩定後重新讀取"),
    "device_silent": ("設備未回應（位址、帳號或版本不符）", "核對位址與唯讀帳號"),
    "device_unreachable": ("設備無法連線或逾時", "檢查網路、位址與連接埠"),
    "disk_full": ("磁碟空間不足，停止讀取", "騰出磁碟空間，其後自動恢復"),
    "env_state": ("磁碟未能寫入，該次讀取未保存", "檢查磁碟空間與狀態"),
    "extra_missing": ("代理程式未安裝所需元件", "依訊息安裝"),
    "answer_stale": ("本機單元寫出之資料過舊，未予採用", "檢查寫出該資料之單元是否仍在執行"),
    "file_invalid": ("檔案無法讀取或為連結，未予採用", "於指定資料夾放置一般檔案"),
    "file_missing": ("指定資料夾內無此檔案", "依平台說明放置檔案"),
    "file_mode": ("憑證檔案可由他人讀取，未予使用", "將檔案權限改為 0600"),
    "gate_denied": ("未宣告之指令遭讀取閘門攔阻，未送出", "回報此情形，設備未受影響"),
    "host_key_changed": ("設備身分（主機金鑰或憑證）與登錄者不符，未送出密碼", "查明原因後再登錄"),
    "host_key_unknown": ("設備主機金鑰尚未登錄，未送出密碼", "核對指紋後登錄主機金鑰"),
    "identity_mismatch": ("設備自述之身分與設定不符", "核對設備序號與設定檔"),
    "import_row": ("匯入檔內容有誤，整份未予採用", "依訊息所列之列與欄更正後重新匯入"),
    "input_too_deep": ("回應內容巢狀過深，不予採用", "人工檢視該設備"),
    "input_too_large": ("回應內容過大，不予採用", "人工檢視該設備"),
    "key_unusable": ("登入金鑰無法使用", "更換金鑰或提供通行碼"),
    "ledger_rebuilt": ("帳本毀損，已由原始檔案重建", "檢查磁碟，並由存放端補回其餘資料"),
    "line_too_long": ("回應單行過長，不予採用", "人工檢視該設備"),
    "maintenance": ("維護時段，不予讀取", "無須處理；時段結束後已補讀一次"),
    "output_incomplete": ("回應內容不完整，不予採用", "重新讀取；仍發生時回報"),
    "output_unexpected": ("回應內容與預期不符（可能為他牌設備或錯誤訊息）", "核對設備平台設定"),
    "parser_failed": ("回應內容無法解析", "保留原始擷取檔並回報"),
    "privilege_missing": ("帳號權限不足", "授予所需之唯讀權限"),
    "quarantined": ("讀取此項時收集程式兩度異常終止，暫停讀取", "回報此情形；可由維運人員手動讀取"),
    "quiet_hours": ("交易時段，不予讀取", "無須處理；時段結束後已補讀一次"),
    "result_empty_suspicious": ("回應為空，情形可疑，不視為通過", "人工確認設備是否確無設定"),
    "result_unwritable": ("回應含無法記錄之數值或文字，不予採用", "人工檢視該設備"),
    "run_missed": ("代理程式未執行、空間不足或忙碌，錯過應讀時點", "無須處理；其後已補讀一次"),
    "run_stopped": ("代理程式停止，該設備未及讀取", "無須處理；重新啟動後讀取"),
    "secret_invalid": ("登入憑證檔案格式不符", "依安裝文件更正憑證檔案"),
    "secret_left": ("擷取內容疑含機密，不予保存", "回報此情形以補充遮罩欄位"),
    "secret_missing": ("找不到登入憑證", "依安裝文件放置憑證"),
    "session_over": ("連線用盡時間或資料量上限，其餘未讀取", "查明設備緩慢或資料過多之原因"),
    "spool_full": ("待送資料已達上限，停止讀取", "恢復存放端連線，其後自動恢復"),
    "ssh_incompatible": ("與設備無共同之連線演算法", "檢視設備支援之演算法"),
    "ssh_dss_only": (
        "設備僅有已淘汰之 DSS 主機金鑰，無法連線",
        "更換為 RSA 3072 位元或 Ed25519 主機金鑰",
    ),
    "ssh_legacy_only": ("設備僅支援過時之連線演算法", "登錄例外或更新設備"),
    "tls_failed": ("加密連線建立失敗", "檢查設備憑證與版本"),
    "tls_untrusted": ("設備憑證不受信任，未送出憑證資料", "登錄憑證指紋或簽發單位"),
    "via_unreachable": ("無法經跳板主機連至設備", "檢查跳板主機及其轉送設定"),
    "winrm_not_encrypted": ("WinRM 回應未加密，未予採用", "改用 HTTPS，或檢查 WinRM 服務設定"),
}


def failure_texts(failure: Failure) -> tuple[Text, Text]:
    """What happened, and what to do next. The message is English; Chinese goes by its code."""
    zh, step = _FAILURES.get(failure.code, (f"讀取失敗（代碼 {failure.code}）", "參閱原始訊息處理"))
    return Text(failure.message, zh), Text(failure.next_step or "read the message", step)


def word(words: dict[str, Text], code: str) -> Text:
    """A code in words; one that nobody translated stands as it is."""
    return words.get(code, Text(code, code))
