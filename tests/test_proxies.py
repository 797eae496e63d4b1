"""The client's address: believed of the proxies that the settings name, and of nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from requests.adapters import HTTPAdapter
from sqlalchemy import select

from evidence.errors import ConfigurationError
from store.app import make_app
from store.people.tables import audit_event
from store.proxies import FORWARDED, Proxies
from store.quota import LOG_INS
from store.serve import serving
from store.settings import load_settings
from tests.fixtures_bundle import AT
from tests.fixtures_office import Person, code_of
from tests.fixtures_tsa import openssl
from tests.ports import free_port
from tests.real_servers import running, wait_for

GUIDE = Path(__file__).parent.parent / "docs" / "store.md"

BEHIND = Proxies((ip_network("127.0.0.1"), ip_network("10.1.0.0/24"), ip_network("fd00::5")))
HERE = "127.0.0.1"


@pytest.mark.parametrize(
    ("peer", "lines", "client"),
    [
        (HERE, [], HERE),
        (HERE, ["192.0.2.7"], "192.0.2.7"),
        (HERE, ["192.0.2.7:51000"], "192.0.2.7"),
        (HERE, ["2001:db8::7"], "2001:db8::7"),
        (HERE, ["[2001:db8::7]:51000"], "2001:db8::7"),
        ("::ffff:127.0.0.1", ["::ffff:192.0.2.7"], "192.0.2.7"),
        ("fd00::5", ["192.0.2.7"], "192.0.2.7"),
        # Proxies behind proxies, in one line or in several.
        (HERE, ["192.0.2.7, 10.1.0.9"], "192.0.2.7"),
        (HERE, ["192.0.2.7", "10.1.0.9"], "192.0.2.7"),
        (HERE, ["10.1.0.8, 10.1.0.9"], "10.1.0.8"),
        # What a client wrote itself lies before what the proxy added.
        (HERE, ["203.0.113.1, 192.0.2.7"], "192.0.2.7"),
        (HERE, ["10.1.0.9, 192.0.2.7"], "192.0.2.7"),
        (HERE, ["203.0.113.1", "127.0.0.1, 192.0.2.7"], "192.0.2.7"),
        # Words that are no address end the list; nothing before them is believed.
        (HERE, ["192.0.2.7, unknown"], HERE),
        (HERE, ["192.0.2.7, , 10.1.0.9"], "10.1.0.9"),
        (HERE, ["' OR 1=1 --"], HERE),
        (HERE, [""], HERE),
        # Somebody who is no proxy says what they like.
        ("192.0.2.9", ["203.0.113.1"], "192.0.2.9"),
        ("10.1.1.9", ["203.0.113.1"], "10.1.1.9"),
        ("2001:db8::9", ["127.0.0.1"], "2001:db8::9"),
    ],
)
def test_only_a_named_proxy_is_believed(peer: str, lines: list[str], client: str) -> None:
    assert BEHIND.client(peer, lines) == client
    assert Proxies().client(peer, lines) == peer.removeprefix("::ffff:")


@pytest.mark.parametrize(
    ("lines", "client"),
    [
        (["for=192.0.2.7"], "192.0.2.7"),
        (["For=192.0.2.7;proto=https;by=203.0.113.43"], "192.0.2.7"),
        (['for="192.0.2.7:51000"; proto=https'], "192.0.2.7"),
        (['proto=https;for="[2001:db8::7]:51000"'], "2001:db8::7"),
        (["for=192.0.2.7, for=10.1.0.9"], "192.0.2.7"),
        (["for=192.0.2.7", "for=10.1.0.9"], "192.0.2.7"),
        (['for="203.0.113.1, for=10.1.0.9", for=192.0.2.7'], "192.0.2.7"),
        (["for=203.0.113.1, for=192.0.2.7"], "192.0.2.7"),
        (["for=192.0.2.7, for=_hidden"], HERE),
        (["for=192.0.2.7, by=10.1.0.9"], HERE),
        (['for=203.0.113.1, for="192.0.2.7'], HERE),
        (["192.0.2.7"], HERE),
        (["for=192.0.2.7,,"], HERE),
    ],
)
def test_the_standard_header_is_read_as_rfc_7239_says(lines: list[str], client: str) -> None:
    assert Proxies(BEHIND.networks, FORWARDED).client(HERE, lines) == client


def test_a_proxy_is_an_address_or_a_network_and_never_everybody(tmp_path: Path) -> None:
    file = tmp_path / "store.yaml"

    def settings(proxies: str) -> object:
        file.write_text(f"proxies: {proxies}\n")
        return load_settings(file).proxies

    assert settings("{addresses: [10.1.0.5, 'fd00::/64']}") is not None
    for wrong in ("0.0.0.0/0", "10.1.0.5/24", "proxy.example", "::/0"):
        with pytest.raises(ConfigurationError, match=r"proxies\.addresses"):
            settings(f"{{addresses: ['{wrong}']}}")
    for wrong in ("{addresses: []}", "{addresses: ['::1'], header: X-Real-IP}", "[10.1.0.5]"):
        with pytest.raises(ConfigurationError, match="proxies"):
            settings(wrong)


@pytest.fixture
def named(tmp_path: Path) -> Iterator[Person]:
    """A stranger at a store that trusts a proxy on this machine."""
    app = make_app(tmp_path / "store", clock=lambda: AT, proxies=BEHIND)
    with serving(app) as url:
        yield Person(app.state.console, url, "nobody", "")


def noted(person: Person) -> list[str]:
    with person.console.custody.database.reading() as rows:
        return list(rows.scalars(select(audit_event.c.address).order_by(audit_event.c.seq)))


def test_log_ins_are_counted_and_noted_by_the_client_s_address(named: Person) -> None:
    def try_once(forwarded: str, **more: str) -> int:
        named.session.headers.update({"X-Forwarded-For": forwarded, **more})
        return named.log_in("wrong password 123", "000000").status_code

    named.account = "one"
    first = [try_once("192.0.2.7") for _ in range(LOG_INS)]
    assert 429 not in first[:5] and set(noted(named)) == {"192.0.2.7"}
    named.account = "two"
    assert try_once("192.0.2.7") == 429
    # A guesser who writes other addresses before the proxy's own is counted all the same.
    assert try_once("198.51.100.1, 192.0.2.7", Forwarded="for=198.51.100.2") == 429
    assert try_once("192.0.2.8") == 401, "somebody else is not kept waiting"
    assert noted(named)[-1] == "192.0.2.8"


def test_without_the_setting_a_header_changes_nothing(tmp_path: Path) -> None:
    app = make_app(tmp_path / "store", clock=lambda: AT)
    with serving(app) as url:
        person = Person(app.state.console, url, "nobody", "")
        person.session.headers.update(
            {"X-Forwarded-For": "192.0.2.7", "Forwarded": "for=192.0.2.7"}
        )
        assert code_of(person.get("/login/oidc")) == "not_found"
        assert person.log_in("wrong password 123", "000000").status_code == 401
        assert noted(person) == [HERE]


class From(HTTPAdapter):
    """Connects from that address of this machine."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *given: Any, **more: Any) -> None:
        super().init_poolmanager(*given, **more, source_address=(self._address, 0))


