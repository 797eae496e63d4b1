"""Glewlwyd: an OpenID Connect provider of other people, over TLS, filled through its own API.

Its pages are scripts over that API; what they ask is asked here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.ports import free_port
from tests.real_servers import running, wait_for
from tests.test_store_tls import Authority

CLIENT, SECRET = "evidence-store", "the client's own secret"
PASSWORD = "a password of theirs"
_TABLES = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
_PLACES = "/usr/lib/glewlwyd"
_CONFIG = """
port={port}
bind_address="127.0.0.1"
external_url="https://127.0.0.1:{port}"
login_url="login.html"
api_prefix="api"
static_files_path="/usr/share/glewlwyd/webapp/"
log_mode="console"
log_level="INFO"
cookie_secure=1
session_expiration=86400
session_key="GLEWLWYD2_SESSION_ID"
admin_session_authentication="cookie"
profile_session_authentication="cookie"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="{places}/user"
user_middleware_module_path="{folder}"
client_module_path="{places}/client"
user_auth_scheme_module_path="{places}/scheme"
plugin_module_path="{places}/plugin"
use_secure_connection=true
secure_connection_key_file="{key}"
secure_connection_pem_file="{certificate}"
secure_connection_ca_file="{ca}"
hash_algorithm="SHA512"
database = {{ type = "sqlite3" path = "{folder}/glewlwyd.db" }};
static_files_mime_types = ( {{ extension = ".html" mime_type = "text/html" }} )
"""
_GROUPS = {
    "data-format": {"groups": {"multiple": True, "read": True, "write": True}},
    "use-glewlwyd-connection": True,
}


@dataclass
class Glewlwyd:
    """The running provider. `issuer` is what the store's settings name."""

    url: str
    ca: Path
    admin: requests.Session = field(default_factory=requests.Session)

    @property
    def issuer(self) -> str:
        return f"{self.url}/api/oidc"

    def fill(self, back: str) -> None:
        """The protocol, a client that comes back to `back`, and people with groups."""
        self.log_in(self.admin, "admin", "password")
        key = rsa.generate_private_key(65537, 2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        module = {"display_name": "", "order_rank": 0, "enabled": True}
        people = {**module, "module": "database", "name": "database", "parameters": _GROUPS}
        self._ask("PUT", "mod/user/database", {**people, "readonly": False})
        self._ask("PUT", "mod/user/database/reset", {})
        claim = {"name": "groups", "user-property": "groups", "type": "string", "mandatory": True}
        oidc = {
            "iss": self.issuer,
            "jwt-type": "rsa",
            "jwt-key-size": "256",
            "key": pem.decode(),
            "cert": public.decode(),
            "access-token-duration": 3600,
            "refresh-token-duration": 3600,
            "code-duration": 600,
            "allow-non-oidc": False,
            "auth-type-code-enabled": True,
            "pkce-allowed": True,
            "pkce-required": True,
            "pkce-method-plain-allowed": False,
            "name-claim": "mandatory",
            "claims": [{**claim, "scope": []}],
            "jwks-show": True,
        }
        plugin = {**module, "module": "oidc", "name": "oidc", "parameters": oidc}
        self._ask("POST", "mod/plugin/", plugin)
        self._ask(
            "POST",
            "client/",
            {
                "client_id": CLIENT,
                "name": CLIENT,
                "confidential": True,
                "password": SECRET,
                "redirect_uri": [back],
                "authorization_type": ["code"],
                "token_endpoint_auth_method": ["client_secret_basic"],
                "scope": ["openid"],
                "enabled": True,
            },
        )

    def add(self, user: str, name: str, groups: Sequence[str]) -> None:
        said = {"username": user, "name": name, "password": PASSWORD, "groups": groups}
        self._ask("POST", "user/", {**said, "scope": ["openid", "g_profile"], "enabled": True})

    def log_in(self, browser: requests.Session, user: str, password: str = PASSWORD) -> None:
        """As the provider's own page does, and the person agrees to tell the client."""
        browser.trust_env, browser.verify = False, str(self.ca)
        said = {"username": user, "password": password}
        answer = browser.post(f"{self.url}/api/auth/", json=said, timeout=20)
        assert answer.status_code == 200, answer.text
        if browser is not self.admin:
            granted = browser.put(
                f"{self.url}/api/auth/grant/{CLIENT}", json={"scope": "openid"}, timeout=20
            )
            assert granted.status_code == 200, granted.text

    def go_on(self, browser: requests.Session, place: str) -> str:
        """From the address a browser was sent to, back: the address it is sent on to."""
        assert urlsplit(place).path == "/api/oidc/auth"
        answer = browser.get(f"{place}&g_continue", allow_redirects=False, timeout=20)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def _ask(self, method: str, path: str, said: Any) -> None:
        answer = self.admin.request(method, f"{self.url}/api/{path}", json=said, timeout=20)
        assert answer.ok, f"{path}: {answer.text}"


@contextmanager
def glewlwyd(folder: Path) -> Iterator[Glewlwyd]:
    """A provider of this test's own, empty."""
    folder.mkdir()
    authority, port = Authority(folder, "ca"), free_port()
    certificate, key = authority.certificate(-1, 30)
    with closing(sqlite3.connect(folder / "glewlwyd.db")) as tables:
        tables.executescript(_TABLES.read_text("utf-8"))
    config = folder / "glewlwyd.conf"
    config.write_text(
        _CONFIG.format(
            port=port,
            folder=folder,
            places=_PLACES,
            key=key,
            certificate=certificate,
            ca=authority.pem,
        )
    )
    with running(["glewlwyd", f"--config-file={config}"], folder, {}) as process:
        wait_for(port, process)
        yield Glewlwyd(f"https://127.0.0.1:{port}", authority.pem)
