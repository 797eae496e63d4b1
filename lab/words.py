"""What the demo says, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "history": "{days} days of history, from tapes",
        "live": "reading the devices as they are now",
        "push": "to the store",
        "provisional": "Provisional: of this month nobody has decided or signed anything yet.",
        "rules": "the rule review at the terminal: what had no traffic in six months",
        "explain": "one rule's story: counters show none, a delivered traffic log does",
        "ways_in": "who comes in from outside, by which factors (also: wireless, rdp, crypto)",
        "bundles": "signed bundles",
        "work_book": "the month's work book",
        "pack": "the month's pack (work book, sections, evidence), for the auditor",
        "console": "the console: months, findings, rule review, sign-off; in a browser",
        "people": "who can log in there, all with this password (no one-time codes here)",
        "verify": "verify the pack, offline, today or in five years",
        "bundle": "or one bundle",
        "stop": "The store and the lab go on running. Ctrl-C ends them.",
    },
    "zh-TW": {
        "history": "自錄帶重播 {days} 天歷史",
        "live": "讀取設備現況",
        "push": "送交中央保存庫",
        "provisional": "暫定結果：尚無任何人員決定、檢視或簽核。",
        "rules": "於終端機檢視規則：六個月內無流量者",
        "explain": "單一規則之始末：計數器顯示無流量，交付之流量紀錄卻顯示有",
        "ways_in": "何人自外部連入、採何種驗證（另有 wireless、rdp、crypto）",
        "bundles": "已簽章佐證包",
        "work_book": "本月工作底稿",
        "pack": "交付稽核之本月查核包（工作底稿、各節、佐證）",
        "console": "查核主控台（以瀏覽器開啟）：歷月、查核發現、規則檢視、簽核",
        "people": "可登入之帳號，密碼均同（示範環境不用驗證碼）",
        "verify": "離線驗證查核包（今日或五年後皆可）",
        "bundle": "或驗證單一佐證包",
        "stop": "保存庫與模擬設備持續執行中，按 Ctrl-C 結束。",
    },
}
