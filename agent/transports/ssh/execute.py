"""SSH, one command a channel (exec): for hosts, where a command has an end and a status."""

from __future__ import annotations

from paramiko import Channel, SSHClient, SSHException

from agent.secret import Credential
from agent.transports import Answer
from agent.transports.deadline import Deadline
from agent.transports.ssh.link import CONNECT_S, OPEN_S, Link
from agent.transports.status import ended
from evidence.ask import Ask
from evidence.capture import check_size
from evidence.errors import Incomplete

_CHUNK = 256 * 1024
_LOOK_S = 1.0  # how long the error output may wait while nothing comes on the other


class Execute:
    """An open connection on which each ask is a command of its own."""

    def __init__(self, link: Link, client: SSHClient, account: str) -> None:
        self._link = link
        self._client = client
        self._account = account

    def ask(self, ask: Ask) -> Answer:
        """The command's output. Raises NotAnswered for an exit status that is no answer."""
        who = self._link.device.id
        with Deadline(ask.limit_s, self._client.close) as deadline:
            try:
                output, errors, status = self._run(ask)
            except (SSHException, OSError, EOFError) as error:
                if deadline.passed:
                    raise Incomplete(f"{who}: {ask.text!r} took over {ask.limit_s:g} s") from None
                raise self._link.lost(f"{ask.text!r} ({error})") from None
        if deadline.passed:
            raise Incomplete(f"{who}: {ask.text!r} took over {ask.limit_s:g} s")
        body = ended(who, ask, output, errors, status)
        return Answer(body, peer=self._link.peer, account=self._account, way=self._link.way)

    def close(self) -> None:
        self._link.leave()
        self._client.close()

    def _run(self, ask: Ask) -> tuple[bytes, bytes, int]:
        transport = self._client.get_transport()
        if transport is None or not transport.is_active():
            raise SSHException("the connection is closed")
        channel = transport.open_session(timeout=CONNECT_S)
        try:
            channel.exec_command(ask.text)
            channel.shutdown_write()
            output, errors = self._read(channel, ask)
            status = channel.recv_exit_status()
        finally:
            channel.close()
        if status < 0:
            transport.join(_LOOK_S)  # a lost connection ends its channels first, then itself
            if not transport.is_active():
                raise SSHException("it closed in the middle of an answer")
        return output, errors, status

    def _read(self, channel: Channel, ask: Ask) -> tuple[bytes, bytes]:
        """Both outputs to their ends. Unread error output would stop the command."""
        output, errors = bytearray(), bytearray()
        channel.settimeout(_LOOK_S)
        open_ = True
        while open_:
            try:
                chunk = channel.recv(_CHUNK)
                output += chunk
                open_ = bool(chunk)
            except TimeoutError:
                pass
            while channel.recv_stderr_ready():
                errors += channel.recv_stderr(_CHUNK)
            if len(output) + len(errors) > ask.limit_bytes:
                self._client.close()
                check_size(self._link.device.id, ask, bytes(output + errors))
        return bytes(output), bytes(errors)


def open_execute(link: Link, credential: Credential) -> Execute:
    """Connect and log in. Raises VisitError."""
    sock = link.dial()
    client = link.client()
    with Deadline(OPEN_S, sock.close) as deadline:
        try:
            client.connect(**link.parameters(sock))
        except (SSHException, OSError, EOFError) as error:
            client.close()
            raise link.trouble(error, deadline) from None
        except BaseException:
            client.close()
            raise
    wire = client.get_transport()
    assert wire is not None
    link.watch(wire, client.close)
    return Execute(link, client, credential.username)
