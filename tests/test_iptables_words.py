"""The short way to take an iptables rule's words apart gives what the shell's way gives."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from collectors.linux._iptables_rule import options
from evidence.errors import Incomplete


@given(st.text(alphabet=" \t\"'\\ab-!,\u3000\x0b中", max_size=14))
def test_words_are_those_of_a_shell(text: str) -> None:
    line = f"{text} x -j LOG"
    try:
        expected: list[str] | None = shlex.split(line)
    except ValueError:
        expected = None
    try:
        found = options(line, "test")
    except Incomplete:
        assert expected is None
        return
    assert expected is not None
    assert [*found.match_words, "-j", found.target, *found.target_words] == expected
