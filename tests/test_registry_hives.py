"""Hives as they lie on a disk: the same registry, and nothing else of it is kept.

The hives are written here, in the published form: nothing at hand writes real ones. A hive of a
real machine is among the recordings that `make conformance` reads.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redact import SiteKey, redact
from collectors.windows import asks
from evidence.errors import VisitError
from evidence.facts import RemoteDesktopPolicy
from evidence.reading import Reading
from tests.by_hand import read

Tree = Mapping[str, "Tree | int | str | bytes"]
KEY = SiteKey(b"k" * 32)
SYSTEM, SOFTWARE, USER = asks.HIVES
CANARY = "canary of a password"
LISTENER: Tree = {"UserAuthentication": 1, "SecurityLayer": 2, "WinStationName": 'a "b" \\ c'}
MACHINE: Tree = {
    "Select": {"Current": 2},
    "ControlSet001": {"Control": {"Terminal Server": {"fDenyTSConnections": 1}}},
    "ControlSet002": {
        "Control": {
            "Terminal Server": {"fDenyTSConnections": 0, "WinStations": {"RDP-Tcp": LISTENER}},
            "Lsa": {"canary": CANARY},
        }
    },
}
PROGRAMS: Tree = {
    "Microsoft": {"Windows NT": {"CurrentVersion": {"Winlogon": {"DefaultPassword": CANARY}}}},
    "Policies": {
        "Microsoft": {
            "Windows NT": {"Terminal Services": {"MaxIdleTime": 900_000, "fDisableClip": 1}}
        }
    },
}


class _Writer:
    """Cells one behind the other, each a key, a value, a list or data."""

    def __init__(self) -> None:
        self.bins = bytearray(b"hbin".ljust(32, b"\0"))

    def cell(self, content: bytes) -> int:
        at = len(self.bins)
        content += b"\0" * (-(len(content) + 4) % 8)
        self.bins += struct.pack("<i", -len(content) - 4) + content
        return at

    def key(self, name: str, tree: Tree, listed: bytes) -> int:
        below = [self.key(one, of, b"lf") for one, of in tree.items() if isinstance(of, Mapping)]
        values = [self.value(one, of) for one, of in tree.items() if not isinstance(of, Mapping)]
        subkeys = 0xFFFFFFFF
        if below:
            each = "<II" if listed in (b"lf", b"lh") else "<I"
            places = b"".join(struct.pack(each, one, *([0] * (len(each) - 2))) for one in below)
            kind = b"li" if listed == b"ri" else listed
            subkeys = self.cell(kind + struct.pack("<H", len(below)) + places)
            if listed == b"ri":
                subkeys = self.cell(b"ri" + struct.pack("<HI", 1, subkeys))
        held = self.cell(struct.pack(f"<{len(values)}I", *values)) if values else 0xFFFFFFFF
        counts = struct.pack("<6I", len(below), 0, subkeys, 0xFFFFFFFF, len(values), held)
        raw = name.encode("latin-1")
        head = b"nk" + struct.pack("<H", 0x20) + b"\0" * 16 + counts + b"\0" * 28
        return self.cell(head + struct.pack("<HH", len(raw), 0) + raw)

    def value(self, name: str, said: int | str | bytes) -> int:
        if isinstance(said, int):
            kind, size, data = 4, 0x80000004, said
        else:
            raw = (said + "\0").encode("utf-16-le") if isinstance(said, str) else said
            kind, size, data = (1 if isinstance(said, str) else 3), len(raw), self.cell(raw)
        head = struct.pack("<HIIIHH", len(name), size, data, kind, 1, 0)
        return self.cell(b"vk" + head + name.encode("latin-1"))


def hive(tree: Tree, listed: bytes = b"lf", *, writes: tuple[int, int] = (7, 7)) -> bytes:
    writer = _Writer()
    root = writer.key("ROOT", tree, listed)
    head = b"regf" + struct.pack("<II", *writes) + b"\0" * 24 + struct.pack("<I", root)
    return head.ljust(4096, b"\0") + bytes(writer.bins)


def desktop(**files: bytes) -> Reading:
    names = {"system": "SYSTEM", "software": "SOFTWARE", "user": "NTUSER.DAT"}
    answers = [(names[name], body) for name, body in files.items()]
    return read("windows", "remote_desktop", *answers)


@pytest.mark.parametrize("listed", [b"lf", b"lh", b"li", b"ri"])
def test_hives_tell_what_an_export_of_them_tells(listed: bytes) -> None:
    found = desktop(system=hive(MACHINE, listed), software=hive(PROGRAMS, listed))
    assert found.failure is None, found.failure
    policy, listener = found.of(RemoteDesktopPolicy)[:2]
    assert (policy.source, policy.idle_limit_s, policy.clipboard) == ("policy", 900.0, False)
    assert (listener.source, listener.enabled, listener.nla_required) == ("listener", True, True)


def test_a_users_hive_tells_that_users_policy() -> None:
    told = {"Policies": {"Microsoft": {"Windows NT": {"Terminal Services": {"fDisableClip": 1}}}}}
    found = desktop(user=hive({"Software": told, "Control Panel": {}, "Environment": {}}))
    assert found.failure is None, found.failure
    assert [one.clipboard for one in found.of(RemoteDesktopPolicy)] == [False]


def test_nothing_but_the_named_keys_is_kept_of_a_hive() -> None:
    for ask, tree in ((SYSTEM, MACHINE), (SOFTWARE, PROGRAMS)):
        kept = redact(ask, hive(tree), KEY)
        assert CANARY.encode() not in kept and CANARY.encode("utf-16-le") not in kept
        assert kept.startswith(b"Windows Registry Editor")
        assert redact(ask, kept, KEY) == kept, "read again it is the same"
    kept = redact(SYSTEM, hive(MACHINE), KEY)
    assert rb'"WinStationName"="a \"b\" \\ c"' in kept


def test_a_key_that_a_hive_does_not_hold_is_not_configured() -> None:
    found = desktop(system=hive(MACHINE), software=hive({"Microsoft": {}, "Classes": {}}))
    assert found.failure is None, found.failure
    told = {one.source: one.idle_limit_s for one in found.of(RemoteDesktopPolicy)}
    assert told["policy"] is None and told["effective"] is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (hive(MACHINE, writes=(8, 7)), "output_incomplete"),  # written to while it was copied
        (hive(MACHINE)[:-200], "output_incomplete"),
        (hive(MACHINE)[:4100], "output_incomplete"),
        (hive({"SAM": {}}), "output_unexpected"),
        (b"regf", "output_incomplete"),
        (b"MZ\x90", "output_unexpected"),
    ],
)
def test_what_is_no_whole_hive_says_nothing(body: bytes, code: str) -> None:
    failure = desktop(system=body).failure
    assert failure is not None and failure.code == code, failure


def test_a_hive_that_runs_in_circles_ends() -> None:
    body = bytearray(hive(MACHINE))
    below, above = (body.index(name) - 76 for name in (b"RDP-Tcp\0", b"WinStations\0"))
    body[below + 20 : below + 32] = body[above + 20 : above + 32]  # it lists itself
    failure = desktop(system=bytes(body)).failure
    assert failure is not None and "deep" in failure.message


@given(st.binary(max_size=64), st.integers(4096, 5000))
def test_no_bytes_crash_the_reader(noise: bytes, at: int) -> None:
    body = bytearray(hive(MACHINE))
    body[at : at + len(noise)] = noise
    with suppress(VisitError):
        redact(SYSTEM, bytes(body), KEY)
