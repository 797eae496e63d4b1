"""Every check and every setting has words in both languages; nothing else has."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import checks
from checks import known_checks
from report.check_words import CHECKS, SETTINGS, check_words, setting_words
from report.codes import STATES


def test_every_check_has_words_and_no_other() -> None:
    assert set(CHECKS) == set(known_checks())


def test_every_setting_has_words_and_no_other() -> None:
    asked = {
        name
        for check in known_checks().values()
        for name in inspect.signature(check).parameters
        if name != "readings"
    }
    assert set(SETTINGS) == asked


def test_words_are_short_and_in_two_languages() -> None:
    for words in (*CHECKS.values(), *SETTINGS.values()):
        assert words.en.isascii()
        assert not words.zh.isascii()
        assert len(words.zh) <= 24


def test_a_clause_with_settings_of_its_own_reads_alike() -> None:
    assert check_words('reading_is_fresh{"subject":"firewall"}') == CHECKS["reading_is_fresh"]
    assert setting_words("reading_is_fresh", "days").zh == "讀取資料在時效內：期限日數"


def said_states(tree: ast.AST) -> Iterator[str]:
    """The states that a check's source writes: `Result.partly, "aging"`, `state="decided"`."""
    for node in ast.walk(tree):
        told: list[ast.expr] = []
        match node:
            case ast.Tuple(elts=[ast.Attribute(value=ast.Name(id="Result")), said, *_]):
                told = [said]
            case ast.Call(func=ast.Name(id="Answer"), args=args):
                told = args[:2]
            case ast.keyword(arg="state", value=said) | ast.Assign([ast.Name(id="state")], said):
                told = [said]
        for one in told:
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value


def test_every_state_that_a_check_may_say_has_words_in_two_languages() -> None:
    files = [Path(path) for path in Path(checks.__path__[0]).glob("*.py")]
    said = {state for file in files for state in said_states(ast.parse(file.read_text("utf-8")))}
    assert len(said) > 150, "the states are written otherwise than this test looks for"
    assert sorted(said - set(STATES)) == []
    assert [code for code, words in STATES.items() if words.zh.isascii()] == []
