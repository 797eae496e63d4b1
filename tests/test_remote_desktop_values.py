"""Every registry value that limits a remote desktop, from each key that may hold it.

Names, numbers and the keys they stand in are those of Microsoft's policy templates
(TerminalServer.admx, RemoteAssistance.admx) and of the listener's key.
"""

from __future__ import annotations

import struct

import pytest

from agent.platforms import platform
from collectors.windows import asks
from evidence.facts import RemoteDesktopPolicy
from tests.by_hand import read

P, L, M = asks.POLICY, asks.LISTENER, asks.MACHINE
KEYS = {P: asks.POLICY_KEY, L: asks.LISTENER_KEY, M: asks.MACHINE_KEY}
SOURCES = {P: "policy", L: "listener", M: "listener"}

# Value, number, the keys that may hold it, and what that says.
VALUES = [
    ("fDenyTSConnections", 1, (P, M), {"enabled": False}),
    ("fDenyTSConnections", 0, (P, M), {"enabled": True}),
    ("UserAuthentication", 1, (P, L), {"nla_required": True}),
    ("UserAuthentication", 0, (P, L), {"nla_required": False}),
    ("SecurityLayer", 0, (P, L), {"security_layer": "rdp"}),
    ("SecurityLayer", 1, (P, L), {"security_layer": "negotiate"}),
    ("SecurityLayer", 2, (P, L), {"security_layer": "tls"}),
    # WMI's class counts these from 1: 3 is TLS there, and nothing here.
    ("SecurityLayer", 3, (P, L), {"security_layer": None, "unreadable": ("SecurityLayer",)}),
    ("MinEncryptionLevel", 1, (P, L), {"encryption_level": "low"}),
    ("MinEncryptionLevel", 2, (P, L), {"encryption_level": "client-compatible"}),
    ("MinEncryptionLevel", 3, (P, L), {"encryption_level": "high"}),
    ("MinEncryptionLevel", 4, (P, L), {"encryption_level": "fips"}),
    ("fEncryptRPCTraffic", 1, (P,), {"secure_rpc": True}),
    ("fPromptForPassword", 1, (P, L), {"asks_password": True}),
    # Milliseconds; 0 is never, and no limit.
    ("MaxIdleTime", 900_000, (P,), {"idle_limit_s": 900.0, "unlimited": ()}),
    ("MaxIdleTime", 0, (P,), {"idle_limit_s": None, "unlimited": ("idle",)}),
    ("MaxDisconnectionTime", 60_000, (P,), {"disconnected_limit_s": 60.0}),
    ("MaxDisconnectionTime", 0, (P,), {"unlimited": ("disconnected",)}),
    ("MaxConnectionTime", 28_800_000, (P,), {"session_limit_s": 28_800.0}),
    ("MaxConnectionTime", 0, (P,), {"unlimited": ("session",)}),
    ("fResetBroken", 1, (P, L), {"ends_at_limit": True}),
    ("fResetBroken", 0, (P, L), {"ends_at_limit": False}),
    ("fSingleSessionPerUser", 1, (P, M), {"single_session": True}),
    ("fDisableCdm", 1, (P, L), {"drive": False}),
    ("fDisableCcm", 1, (P, L), {"com_port": False}),
    ("fDisableLPT", 1, (P, L), {"lpt_port": False}),
    ("fDisablePNPRedir", 1, (P, L), {"pnp_device": False}),
    ("fDisableClip", 1, (P, L), {"clipboard": False}),
    ("fDisableCpm", 1, (P, L), {"printer": False}),
    ("fDisableCpm", 0, (P, L), {"printer": True}),
    ("DisablePasswordSaving", 1, (P,), {"password_saving": False}),
    ("fAllowUnsolicited", 0, (P,), {"help_offered": False}),
    ("fAllowUnsolicitedFullControl", 1, (P,), {"help_offered_control": True}),
    ("fAllowToGetHelp", 0, (P,), {"help_requested": False}),
    ("fAllowFullControl", 1, (P,), {"help_requested_control": True}),
    ("DeleteTempDirsOnExit", 1, (P, M), {"temp_deleted": True}),
    ("PerSessionTempDir", 1, (P, M), {"temp_per_session": True}),
    ("PortNumber", 3390, (L,), {"port": 3390}),
]
CASES = [
    (key, *rest)
    for value, number, keys, says in VALUES
    for key in keys
    for rest in [(value, number, says)]
]


def answer(key: str, **numbers: int) -> bytes:
    rows = "".join(
        f"    {name}    REG_DWORD    {hex(number)}\r\n" for name, number in numbers.items()
    )
    return f"\r\nHKEY_LOCAL_MACHINE\\{key}\r\n{rows}\r\n".encode()


def said(source: str, *answers: tuple[str, bytes]) -> RemoteDesktopPolicy:
    reading = read("windows", "remote_desktop", *answers)
    assert reading.failure is None, reading.failure
    return next(one for one in reading.of(RemoteDesktopPolicy) if one.source == source)


@pytest.mark.parametrize(("ask", "value", "number", "says"), CASES)
def test_what_a_value_says_where_it_stands(
    ask: object, value: str, number: int, says: dict[str, object]
) -> None:
    answers = [(ask.text, answer(KEYS[ask], **{value: number}))]  # type: ignore[attr-defined,index]
    if ask is not M:
        # Without the machine's switch a listener alone is one that nobody switched on.
        answers.append((M.text, answer(KEYS[M], TSEnabled=1)))
    found = said(SOURCES[ask], *answers)  # type: ignore[index]
    assert {name: getattr(found, name) for name in says} == says


