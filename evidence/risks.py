"""What a company's criteria may call a high-risk rule, in words; `rule_is_specific` finds them."""

from __future__ import annotations

from collections.abc import Mapping

from evidence.text import Text

RISKS: Mapping[str, Text] = {
    "any_source": Text("any source", "來源為任意"),
    "any_destination": Text("any destination", "目的為任意"),
    "any_service": Text("any service", "服務為任意"),
    "management_from_external": Text("management ports from outside", "外部可連管理埠"),
    "clear_text_from_external": Text("clear-text protocols from outside", "外部可連明文協定"),
    "inbound_any": Text("inbound any to DMZ or inside", "外對內或 DMZ 任意通行"),
    "logging_off": Text("not logged", "未留存紀錄"),
    "wide_range": Text("over-wide addresses or ports", "位址或埠範圍過寬"),
    "expired": Text("temporary and past its end", "臨時規則已過期"),
}
