"""The own host: declared programs, no shell, nothing of the agent's environment."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.transports.local import Local, open_local
from evidence.ask import Ask
from evidence.errors import Denied, Incomplete, NotAnswered, TooMuch
from tests import toy

ENV = Ask("env", "env")
LITERAL = Ask("literal", "echo 'a b' $HOME `id` ; id")
ENDLESS = Ask("endless", "yes", limit_bytes=100_000)
SLOW = Ask("slow", "sh -c 'sleep 60 & sleep 60'", limit_s=0.3)
FAILS = Ask("fails", "ls /nonexistent")
MISSING = Ask("missing", "no-such-program --version")


def own_host() -> Local:
    asks = (ENV, LITERAL, ENDLESS, SLOW, FAILS, MISSING)
    return open_local(toy.device(0), toy.platform(*asks))


def test_the_environment_is_not_the_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_SECRET", toy.PASSWORD)
    assert toy.PASSWORD.encode() not in own_host().ask(ENV).body


def test_no_shell_reads_the_command() -> None:
    assert own_host().ask(LITERAL).body == b"a b $HOME `id` ; id\n"


def test_what_no_ask_declares_is_not_run(tmp_path: Path) -> None:
    file = tmp_path / "made"
    with pytest.raises(Denied):
        own_host().ask(Ask("made", f"touch {file}"))
    assert not file.exists()


def test_a_failure_says_what_was_said() -> None:
    with pytest.raises(NotAnswered, match=r"status 2.*nonexistent"):
        own_host().ask(FAILS)
    assert b"nonexistent" in own_host().ask(replace(FAILS, exits=(0, 2))).body


def test_a_missing_program_is_no_answer() -> None:
    with pytest.raises(NotAnswered, match="No such file"):
        own_host().ask(MISSING)


def test_endless_output_ends_at_the_byte_limit() -> None:
    with pytest.raises(TooMuch):
        own_host().ask(ENDLESS)


def test_a_hanging_program_ends_at_the_time_limit_with_its_children() -> None:
    with pytest.raises(Incomplete):
        own_host().ask(SLOW)
