"""What each check asks, and what its settings are, in words that officers and auditors read."""

from __future__ import annotations

from evidence.text import Text
from report.codes import word

CHECKS = {
    "account_is_read_only": Text("reading account is read-only", "讀取帳號僅具唯讀權限"),
    "administration_is_closed_to_outside": Text(
        "administration closed to the outside", "管理介面未對外開放"
    ),
    "counters_run_on": Text("hit counters run on", "命中計數持續累計"),
    "cryptography_is_current": Text("cryptography is current", "加密演算法未遭破解"),
    "default_is_deny": Text("what no rule permits is denied", "預設規則為拒絕"),
    "device_is_reached_by_current_algorithms": Text(
        "devices reached by current algorithms", "連線設備之演算法未遭破解"
    ),
    "device_is_registered": Text("what was found is registered", "發現之設備已列冊"),
    "dmz_is_separated": Text("DMZ is kept apart", "DMZ 與其他區域隔離"),
    "endpoint_is_managed": Text("endpoints are managed", "端點設備已納管"),
    "guest_is_separated": Text("guest wireless is kept apart", "訪客無線網路已隔離"),
    "logging_runs_on": Text("logging was not switched off", "規則留存紀錄未遭關閉"),
    "mail_is_scanned": Text("mail is scanned for viruses", "郵件經掃毒"),
    "malware_protection_is_current": Text("virus protection is current", "防毒特徵碼與掃描為最新"),
    "no_cleartext_or_management_from_outside": Text(
        "no management or clear text from outside", "外部無法連至管理埠或明文協定"
    ),
    "product_is_not_suspect": Text("no product to ask about", "無疑似應限制使用之產品"),
    "rdp_agrees_with_wire": Text("remote desktop: set as on the wire", "遠端桌面設定與實測一致"),
    "rdp_requires_nla": Text("remote desktop requires NLA", "遠端桌面要求網路層級驗證"),
    "reading_is_fresh": Text("readings are fresh", "讀取資料在時效內"),
    "registered_device_is_found": Text("what is registered was found", "列冊設備均已發現"),
    "release_is_approved": Text("release is approved", "版本為公司核准版本"),
    "release_is_supported": Text("release and hardware supported", "軟硬體於支援期限內"),
    "remote_access_uses_mfa": Text("remote access by several factors", "遠端連線採多因子驗證"),
    "remote_control_is_sanctioned": Text(
        "remote-control programs are sanctioned", "遠端遙控軟體經核准"
    ),
    "remote_desktop_is_restricted": Text("redirections are off", "遠端桌面已限制列印與剪貼簿等"),
    "remote_hours_are_limited": Text("hours of connection limited", "遠端連線時段受限制"),
    "remote_session_is_limited": Text(
        "idle sessions locked or disconnected", "閒置連線已鎖定或中斷"
    ),
    "remote_sessions_are_reviewed": Text("remote sessions are reviewed", "遠端連線紀錄經檢視"),
    "rule_carries_traffic": Text("rule carries traffic", "規則於期間內有流量"),
    "rule_has_owner": Text("rule has an owner", "規則載明負責人或申請單"),
    "rule_is_counted": Text("rule is counted", "規則具命中計數"),
    "rule_is_decided": Text("rule was decided about", "規則之必要性已作決定"),
    "rule_is_logged": Text("rule is logged", "規則留存紀錄"),
    "rule_is_not_expired": Text("rule has not expired", "規則未逾期限"),
    "rule_is_reachable": Text("rule is reached", "規則未遭遮蔽或重複"),
    "rule_is_specific": Text("rule is specific", "規則非高風險設定"),
    "rule_of_decommissioned_system": Text(
        "rules of decommissioned systems are gone", "已下線資通系統之規則已移除"
    ),
    "rules_changed_are_approved": Text("changed rules are approved", "規則異動經核准"),
    "scan_finds_no_unsupported_release": Text(
        "scans find nothing past its support", "掃描未發現逾支援期限之軟體"
    ),
    "software_allowlist_is_enforced": Text("allow-list is enforced", "軟體白名單已強制執行"),
    "units_run_one_version": Text("paired units run one release", "互為備援之設備版本一致"),
    "vendor_accounts_expire": Text("vendor accounts expire", "廠商帳號設有期限"),
    "weakness_is_treated": Text("weaknesses are mended in time", "弱點於期限內修補"),
    "weaknesses_are_scanned": Text("everything was scanned in time", "弱點掃描按期辦理"),
    "wireless_agrees_with_air": Text("wireless: set as on the air", "無線網路設定與實測一致"),
    "wireless_is_strong": Text("wireless is strong", "無線網路安全協定具足夠強度"),
    "wireless_key_is_changed": Text("wireless passphrase changed", "無線網路密碼按期更換"),
    "wireless_users_are_known": Text("wireless users are known", "無線網路使用者可識別"),
}

