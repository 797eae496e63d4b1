"""Running the checks: every one a rule book names, and a crash is "not assessed", not silence."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

import checks
from evidence.control import CheckUse, Policy, RuleBook
from evidence.errors import ConfigurationError, shown
from evidence.observation import CHECK_FAILED, Observation, Result
from evidence.readings import Readings
from evidence.text import Text

Check = Callable[..., Iterator[Observation]]


@cache
def known_checks() -> Mapping[str, Check]:
    """Every check by name: one module of `checks` each, and nothing is registered."""
    return {
        info.name: import_module(f"checks.{info.name}").check
        for info in pkgutil.iter_modules(checks.__path__)
        if not info.name.startswith("_")
    }


def run_checks(book: RuleBook, policy: Policy, readings: Readings) -> Iterator[Observation]:
    """The observations of every check the book uses, each use with its own settings once.

    Settings come from the check's defaults, then the company's policy, then the clause.
    Raises ConfigurationError for a check or a setting that does not exist.
    """
    uses = {use.key: use for control in book.controls for use in control.checks}
    for key, use in uses.items():
        check = _named(use)
        settings = {**_lists(check, policy), **policy.settings(use.check), **use.settings}
        _accepts(use.check, check, settings)
        for observation in _guarded(use.check, check, readings, settings):
            yield replace(observation, check=key)


def _lists(check: Check, policy: Policy) -> dict[str, Any]:
    """What the policy keeps as a list of its own, for a check that has a setting of its name."""
    known = inspect.signature(check).parameters
    return {"suspects": policy.suspects} if "suspects" in known else {}


def _named(use: CheckUse) -> Check:
    check = known_checks().get(use.check)
    if check is None:
        raise ConfigurationError(
            f"the rule book names the check {use.check!r}, which does not exist; "
            f"known: {', '.join(sorted(known_checks()))}",
            code="check_unknown",
        )
    return check


def _accepts(name: str, check: Check, settings: Mapping[str, Any]) -> None:
    known = set(inspect.signature(check).parameters)
    if unknown := sorted(set(settings) - known):
        raise ConfigurationError(
            f"check {name} has no setting {', '.join(unknown)}; it has "
            f"{', '.join(sorted(known - {'readings'}))}",
            code="setting_unknown",
        )


def _guarded(
    name: str, check: Check, readings: Readings, settings: Mapping[str, Any]
) -> Iterator[Observation]:
    """The check's observations; if it crashes, what it said so far and that it crashed."""
    try:
        yield from check(readings, **settings)
    except Exception as error:  # the one place besides the visit where anything may be caught
        yield Observation(
            check=name,
            device="*",
            subject=f"check {name}",
            result=Result.not_assessed,
            state=CHECK_FAILED,
            description=Text(
                f"the check {name} failed ({type(error).__name__}: {shown(str(error))}); "
                "nothing was concluded",
                f"檢核程式 {name} 執行失敗（{type(error).__name__}），本項未作成結論",
            ),
            at=readings.at,
            scope=("*",),
        )
