"""Registry values that nobody here wrote, in the form `reg query` gives them.

No recording of `reg query` itself is public; the values are those of a real SYSTEM hive and of
hardening lists, and the form is Microsoft's.
"""

import json
import lzma
from pathlib import Path

from agent.redact import SiteKey, redact
from collectors.windows import asks
from evidence.facts import RemoteDesktopPolicy
from tests.by_hand import read
from tests.conformance.summary.desktops import POLICY, answer, listeners, query, recommended


def test_hardening_lists_are_understood(conformance: Path) -> None:
    """Followed to the letter, each list forbids what it means to forbid."""
    read_lists = 0
    for path in sorted((conformance / "rdp" / "baseline").glob("hk_*.json")):
        values = recommended(path.read_bytes())
        if not values:
            continue
        printed = answer(POLICY, {name: ("REG_DWORD", hex(n)) for name, n in values.items()})
        reading = read("windows", "remote_desktop", (query(POLICY), printed))
        assert reading.failure is None, (path.name, reading.failure)
        policy = reading.of(RemoteDesktopPolicy)[0]
        assert policy.source == "policy"
        for name, allowed in (
            ("fDisableCdm", policy.drive),
            ("fDisableClip", policy.clipboard),
            ("fDisableCcm", policy.com_port),
            ("fDisableLPT", policy.lpt_port),
            ("fDisablePNPRedir", policy.pnp_device),
        ):
            assert allowed is (values[name] == 0 if name in values else None), (path.name, name)
        for name, limit_s in (
            ("MaxIdleTime", policy.idle_limit_s),
            ("MaxDisconnectionTime", policy.disconnected_limit_s),
        ):
            assert limit_s == (values[name] / 1000 if values.get(name) else None), (path.name, name)
        nla = values.get("UserAuthentication")
        assert policy.nla_required is (None if nla is None else nla == 1), path.name
        read_lists += 1
    assert read_lists > 10


def test_the_keys_of_a_real_machine(conformance: Path) -> None:
    hive = json.loads((conformance / "rdp" / "hive" / "expected.json").read_text("utf-8"))
    answers = listeners(hive["regipy_SYSTEM_B"]["parsed"])
    reading = read("windows", "remote_desktop", *answers)
    assert reading.failure is None, reading.failure
    (listener,) = reading.of(RemoteDesktopPolicy)
    assert (listener.source, listener.enabled) == ("listener", False)
    assert (listener.nla_required, listener.security_layer) == (True, "tls")
    assert listener.encryption_level == "client-compatible"


def test_the_hive_of_a_real_machine(conformance: Path) -> None:
    """Every value of its remote desktops is as another reader tells it. It was copied while it
    was written to, which is refused; the mark of that is taken off here."""
    folder = conformance / "rdp" / "hive"
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    for name, case in expected.items():
        body = bytearray(lzma.decompress((folder / f"{name}.xz").read_bytes()))
        body[4:8] = body[8:12]
        kept = redact(asks.HIVES[0], bytes(body), SiteKey(b"k" * 32)).decode()
        for path, values in case["parsed"].items():
            part = kept.partition(f"[HKEY_LOCAL_MACHINE\\SYSTEM\\{path}]\r\n")[2]
            lines = dict(
                one.partition("=")[::2] for one in part.partition("\r\n\r\n")[0].splitlines()
            )
            told = {f'"{key}"': one for key, one in values.items() if isinstance(one, dict)}
            assert not told or told.keys() == lines.keys(), path
            for key, value in told.items():
                if value["type"] == "REG_DWORD":
                    assert lines[key] == f"dword:{value['data']:08x}", (path, key)
        reading = read("windows", "remote_desktop", ("SYSTEM", bytes(body)))
        assert reading.failure is None, reading.failure


def test_real_group_policy_objects(conformance: Path) -> None:
    """Every record of each is read; what one orders is what its own report says of it."""
    ordered = {}
    for path in sorted((conformance / "rdp" / "gpo").glob("*registry.pol")):
        name = path.name.partition("@@")[0]
        ask = "User-Registry.pol" if "_User_" in name else "Registry.pol"
        answers = [(ask, path.read_bytes())]
        template = path.with_name(f"{name}@@gpttmpl.inf")
        answers += [("GptTmpl.inf", template.read_bytes())] if template.exists() else []
        reading = read("windows", "remote_desktop", *answers)
        assert reading.failure is None, (name, reading.failure)
        (ordered[name],) = reading.of(RemoteDesktopPolicy)
    assert len(ordered) == 5
    (computer,) = (one for name, one in ordered.items() if name.startswith("nsa_Windows_Computer"))
    # The report: drives not redirected, always ask for the password, high level, secure RPC.
    assert (computer.source, computer.drive, computer.asks_password) == ("domain", False, True)
    assert (computer.encryption_level, computer.secure_rpc) == ("high", True)
    assert computer.screen_lock_s == 900.0
    assert computer.unreadable == ()
