"""Newer lifecycle dates taken: fetched, shown first, signed, and an old month keeps its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from agent.catalogue import keep_catalogue, load_catalogue, read_source
from evidence.errors import ConfigurationError, EnvironmentProblem
from evidence.lifecycle import Catalogue
from evidence.lifecycle.update import Offer, updated
from evidence.seal import Envelope, SigningKey
from evidence.statement import Statement
from tests.fixtures_pack import MakeBroker
from tests.fixtures_program import Run
from tests.test_lifecycle_update import (
    EOX,
    FORTIOS,
    SHIPPED,
    TODAY,
    product,
    release,
    rows,
    written,
)

KEY = SigningKey.generate()
KEYS = [KEY.public]
SHIPPED_TODAY = Catalogue(TODAY, SHIPPED.entries)


def test_a_catalogue_is_signed_with_where_it_came_from(tmp_path: Path) -> None:
    path = keep_catalogue(tmp_path, SHIPPED_TODAY, {"from": "carried by hand", "by": "wang"}, KEY)
    envelope = Envelope.parse(path.with_suffix(".dsse.json").read_bytes())
    envelope.verify(KEYS)
    statement = Statement.parse(envelope.payload)
    assert statement.predicate["from"] == "carried by hand"
    assert statement.predicate["digest"] == SHIPPED_TODAY.digest
    assert load_catalogue(TODAY, tmp_path, KEYS) == SHIPPED_TODAY


@pytest.mark.parametrize("harm", ["altered", "unsigned", "another key", "another file's"])
def test_one_that_does_not_fit_its_signature_is_not_judged_by(tmp_path: Path, harm: str) -> None:
    path = keep_catalogue(tmp_path, SHIPPED_TODAY, {}, KEY)
    signed = path.with_suffix(".dsse.json")
    keys = KEYS
    if harm == "altered":
        path.write_bytes(path.read_bytes().replace(b"2025-", b"2035-", 1))
    elif harm == "unsigned":
        signed.unlink()
    elif harm == "another key":
        keys = [SigningKey.generate().public]
    else:
        second = keep_catalogue(tmp_path, SHIPPED_TODAY, {}, KEY)
        second.with_suffix(".dsse.json").write_bytes(signed.read_bytes())
    with pytest.raises(ConfigurationError) as caught:
        load_catalogue(TODAY, tmp_path, keys)
    assert caught.value.code == "catalogue_unsigned"
    # Months before it are judged by what was known then.
    assert load_catalogue(date(2026, 11, 23), tmp_path, keys).digest == SHIPPED.digest


def test_an_old_month_keeps_the_catalogue_of_its_time(tmp_path: Path) -> None:
    made, _ = updated(SHIPPED, Offer(tuple(rows({"result": FORTIOS}))), TODAY)
    keep_catalogue(tmp_path, made, {}, KEY)
    again, _ = updated(made, Offer(tuple(rows(EOX))), TODAY)
    keep_catalogue(tmp_path, again, {"reason": "the second of a day"}, KEY)
    assert load_catalogue(date(2026, 11, 23), tmp_path, KEYS).digest == SHIPPED.digest
    assert load_catalogue(TODAY, tmp_path, KEYS) == again
    told = json.loads((tmp_path / f"catalogue-{TODAY}.2.json").read_text("utf-8"))
    assert told == {
        "reason": "the second of a day",
        "dated": str(TODAY),
        "digest": again.digest,
    }


@pytest.fixture
def site(make_broker: MakeBroker, tmp_path: Path) -> Path:
    make_broker(days=1)
    return tmp_path


def test_it_is_shown_before_it_is_taken(site: Path, run: Run) -> None:
    (site / "fortios.json").write_text(json.dumps({"result": FORTIOS}), "utf-8")
    shown = run("lifecycle", "update", "--from", "fortios.json", "--json")
    changes = {one["match"]: one for one in map(json.loads, shown.stdout.splitlines())}
    assert (shown.returncode, changes["9.0"]["change"]) == (0, "comes")
    assert changes["7.4"]["after"] == "- 2026-05-11 - 2029-01-31"
    assert "nothing was taken" in shown.stderr
    assert not list(site.rglob("catalogue-*.csv"))
    taken = run("lifecycle", "update", "--from", "fortios.json", "--yes")
    assert taken.returncode == 0, taken.stderr
    assert len(list(site.rglob("catalogue-*.csv"))) == 1
    again = run("lifecycle", "update", "--from", "fortios.json", "--json")
    assert again.stdout == ""


def test_of_a_product_that_is_new_the_table_only_counts_the_rows(site: Path, run: Run) -> None:
    new = product("angular", *(release(str(number)) for number in range(1, 21)))
    (site / "full.json").write_text(json.dumps({"result": [FORTIOS, new]}), "utf-8")
    words = ("lifecycle", "update", "--from", "full.json")
    lines = run(*words).stdout.splitlines()
    assert [line for line in lines if "angular" in line and "(20)" in line]
    assert len([line for line in lines if "angular" in line]) == 1
    assert [line for line in lines if "fortios" in line and "2029-01-31" in line]
    told = [json.loads(line) for line in run(*words, "--json").stdout.splitlines()]
    assert len([one for one in told if one["product"] == "angular"]) == 20


def test_half_a_catalogue_does_not_go_by_a_yes(site: Path, run: Run) -> None:
    written(site / "ours.csv", keep=600)
    words = ("lifecycle", "update", "--from", "ours.csv")
    for more in (("--yes",), ("--yes-really",), ("--yes-really", "--reason", " ")):
        done = run(*words, *more)
        assert (done.returncode, "catalogue_shrinks" in done.stderr) == (2, True)
    assert not list(site.rglob("catalogue-*.csv"))
    done = run(*words, "--yes-really", "--reason", "only what we own")
    assert done.returncode == 0, done.stderr
    [told] = (one for one in site.rglob("catalogue-*.json") if "dsse" not in one.name)
    assert json.loads(told.read_text("utf-8"))["reason"] == "only what we own"


# --- from the network ---


class _Answers(BaseHTTPRequestHandler):
    """endoflife.date for the test, or the proxy on the way to it."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = json.dumps({"result": FORTIOS}).encode()
        self.send_response(200 if "fortios" in self.path else 404)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Answers", (_Answers,), {"asked": asked})
    with HTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}", asked
        serving.shutdown()
        thread.join()


def test_it_is_fetched(server: tuple[str, list[str]]) -> None:
    url, asked = server
    found = read_source(f"{url}/api/v1/products/fortios", SHIPPED, TODAY)
    assert [one.match for one in found.offer.rows] == ["7.4", "9.0"]
    assert asked == ["/api/v1/products/fortios"]


def test_it_is_fetched_through_the_proxy_that_is_named(server: tuple[str, list[str]]) -> None:
    proxy, asked = server
    wanted = "http://localhost:9/api/v1/products/fortios"
    assert read_source(wanted, SHIPPED, TODAY, proxy).offer.rows
    assert asked == [wanted]


def test_what_cannot_be_fetched_is_said(server: tuple[str, list[str]]) -> None:
    with pytest.raises(EnvironmentProblem, match="no lifecycle dates") as refused:
        read_source(f"{server[0]}/api/v1/products/none", SHIPPED, TODAY)
    assert refused.value.code == "catalogue_unreachable"
    with pytest.raises(ConfigurationError, match="only fetched by https"):
        read_source("http://endoflife.example/api", SHIPPED, TODAY)
