"""Only what is declared may leave; everything else is stopped before a byte is written."""

import pickle
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.gate import Gate
from agent.gate.reading import reads
from agent.secret import Credential, Secret
from agent.transports.https import open_https
from agent.transports.ssh import open_ssh
from evidence.ask import Ask
from evidence.errors import Denied
from lab.devices.https import LabHttps
from lab.devices.ssh import LabSsh
from tests import toy


def gate(interactive: bool = True) -> Gate:
    session = toy.SESSION if interactive else None
    return Gate(toy.device(22), toy.platform(session=session), toy.CREDENTIAL)


def test_a_secret_shows_itself_in_no_words() -> None:
    secret = Secret(toy.PASSWORD)
    for words in (repr(secret), str(secret), f"{secret:>30}", repr(toy.CREDENTIAL)):
        assert toy.PASSWORD not in words
    assert secret.reveal() == toy.PASSWORD
    assert secret == Secret(toy.PASSWORD) != Secret("other")


@pytest.mark.parametrize("copy", [pickle.dumps, deepcopy, hash])
def test_a_secret_cannot_be_copied_away(copy: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError):
        copy(Credential("auditor", password=Secret("s")))


@pytest.mark.parametrize(
    "line", ["show version", "show access-list outside brief", "terminal pager 0", "enable", "exit"]
)
def test_a_declared_line_may_be_typed(line: str) -> None:
    gate().typed(f"{line}\n".encode())


@pytest.mark.parametrize(
    "keys",
    [
        "configure terminal\n",
        "show version",  # no newline: the rest could be anything
        "show version\nreload\n",
        "show version\r\n",
        " show version\n",
        "show access-list x; reload brief\n",
        "show access-list {name} brief\n",
        "!reload\n",
        "!0123456789ABCDEF\n",
        "\n",
        "",
        "q",
        "  ",
        f"{toy.SECOND}\n",  # nobody asked for it
        f"{toy.PASSWORD}\n",
    ],
)
def test_anything_else_is_not_typed(keys: str) -> None:
    with pytest.raises(Denied) as refused:
        gate().typed(keys.encode())
    assert toy.SECOND not in str(refused.value)
    assert toy.PASSWORD not in str(refused.value)


def test_the_second_secret_leaves_once_after_it_was_asked_for() -> None:
    one = gate()
    one.typed(b"enable\n")
    one.typed(f"{toy.SECOND}\n".encode())
    with pytest.raises(Denied):
        one.typed(f"{toy.SECOND}\n".encode())


def test_another_line_in_between_takes_the_permission_back() -> None:
    one = gate()
    one.typed(b"enable\n")
    one.typed(b"show version\n")
    with pytest.raises(Denied):
        one.typed(f"{toy.SECOND}\n".encode())


def test_nothing_is_typed_where_no_session_is_declared() -> None:
    with pytest.raises(Denied):
        gate(interactive=False).typed(b"show version\n")


@given(st.binary(max_size=60))
def test_only_declared_keys_pass_whatever_they_are(keys: bytes) -> None:
    try:
        gate().typed(keys)
    except Denied:
        return
    text = keys.decode().removesuffix("\n")
    known = toy.platform(session=toy.SESSION).all_asks
    assert keys == b" " or any(ask.admits(text) for ask in known)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("DELETE", "/api/v2/cmdb/firewall/policy?vdom=*"),
        ("GET", "/api/v2/cmdb/firewall/policy"),
        ("GET", "/api/v2/cmdb/firewall/policy?vdom=root"),
        ("get", "/api/v2/monitor/system/status"),
        ("GET", "/api/v2/monitor/system/status?x=1"),
        ("POST", "/api/v2/monitor/system/status"),
        ("POST", "/api/search"),
        ("GET", "show version"),
    ],
)
def test_a_request_is_declared_by_method_path_and_query(method: str, target: str) -> None:
    with pytest.raises(Denied):
        gate().request(method, target, b"")


@pytest.mark.parametrize(
    "text",
    [
        'POST /web_api/show-hosts {"limit":500}',
        "POST /query/ap {}",
        "POST /query/ap/wlan {}",
        "POST /api/firewall/filter/search_rule?show_all=1",
        'POST /jsonrpc {"method":"get","params":[{"url":"/dvmdb/device"}]}',
        'POST /jsonrpc {"id":1,"method":"get","params":[]}',
        "GET /api/objects/access-rules",
    ],
)
def test_a_post_reads_where_its_verb_says_so(text: str) -> None:
    ask = Ask("one", text, "http")
    assert reads(ask)
    Gate(toy.device(443), toy.platform(ask), toy.CREDENTIAL).request(*sent(ask))


@pytest.mark.parametrize(
    "text",
    [
        "POST /web_api/set-host {}",
        "POST /web_api/showdown {}",
        "POST /web_api/show-hosts/delete {}",
        "POST /web_api/run-script?x=/show-hosts {}",
        "POST /query/ap/delete {}",
        "POST /query/ap/wlan/delete {}",
        'POST /jsonrpc {"method":"exec","params":[{"url":"/sys/reboot"}]}',
        'POST /jsonrpc {"method":"set","x":{"method":"get","y":0}}',
        "PUT /api/show-hosts {}",
        "DELETE /api/show-hosts",
        "PATCH /api/show-hosts {}",
        "GET /api/search {}",
    ],
)
def test_what_may_write_leaves_under_no_declaration(text: str) -> None:
    ask = Ask("one", text, "http")
    assert not reads(ask)
    with pytest.raises(Denied):
        Gate(toy.device(443), toy.platform(ask), toy.CREDENTIAL).request(*sent(ask))


