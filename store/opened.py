"""What commands share: the options that name a store, a store opened beside a process that may be
serving it, and what is checked before anything is done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from evidence.account import check_account
from evidence.errors import ConfigurationError, shown
from store.agents import ID, callers
from store.clock import system_clock
from store.custody import Custody
from store.files import BLOBS
from store.settings import Settings

# What may not be read is said by whoever reads it, with its code.
State = Annotated[Path | None, typer.Option(help="The store's folder.", readable=False)]
Config = Annotated[
    Path | None, typer.Option(help="Settings file; flags come first.", readable=False)
]


@contextmanager
def opened(settings: Settings) -> Iterator[Custody]:
    """The store that the settings name. Raises ConfigurationError `store_missing`: a new and empty
    one, which `serve` makes, would answer a mistyped folder that all is well; EnvironmentProblem
    `env_account`."""
    if not (settings.state / BLOBS).is_dir():
        raise ConfigurationError(
            f"{settings.state} is no store's folder",
            code="store_missing",
            next_step="name it with --state or --config; a new one is made by `serve`",
        )
    check_account(settings.state)
    custody = Custody(
        settings.state,
        system_clock,
        database_url=settings.database,
        object_lock=settings.object_lock,
    )
    with closing(custody):
        yield custody


def a_month(given: str) -> str:
    """Raises ConfigurationError `period_invalid`."""
    if re.fullmatch(r"[0-9]{4}-(?:0[1-9]|1[0-2])", given) is None:
        raise ConfigurationError(
            f"{shown(given)} is no month",
            code="period_invalid",
            next_step="a month is written as 2026-11",
        )
    return given


def an_agent(given: str) -> str:
    """The `id` of an agent's settings. Raises ConfigurationError `agent_invalid`."""
    if ID.fullmatch(given) is None:
        raise ConfigurationError(
            f"{shown(given)} is no agent's id",
            code="agent_invalid",
            next_step="take `id` as it stands in the agent's agent.yaml",
        )
    return given


def sites(given: list[str]) -> list[str]:
    """Raises ConfigurationError `site_invalid`."""
    if not all(one == one.strip() and one.isprintable() and one for one in given):
        raise ConfigurationError(
            "a site has a name",
            code="site_invalid",
            next_step="take `site` as it stands in the agent's agent.yaml",
        )
    return given


def known_agent(custody: Custody, agent: str) -> str:
    """Raises ConfigurationError `agent_unknown`."""
    with custody.database.reading() as rows:
        if agent not in [one.agent for one in callers(rows)]:
            raise ConfigurationError(
                f"no agent {shown(agent)} was ever enrolled here",
                code="agent_unknown",
                next_step="see `evidence-store list`",
            )
    return agent
