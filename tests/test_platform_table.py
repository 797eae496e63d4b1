"""docs/platforms/README.md says of every platform what its expected facts show, no more."""

from __future__ import annotations

import pytest

from agent.platforms import platforms
from tests.write_platforms import PAGES, TABLE, counted, firewalls, privilege, table


@pytest.mark.parametrize("name", sorted(platforms()))
def test_a_page_says_what_its_account_needs(name: str) -> None:
    assert privilege(name), "a line `Least privilege: ….` under `## A read-only account`"


def test_the_table_is_what_the_cases_show() -> None:
    assert TABLE.read_text("utf-8") == table(), "run python -m tests.write_platforms"


@pytest.mark.parametrize("name", firewalls())
def test_a_firewalls_page_counts_its_tapes(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text("utf-8")
    assert page == counted(name), "run python -m tests.write_platforms"
