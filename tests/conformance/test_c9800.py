"""WLANs of Catalyst 9800 controllers that nobody here wrote: agreement with another parser."""

import json
from pathlib import Path

import pytest

from evidence.facts import WirelessNetwork
from tests.by_hand import read

# Key management as the other parser names it, and ours.
AKM = {"dot1x": "802.1x", "ft_dot1x": "ft-802.1x", "psk": "psk", "sae": "sae", "owe": "owe"}


@pytest.mark.parametrize("name", ["golden_output", "golden_output2"])
def test_networks_are_what_another_parser_reads(conformance: Path, name: str) -> None:
    folder = conformance / "wireless" / "cli"
    case = f"genie_iosxe_ShowWlanAll_{name}"
    expected = json.loads((folder / "expected.json").read_text("utf-8"))[case]["parsed"]
    reading = read("c9800", "wireless", ("show wlan all", (folder / f"{case}.raw").read_bytes()))
    assert reading.failure is None, reading.failure
    found = {one.profile: one for one in reading.of(WirelessNetwork)}
    assert set(found) == set(expected["wlan_names"])
    for profile, theirs in expected["wlan_names"].items():
        one = found[profile]
        assert one.ssid == theirs["ssid"]
        assert one.enabled == (theirs["status"] == "Enabled")
        assert one.broadcast == (theirs["broadcast_ssid"] == "Enabled")
        security = theirs["security"]
        on = [name for name, said in security.get("auth_key_mgmt", {}).items() if said == "Enabled"]
        assert sorted(one.akm) == sorted([AKM[name] for name in on] or ["open"])
        assert one.pmf == security["pmf_support"]["pmf_support_status"].casefold()
        assert one.bound_to is None and one.passphrase_digest is None


def test_a_network_with_802_1x_and_an_open_one(conformance: Path) -> None:
    path = conformance / "wireless" / "cli" / "genie_iosxe_ShowWlanAll_golden_output.raw"
    reading = read("c9800", "wireless", ("show wlan all", path.read_bytes()))
    told = [(one.ssid, one.akm, one.pairwise, one.pmf) for one in reading.of(WirelessNetwork)]
    assert told[:3] == [
        ("lizzard", ("802.1x", "ft-802.1x"), ("ccmp",), "disabled"),
        ("internet", ("open",), (), "disabled"),
        ("lizzard_legacy", ("802.1x",), ("ccmp",), "disabled"),
    ]
