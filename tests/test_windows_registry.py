"""The same registry in every form people and programs write it in: the same facts, or none."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from collectors.windows import asks
from evidence.facts import RemoteDesktopPolicy
from evidence.reading import Reading
from tests.by_hand import read

KEY = rf"HKEY_LOCAL_MACHINE\{asks.POLICY_KEY}"
PLAIN = f"""
{KEY}
    MaxIdleTime    REG_DWORD    0xdbba0
    fDisableClip    REG_DWORD    0x1
    UserAuthentication    REG_DWORD    0x1

"""


def of_query(text: str | bytes) -> Reading:
    body = text if isinstance(text, bytes) else text.encode()
    return read("windows", "remote_desktop", (asks.POLICY.text, body))


def policy(reading: Reading) -> RemoteDesktopPolicy:
    assert reading.failure is None, reading.failure
    return next(one for one in reading.of(RemoteDesktopPolicy) if one.source == "policy")


def test_what_the_forms_are_held_against() -> None:
    said = policy(of_query(PLAIN))
    assert (said.idle_limit_s, said.clipboard, said.nla_required) == (900.0, False, True)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("0xdbba0", "0XDBBA0").replace("0x1", "0X00000001"),
        PLAIN.replace("MaxIdleTime", "MAXIDLETIME").replace("fDisableClip", "fdisableclip"),
        PLAIN.replace(KEY, KEY.upper()),
        PLAIN.replace(KEY, KEY.replace("HKEY_LOCAL_MACHINE", "HKLM")),
        # The release of Windows XP and Server 2003, by tabulators and with a head of its own.
        "\n! REG.EXE VERSION 3.0\n" + PLAIN.replace("    ", "\t"),
        # The value without a name, in the words of the users' language.
        PLAIN.replace("    MaxIdle", "    (預設值)    REG_SZ    (數值未設定)\n    MaxIdle"),
        PLAIN.replace("    MaxIdle", "    (Standard)    REG_SZ    \n    MaxIdle"),
        PLAIN + f"{KEY}\\Client\n{KEY}\\RAUnsolicit\n",
        PLAIN + f"\n{KEY}\\Client\n    MaxIdleTime    REG_DWORD    0x0\n",
        PLAIN.encode("utf-16"),  # `> file` in PowerShell
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.replace("    MaxIdle", "    (預設值)    REG_SZ    甲\n    MaxIdle").encode("cp950"),
    ],
)
def test_a_query_in_other_clothes_says_the_same(text: str | bytes) -> None:
    assert policy(of_query(text)) == policy(of_query(PLAIN))


@pytest.mark.parametrize(
    "written",
    [
        "REG_SZ    900000",
        "REG_BINARY    A0BB0D00",
        "REG_MULTI_SZ    900000",
        "REG_EXPAND_SZ    %IDLE%",
        "REG_NONE    ",
        "REG_QWORD    0xdbba0",
    ],
)
def test_a_number_of_another_type_is_no_limit_and_is_named(written: str) -> None:
    said = policy(of_query(PLAIN.replace("REG_DWORD    0xdbba0", written)))
    assert (said.idle_limit_s, said.unreadable) == (None, ("MaxIdleTime",))
    assert said.nla_required is True


EXPORT = f"""Windows Registry Editor Version 5.00

[{KEY}]
"MaxIdleTime"=dword:000dbba0
"fDisableClip"=dword:00000001
"UserAuthentication"=dword:00000001

