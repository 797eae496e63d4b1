"""The daemon's door: who may come in, what they are told, and `collect` with and without it."""

from __future__ import annotations

import grp
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.door import Request, line_of
from agent.door.client import ask_daemon
from agent.door.server import teller
from agent.wired import make_keys
from evidence.errors import ConfigurationError
from evidence.runs import RunRecord
from evidence.seal import Envelope
from evidence.statement import RUN, Statement
from tests.agent_loop import agent_in
from tests.test_daemon import ROOT, daemon_of, wait_for

pytestmark = pytest.mark.whole

STRANGER = "nobody"
# A member of the group with Python's standard library only, as another user runs it.
KNOCK = """
import socket, sys
with socket.socket(socket.AF_UNIX) as door:
    door.connect(sys.argv[1])
    door.sendall(sys.argv[2].encode() + b"\\n")
    print(door.makefile().read(), end="")
"""


def site(folder: Path, group: str) -> Path:
    (folder / "devices.yaml").write_text(
        "devices:\n  - {id: this-host, platform: linux, subjects: [firmware], transport: local}\n"
    )
    make_keys(folder / "state")
    path = folder / "agent.yaml"
    path.write_text(
        f"id: agent-1\nstate: state\ndaemon: {{socket: agent.sock, operators: {group}}}\n"
    )
    return path


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users can reach, with a path short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix="door-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def told(path: Path, request: Request) -> list[dict[str, Any]]:
    return list(ask_daemon(path, request) or ())


def knock(path: Path, line: str) -> list[dict[str, Any]]:
    """What a stranger's process is told."""
    user = pwd.getpwnam(STRANGER)
    done = subprocess.run(
        ["/usr/bin/python3", "-c", KNOCK, str(path), line],
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if "PermissionError" in done.stderr:
        return [{"error": {"code": "permission"}}]
    return [json.loads(one) for one in done.stdout.splitlines()]


def requesters(state: Path) -> list[str]:
    agent = agent_in(state)
    records = [bytes(envelope) for _, _, envelope in agent.ledger.records(RUN)]
    agent.ledger.close()
    return [RunRecord.of(Statement.parse(Envelope.parse(one).payload)).requester for one in records]


def test_an_operator_collects_while_the_daemon_runs(folder: Path) -> None:
    path = site(folder, "no-such-group")
    door = folder / "agent.sock"
    with daemon_of(path):
        seen = told(door, Request(("this-host",)))
        assert [name for message in seen for name in message][-2:] == ["visit", "done"]
        assert "ask" in seen[0]
        assert seen[-2]["visit"][0]["state"] == "read"
        assert seen[-1]["done"]["failed"] == 0
        texts = [row["text"] for row in told(door, Request(dry_run=True))[0]["asks"]]
        assert texts and all(isinstance(text, str) for text in texts)
        command = [sys.executable, "-c", "from agent.cli import main; main()", "collect", "--json"]
        done = subprocess.run(
            [*command, "--config", str(path)], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert json.loads(done.stdout)["state"] == "read"
    assert ask_daemon(door, Request()) is None, "a killed daemon's socket is no daemon"
    alone = subprocess.run(
        [*command, "--config", str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(alone.stdout)["state"] == "read"
    me = pwd.getpwuid(os.geteuid()).pw_name
    assert requesters(folder / "state")[:3] == ["schedule", me, me]
    assert len(requesters(folder / "state")) == 4


@pytest.mark.part("root")
def test_members_of_the_group_come_in_and_strangers_do_not(folder: Path) -> None:
    group = grp.getgrgid(pwd.getpwnam(STRANGER).pw_gid).gr_name
    path = site(folder, group)
    line = Request(("this-host",)).to_line().decode().strip()
    with daemon_of(path):
        seen = knock(folder / "agent.sock", line)
        assert seen[-1]["done"]["failed"] == 0
    assert STRANGER in requesters(folder / "state")
    path.write_text(path.read_text("utf-8").replace(group, "root"))
    with daemon_of(path) as daemon:
        wait_for(daemon, lambda: bool(told(folder / "agent.sock", Request(dry_run=True))))
        assert knock(folder / "agent.sock", line) == [{"error": {"code": "permission"}}]
        (folder / "agent.sock").chmod(0o666)  # the socket's mode is not the only guard
        assert knock(folder / "agent.sock", line)[0]["error"]["code"] == "operator_denied"
    assert requesters(folder / "state").count(STRANGER) == 1


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"\n", "request_invalid"),
        (b"{}\n", "request_invalid"),
        (b'{"collect": null}\n', "request_invalid"),
        (b'{"collect": {"devices": "this-host"}}\n', "request_invalid"),
        (b'{"collect": {"text": "show version"}}\n', "request_invalid"),
        (b"[" * 100_000 + b"\n", "request_invalid"),
        (b'{"collect": {"devices": ["fw-1"]}}\n', "device_unknown"),
        (b'{"collect": {"subject": "weather"}}\n', "subject_unknown"),
    ],
)
def test_what_is_no_request_is_refused(line: bytes, code: str, answering: Path) -> None:
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(str(answering))
        door.sendall(line)
        (said,) = door.makefile().read().splitlines()
    assert json.loads(said)["error"]["code"] == code


@pytest.fixture(scope="module")
def answering() -> Iterator[Path]:
    """The socket of a daemon that runs for all the bad requests."""
    made = Path(tempfile.mkdtemp(prefix="door-"))
    with daemon_of(site(made, "no-such-group")):
        yield made / "agent.sock"
    shutil.rmtree(made)


def test_who_says_nothing_or_leaves_harms_nobody(answering: Path) -> None:
    for words in (b"", b'{"collect": {}}\n'):
        with socket.socket(socket.AF_UNIX) as door:
            door.connect(str(answering))
            door.sendall(words)
    assert told(answering, Request())[-1]["done"]["failed"] == 0


@pytest.mark.parametrize("size", [1, 100_000_000])
def test_who_does_not_listen_is_told_nothing_more(size: int) -> None:
    daemon_end, operator_end = socket.socketpair()
    with daemon_end, operator_end:
        daemon_end.settimeout(0.2)
        tell = teller(daemon_end)
        tell({"ask": "x" * size})
        tell({"done": {}})
        operator_end.setblocking(False)
        heard = operator_end.recv(1_000_000)
    assert heard.endswith(b'{"done": {}}\n') == (size == 1)


def test_a_second_daemon_on_the_same_state_is_refused(answering: Path) -> None:
    command = [sys.executable, "-c", "from agent.cli import main; main()", "run", "--config"]
    path = answering.parent / "agent.yaml"
    done = subprocess.run([*command, str(path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 3
    assert "env_running" in done.stderr


def test_a_request_is_read_as_it_was_written() -> None:
    request = Request(("fw-1", "防火牆"), "firewall", True)
    assert Request.of_line(request.to_line()) == request
    with pytest.raises(ConfigurationError):
        Request.of_line(line_of({"collect": {"dry_run": 1}}))
