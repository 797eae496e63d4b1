"""UniFi rows that nobody here wrote: two SSIDs, a system information, an access point."""

import json
from pathlib import Path

from evidence.facts import HardwareItem, SoftwareRelease, WirelessNetwork
from tests.by_hand import read


def answer(conformance: Path, name: str) -> bytes:
    """The rows of a file, in the envelope in which the API sends them."""
    path = conformance / "wireless" / "api" / f"aiounifi_fixtures_{name}.json"
    rows = json.loads(path.read_text("utf-8"))
    rows = rows if isinstance(rows, list) else [rows]
    return json.dumps({"meta": {"rc": "ok"}, "data": rows}).encode()


def test_two_networks_of_an_older_release(conformance: Path) -> None:
    reading = read(
        "unifi", "wireless", ("/api/s/default/rest/wlanconf", answer(conformance, "WLANS"))
    )
    assert reading.failure is None, reading.failure
    on, off = reading.of(WirelessNetwork)
    assert (on.ssid, on.enabled, off.ssid, off.enabled) == ("SSID 1", True, "SSID 2", False)
    assert (off.broadcast, on.broadcast) == (False, None), "the first does not say"
    for one in (on, off):
        assert (one.versions, one.akm, one.pairwise) == (("wpa2",), ("psk",), ("ccmp",))
        assert one.pmf is None and one.bound_to is None, "not in such rows: unknown"
    assert on.passphrase_digest == off.passphrase_digest
    assert (on.passphrase_digest or "").startswith("redacted:")


def test_the_application_and_an_access_point(conformance: Path) -> None:
    reading = read(
        "unifi",
        "firmware",
        ("/api/s/default/stat/sysinfo", answer(conformance, "SYSTEM_INFORMATION")),
        ("/api/s/default/stat/device", answer(conformance, "ACCESS_POINT_AC_PRO")),
    )
    assert reading.failure is None, reading.failure
    assert next(iter(reading.of(SoftwareRelease))).version == "7.4.162"
    (item,) = reading.of(HardwareItem)
    assert (item.model, item.part) == ("U7PG2", "access point")
