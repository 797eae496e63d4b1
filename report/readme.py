"""README.txt of a pack: what it is, and how to check it with what every machine has."""

from __future__ import annotations

from codecs import BOM_UTF8

from report.month import Month
from report.words import month_words

_TEXT = """\
{firm}{month_zh} 資安查核證據包
Evidence pack, {month_en}

{marks}

內容 Contents
  workbook.xlsx            稽核工作底稿（人員填寫欄位留白） the working paper
  report.pdf               列印用報告與簽章頁（若有） the month on paper, a page to sign (if any)
  oscal/*.json             OSCAL 格式之評估結果 OSCAL assessment results
  sections/*.csv, *.json   各章節（同工作底稿內容） the same sections as data
  pictures/F-*.svg         待決定規則之計數圖 the counter of each rule that needs a decision
  pictures/lifecycle.svg   支援終止時程圖 what ends when
  records/<sha256>.json    已簽章之紀錄：證據包、執行紀錄、評估、收據 signed records
  captures/<sha256>        設備原始回應（機密欄位已遮罩） answers of devices, secrets replaced
  inputs/<sha256>          判定依據：法規、公司判定準則、基本資料 rules, policy and profile used
  verifier/                驗證程式與說明（雙語） the program that verifies this, and how to run it
  manifest.json            已簽章之清單，載明上列各檔 SHA-256 signed list of all these files

簽章金鑰 Signing key (keyid)
  {keyid}
  公鑰應向金鑰保管人索取，不可採用隨檔案附送者。
  Get the public key from its owner, never from whoever sent this file. Its number is
    openssl pkey -pubin -in agent.pem -outform DER | sha256sum

驗證：使用驗證程式 With the verifier
  python verifier/evidence-verify.pyz PACK.zip --keys agent.pem     (verifier/README.txt)

驗證：不使用本系統程式 Without any program of ours (Linux, macOS, Git for Windows)
  unzip PACK.zip -d pack && cd pack
  sed 's/.*"payload":"\\([^"]*\\)".*/\\1/' manifest.json | base64 -d > ../payload.json
  sed 's/.*"sig":"\\([^"]*\\)".*/\\1/' manifest.json | base64 -d > ../payload.sig
  {{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < ../payload.json)"
    cat ../payload.json; }} > ../payload.pae
  openssl pkeyutl -verify -pubin -inkey ../agent.pem -rawin -in ../payload.pae \\
    -sigfile ../payload.sig
  grep -o '{{"digest":{{"sha256":"[0-9a-f]*"}},"name":"[^"]*"}}' ../payload.json |
    sed 's/.*"sha256":"\\([0-9a-f]*\\)"}},"name":"\\([^"]*\\)".*/\\1  \\2/' | sha256sum -c

  不在清單中之檔案不屬本包 A file that the manifest does not name is no part of the pack.

驗證：Windows 僅核對雜湊值 On Windows, digests only
  certutil -hashfile captures\\<檔名> SHA256     應與檔名相同 must equal the file's name
"""


def readme(month: Month) -> bytes:
    """The text, with the marks this pack carries; for old editors with a byte order mark."""
    words = month_words(month.period)
    text = _TEXT.format(
        firm=f"{month.assessed.profile.name} " if month.assessed.profile.name else "",
        month_zh=words.zh,
        month_en=words.en,
        marks="\n".join(f"※ {mark.zh}\n   {mark.en}" for mark in month.marks),
        keyid=month.keyid,
    )
    return BOM_UTF8 + text.replace("\n", "\r\n").encode("utf-8")
