"""The house rules, read from the code: who may import whom, and what thinking code may use."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from agent.gate.reading import reads
from agent.platforms import platforms

ROOT = Path(__file__).parent.parent
HOUSE = (
    *("agent", "checks", "collectors", "config", "evidence"),
    *("lab", "report", "store", "verify"),
)
ALLOWED = {
    "evidence": {"evidence"},
    "collectors": {"evidence", "collectors"},
    "checks": {"evidence", "checks"},
    "report": {"evidence", "report"},
    "store": {"evidence", "report", "store", "config"},
    "verify": {"evidence", "verify", "collectors", "checks"},
    "agent": {"evidence", "agent", "collectors", "checks", "config", "report", "verify"},
}
# What touches the world. Thinking code gets bytes, times and numbers handed in.
HANDS = {
    *("socket", "ssl", "subprocess", "requests", "paramiko", "netmiko", "pysnmp", "urllib"),
    *("http", "asyncio", "os", "shutil", "tempfile", "time", "random", "secrets", "threading"),
}
CLOCKS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now"),
    *("time.time", "time.monotonic", "time.perf_counter"),
}
LONGEST_FILE = 500


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


class Module(NamedTuple):
    docstring: str | None
    imports: list[str]
    calls: list[tuple[str, int]]  # what is called, dotted, and in which line


@cache
def module(path: Path) -> Module:
    found = ast.parse(path.read_text("utf-8"))
    seen = Module(ast.get_docstring(found), [], [])
    for node in ast.walk(found):
        if isinstance(node, ast.Import):
            seen.imports.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            seen.imports.append(node.module)
        elif isinstance(node, ast.Call) and (name := dotted(node.func)):
            seen.calls.append((name, node.lineno))
    return seen


def dotted(node: ast.expr) -> str:
    """`datetime.now` of that expression; of one that is more than names, nothing."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_imports_point_inward_only(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(package)
        for name in module(path).imports
        if (top := name.split(".")[0]) in HOUSE and top not in ALLOWED[package]
    ]
    assert not wrong


@pytest.mark.parametrize("package", ["collectors", "checks"])
def test_thinking_code_never_touches_the_world(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(package)
        for name in module(path).imports
        if name.split(".")[0] in HANDS
    ]
    opened = [
        f"{path.relative_to(ROOT)}:{line} opens a file"
        for path in sources(package)
        for name, line in module(path).calls
        if name in ("open", "eval", "exec", "input", "print")
    ]
    assert not wrong + opened


@pytest.mark.parametrize("package", ["collectors", "checks", "evidence", "report"])
def test_nobody_reads_the_clock(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources(package)
        for name, line in module(path).calls
        if name in CLOCKS
    ]
    assert not wrong, "time is handed in; the one clock is agent.wired.system_clock"


@pytest.mark.parametrize("package", HOUSE)
def test_a_file_that_outgrows_its_room_becomes_a_folder(package: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources(package)
        if (lines := len(path.read_text("utf-8").splitlines())) > LONGEST_FILE
    }
    assert not long


@pytest.mark.parametrize("package", HOUSE)
def test_every_module_says_what_it_is(package: str) -> None:
    silent = [
        str(path.relative_to(ROOT)) for path in sources(package) if not module(path).docstring
    ]
    assert not silent


@pytest.mark.parametrize("name", sorted(platforms()))
def test_a_platform_is_complete(name: str) -> None:
    one = platforms()[name]
    assert one.collectors, f"{name} reads nothing"
    assert one.asks, f"{name} declares no ask"
    assert one.transports, f"{name} names no transport"
    assert (ROOT / "docs" / "platforms" / f"{name}.md").exists(), f"{name} has no page"
    names = [ask.name for ask in one.all_asks]
    assert len(names) == len(set(names)), "an ask's name stands for one ask"


@pytest.mark.parametrize("name", sorted(platforms()))
def test_a_platform_s_page_has_the_account_s_recipe_and_what_verifies_it(name: str) -> None:
    page = (ROOT / "docs" / "platforms" / f"{name}.md").read_text("utf-8")
    recipe = page.partition("\n## A read-only account\n")[2].partition("\n## ")[0]
    before, says_check, after = recipe.partition("Check it")
    assert says_check, f"{name}: no command verifies the account"
    assert "```" in after, f"{name}: what verifies the account is no command to copy"
    recipe_ = "```" in before or "None is needed" in before or len(before.split()) > 20
    assert recipe_, f"{name}: no recipe"


WRITES = (
    *("configure", "write", "delete", "clear ", "reset", "reload", "reboot", "erase", "copy "),
    *("commit", "set ", "unset", "flush", "-Z", "PUT ", "PATCH ", "reg add", "rm "),
)
# What enters and leaves an HTTPS session, and changes nothing else.
ENTERS = re.compile(
    r"(?i)(?:POST|DELETE) /\S*(?:login|logout|token|ticket|revokeaccess)(?:[? ].*)?"
    r'|POST /jsonrpc \{.*"url":"/sys/(?:login/user|logout)".*'
    r"|POST /sdk <soapenv:Envelope [^<>]*><soapenv:Body><(?:Login|Logout) [^<>]*>.*"
)


@pytest.mark.parametrize("name", sorted(platforms()))
def test_no_ask_can_write(name: str) -> None:
    wrong = [
        ask.text
        for ask in platforms()[name].all_asks
        if any(ask.text.startswith(word) or f" {word}" in ask.text for word in WRITES)
    ]
    assert not wrong


@pytest.mark.parametrize("name", sorted(platforms()))
def test_no_request_can_write(name: str) -> None:
    one = platforms()[name]
    requests = [ask for ask in one.asks if ask.kind == "http"]
    assert [ask.text for ask in requests if not reads(ask)] == []
    around = [ask.text for ask in one.all_asks if ask.kind == "http" and ask not in requests]
    assert [text for text in around if not ENTERS.fullmatch(text)] == []
