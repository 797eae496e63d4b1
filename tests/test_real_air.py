"""Two real networks on radios that are none, heard by a real scan: WPA3, and TKIP beside it.

A machine under QEMU boots for it, which takes a minute or more: in the drill alone.
"""

from __future__ import annotations

import pytest

from checks.wireless_is_strong import traits
from evidence.facts import AirObservation
from tests import hwsim
from tests.by_hand import read
from tests.conftest import DRILL

COMMON = "driver=nl80211\nhw_mode=g\nchannel=1\nssid={ssid}\ninterface={interface}\n"
WPA3 = COMMON.format(ssid="KY-Staff", interface="wlan0") + (
    "wpa=2\nwpa_key_mgmt=SAE\nrsn_pairwise=CCMP\nieee80211w=2\nsae_password=canary-staff\n"
)
MIXED = COMMON.format(ssid="KY-Old", interface="wlan1") + (
    "wpa=3\nwpa_key_mgmt=WPA-PSK\nwpa_pairwise=TKIP\nrsn_pairwise=CCMP TKIP\n"
    "wpa_passphrase=canary-old\n"
)
# A busy machine misses beacons: it listens four times, and what was heard stays for half a minute.
SCRIPT = """
export PATH=/bin
timeout 200 hostapd -B /wpa3.conf
timeout 200 hostapd -B /mixed.conf
ip link set wlan2 up
sleep 5
for turn in 1 2 3 4; do timeout 60 iw dev wlan2 scan trigger freq 2412; sleep 5; done
echo '=== scan'
timeout 100 iw dev wlan2 scan dump
"""


@pytest.mark.timeout(960)
@pytest.mark.skipif(not DRILL, reason="a machine boots for it: EVIDENCE_DRILL=1")
def test_a_real_wpa3_network_and_a_real_tkip_one_are_told_apart() -> None:
    files = {"wpa3.conf": WPA3.encode(), "mixed.conf": MIXED.encode()}
    try:
        said = hwsim.run(SCRIPT, files, limit_s=900)
    except hwsim.Missing as missing:
        pytest.skip(str(missing))
    scan = hwsim.between(said, "scan")
    reading = read("iw_scan", "wireless", ("iw scan", scan.encode()))
    assert reading.failure is None, (reading.failure, said[-2000:])
    heard = {one.ssid: one for one in reading.of(AirObservation)}
    assert set(heard) == {"KY-Staff", "KY-Old"}
    staff, old = heard["KY-Staff"], heard["KY-Old"]
    assert (staff.akm, staff.pairwise, staff.pmf) == (("sae",), ("ccmp",), "required")
    assert set(traits(staff)) == {"strong"}
    assert (old.versions, old.group, old.pmf) == (("wpa", "wpa2"), "tkip", "disabled")
    assert {"wpa1", "tkip"} <= set(traits(old))
