"""Enrolment: an agent makes its keys, and a token lets it into a store, once."""

from __future__ import annotations

import os
from pathlib import Path

import yaml

from agent.config import Config, StoreModel
from agent.push.client import StoreClient
from agent.push.contact import forget_store
from agent.wired import make_keys, system_clock
from evidence.errors import ConfigurationError
from evidence.seal import PublicKey
from evidence.statement import is_digest

KEY_FILE = "store.pub.pem"


def enrol(config: Config, url: str, token: str, ca: Path | None) -> tuple[str, ...]:
    """Let the agent of a configuration into the store at `url`; the sites it may deliver for.

    The token names the store's key: another store is not told the token. Writes the store's key
    beside agent.yaml, and `store:` into it where there is none. Raises ConfigurationError and
    EnvironmentProblem.
    """
    secret, _, keyid = token.partition(".")
    if not secret or not is_digest(keyid):
        raise ConfigurationError(
            "this is no token of a store",
            code="token_invalid",
            next_step="copy it whole from `evidence-store invite`",
        )
    if config.store is not None and config.store.url.rstrip("/") != url.rstrip("/"):
        raise ConfigurationError(
            f"{config.path} names another store, {config.store.url}",
            code="store_conflict",
            next_step="take `store:` out of it first",
        )
    folder = config.path.parent
    key = make_keys(config.state)
    settings = StoreModel(url=url, ca=None if ca is None else os.path.relpath(ca, folder))
    client = StoreClient(settings, key, system_clock, folder)
    store_key = PublicKey.of_pem(client.key(), f"the key of {url}")
    if store_key.keyid != keyid:
        raise ConfigurationError(
            f"{url} has the key {store_key.keyid}, and the token is of {keyid}",
            code="store_other",
            next_step="ask for the store's address; something else answers at this one",
        )
    sites = client.enrol(secret, config.id)
    (folder / KEY_FILE).write_text(store_key.pem, "ascii")
    forget_store(config.state)
    if config.store is None:
        written = settings.model_copy(update={"public_key": KEY_FILE})
        section = {"store": written.model_dump(exclude_none=True)}
        with config.path.open("a", encoding="utf-8") as file:
            file.write(yaml.safe_dump(section, sort_keys=False))
    return sites
