"""Putting the agent together from its configuration: ledger, keys, clock, transports."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from agent.config import Config
from agent.ledger import Ledger
from agent.own_clock import kernel_synchronised
from agent.redact import SiteKey
from agent.sealing import Agent
from evidence.errors import ConfigurationError
from evidence.seal import SigningKey

SIGNING_KEY = "signing.pem"
SITE_KEY = "site.key"


def system_clock() -> datetime:
    """The one place where the machine's time is read."""
    return datetime.now(UTC)


@contextmanager
def whole(new: Path) -> Iterator[None]:
    """Of a new file that a full disk cuts short nothing stays: it would pass for the whole one."""
    try:
        yield
    except FileExistsError:  # somebody else made it meanwhile
        raise
    except OSError:
        new.unlink(missing_ok=True)
        raise


def make_keys(state: Path) -> SigningKey:
    """Make the signing key and the site's HMAC key where they are not there yet."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    signing, site = state / SIGNING_KEY, state / SITE_KEY
    public = state / "signing.pub.pem"
    if not signing.exists():
        with whole(signing):
            SigningKey.generate().write(signing)
    if not public.exists():
        with whole(public):
            public.write_text(SigningKey.read(signing).public.pem, "ascii")
    if not site.exists():
        with (
            whole(site),
            os.fdopen(os.open(site, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
        ):
            file.write(os.urandom(32))
    return SigningKey.read(signing)


def site_key(state: Path) -> SiteKey:
    """The site's key. Raises ConfigurationError (`key_missing`, `file_mode`)."""
    path = state / SITE_KEY
    try:
        mode = path.stat().st_mode & 0o777
        key = path.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(
            f"there is no site key {path}", code="key_missing", next_step="evidence-agent init"
        ) from None
    if mode & 0o077:
        raise ConfigurationError(
            f"{path} can be read by others", code="file_mode", next_step=f"chmod 600 {path}"
        )
    return SiteKey(key)


@contextmanager
def agent_of(config: Config, replayed: bool = False) -> Iterator[Agent]:
    """The agent of a configuration, its ledger open. Raises ConfigurationError for keys."""
    signing = SigningKey.read(config.state / SIGNING_KEY)
    key = site_key(config.state)
    ledger = Ledger(config.state)
    try:
        yield Agent(
            id=config.id,
            site=config.site,
            ledger=ledger,
            signing_key=signing,
            site_key=key,
            clock=system_clock,
            replayed=replayed,
            synchronised=kernel_synchronised,
        )
    finally:
        ledger.close()