@pytest.mark.part("nginx", "openssl")
def test_behind_the_proxy_of_the_guide_people_are_known_by_their_own_addresses(
    named: Person, tmp_path: Path
) -> None:
    """Its configuration as it stands, but for ports and paths; the client comes from 127.0.0.2."""
    openssl(
        tmp_path,
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
        *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
        *("-keyout", "store.key", "-out", "store.pem"),
    )
    (tmp_path / "agents-ca.pem").write_bytes((tmp_path / "store.pem").read_bytes())
    (block,) = re.findall(r"```nginx\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    port, behind = free_port(), named.url.rpartition(":")[2]
    block = block.replace("listen 8741", f"listen 127.0.0.1:{port}").replace("8742", behind)
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {tmp_path}/pid; error_log {tmp_path}/error.log;"
        f" events {{}} http {{ access_log off; client_body_temp_path {tmp_path}/body;"
        f" {block.replace('/etc/nginx', str(tmp_path))} }}"
    )
    command = ["nginx", "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)]
    with running(command, tmp_path, {}) as nginx:
        wait_for(port, nginx)
        named.url = f"https://127.0.0.1:{port}"
        named.session.trust_env = False  # whose CAs would be taken instead
        named.session.verify = str(tmp_path / "store.pem")
        named.session.cert = (str(tmp_path / "store.pem"), str(tmp_path / "store.key"))
        named.session.mount("https://", From("127.0.0.2"))
        named.session.headers["X-Forwarded-For"] = "203.0.113.1"
        assert named.log_in("wrong password 123", "000000").status_code == 401
    assert noted(named) == ["127.0.0.2"]