"""


def of_export(text: str, encoding: str = "utf-16") -> Reading:
    body = text.replace("\n", "\r\n").encode(encoding)
    return read("windows", "remote_desktop", ("reg export", body))


@pytest.mark.parametrize(
    "text",
    [
        EXPORT.replace("dword:000dbba0", "DWORD:DBBA0"),
        EXPORT.replace("dword:000dbba0", "hex(4):a0,bb,0d,00"),
        EXPORT.replace("dword:000dbba0", "hex(4):a0,\\\n  bb,0d,00"),
        EXPORT.replace("Windows Registry Editor Version 5.00", "REGEDIT4"),
        EXPORT.replace('"MaxIdle', '@="a text"\n"MaxIdle'),
        EXPORT.replace('"fDisableClip"', '"fDisableCdm"=-\n"fDisableClip"'),
        EXPORT.replace('"MaxIdle', '; a remark\n"MaxIdle'),
        EXPORT.replace(f"[{KEY}]", f'[{KEY}]\n"MaxConnectionTime"=dword:1\n[-{KEY}]\n[{KEY}]'),
        EXPORT + f'[-{KEY}\\Client]\n\n[{KEY}\\Client]\n"MaxIdleTime"=dword:00000000\n',
    ],
)
def test_an_export_in_other_clothes_says_the_same(text: str) -> None:
    assert policy(of_export(text)) == policy(of_export(EXPORT))
    assert policy(of_export(text, "utf-8")) == policy(of_query(PLAIN))


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        ("REGEDIT4", "hex(2):39,30,30,00"),  # in the code page
        ("Windows Registry Editor Version 5.00", "hex(2):39,00,30,00,30,00,00,00"),
        ("Windows Registry Editor Version 5.00", '"900"'),
    ],
)
def test_a_text_written_as_bytes(head: str, seconds: str) -> None:
    key = rf"HKEY_CURRENT_USER\{asks.DESKTOP_KEY}"
    text = f"{head}\n\n[{key}]\n"
    text += '"ScreenSaveActive"="1"\n"ScreenSaverIsSecure"="1"\n"ScreenSaveTimeOut"=#\n\n'
    found = of_export(text.replace("#", seconds), "utf-8")
    assert [one.screen_lock_s for one in found.of(RemoteDesktopPolicy)] == [900.0], found.failure


QWORD = "hex(b):a0,bb,0d,00,00,00,00,00"


@pytest.mark.parametrize("written", ['"900000"', "hex:a0,bb,0d,00", "hex(4):a0,bb,0d", QWORD])
def test_an_export_of_another_type_is_no_limit(written: str) -> None:
    said = policy(of_export(EXPORT.replace("dword:000dbba0", written)))
    assert (said.idle_limit_s, said.unreadable) == (None, ("MaxIdleTime",))


SETS = """Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Terminal Server]
"fDenyTSConnections"=dword:00000001

[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet002\\Control\\Terminal Server]
"fDenyTSConnections"=dword:00000000

[HKEY_LOCAL_MACHINE\\SYSTEM\\Select]
"Current"=dword:0000000#

