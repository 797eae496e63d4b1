"""A toy platform, its devices and its account, for tests of transports and of the gate."""

from dataclasses import replace
from types import ModuleType
from typing import Any

from agent.platforms import Platform
from agent.secret import Credential, Secret
from evidence.ask import Ask, HttpSession, Session
from evidence.device import Device
from evidence.tape import Tape, TapeAnswer
from lab.devices.ssh import Account
from lab.devices.terminal import Terminal

# Secrets that must be seen nowhere.
PASSWORD = "canary-password-6d1f"
SECOND = "canary-second-77ab"
TOKEN = "canary-token-c0de"

CREDENTIAL = Credential(
    "auditor", password=Secret(PASSWORD), second=Secret(SECOND), token=Secret(TOKEN)
)
ACCOUNT = Account("auditor", password=PASSWORD, second=SECOND)

VERSION = Ask("version", "show version")
RULES = Ask("rules", "show access-list")
NAMED = Ask("named", "show access-list {name} brief")
POLICIES = Ask("policies", "GET /api/v2/cmdb/firewall/policy?vdom=*", kind="http")
STATUS = Ask("status", "GET /api/v2/monitor/system/status", kind="http")
SEARCH = Ask("search", 'POST /api/search {"what": "rules"}', kind="http")

SESSION = Session(
    prompt=r"[\w./-]+[>#] ",
    login=(Ask("paging_off", "terminal pager 0"),),
    elevate=Ask("elevate", "enable"),
    logout=(Ask("leave", "exit"),),
    pager=r"<--- More --->",
    nonce="!",
)
TERMINAL = Terminal(user_prompt="asa-lab-01> ")

ACL = b"".join(
    b"access-list outside line %d extended permit ip any any (hitcnt=%d) 0x%08x\n" % (n, n, n)
    for n in range(1, 400)
)
TAPE = Tape(
    "toy",
    (
        TapeAnswer("show version", b"Toy Appliance Version 9.1\nSerial Number: JAD1\n"),
        TapeAnswer("show access-list", ACL),
        TapeAnswer("show access-list outside brief", b"06228509 d0a2680b 00006049 6178289f\n"),
        TapeAnswer(POLICIES.text, b'{"results": []}'),
        TapeAnswer(STATUS.text, b'{"version": "v7.4.1"}'),
        TapeAnswer(SEARCH.text, b'{"found": 1}'),
    ),
)


def platform(
    *asks: Ask,
    session: Session | None = None,
    http_auth: str = "bearer",
    http_session: HttpSession | None = None,
) -> Platform:
    """A platform that may send these asks, and the lines or requests of its session."""
    module = ModuleType("toy")
    vars(module)["HTTP_AUTH"] = http_auth
    return Platform(
        name="toy",
        module=module,
        collectors={},
        asks=asks or (VERSION, RULES, NAMED, POLICIES, STATUS, SEARCH),
        session=session,
        transports=("ssh", "https"),
        aliases=("cisco_asa",),
        vendor=None,
        http_session=http_session,
    )


def device(port: int, **changes: Any) -> Device:
    """The device behind a loopback port."""
    plain = Device(
        id="fw-01", platform="toy", address="127.0.0.1", port=port, credential="cred:fw-01"
    )
    return replace(plain, **changes)
