"""An agent of the first days at a store of today: what it sends is taken, what it reads is there.

`first_agent.json` is what such an agent sent on 24 November 2026, byte for byte with its own
signatures, and what it got: status and the names in each answer.
"""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import datetime
from pathlib import Path

import requests

from evidence.receipt import Receipt
from evidence.seal import Envelope, PublicKey
from store.fsck import fsck
from tests.fixtures_store import served_store

SAID = json.loads((Path(__file__).parent / "first_agent.json").read_text("utf-8"))


def test_the_first_agent_pushes_and_reads_back_at_a_store_of_today(
    tmp_path: Path, database_url: str | None
) -> None:
    at = datetime.fromisoformat(SAID["at"])
    with served_store(tmp_path / "store", database_url=database_url, clock=lambda: at) as served:
        key = PublicKey.of_pem(SAID["key"].encode(), "first agent")
        served.custody.enrol("agent-1", ["main"], key)
        receipts = 0
        for one in SAID["requests"]:
            answer = requests.request(
                one["method"],
                served.url + one["target"],
                data=b64decode(one["body"]) or None,
                headers=one["headers"],
                timeout=20,
            )
            assert answer.status_code == one["status"], (one["target"], answer.text)
            if one["answer"] is not None:
                assert set(one["answer"]) <= set(answer.json()), "a name it reads is gone"
            if one["method"] == "PUT" and one["answer"] and answer.status_code == 201:
                digest = one["target"].rpartition("/")[2]
                receipt = Envelope.parse(answer.content)
                Receipt.check(receipt, digest, served.custody.key.public)
                receipts += 1
        assert receipts == 3
        assert list(fsck(served.custody)) == []
