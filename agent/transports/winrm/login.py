"""Logging in over WinRM: one attempt a visit, by NTLM or Kerberos, or by a client certificate."""

from __future__ import annotations

import os
import ssl
from typing import Any

from pypsrp.exceptions import AuthenticationError
from pypsrp.negotiate import HTTPNegotiateAuth
from requests import Response

from agent.secret import Credential
from evidence.device import Device
from evidence.errors import (
    ConfigurationError,
    LoginRefused,
    Unexpected,
    Unreachable,
    VisitError,
    shown,
)

# What stands in `Authorization` where TLS has told who we are (MS-WSMV 2.2.4).
BY_CERTIFICATE = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"


class Login(HTTPNegotiateAuth):
    """NTLM or Kerberos within HTTP. A second refusal is final: the password leaves once."""

    def __init__(self, device: Device, credential: Credential, auth: str, seals: bool) -> None:
        if credential.password is None or not credential.username:
            raise refused(device, credential, "neither name nor password may be missing")
        super().__init__(
            username=credential.username,
            password=credential.password.reveal(),
            auth_provider=auth,
            wrap_required=seals,
        )
        self._device = device
        self._credential = credential
        self._tried = False

    @property
    def context(self) -> Any:
        """The log-in's keys, to encrypt messages with. Raises LoginRefused, or Unexpected where
        the host wanted no log-in."""
        for one in self.contexts.values():
            if one.complete:
                return one
        if not self._tried:
            raise Unexpected(
                f"{self._device.id}: wants no log-in, so that nothing encrypts the messages",
                code="winrm_not_encrypted",
            )
        raise refused(self._device, self._credential, "it gives no keys to encrypt messages with")

    def response_hook(self, response: Response, **kwargs: Any) -> Response:
        """Answer the first refusal by logging in; the next one stands."""
        if response.status_code != 401 or self._tried:
            return response
        self._tried = True
        library: Any = super()  # which tells no types
        try:
            answer: Response = library.response_hook(response, **kwargs)
        except (VisitError, OSError):
            raise
        except AuthenticationError:
            takes = response.headers.get("WWW-Authenticate", "nothing")
            raise Unreachable(
                f"{self._device.id}: takes {shown(takes)} only; nothing of the account was sent",
                code="auth_not_offered",
                next_step="switch Negotiate on: `winrm set winrm/config/service/auth`",
            ) from None
        except Exception as error:  # the libraries' own, of many kinds, and they quote the answer
            why = f"its log-in cannot be answered ({type(error).__name__})"
            raise refused(self._device, self._credential, why) from None
        finally:
            self.password = None  # it is not needed again
        return answer


def refused(device: Device, credential: Credential, why: str) -> LoginRefused:
    return LoginRefused(
        f"{device.id}: log-in of {credential.username or 'nobody'} refused: {why}; "
        "one attempt was made, no more follow in this run",
        next_step="correct the credential, or unlock the account; the platform's page says "
        "which groups it must be in",
    )


def show_certificate(context: ssl.SSLContext, device: Device, credential: Credential) -> None:
    """Have TLS show the client certificate in the option `winrm_certificate`.

    Its key is the credential's `private_key`. Raises ConfigurationError, LoginRefused.
    """
    file = device.options.get("winrm_certificate")
    if file is None or credential.private_key is None:
        raise ConfigurationError(
            f"{device.id}: a log-in by certificate needs the option winrm_certificate (a PEM "
            "file) and the credential's private_key",
            code="winrm_invalid",
        )
    # TLS takes a key from a file only; this one is in memory, and has no name anybody could open.
    key = os.memfd_create("key")
    try:
        os.write(key, credential.private_key.reveal().encode())
        phrase = credential.passphrase.reveal() if credential.passphrase else ""
        context.load_cert_chain(file, f"/proc/self/fd/{key}", phrase)
    except (OSError, ValueError):
        raise LoginRefused(
            f"{device.id}: {file} and the private key of {device.credential} do not belong "
            "together, or cannot be read",
            code="key_unusable",
            next_step="give the certificate as PEM, its key and the key's passphrase",
        ) from None
    finally:
        os.close(key)
    # Windows asks for the certificate only once it sees the path.
    context.post_handshake_auth = True
