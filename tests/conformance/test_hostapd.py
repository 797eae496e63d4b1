"""hostapd files that nobody here wrote, judged by hand once: upstream gives no expected values."""

from pathlib import Path

import pytest

from evidence.facts import WirelessNetwork
from tests.by_hand import read

# ssid, versions, akm, pairwise, pmf
OPEN: tuple[tuple[str, ...], ...] = ((), ("open",), ())
EAP: tuple[tuple[str, ...], ...] = (("wpa2",), ("802.1x",), ("ccmp",))
NETWORKS = {
    "hostap_hostapd__hostapd": [("test", *OPEN)],
    "hostap_hs20__server__examples__Fedora20__hs20__AS__hostapd-1x-example": [
        ("ota-9k-2", ("wpa2",), ("802.1x", "802.1x-sha256"), ("ccmp",))
    ],
    "hostap_tests__hwsim__multi-bss-iface-per_sta_vif": [("bss-1", *EAP), ("bss-2", *EAP)],
    "hostap_tests__hwsim__multi-bss-iface": [("bss-1", *EAP), ("bss-2", *EAP)],
    "hostap_tests__hwsim__multi-bss": [("bss-1", *OPEN), ("bss-2", *OPEN), ("bss-3", *OPEN)],
    "hostap_tests__hwsim__owe-bss-1": [("transition-mode-open", *OPEN)],
}


def test_every_file_is_read_or_refused(conformance: Path) -> None:
    for path in sorted((conformance / "wireless" / "hostapd").glob("*.conf")):
        reading = read("hostapd", "wireless", ("cat /etc/hostapd/hostapd.conf", path.read_bytes()))
        if path.stem not in NETWORKS:
            assert reading.failure is not None, path.name
            assert reading.failure.code in ("result_empty_suspicious", "output_unexpected")
            continue
        assert reading.failure is None, (path.name, reading.failure)
        assert [
            (one.ssid, one.versions, one.akm, one.pairwise) for one in reading.of(WirelessNetwork)
        ] == NETWORKS[path.stem]


@pytest.mark.parametrize("name", ["eap_user", "radius_clients_none"])
def test_a_file_of_passwords_is_not_quoted_in_the_error(conformance: Path, name: str) -> None:
    path = conformance / "wireless" / "hostapd" / f"hostap_tests__hwsim__auth_serv__{name}.conf"
    reading = read("hostapd", "wireless", ("hostapd.conf", path.read_bytes()))
    assert reading.failure is not None
    assert "password" not in reading.failure.message
    assert "foo" not in reading.failure.message
