"""Cryptography in use: each service and certificate as judged by the company's table."""

from __future__ import annotations

from collections.abc import Iterator

from evidence.clock import taipei_day
from evidence.control import Verdict
from evidence.facts import Certificate
from evidence.observation import Observation
from evidence.text import Text
from report.month import Month
from report.section import Column, Kind, Row, Section, Table
from report.words import UNTOLD, both_calendars

_CHECK = "cryptography_is_current"
NOTHING = Text("none", "無")

SERVICES = (
    Column("device", Text("Device", "設備"), 18),
    Column("service", Text("Service or setting", "服務或設定"), 34),
    Column("verdict", Text("Result", "結果"), 14, Kind.verdict),
    Column("broken", Text("Broken or too short", "已遭破解或強度不足"), 44),
    Column("aging", Text("On its way out", "宜汰換"), 44),
    Column("unknown", Text("In no list", "未列於準則"), 28),
    Column("current", Text("Current", "現行"), 44),
    Column("why", Text("Why", "說明"), 44),
)
CERTIFICATES = (
    Column("device", Text("Device", "設備"), 18),
    Column("place", Text("Shown at", "位置"), 22),
    Column("subject", Text("Subject", "憑證主體"), 34),
    Column("issuer", Text("Issuer", "簽發者"), 34),
    Column("key", Text("Key", "金鑰"), 14),
    Column("signature", Text("Signed with", "簽章雜湊"), 14),
    Column("ends", Text("Ends", "到期日"), 26),
    Column("sha256", Text("SHA-256", "SHA-256"), 24, Kind.digest),
)


def section(month: Month) -> Section:
    title = Text("Cryptography in use", "使用中之加密演算法")
    seen = [one for one in month.assessed.observations if one.check == _CHECK]
    tables = (
        Table(
            id="cryptography",
            title=title,
            columns=SERVICES,
            rows=tuple(_row(one) for one in sorted(seen, key=lambda one: one.subject)),
            empty=Text("no service was asked", "本月無讀得之服務"),
            pinned=2,
        ),
        Table(
            id="certificates",
            title=Text("Certificates", "憑證清單"),
            columns=CERTIFICATES,
            rows=tuple(_certificates(month)),
            empty=Text("no certificate was seen", "本月無讀得之憑證"),
        ),
    )
    return Section(id="cryptography", title=title, tables=tables)


def _row(one: Observation) -> Row:
    lists = {
        name: "、".join(one.measures.get(name, ())) or NOTHING
        for name in ("broken", "aging", "unknown", "current")
    }
    return {
        "device": one.device,
        "service": one.subject.removeprefix(f"{one.device}/"),
        "verdict": Verdict.of(one.result),
        **lists,
        "why": one.description,
    }


def _certificates(month: Month) -> Iterator[Row]:
    """Every certificate once a place, those that end first leading."""
    rows = []
    for device, reading in month.assessed.readings.each("crypto"):
        for one in reading.of(Certificate) if reading else ():
            bits = f" {one.key_bits}" if one.key_bits else ""
            rows.append(
                (
                    one.expires_at.timestamp() if one.expires_at else 0.0,
                    {
                        "device": device.id,
                        "place": f"{one.address}:{one.port}" if one.address else UNTOLD,
                        "subject": one.subject or UNTOLD,
                        "issuer": one.issuer or UNTOLD,
                        "key": f"{one.key}{bits}" if one.key else UNTOLD,
                        "signature": one.signature_hash or UNTOLD,
                        "ends": both_calendars(taipei_day(one.expires_at))
                        if one.expires_at
                        else UNTOLD,
                        "sha256": one.sha256,
                    },
                )
            )
    yield from (row for _, row in sorted(rows, key=lambda pair: pair[0]))
