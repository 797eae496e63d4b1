"""What an intruder calls a rule, a device or a host is text on a page, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from store.app import make_app
from store.serve import serving
from tests import fixtures_pack
from tests.fixtures_month import Kept, deliver
from tests.fixtures_office import Office, make_office
from tests.fixtures_pack import NOW, MakeBroker
from tests.lab_month import Month

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>=cmd|'/C calc'!A0\x1b[2J‮exe"
_RAW = ("<script>alert", "<img src=x", "\x1b", "‮")


@pytest.fixture
def hostile(
    make_broker: MakeBroker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Office]:
    monkeypatch.setattr(fixtures_pack, "HOSTILE", HOSTILE)
    broker = make_broker(days=3)
    broker.assess()
    now = [NOW]
    app = make_app(tmp_path / "store", clock=lambda: now[0], accept_replayed=True)
    app.state.custody.enrol("agent-1", ["taipei"], broker.agent.signing_key.public)
    with serving(app) as url:
        deliver(broker.agent, url, NOW)
        app.state.custody.index.catch_up()
        month = cast(Month, broker)
        yield make_office(Kept(month, app.state.custody, app.state.console, url, now))


def test_hostile_names_are_inert_on_every_page(hostile: Office) -> None:
    wang = hostile.people["wang"]
    seen: set[str] = set()
    todo = ["/a/agent-1", hostile.base]
    escaped = 0
    while todo:
        path = todo.pop()
        if path in seen or len(seen) > 150:
            continue
        seen.add(path)
        answer = wang.get(path)
        assert answer.status_code in (200, 303, 404), (path, answer.status_code)
        if answer.headers.get("Content-Type", "").startswith("application/octet-stream"):
            continue
        for raw in _RAW:
            assert raw not in answer.text, (path, raw)
        escaped += answer.text.count("&lt;script&gt;alert(1)")
        found = re.findall(r'(?:href|src)="(/a/[^"#]+)"', answer.text)
        todo += [one.replace("&amp;", "&") for one in found]
    assert escaped > 5 and any("/rule?" in path for path in seen)
    assert any("/captures/" in path for path in seen)


def test_a_search_for_what_is_hostile_comes_back_as_text(hostile: Office) -> None:
    answer = hostile.people["wang"].session.get(
        f"{hostile.people['wang'].url}{hostile.base}/findings", params={"word": HOSTILE[:90]}
    )
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text and "<img src=x" not in answer.text