"""


@pytest.mark.parametrize(("chosen", "enabled"), [("1", False), ("2", True)])
def test_of_two_control_sets_the_selected_one_runs(chosen: str, enabled: bool) -> None:
    reading = of_export(SETS.replace("#", chosen))
    assert [one.enabled for one in reading.of(RemoteDesktopPolicy)] == [enabled]


def test_of_two_control_sets_without_a_selection_nobody_knows() -> None:
    reading = of_export(SETS[: SETS.index("[HKEY_LOCAL_MACHINE\\SYSTEM\\Select]")])
    assert not [one for one in reading.of(RemoteDesktopPolicy) if one.enabled is not None]


def record(name: str, number: int, path: str = asks.POLICY_KEY) -> bytes:
    """A number in a Registry.pol (MS-GPREG 2.2.1)."""
    parts = [f"{path}\0".encode("utf-16-le"), f"{name}\0".encode("utf-16-le")]
    parts += [struct.pack("<I", 4), struct.pack("<I", 4), struct.pack("<I", number)]
    return "[".encode("utf-16-le") + ";".encode("utf-16-le").join(parts) + "]".encode("utf-16-le")


@pytest.mark.parametrize(
    "file",
    ["registry.pol", r"Machine\Registry.pol", r"DomainSysvol\GPO\Machine\registry.pol"],
)
def test_a_policy_file_is_known_by_its_place_in_sysvol_and_in_a_backup(file: str) -> None:
    body = b"PReg\x01\0\0\0" + record("UserAuthentication", 1)
    for name in (file, file.replace("\\", "/")):
        found = read("windows", "remote_desktop", (name, body))
        assert [one.nla_required for one in found.of(RemoteDesktopPolicy)] == [True], found.failure


def test_a_policy_file_that_breaks_off_anywhere_says_nothing_it_did_not_hold() -> None:
    """Cut between two records it is whole, as far as anybody can see; its size told otherwise."""
    records = [record("UserAuthentication", 1), record("MaxIdleTime", 900_000)]
    whole = b"PReg\x01\0\0\0" + b"".join(records)
    ends = {8: (None, None), 8 + len(records[0]): (True, None), len(whole): (True, 900.0)}
    for end in range(len(whole) + 1):
        reading = read("windows", "remote_desktop", ("Registry.pol", whole[:end]))
        if end not in ends:
            assert reading.failure is not None, end
            continue
        [said] = reading.of(RemoteDesktopPolicy)
        assert (said.nla_required, said.idle_limit_s) == ends[end]


def test_xrdp_s_sections_are_the_same_in_any_case() -> None:
    ini = b"[Globals]\nsecurity_layer=tls\nport=3389\n[Channels]\ncliprdr=true\n"
    sesman = b"[Globals]\n[Sessions]\nKillDisconnected=true\nIdleTimeLimit=600\n"
    found = []
    for change in (bytes, bytes.lower):
        answers = [("xrdp.ini", change(ini)), ("sesman.ini", change(sesman))]
        found += read("linux", "remote_desktop", *answers).of(RemoteDesktopPolicy)
    plain, other = found
    assert replace(plain) == other
    assert (plain.security_layer, plain.idle_limit_s, plain.clipboard) == ("tls", 600.0, True)


ABSENT = [
    ("ERROR: The system was unable to find the specified registry key or value.", "ascii"),
    ("錯誤: 系統找不到指定的登錄機碼或值。", "cp950"),
    ("錯誤: 系統找不到指定的登錄機碼或值。", "utf-8"),
    ("错误: 系统找不到指定的注册表项或值。", "gbk"),
    ("エラー: 指定されたレジストリ キーまたは値が見つかりませんでした。", "cp932"),
    ("오류: 지정된 레지스트리 키 또는 값을 찾을 수 없습니다.", "cp949"),
    ("FEHLER: Der angegebene Registrierungsschlüssel bzw. Wert wurde nicht gefunden.", "cp850"),
    ("ERREUR : le système n'a pas trouvé la clé ou la valeur de Registre spécifiée.", "cp850"),
]
DENIED = [
    ("ERROR: Access is denied.", "ascii"),
    ("錯誤: 存取被拒。", "cp950"),
    ("エラー: アクセスが拒否されました。", "cp932"),
    ("FEHLER: Zugriff verweigert", "cp850"),
]


@pytest.mark.parametrize(("words", "page"), ABSENT)
def test_a_key_that_is_missing_is_so_in_every_language(words: str, page: str) -> None:
    said = policy(of_query(f"\r\n{words}\r\n".encode(page)))
    assert said.idle_limit_s is None and said.unlimited == ()


@pytest.mark.parametrize(("words", "page"), DENIED)
def test_a_key_that_is_denied_is_not_one_that_is_missing(words: str, page: str) -> None:
    reading = of_query(f"\r\n{words}\r\n".encode(page))
    assert reading.failure is not None and reading.failure.code == "privilege_missing"


def test_words_that_nobody_knows_say_nothing() -> None:
    reading = of_query("\nVIRHE: jotain meni pieleen.\n")
    assert reading.failure is not None and reading.failure.code == "output_unexpected"
