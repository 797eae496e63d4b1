"""A real OpenID provider: authlib's own provider side, served on loopback.

It is the library's code that asks for PKCE, checks the code, its verifier and the client, and makes
the token; ours here are the log-in form, the session and what a provider's database would hold.
`bend` lets a test be a provider that lies.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_urlsafe
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    AuthorizationServer,
    ClientMixin,
    JsonRequest,
    OAuth2Error,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "evidence-store", "the client's own secret"
FORM = (
    '<link rel="icon" href="data:,"><form method="post"><label>user <input name="user"></label>'
    '<button name="go" value="in">in</button><button name="go" value="no">no</button></form>'
)


class _Client(ClientMixin):  # type: ignore[misc]
    id_token_signed_response_alg = "RS256"

    def __init__(self, back: str) -> None:
        self._back = back

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return self._back

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self._back

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class _Code(AuthorizationCodeMixin):  # type: ignore[misc]
    code: str
    user: str
    proven_at: datetime
    asked: Mapping[str, str]

    @property
    def code_challenge(self) -> str | None:
        return self.asked.get("code_challenge")

    @property
    def code_challenge_method(self) -> str | None:
        return self.asked.get("code_challenge_method")

    def get_redirect_uri(self) -> str:
        return self.asked["redirect_uri"]

    def get_scope(self) -> str:
        return self.asked["scope"]

    def get_nonce(self) -> str | None:
        return self.asked.get("nonce")

    def get_auth_time(self) -> int:
        return int(self.proven_at.timestamp())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


Bend = Callable[[dict[str, Any], dict[str, Any]], str]


@cache
def _key() -> RSAKey:
    """One for all: to make one takes a tenth of a second."""
    return RSAKey.generate_key(2048, auto_kid=True)


@dataclass
class TestProvider:
    """`people`: what the token says of each, by `sub`. `asked`: what browsers came with.
    `described`: what its description of itself says instead."""

    __test__ = False

    clock: Callable[[], datetime]
    back: str
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: _key())
    url: str = ""
    bend: Bend | None = None
    ignores_prompt: bool = False
    described: dict[str, Any] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, _Code] = field(default_factory=dict)
    sessions: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def signed(self, claims: Mapping[str, Any], key: Any = None, **header: Any) -> str:
        """A token with these claims."""
        one = key or self.key
        head = {"alg": "RS256", "kid": self.key.kid, **header}
        return jwt.encode(head, dict(claims), one, algorithms=[head["alg"]])

    def rotate(self) -> None:
        self.key = RSAKey.generate_key(2048, auto_kid=True)


class _Grant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        user, proven_at = request.user
        asked = request.payload.data
        self.server.provider.codes[code] = _Code(code, user, proven_at, asked)

    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        found: _Code | None = self.server.provider.codes.get(code)
        return found

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        del self.server.provider.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: _Code) -> str:
        return authorization_code.user


class _OpenId(OpenIDCode):  # type: ignore[misc]
    def __init__(self, provider: TestProvider) -> None:
        super().__init__(require_nonce=True)
        self.provider = provider

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        return any(one.get_nonce() == nonce for one in self.provider.codes.values())

    def resolve_client_private_key(self, client: _Client) -> RSAKey:
        return self.provider.key

    def get_encode_header(self, client: _Client) -> dict[str, str]:
        return {"alg": "RS256", "kid": str(self.provider.key.kid)}

    def get_client_claims(self, client: _Client) -> dict[str, Any]:
        now = int(self.provider.clock().timestamp())
        return {"iss": self.provider.url, "aud": [CLIENT], "iat": now, "exp": now + 300}

    def generate_user_info(self, user: str, scope: str) -> dict[str, Any]:
        return {"sub": user, **self.provider.people[user]}

    def encode_id_token(self, token: Any, request: OAuth2Request) -> str:
        honest = str(super().encode_id_token(token, request))
        if self.provider.bend is None:
            return honest
        read = jwt.decode(honest, self.provider.key)
        return self.provider.bend(dict(read.header), dict(read.claims))


class _Server(AuthorizationServer):  # type: ignore[misc]
    def __init__(self, provider: TestProvider) -> None:
        super().__init__()
        self.provider = provider
        self.register_grant(_Grant, [CodeChallenge(required=True), _OpenId(provider)])
        self.register_token_generator("default", BearerTokenGenerator(lambda **_: token_urlsafe()))

    def query_client(self, client_id: str) -> _Client | None:
        return _Client(self.provider.back) if client_id == CLIENT else None

    def save_token(self, token: Any, request: OAuth2Request) -> None:
        pass

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        pass

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        return request

    def create_json_request(self, request: Any) -> JsonRequest:
        raise NotImplementedError

    def handle_response(self, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
        return status, body, headers


class _Request(OAuth2Request):  # type: ignore[misc]
    def __init__(self, method: str, uri: str, headers: Any, fields: dict[str, str]) -> None:
        super().__init__(method, uri, None, headers)
        self.payload = BasicOAuth2Payload(fields)
        self._fields = fields

    @property
    def args(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.uri).query))

    @property
    def form(self) -> dict[str, str]:
        return self._fields


def _handler(provider: TestProvider, server: _Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/.well-known/openid-configuration":
                places = {"authorization_endpoint": "/authorize", "token_endpoint": "/token"}
                said = {name: provider.url + place for name, place in places.items()}
                said |= {"issuer": provider.url, "jwks_uri": f"{provider.url}/jwks"}
                self._say({**said, **provider.described})
            elif path == "/jwks":
                self._say(KeySet([provider.key]).as_dict(private=False))
            elif path == "/authorize":
                self._authorize()
            else:
                self._send(404, b"", [])

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            fields = dict(parse_qsl(self.rfile.read(length).decode()))
            if urlsplit(self.path).path == "/authorize":
                self._entered(fields)
                return
            request = _Request("POST", provider.url + self.path, dict(self.headers), fields)
            status, body, headers = server.create_token_response(request)
            self._send(status, json.dumps(body).encode(), headers)

        def _authorize(self) -> None:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get("op")
            user = provider.sessions.get(cookie.value) if cookie else None
            asked = dict(parse_qsl(urlsplit(self.path).query))
            provider.asked.append(asked)
            login = not provider.ignores_prompt and "login" in asked.get("prompt", "")
            if user is None or login:
                self._send(200, FORM.encode(), [("Content-Type", "text/html")])
            else:
                self._answer(user, [])

        def _entered(self, fields: dict[str, str]) -> None:
            if fields.get("go") == "no" or fields.get("user") not in provider.people:
                self._answer(None, [])
                return
            token, user = token_urlsafe(), (fields["user"], provider.clock())
            provider.sessions[token] = user
            self._answer(user, [("Set-Cookie", f"op={token}; HttpOnly; SameSite=Lax; Path=/")])

        def _answer(self, user: tuple[str, datetime] | None, more: list[tuple[str, str]]) -> None:
            uri = provider.url + self.path
            request = _Request("GET", uri, dict(self.headers), dict(parse_qsl(urlsplit(uri).query)))
            try:
                grant = server.get_consent_grant(request, end_user=user)
            except OAuth2Error as error:
                self._send(400, str(error).encode(), [])
                return
            status, _, headers = server.create_authorization_response(request, user, grant)
            self._send(status, b"", [*headers, *more])

        def _say(self, said: Any) -> None:
            self._send(200, json.dumps(said).encode(), [("Content-Type", "application/json")])

        def _send(self, status: int, body: bytes, headers: list[tuple[str, str]]) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def provided(
    provider: TestProvider, tls: tuple[Path, Path] | None = None
) -> Iterator[TestProvider]:
    """The provider served for as long as the block runs; on `localhost`, another site than the
    store's 127.0.0.1, as browsers see it, or with a certificate and its key on 127.0.0.1."""
    web = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider, _Server(provider)))
    provider.url = f"http://localhost:{web.server_port}"
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        web.socket = context.wrap_socket(web.socket, server_side=True)
        provider.url = f"https://127.0.0.1:{web.server_port}"
    thread = Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        web.shutdown()
        thread.join()
        web.server_close()
