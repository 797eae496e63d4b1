"""The store's figures, and its page: what is on it is there, what is there is on it."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

from evidence.metrics import serve_metrics
from evidence.seal import SigningKey
from store.metrics import FIGURES, PREFIX
from store.problems import PROBLEMS
from tests.fixtures_bundle import MakeBundle
from tests.fixtures_store import Served, StoreClient

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "store.md").read_text("utf-8")


def test_every_figure_is_explained_and_no_other() -> None:
    assert set(re.findall(rf"^\| `{PREFIX}(\w+)`", PAGE, re.MULTILINE)) == set(FIGURES)


def test_every_code_of_the_page_is_one_with_its_status() -> None:
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| (\d{3}) \|", PAGE, re.MULTILINE)
    assert len(rows) > 5
    for codes, status in rows:
        for code in re.findall(r"`(\w+)`", codes):
            assert PROBLEMS[code].status == int(status), code


def test_every_problem_is_said_in_both_languages() -> None:
    for code, problem in PROBLEMS.items():
        assert problem.title.en.isascii() and problem.title.en.endswith("."), code
        assert not problem.title.zh.isascii() and problem.title.zh.endswith("。"), code


def test_the_figures_follow_the_store(
    store: Served, client: StoreClient, make_bundle: MakeBundle
) -> None:
    metrics = store.metrics
    server = serve_metrics(PREFIX, FIGURES, metrics, 0)
    try:
        client.put_bundle(make_bundle(1))
        StoreClient(store.url, SigningKey.generate()).get("/v1/bundles")
        address = f"http://127.0.0.1:{server.server_port}/metrics"
        with urllib.request.urlopen(address, timeout=10) as answer:
            said = answer.read().decode()
    finally:
        server.shutdown()
        server.server_close()
    found = dict(line.rsplit(" ", 1) for line in said.splitlines() if not line.startswith("#"))
    assert found[f"{PREFIX}log_entries"] == "2.0"
    assert found[f"{PREFIX}refilling"] == found[f"{PREFIX}locked_agents"] == "0.0"
    assert found[f'{PREFIX}answers_total{{code="taken"}}'] == "1.0"
    assert found[f'{PREFIX}answers_total{{code="agent_unknown"}}'] == "1.0"
    assert f"{PREFIX}witnessed_entries" not in found, "nobody has looked yet"
