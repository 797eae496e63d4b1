"""The operator's side of the door: is there a daemon, and what does it say."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

from agent.door import Message, Request
from evidence.errors import ConfigurationError, EnvironmentProblem, EvidenceError

_BY_EXIT_CODE = {2: ConfigurationError, 3: EnvironmentProblem}


def ask_daemon(path: Path, request: Request) -> Iterator[Message] | None:
    """What the daemon tells, message by message; None when there is no daemon to ask.

    Raises EnvironmentProblem (`operator_denied`) for who may not come in.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
        connection.sendall(request.to_line())
    except PermissionError:
        connection.close()
        raise EnvironmentProblem(
            f"you may not come in at {path}",
            code="operator_denied",
            next_step="ask to be put into the group evidence-operators, and log in again",
        ) from None
    except BrokenPipeError:
        pass  # refused before it was asked: the reason lies ready to be read
    except OSError:
        connection.close()
        return None
    return _told(connection)


def _told(connection: socket.socket) -> Iterator[Message]:
    """The messages, to the last one. Raises what the daemon says is wrong."""
    with connection, connection.makefile("rb") as lines:
        for line in lines:
            message: Message = json.loads(line)
            if wrong := message.get("error"):
                kind = _BY_EXIT_CODE.get(wrong["exit_code"], EvidenceError)
                raise kind(wrong["message"], code=wrong["code"], next_step=wrong["next_step"])
            yield message
            if message.keys() & {"done", "asks"}:
                return
    raise EnvironmentProblem(
        "the daemon ended before the collection did",
        code="daemon_gone",
        next_step="look at its log; what it had sealed is kept",
    )
