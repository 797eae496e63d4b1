"""A BSS table that nobody here made: names with blanks, three bands, columns out of line."""

from pathlib import Path

from collectors._aruba.bss import served
from evidence.facts import HardwareItem
from tests.by_hand import read


def test_every_row_of_a_recorded_table(conformance: Path) -> None:
    path = conformance / "wireless" / "cli" / "ntc_aruba_os_show_ap_bss-table_details.raw"
    found = list(served(path.read_text("utf-8"), "recording"))
    assert [(one.ssid, one.access_point, one.band, one.channel) for one in found] == [
        ("test1", "test1-ap", "5", "136"),
        ("test1", "test1-ap", "2.4", "6"),
        ("test1", "test1-ap", "6", "197"),
        ("multi word ssid", "test2-ap", "2.4", "6"),
        ("test 2", "test2-ap", "5", "120"),
    ]
    assert {one.bssid[:14] for one in found} == {"aa:bb:cc:dd:ee"}
    assert all(one.on_air for one in found)


def test_access_points_of_a_recorded_database(conformance: Path) -> None:
    path = conformance / "wireless" / "cli" / "ntc_aruba_os_show_ap_database_long.raw"
    reading = read("arubaos", "firmware", ("show ap database long", path.read_bytes()))
    assert reading.failure is None, reading.failure
    assert [(one.position, one.model, one.serial) for one in reading.of(HardwareItem)] == [
        ("ap-building-1", "AP-635", "CNM12345"),
        ("ap-building-2", "AP-515", "CNM12346"),
        ("ap-building-3", "AP-505H", "CNM12347"),
    ]
