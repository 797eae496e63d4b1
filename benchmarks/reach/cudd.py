"""The exact answer of a binary decision diagram (CUDD), in a process of its own.

Reads policies from its first argument (JSON: lists of rules, a rule a list of dimensions, a
dimension a list of spans) and prints, for each, the places of rules that earlier ones cover whole.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def covered(policy: list[list[list[list[int]]]], engine: Any) -> list[int]:
    """Every rule as a formula over the bits of its numbers, and all rules so far as another."""
    bits = [
        max(last for rule in policy for _, last in rule[dimension]).bit_length() or 1
        for dimension in range(len(policy[0]))
    ]
    names = [
        [f"d{dimension}b{bit}" for bit in range(count)] for dimension, count in enumerate(bits)
    ]
    engine.declare(*(name for dimension in names for name in dimension))
    found, under = [], engine.false
    for place, rule in enumerate(policy):
        formula = engine.true
        for dimension, spans in enumerate(rule):
            value = engine.false
            for first, last in spans:
                value |= _at_least(engine, names[dimension], first) & ~_at_least(
                    engine, names[dimension], last + 1
                )
            formula &= value
        if (formula & ~under) == engine.false:
            found.append(place)
        under |= formula
    return found


def _at_least(engine: Any, names: list[str], number: int) -> Any:
    """The numbers from `number` on, over the bits `names`, lowest first."""
    if number >= 1 << len(names):
        return engine.false
    formula = engine.true
    for bit, name in enumerate(names):
        one = engine.var(name)
        formula = one & formula if number >> bit & 1 else one | formula
    return formula


def main() -> None:
    cudd = import_module("dd.cudd")
    policies = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    print(json.dumps([covered(policy, cudd.BDD()) for policy in policies]))


if __name__ == "__main__":
    main()
