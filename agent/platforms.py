"""Finding the platforms: one module of `collectors` each, and nothing is registered.

A platform module may define
- generator functions named after a subject (`firewall`, `firmware`, …): its collectors,
- module-level `Ask` constants, alone or in tuples: everything it may ever send,
- `SESSION`: an `evidence.ask.Session`, for interactive command lines,
- `HTTP_SESSION`: an `evidence.ask.HttpSession`, for HTTPS with a log-in,
- `TRANSPORTS`: the transports it can be read by, the default first,
- `HTTP_AUTH`: how an HTTPS credential is sent: `bearer` (the default), `basic`, `token` (the
  scheme of Django's frameworks), or the name of the header that carries the token,
- `HTTP_KEY_REFUSED`: a pattern (bytes) of the answer that refuses the token, where a device
  says so with another status than 401,
- `ALIASES`: other names it goes by (netmiko's device types),
- `BY_NAME`: subjects that are read only where the configuration names them, because they need
  more of the account than the others, or a part that few devices have,
- `NOT_BY`: by transport, subjects that cannot be read that way,
- `VENDOR`: the vendor's name.
"""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from types import ModuleType

import collectors
from evidence.ask import Ask, HttpSession, Session
from evidence.device import SUBJECTS
from evidence.errors import ConfigurationError
from evidence.replay import Collector, source_digest


@dataclass(frozen=True)
class Platform:
    """A platform module, read: its collectors, and all that it may ever send."""

    name: str
    module: ModuleType
    collectors: dict[str, Collector]
    asks: tuple[Ask, ...]
    session: Session | None
    transports: tuple[str, ...]
    aliases: tuple[str, ...]
    vendor: str | None
    http_session: HttpSession | None = None
    by_name: tuple[str, ...] = ()
    not_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def subjects_by(self, transport: str) -> tuple[str, ...]:
        """The subjects that can be read by this transport."""
        not_by = self.not_by.get(transport, ())
        return tuple(subject for subject in self.collectors if subject not in not_by)

    @cached_property
    def all_asks(self) -> tuple[Ask, ...]:
        """Everything that can ever be sent, log-in, paging and log-out lines included."""
        first, last = _around(self.session), _around_http(self.http_session)
        return tuple(dict.fromkeys((*first[0], *last[0], *self.asks, *first[1], *last[1])))

    @cached_property
    def _by_text(self) -> dict[str, Ask]:
        return {ask.text: ask for ask in self.all_asks}

    def declares(self, ask: Ask) -> bool:
        """Whether this ask, its holes lawfully filled, is among `all_asks`."""
        near = self._by_text.get(ask.template or ask.text)
        if near is not None and near.admits(ask.text):
            return True
        return any(known.admits(ask.text) for known in self.all_asks)

    @property
    def parser_digest(self) -> str:
        """The digest of the module's source, so that a reading names the code that made it."""
        return _digest_of(self.module)


@cache
def _digest_of(module: ModuleType) -> str:
    """Read once: what runs is the source as it was loaded."""
    return source_digest(module)


@cache
def _names() -> tuple[str, ...]:
    found = (info.name for info in pkgutil.iter_modules(collectors.__path__))
    return tuple(name for name in found if not name.startswith("_"))


@cache
def _named(name: str) -> Platform:
    return _read(name, import_module(f"collectors.{name}"))


def platforms() -> dict[str, Platform]:
    """Every platform by its short name."""
    return {name: _named(name) for name in _names()}


def platform(name: str) -> Platform:
    """The platform of that short name or alias. Raises ConfigurationError, naming every one.

    By its short name it is loaded alone: all together take most of the time a command needs.
    """
    if name in _names():
        return _named(name)
    known = platforms()
    for one in known.values():
        if name in one.aliases:
            return one
    raise ConfigurationError(
        f"platform {name!r} is unknown; known: {', '.join(sorted(known))}",
        code="platform_unknown",
    )


def _around(session: Session | None) -> tuple[tuple[Ask, ...], tuple[Ask, ...]]:
    """What a command line's session sends before and after its asks."""
    if session is None:
        return (), ()
    elevate = (session.elevate,) if session.elevate else ()
    nonce = (session.nonce_ask,) if session.nonce_ask else ()
    return (*session.login, *elevate), (*nonce, *session.logout)


def _around_http(session: HttpSession | None) -> tuple[tuple[Ask, ...], tuple[Ask, ...]]:
    """What an HTTPS session sends before and after its asks."""
    if session is None:
        return (), ()
    return session.login, (session.logout,) if session.logout else ()


def _read(name: str, module: ModuleType) -> Platform:
    asks = [
        ask
        for value in vars(module).values()
        for ask in (value if isinstance(value, tuple) else (value,))
        if isinstance(ask, Ask)
    ]
    session = getattr(module, "SESSION", None)
    http_session = getattr(module, "HTTP_SESSION", None)
    around = (*_around(session), *_around_http(http_session))
    lines = {line for some in around for line in some}
    return Platform(
        name=name,
        module=module,
        collectors={
            subject: getattr(module, subject)
            for subject in SUBJECTS
            if inspect.isgeneratorfunction(getattr(module, subject, None))
        },
        asks=tuple(dict.fromkeys(ask for ask in asks if ask not in lines)),
        session=session,
        transports=tuple(getattr(module, "TRANSPORTS", ())),
        aliases=tuple(getattr(module, "ALIASES", ())),
        vendor=getattr(module, "VENDOR", None),
        http_session=http_session,
        by_name=tuple(getattr(module, "BY_NAME", ())),
        not_by=dict(getattr(module, "NOT_BY", {})),
    )
