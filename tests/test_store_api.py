"""The agents' API is what its description says: its routes, and the answer to any request that can
be made from it (schemathesis)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests.auth import AuthBase
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.routing import Route

from evidence.request import sign_request
from evidence.seal import SigningKey
from store.app import make_app
from store.console.routes import PAGES
from store.contacts import contact
from store.membership import Membership
from store.openapi import OPERATIONS, Operation, description
from store.problems import PROBLEMS
from tests.conftest import DRILL
from tests.fixtures_bundle import AT, MakeBundle
from tests.fixtures_store import Served, StoreClient, served_store
from tests.test_console_roles import OPEN

ROOT = Path(__file__).parent.parent
EXAMPLES = 100 if DRILL else 4
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(description())
APIS: list[Any] = [found.ok() for found in SCHEMA.get_all_operations()]  # type: ignore[union-attr]


class Signed(AuthBase):
    """Signs a request as the agent does, whatever was made of it."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def __call__(self, asked: requests.PreparedRequest) -> requests.PreparedRequest:
        path, _, query = asked.path_url.partition("?")
        body = asked.body or b""
        raw = body.encode() if isinstance(body, str) else body
        assert asked.method is not None and isinstance(raw, bytes)
        asked.headers.update(sign_request(self._key, asked.method, path, query, raw, AT))
        return asked


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, SigningKey]]:
    """A store with a bundle in it, and the key of the agent that brought it."""
    key = SigningKey.generate()
    with served_store(tmp_path_factory.mktemp("api") / "store") as store:
        store.custody.enrol("agent-1", ["main"], key.public)
        yield store, key


@pytest.fixture
def known(served: tuple[Served, SigningKey], make_bundle: MakeBundle) -> list[str]:
    """Digests that requests are about: of what is here, and of what is not."""
    store, key = served
    bundle = make_bundle(1, key=key)
    Membership(store.custody).unlock("agent-1")
    assert StoreClient(store.url, key).put_bundle(bundle).status_code in (200, 201)
    return [bundle.digest, *bundle.captures, sha256(b"none").hexdigest()]


def test_the_description_names_every_route_of_the_api_and_no_other(tmp_path: Path) -> None:
    app = make_app(tmp_path / "store", clock=lambda: AT)
    app.state.custody.close()
    routes = {
        (route.path.replace(":path}", "}"), method.lower())
        for route in app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    paths = {path for path, _ in routes}
    of_agents = ("/v1/", "/tile/", "/checkpoint", "/healthz", "/readyz")
    assert {one for one in routes if one[0].startswith(of_agents)} == {
        (one.path, one.method) for one in OPERATIONS
    }
    assert {"/login", "/a/{agent}"} <= paths, "the console's are there and are no part of it"
    # Each has its rule: here by whom it is asked, there by the role that it takes.
    of_people = OPEN | {(page.method, page.path) for page in PAGES}
    ruled = {(path.replace(":path}", "}"), method.lower()) for method, path in of_people}
    assert {one for one in routes if not one[0].startswith(of_agents)} == ruled


@pytest.mark.parametrize(
    "asked",
    # A token lets a key in at /v1/enrol: test_store_enrol.py.
    [one for one in OPERATIONS if not one.open and one.path != "/v1/enrol"],
    ids=lambda one: f"{one.method} {one.path}",
)
def test_whoever_is_not_an_agent_in_force_gets_nothing(
    served: tuple[Served, SigningKey], asked: Operation
) -> None:
    """Every address that asks who asks: nobody, a stranger, a revoked agent, a locked one."""
    store, _ = served
    path = asked.path.replace("{digest}", "0" * 64)
    path = re.sub(r"\{[^}]+\}", "1", path)
    revoked, locked = SigningKey.generate(), SigningKey.generate()
    for agent, key in (("agent-r", revoked), ("agent-l", locked)):
        store.custody.enrol(agent, ["main"], key.public)
    store.custody.revoke("agent-r")
    with store.custody.database.transaction() as rows:
        for generation in (1, 9):
            contact(rows, "agent-l", generation, "mark", AT, put_back=False)
    callers: tuple[tuple[SigningKey | None, str], ...] = (
        (None, "request_unsigned"),
        (SigningKey.generate(), "agent_unknown"),
        (revoked, "agent_unknown"),
        (locked, "agent_locked"),
    )
    for caller, code in callers:
        method, body = asked.method.upper(), b"{}" if asked.body else b""
        headers = {} if caller is None else sign_request(caller, method, path, "", body, AT)
        answer = requests.request(method, store.url + path, data=body, headers=headers, timeout=20)
        said = answer.json()["code"] if asked.method != "head" else None
        assert (answer.status_code, said) in ((PROBLEMS[code].status, code if said else None),), (
            answer.text
        )


def test_the_description_in_the_docs_is_the_one_that_is_served(
    served: tuple[Served, SigningKey],
) -> None:
    kept = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    assert kept == description(), "python -m tests.write_openapi"
    assert requests.get(f"{served[0].url}/v1/openapi.json", timeout=20).json() == kept


def made_from(api: Any) -> st.SearchStrategy[Any]:
    """Requests that fit the description and, where that can be, requests that do not."""
    fitting: st.SearchStrategy[Any] = api.as_strategy(generation_mode=GenerationMode.POSITIVE)
    of_path = any(one.definition["schema"].get("pattern") for one in api.path_parameters)
    if not (of_path or list(api.body) or list(api.query)):
        return fitting
    return st.one_of(fitting, api.as_strategy(generation_mode=GenerationMode.NEGATIVE))


@pytest.mark.whole
@pytest.mark.parametrize("api", APIS, ids=lambda api: f"{api.method} {api.path}")
def test_what_is_made_from_the_description_gets_the_answers_it_names(
    served: tuple[Served, SigningKey],
    known: list[str],
    api: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("store.asked_runs.LONGEST_S", 0)
    store, key = served
    made, signed, members = made_from(api), Signed(key), Membership(store.custody)

    @settings(
        max_examples=EXAMPLES,
        derandomize=not DRILL,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        # A contact that counts anyhow is a copy's, and locks both.
        members.unlock("agent-1")
        case = data.draw(made)
        if "digest" in (case.path_parameters or {}) and data.draw(st.booleans()):
            case.path_parameters["digest"] = data.draw(st.sampled_from(known))
        auth = None if data.draw(st.integers(0, 9)) == 0 else signed
        case.validate_response(case.call(base_url=store.url, auth=auth, timeout=60), CHECKS)

    ask()