SETTINGS = {
    "accept": Text("assumptions accepted in a proof", "證明可採用之假設"),
    "accepted_bssids": Text("access points accepted (BSSID)", "已知無線基地臺（BSSID）"),
    "accepted_words": Text("a controller's words for known", "控制器表示已知之用詞"),
    "actions": Text("rules asked, by action", "適用規則之動作"),
    "aging": Text("to be replaced", "應逐步汰換之演算法"),
    "air_worth": Text("verdict by what is on the air", "各項實測差異之判定"),
    "approved_within_days": Text("days from approval to change", "核准至異動之日數"),
    "broken": Text("broken", "已遭破解之演算法"),
    "categories": Text("categories that are endpoints", "屬端點之資產類別"),
    "certificate_days": Text("days to a certificate's end", "憑證到期預警日數"),
    "clear_text_applications": Text("clear-text applications", "明文應用程式"),
    "clear_text_ports": Text("clear-text ports", "明文協定埠"),
    "closed": Text("closed", "應隔離之區域"),
    "current": Text("current", "可採用之演算法"),
    "days": Text("days", "期限日數"),
    "deadline_months": Text("months to remove", "移除期限（月）"),
    "detectors": Text("what is high risk", "高風險項目"),
    "encrypted": Text("disk is to be encrypted", "磁碟須加密"),
    "exempt": Text("exempt accounts", "例外帳號"),
    "fails_at": Text("not satisfied after", "逾期即不符合之期限"),
    "full_scan_days": Text("days since a full scan", "完整掃描間隔日數"),
    "guest_ssids": Text("guest networks", "訪客網路名稱"),
    "guest_worth": Text("verdict by trait, guests", "訪客網路各項特徵之判定"),
    "horizons_days": Text("warning days before the end", "到期前預警日數"),
    "hours": Text("usual hours", "一般連線時段"),
    "idle_limit_minutes": Text("idle minutes at most", "閒置上限（分鐘）"),
    "isolation": Text("clients kept from one another", "使用者間應隔離"),
    "largest_gap_h": Text("hours not seen at most", "未觀測時間上限（小時）"),
    "longest_days": Text("days of validity at most", "有效期上限（日）"),
    "management_applications": Text("management applications", "管理用應用程式"),
    "management_ports": Text("management ports", "管理埠"),
    "max_age_days": Text("days old at most", "資料時效（日）"),
    "max_age_months": Text("months old at most", "資料時效（月）"),
    "minimum": Text("lowest release", "最低版本"),
    "months": Text("months", "期間（月）"),
    "narrow": Text("narrow rules only", "僅容許特定規則之區域"),
    "not_expected": Text("words for not in use", "表示未使用之用詞"),
    "old": Text("algorithms that are broken", "已遭破解之演算法"),
    "other_days": Text("days, anything else", "其他項目之時效（日）"),
    "our_ssids": Text("our networks", "本公司網路名稱"),
    "owner_patterns": Text("patterns of an owner", "負責人之格式"),
    "parts": Text("hardware parts judged", "納入判定之硬體組件"),
    "recurring_schedules": Text("schedules that recur", "週期性排程"),
    "redirections_off": Text("redirections that are off", "應關閉之重新導向"),
    "report_days": Text("days without a report", "報告間隔日數"),
    "rogue_words": Text("a controller's words for rogue", "控制器表示可疑之用詞"),
    "sanctioned": Text("sanctioned programs", "核准軟體"),
    "seen_days": Text("days since it spoke", "最近回報日數"),
    "servers_with_mfa": Text("servers that ask a second factor", "具第二因子之驗證伺服器"),
    "shortest_bits": Text("shortest key (bits)", "最短金鑰長度（位元）"),
    "shortest_prefix_ipv4": Text("shortest IPv4 prefix", "IPv4 最短前綴"),
    "shortest_prefix_ipv6": Text("shortest IPv6 prefix", "IPv6 最短前綴"),
    "signatures_days": Text("days since new signatures", "特徵碼更新日數"),
    "supplier_kinds": Text("kinds of suppliers' requests", "供應商申請單類別"),
    "supplier_ssids": Text("suppliers' networks", "供應商網路名稱"),
    "suspects": Text("products to ask about", "應查詢之產品"),
    "ticket_patterns": Text("patterns of a ticket", "申請單編號格式"),
    "trains": Text("approved trains", "核准版本系列"),
    "user_keys_name_users": Text("a user's own key names the user", "個人金鑰視為可識別使用者"),
    "vendor_patterns": Text("patterns of vendor accounts", "廠商帳號格式"),
    "warn_days": Text("warning days before the end", "到期前預警日數"),
    "warns_at": Text("warned of after", "逾期即預警之期限"),
    "widest_ports": Text("ports in a rule at most", "單一規則埠數上限"),
    "workdays": Text("working days (1 is Monday)", "工作日（1 為星期一）"),
    "worth": Text("verdict by state", "各項情形之判定"),
}


def check_words(key: str) -> Text:
    """What a check asks; a clause's own settings stand behind the name and are left out."""
    return word(CHECKS, key.partition("{")[0])


def setting_words(check: str, name: str) -> Text:
    """A setting of a check, led by what the check asks."""
    asks, setting = check_words(check), word(SETTINGS, name)
    return Text(f"{asks.en}: {setting.en}", f"{asks.zh}：{setting.zh}")
