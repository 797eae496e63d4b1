"""OpenID Connect: the way to a provider and back, and what its token says of a person.

Authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9207). authlib
asks, joserfc checks the signature. The provider's description and keys are read anew each time:
people log in seldom, and a key that was taken back is believed by nobody.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from evidence.clock import Clock
from store.people.outside import Vouched, clean_name
from store.people.settings import BACK, Oidc
from store.problems import Refused

# Signatures by a key of the provider's own. Neither none nor HMAC, whose key the client has too.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
# How far the provider's clock may be from ours.
SKEW_S = 60
_TIMEOUT_S = (5, 10)
# OpenID Connect Core 1.0, 2: at most 255 characters of ASCII.
_SUBJECT = r"[\x21-\x7e]{1,255}"


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a browser is sent, and what has to come back."""

    url: str
    state: str
    nonce: str
    verifier: str


class Provider:
    """One provider, as the settings name it."""

    def __init__(self, settings: Oidc, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock

    def begin(self, *, again: bool) -> Begun:
        """`again`: whoever is logged in at the provider proves anew who they are.

        Raises Refused `oidc_away`.
        """
        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        wanted = {"state": state, "nonce": nonce, "code_verifier": verifier}
        if again:
            wanted |= {"prompt": "login", "max_age": "0"}
        endpoint = self._described()["authorization_endpoint"]
        with self._session() as session:
            url, _ = session.create_authorization_url(endpoint, **wanted)
        return Begun(url, state, nonce, verifier)

    def finish(
        self, code: str, nonce: str, verifier: str, *, proven_since: datetime | None
    ) -> Vouched:
        """Whom the provider vouches for. `proven_since`: they have to have proved who they are
        since then, whatever session they have there.

        Raises Refused: `oidc_away`, `oidc_token`.
        """
        described = self._described()
        token = self._token(described["token_endpoint"], code, verifier)
        claims = self._claims(token, self._read(described["jwks_uri"]), nonce)
        if proven_since is not None:
            at = claims.get("auth_time")
            if not isinstance(at, int | float) or at < proven_since.timestamp() - SKEW_S:
                raise _not_taken("nobody proved anew who they are")
        subject, held = claims["sub"], claims.get(self.settings.groups_claim)
        if not isinstance(subject, str) or not re.fullmatch(_SUBJECT, subject):
            raise _not_taken("sub is no name")
        groups = [held] if isinstance(held, str) else held if isinstance(held, list) else []
        called = clean_name(claims.get("preferred_username")) or clean_name(subject)
        return Vouched(
            identity=f"{self.settings.issuer} {subject}",
            way="oidc",
            login_name=called,
            name=clean_name(claims.get("name")) or called,
            grants=self.settings.grants(frozenset(one for one in groups if isinstance(one, str))),
        )

    def _described(self) -> Mapping[str, str]:
        """The provider's description of itself (OpenID Connect Discovery 1.0)."""
        issuer = self.settings.issuer
        said = self._read(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        scheme = issuer.partition(":")[0]
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if said.get("issuer") != issuer or not all(
            str(said.get(name)).startswith(f"{scheme}://") for name in wanted
        ):
            raise Refused("what answers is not the provider of the settings", code="oidc_away")
        return {name: str(said[name]) for name in wanted}

    def _read(self, url: str) -> dict[str, Any]:
        try:
            answer = requests.get(
                url, timeout=_TIMEOUT_S, verify=self._verify, allow_redirects=False
            )
            answer.raise_for_status()
            said = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise _away(error) from None
        if not isinstance(said, dict):
            raise Refused("the provider's answer cannot be read", code="oidc_away")
        return said

    def _token(self, endpoint: str, code: str, verifier: str) -> dict[str, Any]:
        try:
            with self._session() as session:
                found = session.fetch_token(
                    endpoint,
                    code=code,
                    code_verifier=verifier,
                    timeout=_TIMEOUT_S,
                    # Said here, too: what the environment names goes before a session's own.
                    verify=self._verify,
                    allow_redirects=False,
                )
        except OAuthError as error:
            raise _not_taken(f"the code was refused: {clean_name(error.error)}") from None
        except (requests.RequestException, ValueError) as error:
            raise _away(error) from None
        if not isinstance(found, dict) or not isinstance(found.get("id_token"), str):
            raise _not_taken("there is none")
        return found

    def _claims(self, token: Mapping[str, Any], keys: dict[str, Any], nonce: str) -> dict[str, Any]:
        """The token's claims, once everything about it holds."""
        one = self.settings
        try:
            key_set = KeySet.import_key_set({"keys": keys["keys"]})
            decoded = jwt.decode(token["id_token"], key_set, algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": one.issuer},
                    "aud": {"essential": True, "value": one.client_id},
                },
                {
                    "nonce": nonce,
                    "client_id": one.client_id,
                    "access_token": token.get("access_token"),
                },
            )
            claims.validate(now=int(self._clock().timestamp()), leeway=SKEW_S)
        except JoseError as error:
            raise _not_taken(f"{error.error} {getattr(error, 'claim', '')}".strip()) from None
        except (ValueError, KeyError, TypeError) as error:
            raise _not_taken(type(error).__name__) from None
        # Others named beside us could use it here.
        if claims["aud"] not in (one.client_id, [one.client_id]):
            raise _not_taken("it is for others, too")
        return dict(claims)

    def _session(self) -> Any:
        one, secret = self.settings, None
        if one.client_secret_file is not None:
            try:
                secret = one.client_secret_file.read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError):
                # Whoever stands at the door can do nothing about it; local accounts get in.
                raise Refused("the client's secret cannot be read", code="oidc_away") from None
        session = OAuth2Session(
            one.client_id,
            secret,
            scope=one.scope,
            redirect_uri=one.address + BACK,
            code_challenge_method="S256",
            token_endpoint_auth_method="none" if secret is None else "client_secret_basic",
        )
        session.verify = self._verify
        return session

    @property
    def _verify(self) -> str | bool:
        return True if self.settings.ca is None else str(self.settings.ca)


def _away(error: Exception) -> Refused:
    return Refused(f"the provider: {type(error).__name__}", code="oidc_away")


def _not_taken(why: str) -> Refused:
    return Refused(f"the provider's token was not taken: {why}", code="oidc_token")
