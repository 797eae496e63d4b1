"""A rule's traffic story and picture, from the proof as it was signed and the readings it cites."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from evidence.clock import parse_at
from evidence.collection import device_of
from evidence.text import Text
from evidence.usage import HISTORY, Recall, UnitHistory, histories
from evidence.usage.picture import picture
from evidence.usage.retold import retold
from store.month import look
from store.month.fold import Folded, Folder, visits_between

_CHECK = "rule_carries_traffic"


@dataclass(frozen=True)
class Story:
    """What is known of one rule's traffic: the lines, and the signed record of the proof."""

    lines: list[tuple[Text, Text]]
    proof: Mapping[str, Any]
    observation: str


def story(rows: Connection, agent: str, period: str, subject: str) -> Story | None:
    """None: no counter of the rule was read."""
    for one in look.findings_about(rows, agent, period, subject):
        for seen in look.observations(rows, agent, period, json.loads(one.record)["observations"]):
            record = json.loads(seen.record)
            proof = record["measures"].get("proof")
            if seen.checked == _CHECK and proof is not None:
                return Story(list(retold(proof)), proof, seen.digest)
    return None


def drawn(
    rows: Connection,
    folder: Folder,
    folded: Folded,
    told: Story,
    rule: Mapping[str, Any],
    firewall: str,
    language: str,
) -> str:
    """The picture (SVG) of the rule's counter over the proof's window."""
    made = folded.read.assessment
    start = parse_at(told.proof["window"][0])

    def of_device(device: str, first: Any, last: Any) -> list[UnitHistory]:
        places = visits_between(
            rows, made.agent, device, "firewall", max(first, start - _BEFORE), last
        )
        found = (folder.shelf.reading(visit, place) for visit, place in places)
        return list(histories(found, first, last))

    devices = {one.id: one for one in map(device_of, folded.read.inputs["devices"])}
    recall = Recall(devices, made.assessed_at, of_device)
    title = f"{firewall}/{rule['key']} ({rule['label']})"
    return picture(title, str(rule["key"]), told.proof, recall(firewall), language)


_BEFORE = HISTORY / 14