def sent(ask: Ask) -> tuple[str, str, bytes]:
    method, target, body = ask.request
    return method, target, body.encode()


# --- below the libraries: their own objects, used directly ---

MISUSES_OF_A_TERMINAL: dict[str, Callable[[Any], object]] = {
    "a line": lambda channel: channel.send("configure terminal\n"),
    "many lines": lambda channel: channel.sendall("show version\nreload\n"),
    "half a line": lambda channel: channel.send("show ver"),
    "the error stream": lambda channel: channel.send_stderr("show version\n"),
    "a file": lambda channel: channel.makefile("w").write("reload\n" * 5000),
    "a window change": lambda channel: channel.resize_pty(80, 24),
    "exec": lambda channel: channel.transport.open_session().exec_command("reload"),
    "a subsystem": lambda channel: channel.transport.open_session().invoke_subsystem("sftp"),
    "sftp": lambda channel: channel.transport.open_sftp_client(),
    "environment": lambda channel: channel.transport.open_session().set_environment_variable(
        "LD_PRELOAD", "x"
    ),
    "x11": lambda channel: channel.transport.open_session().request_x11(),
    "agent forwarding": lambda channel: channel.transport.open_session().request_forward_agent(
        print
    ),
    "a tunnel": lambda channel: channel.transport.open_channel(
        "direct-tcpip", ("127.0.0.1", 22), ("127.0.0.1", 1)
    ),
    "a reverse tunnel": lambda channel: channel.transport.request_port_forward("", 0),
}


@pytest.mark.parametrize("misuse", MISUSES_OF_A_TERMINAL.values(), ids=MISUSES_OF_A_TERMINAL)
def test_the_ssh_library_cannot_send_it(misuse: Callable[[Any], object]) -> None:
    with LabSsh(toy.TAPE, toy.ACCOUNT, toy.TERMINAL) as lab:
        way: Any = open_ssh(
            toy.device(lab.port),
            toy.CREDENTIAL,
            toy.platform(session=toy.SESSION),
            {lab.fingerprint},
        )
        before = list(lab.lines)
        with pytest.raises(Denied):
            misuse(way._shell._channel)
        # The device heard nothing of it, and still answers.
        assert b"Version 9.1" in way.ask(toy.VERSION).body
        way.close()
    assert lab.lines[len(before)] == "show version"


def test_commands_and_terminals_are_not_mixed() -> None:
    with LabSsh(toy.TAPE, toy.ACCOUNT) as lab:
        way: Any = open_ssh(toy.device(lab.port), toy.CREDENTIAL, toy.platform(), {lab.fingerprint})
        transport = way._client.get_transport()
        for misuse in ("get_pty", "invoke_shell"):
            with pytest.raises(Denied):
                getattr(transport.open_session(), misuse)()
        with pytest.raises(Denied):
            transport.open_session().exec_command("show version; reload")
        way.close()
    assert lab.lines == []


MISUSES_OF_A_SESSION: dict[str, Callable[[Any, str], object]] = {
    "DELETE": lambda session, root: session.delete(f"{root}/api/v2/monitor/system/status"),
    "PUT": lambda session, root: session.put(f"{root}/api/v2/monitor/system/status", b"{}"),
    "another path": lambda session, root: session.get(f"{root}/api/v2/cmdb/system/admin"),
    "a body of another": lambda session, root: session.post(f"{root}/api/search", b"{}"),
    "a body too many": lambda session, root: session.get(
        f"{root}/api/v2/monitor/system/status", data=b"x"
    ),
    "a chunked body": lambda session, root: session.post(
        f"{root}/api/search", iter([b'{"what": "rules"}'])
    ),
    "another host": lambda session, root: session.get(
        "https://192.0.2.1/api/v2/monitor/system/status"
    ),
    "another name": lambda session, root: session.get(
        f"{root}/api/v2/monitor/system/status", headers={"Host": "other"}
    ),
    "a dot segment": lambda session, root: session.get(f"{root}/api/search/../../x"),
}


@pytest.mark.parametrize("misuse", MISUSES_OF_A_SESSION.values(), ids=MISUSES_OF_A_SESSION)
def test_the_http_library_cannot_send_it(misuse: Callable[[Any, str], object]) -> None:
    with LabHttps(toy.TAPE, toy.TOKEN) as lab:
        one = toy.device(lab.port, options={"tls_fingerprint": lab.fingerprint})
        way: Any = open_https(one, toy.CREDENTIAL, toy.platform())
        with pytest.raises(Denied):
            misuse(way._session, f"https://127.0.0.1:{lab.port}")
        assert way.ask(toy.STATUS).body == b'{"version": "v7.4.1"}'
        way.close()
    assert lab.lines == [toy.STATUS.text]