@pytest.mark.parametrize(
    ("inherits", "limit_s", "by"),
    [(0, 600.0, "listener"), (1, None, "accounts"), (None, None, "accounts")],
)
def test_the_listeners_limit_holds_only_where_accounts_are_not_asked(
    inherits: int | None, limit_s: float | None, by: str
) -> None:
    more = {} if inherits is None else {"fInheritMaxIdleTime": inherits}
    found = said(
        "effective",
        (P.text, answer(KEYS[P], fDisableCdm=1)),
        (L.text, answer(KEYS[L], MaxIdleTime=600_000, **more)),
    )
    assert (found.idle_limit_s, dict(found.decided_by)["idle_limit_s"]) == (limit_s, by)


def test_a_listeners_certificate_is_told_by_its_digest() -> None:
    digest = "00112233445566778899AABBCCDDEEFF00112233"
    row = f"    SSLCertificateSHA1Hash    REG_BINARY    {digest}\r\n\r\n".encode()
    body = answer(KEYS[L], PortNumber=3389).removesuffix(b"\r\n") + row
    found = said("listener", (L.text, body), (M.text, answer(KEYS[M], fDenyTSConnections=0)))
    assert found.certificate == digest


def test_what_a_policy_says_of_the_machine_stands_before_the_machines_own() -> None:
    found = said(
        "effective",
        (P.text, answer(KEYS[P], fSingleSessionPerUser=1)),
        (M.text, answer(KEYS[M], fSingleSessionPerUser=0, DeleteTempDirsOnExit=0)),
    )
    assert (found.single_session, found.temp_deleted) == (True, False)


def test_no_class_of_terminal_services_is_asked() -> None:
    """Its documentation counts security layers in two ways; the registry is the one that rules."""
    texts = [ask.text for ask in platform("windows").all_asks]
    assert not [text for text in texts if "Win32_TS" in text or "TerminalServices" in text]


def record(name: str, kind: int, data: bytes) -> bytes:
    def wide(text: str) -> bytes:
        return text.encode("utf-16-le")

    parts = (
        wide(KEYS[P] + "\0"),
        wide(name + "\0"),
        struct.pack("<I", kind),
        struct.pack("<I", len(data)),
        data,
    )
    return wide("[") + wide(";").join(parts) + wide("]")


@pytest.mark.parametrize(
    ("orders", "clipboard"),
    [
        ([], False),
        ([("**del.fDisableClip", 1, " \0".encode("utf-16-le"))], None),
        ([("**delvals.", 1, " \0".encode("utf-16-le"))], None),
        ([("**DeleteValues", 1, "fDisableCdm;fDisableClip\0".encode("utf-16-le"))], None),
        ([("**del.fDisableClip", 1, b" \0\0\0"), ("fDisableClip", 4, b"\1\0\0\0")], False),
        # A number of eight bytes is none that Windows reads here.
        ([("fDisableClip", 11, b"\0" * 8)], None),
    ],
)
def test_an_order_to_delete_leaves_a_value_not_configured(
    orders: list[tuple[str, int, bytes]], clipboard: bool | None
) -> None:
    rows = [("fDisableClip", 4, b"\1\0\0\0"), *orders]
    body = b"PReg\x01\0\0\0" + b"".join(record(*row) for row in rows)
    found = said("domain", (asks.COMPUTER_POLICY.text, body))
    assert found.clipboard is clipboard


@pytest.mark.parametrize(
    ("server", "sessions", "says"),
    [
        ("", "", {"security_layer": "negotiate", "encryption_level": "high"}),
        ("", "", {"root_login": True, "login_attempts": 4, "only_a_group": False}),
        ("", "", {"tls_versions": ("TLSv1.2", "TLSv1.3"), "unlimited": ("idle", "disconnected")}),
        ("security_layer=rdp", "", {"security_layer": "rdp"}),
        ("crypt_level=fips", "", {"encryption_level": "fips"}),
        ("ssl_protocols=TLSv1, TLSv1.1", "", {"tls_versions": ("TLSv1", "TLSv1.1")}),
        ("certificate=/etc/a.pem", "", {"certificate": "/etc/a.pem"}),
        # Seconds; the second counts with KillDisconnected alone.
        ("", "[Sessions]\nIdleTimeLimit=900\n", {"idle_limit_s": 900.0}),
        ("", "[Sessions]\nDisconnectedTimeLimit=60\n", {"disconnected_limit_s": None}),
        (
            "",
            "[Sessions]\nKillDisconnected=yes\nDisconnectedTimeLimit=60\n",
            {"disconnected_limit_s": 60.0},
        ),
        ("", "[Security]\nAllowRootLogin=false\n", {"root_login": False}),
        ("", "[Security]\nMaxLoginRetry=2\n", {"login_attempts": 2}),
        ("", "[Security]\nAlwaysGroupCheck=true\n", {"only_a_group": True}),
    ],
)
def test_what_xrdp_says_and_what_holds_where_it_says_nothing(
    server: str, sessions: str, says: dict[str, object]
) -> None:
    ini = f"[Globals]\nport=3389\n{server}\n".encode()
    answers = [("xrdp.ini", ini), ("sesman.ini", f"[Globals]\n{sessions}".encode())]
    [found] = read("linux", "remote_desktop", *answers).of(RemoteDesktopPolicy)
    assert {name: getattr(found, name) for name in says} == says
