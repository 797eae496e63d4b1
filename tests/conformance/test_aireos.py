"""Answers of AireOS controllers that nobody here wrote; none of them is a whole WLAN."""

from pathlib import Path

from evidence.facts import HardwareItem, SoftwareRelease, WirelessNetwork
from tests.by_hand import read


def recorded(conformance: Path, name: str) -> bytes:
    return (conformance / "wireless" / "cli" / f"ntc_cisco_wlc_ssh_{name}.raw").read_bytes()


def test_release_and_chassis(conformance: Path) -> None:
    reading = read(
        "aireos",
        "firmware",
        ("show sysinfo", recorded(conformance, "show_sysinfo")),
        ("show inventory", recorded(conformance, "show_inventory")),
    )
    assert reading.failure is None, reading.failure
    assert [one.version for one in reading.of(SoftwareRelease)] == ["7.4.110.0"]
    (item,) = reading.of(HardwareItem)
    assert (item.model, item.serial, item.revision) == ("AIR-CT3504-K9", "ABC1234D567", "V01")


def test_a_summary_without_its_wlans_tells_names_and_no_security(conformance: Path) -> None:
    reading = read(
        "aireos", "wireless", ("show wlan summary", recorded(conformance, "show_wlan_sum2"))
    )
    assert reading.failure is None, reading.failure
    found = reading.of(WirelessNetwork)
    assert [one.ssid for one in found] == ["OfficeFloor", "OfficeLobby", "LoadingBay"]
    assert {(one.akm, one.pairwise, one.pmf) for one in found} == {((), (), None)}
