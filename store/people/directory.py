"""Active Directory over LDAPS: asked as the person who logs in, with their own password.

No account of the store's own is needed there. Forms of names, the codes of a refused bind and the
rule that follows nested groups: Microsoft's [MS-ADTS] 5.1.1.1.1, 5.1.1.5 and 3.1.1.3.4.4.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from ldap3 import NONE, SIMPLE, SUBTREE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars

from evidence.clock import Clock
from store.people.outside import Vouched, clean_name
from store.people.settings import Directory as Settings
from store.problems import Refused

_SUCCESS, _INVALID_CREDENTIALS = 0, 49
# What Active Directory says of a bind whose password was right, or (775) that it will not look at.
_REFUSALS = {
    "532": "password_expired",
    "773": "password_expired",
    "533": "account_disabled",
    "701": "account_disabled",
    "775": "account_locked",
}
_WHY = {
    "password_expired": "the directory wants another password first",
    "account_disabled": "the directory has disabled the account, or it has expired",
    "account_locked": "the directory has locked the account",
}
_DISABLED = 0x2  # userAccountControl
_NEVER = (0, 0x7FFFFFFFFFFFFFFF)  # accountExpires
_FILETIME_BEGINS = datetime(1601, 1, 1, tzinfo=UTC)
_PERSON = ("objectGUID", "displayName", "sAMAccountName", "userAccountControl", "accountExpires")
_LONGEST = 256


class CheckedTls(Tls):
    """TLS that demands a certificate for the host's name, by Python's own check: the library's
    has stood still since 2021."""

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        context = ssl.create_default_context(cafile=self.ca_certs_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        connection.socket = context.wrap_socket(
            connection.socket,
            server_hostname=connection.server.host,
            do_handshake_on_connect=do_handshake,
        )


class Directory:
    """One domain, at any of its controllers."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock

    def check(self, name: str, password: str) -> Vouched:
        """Whom the directory knows by this name and password.

        Raises Refused: `login_failed`, `password_expired`, `account_disabled`, `account_locked`,
        `directory_away`.
        """
        # With an empty password a bind succeeds and proves nothing (RFC 4513, 5.1.2).
        if not name or not password or len(name) > _LONGEST or not name.isprintable():
            raise _failed()
        account = name.rpartition("\\")[2]
        full = account if "@" in account else f"{account}@{self.settings.domain}"
        with self._bound(full, password) as connection:
            entry = self._entry(connection, full)
            # Two accounts can answer to one name; only one of them has this password.
            self._demand(connection.rebind(entry["dn"], password), connection)
            self._check_state(entry["raw_attributes"])
            groups = self._groups(connection, entry["dn"])
        found = entry["raw_attributes"]
        called = _text(found, "sAMAccountName")
        return Vouched(
            identity=f"ldaps://{self.settings.domain.casefold()} "
            f"{UUID(bytes_le=found['objectGUID'][0])}",
            way="ldaps",
            login_name=called,
            name=_text(found, "displayName") or called,
            grants=self.settings.grants(groups),
        )

    @contextmanager
    def _bound(self, name: str, password: str) -> Iterator[Connection]:
        """A connection bound by this name, to the first controller that answers."""
        ca = None if self.settings.ca is None else str(self.settings.ca)
        why = ""
        for host in self.settings.hosts:
            connection = Connection(
                Server(
                    host,
                    self.settings.port,
                    use_ssl=True,
                    tls=CheckedTls(ca_certs_file=ca),
                    get_info=NONE,
                    connect_timeout=self.settings.timeout_s,
                ),
                name,
                password,
                authentication=SIMPLE,
                auto_referrals=False,
                receive_timeout=self.settings.timeout_s,
                read_only=True,
            )
            try:
                bound = connection.bind()
            except (LDAPException, OSError) as error:
                why = f"{host}: {type(error).__name__}"
                _close(connection)
                continue
            if not bound and connection.result["result"] != _INVALID_CREDENTIALS:
                why = f"{host}: {connection.result['description']}"
                _close(connection)
                continue
            try:
                self._demand(bound, connection)
                yield connection
            except (LDAPException, OSError) as error:
                raise _away(f"{host}: {type(error).__name__}") from None
            finally:
                _close(connection)
            return
        raise _away(why)

    def _demand(self, bound: bool, connection: Connection) -> None:
        """Raises Refused for a bind that failed."""
        if bound:
            return
        said = re.search(r"\bdata ([0-9a-f]{2,8})\b", str(connection.result["message"]))
        code = _REFUSALS.get(said[1] if said else "", "login_failed")
        raise _failed() if code == "login_failed" else Refused(_WHY[code], code=code)

    def _entry(self, connection: Connection, full: str) -> dict[str, Any]:
        """The one person of this name: by the name they log in with, else by their account's."""
        local, _, domain = full.rpartition("@")
        wanted = [("userPrincipalName", full)]
        if domain.casefold() == self.settings.domain.casefold():
            wanted.append(("sAMAccountName", local))
        for attribute, value in wanted:
            found = self._search(
                connection,
                f"(&(objectCategory=person)(objectClass=user)"
                f"({attribute}={escape_filter_chars(value)}))",
                _PERSON,
            )
            if len(found) > 1:
                raise Refused("the directory has that name twice", code="login_failed")
            if found:
                return found[0]
        raise _failed()

    def _check_state(self, found: dict[str, list[bytes]]) -> None:
        """A second look, should a controller have let in whom it should not."""
        flags, ends = (_number(found, name) for name in ("userAccountControl", "accountExpires"))
        over = ends not in _NEVER and (
            _FILETIME_BEGINS + timedelta(microseconds=ends // 10) <= self._clock()
        )
        if flags & _DISABLED or over:
            raise Refused(_WHY["account_disabled"], code="account_disabled")

    def _groups(self, connection: Connection, dn: str) -> frozenset[str]:
        """Which of the groups that the settings name the person is in, through others too."""
        named = "".join(
            f"(sAMAccountName={escape_filter_chars(one)})"
            for one in sorted({line.group for line in self.settings.groups})
        )
        if not named:
            return frozenset()
        found = self._search(
            connection,
            f"(&(objectClass=group)(|{named})"
            f"(member:1.2.840.113556.1.4.1941:={escape_filter_chars(dn)}))",
            ("sAMAccountName",),
        )
        return frozenset(_text(one["raw_attributes"], "sAMAccountName") for one in found)

    def _search(
        self, connection: Connection, wanted: str, attributes: tuple[str, ...]
    ) -> list[dict[str, Any]]:
        """Entries of our domain; other domains that it points at are not asked."""
        connection.search(
            self.settings.root,
            wanted,
            SUBTREE,
            attributes=list(attributes),
            time_limit=self.settings.timeout_s,
        )
        if connection.result["result"] != _SUCCESS:
            raise _away(str(connection.result["description"]))
        return [one for one in connection.response or () if one["type"] == "searchResEntry"]


def _text(found: dict[str, list[bytes]], name: str) -> str:
    return clean_name(next(iter(found.get(name, [])), b"").decode("utf-8", "replace"))


def _number(found: dict[str, list[bytes]], name: str) -> int:
    """0 where the directory says nothing: no flag is set, and no end."""
    said = _text(found, name)
    return int(said) if said.lstrip("-").isdigit() else 0


def _close(connection: Connection) -> None:
    """Say good-bye. The library lets go of no socket that never was connected."""
    with suppress(LDAPException, OSError):
        connection.unbind()
    if connection.socket is not None:
        connection.socket.close()


def _failed() -> Refused:
    return Refused("account, password or code is wrong", code="login_failed")


def _away(why: str) -> Refused:
    return Refused(f"the directory does not answer: {why}", code="directory_away")
