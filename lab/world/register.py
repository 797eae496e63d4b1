"""The broker's registers, as its staff keep them: assets with the day they left, and tickets."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from io import StringIO

from evidence.clock import roc, taipei_day

_ASSET_TITLES = (
    *("資產編號", "名稱", "類別", "位址", "負責人", "位置", "核心", "下線日期"),
    *("廠牌", "型號", "序號"),
)
_TICKET_TITLES = (
    *("單號", "類型", "對象", "決定", "理由"),
    *("申請人", "核准人", "核准日期", "到期日"),
)


def files(now: datetime) -> Mapping[str, bytes]:
    """`assets.csv` and `tickets.csv` as Excel writes them, with a byte order mark."""

    def day(ago: int) -> str:
        return roc(taipei_day(now - timedelta(days=ago)))

    ops, net = "資訊部 林怡君", "網路組 李大同"
    room, chief = "台北機房 A3", "資訊長 陳美玲"
    # The old quotation system's rules should have gone two months ago; the fax's are not due.
    assets = (
        ("HW-0001", "網路下單主機", "硬體", "203.0.113.10", ops, room, "是", ""),
        ("HW-0007", "郵件閘道", "硬體", "203.0.113.25", ops, room, "否", ""),
        ("HW-0012", "交易後台主機", "硬體", "10.20.0.10", ops, room, "是", ""),
        ("HW-0018", "舊報價系統", "硬體", "10.20.9.14", ops, room, "否", day(250)),
        ("HW-0023", "傳真閘道", "硬體", "10.20.9.80", ops, room, "否", day(60)),
        (
            *("HW-0031", "核心防火牆", "硬體", "10.99.0.1", net, room, "是", ""),
            *("Cisco", "ASA5516", "JAD223456K1"),
        ),
        (
            *("HW-0032", "邊界防火牆主機", "硬體", "", net, room, "是", ""),
            *("Fortinet", "FortiGate-100F", "FG100FTK22001234"),
        ),
        (
            *("HW-0033", "邊界防火牆備機", "硬體", "", net, room, "是", ""),
            *("Fortinet", "FortiGate-100F", "FG100FTK22001235"),
        ),
        ("HW-0034", "gw-dmz", "硬體", "", net, room, "是", ""),
        ("HW-0035", "ap-hq", "硬體", "", net, "台北 3F", "否", ""),
        ("HW-0036", "jump-01", "硬體", "", ops, room, "否", ""),
        ("HW-0037", "this-host", "硬體", "", ops, room, "否", ""),
        # As it stands in the room; and one that was exchanged while the register was not.
        (
            *("HW-0040", "sw-core-1", "硬體", "10.20.0.2", net, room, "是", ""),
            *("Cisco", "WS-C2960X-48TS-L", "FOC1735Y2BK"),
        ),
        (
            *("HW-0041", "sw-floor-3", "硬體", "10.20.0.13", net, "台北 3F", "否", ""),
            *("Cisco", "WS-C2960-24TT-L", "FOC0912X0AA"),
        ),
        ("HW-0042", "三樓印表機", "硬體", "10.20.0.90", ops, "台北 3F", "否", ""),
        ("SW-0004", "網路下單系統", "軟體", "", ops, room, "是", ""),
        ("DA-0002", "客戶基本資料庫", "資料", "10.20.0.20", ops, room, "是", ""),
        ("PL-0001", "台北機房", "場地", "", ops, "台北市信義區", "是", ""),
    )
    tickets = (
        (
            *(
                "CR-0042",
                "防火牆規則覆核",
                "edge/vendor-vpn",
                "保留",
                "合約期間每季維護，平時無流量",
            ),
            *(net, chief, day(20), day(-160)),
        ),
        (
            *("CR-0043", "防火牆規則覆核", "edge/telnet-legacy", "停用", "設備已改用 SSH"),
            *(net, chief, day(12), ""),
        ),
        (
            *("CR-0044", "防火牆規則覆核", "edge/temporary-any", "調整", "限縮為必要之來源與服務"),
            *(net, "", "", ""),
        ),
    )
    return {
        "assets.csv": _csv(_ASSET_TITLES, assets),
        "tickets.csv": _csv(_TICKET_TITLES, tickets),
    }


def _csv(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    text = StringIO()
    # Nobody fills in every column.
    filled = ([*row, *[""] * (len(titles) - len(row))] for row in rows)
    csv.writer(text).writerows((titles, *filled))
    return text.getvalue().encode("utf-8-sig")
