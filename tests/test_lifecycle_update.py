"""Taking newer lifecycle dates: what is read, what it would change, and what is refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agent.catalogue import read_source
from evidence.errors import ConfigurationError
from evidence.lifecycle import COLUMNS, Catalogue, Entry
from evidence.lifecycle.entry import ENDED
from evidence.lifecycle.update import Offer, offer_of_json, updated
from evidence.observation import Result
from evidence.support import support
from tests.judging import catalogue

SHIPPED = catalogue()
TODAY = date(2026, 11, 24)


def release(name: str, **fields: Any) -> dict[str, Any]:
    """A release as API v1 writes it."""
    blank = {"isEol": False, "eolFrom": None, "isEoas": False, "eoasFrom": None}
    return {"name": name, "label": name, **blank, **fields}


def product(name: str, *releases: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "label": name, "releases": list(releases)}


def rows(content: Any, name: str = "answer") -> list[Entry]:
    return list(offer_of_json(content, name, SHIPPED.entries, TODAY).rows)


FORTIOS = product(
    "fortios", release("7.4", eoasFrom="2026-05-11", eolFrom="2029-01-31"), release("9.0")
)


@pytest.mark.parametrize("result", [FORTIOS, [FORTIOS]], ids=["one product", "products/full"])
def test_api_v1(result: Any) -> None:
    known, new = rows({"schema_version": "1.2.0", "result": result})
    assert known.name == "FortiOS 7.4"
    assert known.milestones == {
        "end_of_software_maintenance": date(2026, 5, 11),
        "last_day_of_support": date(2029, 1, 31),
    }
    assert (known.source_url, known.retrieved_on) == ("https://endoflife.date/fortios", str(TODAY))
    assert (new.match, new.milestones) == ("9.0", {}), "no day announced is a blank"


def test_booleans_are_no_days() -> None:
    told = [
        {"cycle": "12", "eol": "2026-07-11", "support": True, "lts": False},
        {"cycle": "7.10", "eol": True, "support": False},
        {"cycle": "7.1", "eol": False, "support": True},
    ]
    dated, ended, open_ = rows(told, "debian")
    assert dated.milestones == {"end_of_security_fixes": date(2026, 7, 11)}
    assert set(ended.milestones.values()) == {date(2026, 11, 23)}
    assert ended.note == ENDED
    assert open_.milestones == {}
    assert [one.match for one in (ended, open_)] == ["7.10", "7.1"]


def test_what_has_ended_fails_at_once_and_what_says_no_day_is_not_supported() -> None:
    ended, open_ = rows([{"cycle": "1", "eol": True}, {"cycle": "2", "eol": False}], "debian")
    made, _ = updated(SHIPPED, Offer((ended, open_)), TODAY)
    results = [judged(made, one, TODAY)[1] for one in (ended, open_)]
    assert results == [Result.not_satisfied, Result.not_assessed]


def judged(made: Catalogue, entry: Entry, today: date) -> tuple[str, Result]:
    found = support(
        made,
        entry,
        today,
        unknown="unknown_version",
        fails_at=("end_of_security_fixes", "last_day_of_support"),
        warns_at=(),
        horizons_days=(),
        max_age_days=90,
    )
    return found.state, found.result


def test_windows_is_known_by_its_build_and_edition() -> None:
    """A release that no catalogue has comes too; one that tells no build cannot."""
    latest = {"name": "10.0.20348", "date": None, "link": None}
    told = product(
        "windows-server",
        release("2022", latest=latest, eolFrom="2031-10-14", eoesFrom="2034-10-14"),
        release("2031", latest={"name": "10.0.33000"}, eolFrom="2041-10-14", isEoes=None),
        release("2035"),
    )
    offer = offer_of_json({"result": told}, "x", SHIPPED.entries, TODAY)
    known, new = offer.rows
    assert (known.match, known.rule, known.name) == ("10.0.20348", "build", "Windows Server 2022")
    assert [str(day) for day in known.milestones.values()] == ["2031-10-14", "2034-10-14"]
    assert (new.match, new.edition) == ("10.0.33000", "2031")
    assert set(map(str, new.milestones.values())) == {"2041-10-14"}
    assert offer.left_out == ("windows-server 2035: it tells no build",)


@pytest.mark.parametrize(
    ("site_id", "cycle", "edition"),
    [
        ("windows", "11-24h2-e-lts", "e lts"),
        ("windows", "10-22h2", ""),
        ("windows", "10-1507-iot", "iot"),
        ("windows-server", "2012-r2", "2012 r2"),
        ("windows-server", "23h2-ac", "23h2"),
        ("windows-server", "2004-sac", "2004"),
        ("windows-server", "2008-r2-sp1", "2008 r2 sp1"),
    ],
)
def test_the_edition_stands_in_the_release_s_name(site_id: str, cycle: str, edition: str) -> None:
    told = [{"cycle": cycle, "eol": False, "latest": "10.0.99999"}]
    assert [one.edition for one in rows(told, site_id)] == [edition]


def test_any_product_is_taken_under_the_site_s_name() -> None:
    told = product("angular", release("20", eoasFrom="2026-01-02", eolFrom="2027-01-02"))
    told |= {"label": "Angular", "category": "framework"}
    offer = offer_of_json({"result": [told]}, "x", (), TODAY)
    [row] = offer.rows
    assert (row.kind, row.vendor, row.product, row.name) == (
        "software",
        "angular",
        "angular",
        "Angular 20",
    )
    made, changes = updated(SHIPPED, offer, TODAY)
    found = made.find_software(None, "angular", "20.3.1")
    assert found is not None and found.key == row.key
    assert {name: str(day) for name, day in found.milestones.items()} == {
        "end_of_software_maintenance": "2026-01-02",
        "end_of_security_fixes": "2027-01-02",
        "last_day_of_support": "2027-01-02",
    }
    assert [one.word for one in changes] == ["comes"]
    assert made.find_software(None, "angular", "2.0") is None, "20 is not 2"


def test_what_is_held_in_the_hand_is_hardware_and_is_discontinued() -> None:
    gone = {"isDiscontinued": True, "discontinuedFrom": "2025-09-09", "isEol": True}
    told = product("pocket", release("7", label="7 mini", **gone), release("8"))
    told |= {"label": "Pocket", "category": "device"}
    known, new = rows({"result": told})
    assert (known.kind, known.match, known.milestones["end_of_sale"]) == (
        "hardware",
        "Pocket 7 mini",
        date(2025, 9, 9),
    )
    assert known.milestones["last_day_of_support"] == date(2026, 11, 23)
    assert (new.match, new.milestones) == ("Pocket 8", {})


@pytest.mark.parametrize(
    ("told", "last"),
    [
        ({"eol": "2027-01-02", "extendedSupport": "2030-01-02"}, "2030-01-02"),
        ({"eol": "2027-01-02", "extendedSupport": False}, "2027-01-02"),
        ({"eol": "2027-01-02", "extendedSupport": True}, "2027-01-02"),
        ({"eol": "2027-01-02"}, "2027-01-02"),
        ({"isEol": False, "eolFrom": "2027-01-02", "isEoes": None}, "2027-01-02"),
        ({"isEol": False, "eolFrom": "2027-01-02", "isEoes": False}, "2027-01-02"),
        ({"isEol": False, "eolFrom": "2027-01-02", "eoesFrom": "2030-01-02"}, "2030-01-02"),
    ],
)
def test_longer_support_moves_the_last_day_and_never_the_last_fix(
    told: dict[str, Any], last: str
) -> None:
    [row] = rows([{"cycle": "5", **told}], "something")
    assert str(row.milestones["end_of_security_fixes"]) == "2027-01-02"
    assert str(row.milestones["last_day_of_support"]) == last


def test_what_has_ended_on_no_day_that_is_told_keeps_the_day_it_was_first_seen_to() -> None:
    made, _ = updated(SHIPPED, Offer(tuple(rows([{"cycle": "1", "eol": True}], "some"))), TODAY)
    later = offer_of_json([{"cycle": "1", "eol": True}], "some", made.entries, date(2027, 2, 1))
    again, changes = updated(made, later, date(2027, 2, 1))
    assert changes == []
    found = again.find_software(None, "some", "1")
    assert found is not None and found.milestones["end_of_security_fixes"] == date(2026, 11, 23)


def test_the_vendor_s_own_day_is_not_changed_by_what_another_tells() -> None:
    own = replace(rows([{"cycle": "30.04", "eol": "2035-05-29"}], "ubuntu")[0], confidence="vendor")
    before = Catalogue(date(2026, 9, 1), (own,))
    other = rows([{"cycle": "30.04", "eol": "2035-04-30", "support": "2031-01-01"}], "ubuntu")
    made, [kept] = updated(before, Offer(tuple(other)), TODAY)
    assert (kept.word, kept.after) == ("kept", other[0])
    assert made.entries[0].milestones == own.milestones
    assert made.age_days(TODAY, made.entries[0]) == 84, "what was not confirmed grows no younger"
    same = rows([{"cycle": "30.04", "eol": "2035-05-29", "support": "2031-01-01"}], "ubuntu")
    made, changes = updated(before, Offer(tuple(same)), TODAY)
    assert changes == []
    assert made.entries[0].milestones == own.milestones
    assert made.age_days(TODAY, made.entries[0]) == 0
    # A CSV is somebody's whole catalogue, and stands for itself.
    made, [taken] = updated(before, Offer(tuple(other), whole=True), TODAY)
    assert (taken.word, made.entries) == ("changes", tuple(other))


def test_a_list_of_products_names_what_to_take_instead() -> None:
    listed = {"result": [{"name": "ubuntu", "label": "Ubuntu", "category": "os", "uri": "x"}]}
    with pytest.raises(ConfigurationError, match="without their releases") as caught:
        rows(listed)
    assert "products/full" in str(caught.value.next_step)


def test_what_two_files_say_alike_is_said_once(tmp_path: Path) -> None:
    for name in ("full", "fortios"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"result": FORTIOS}), "utf-8")
    source = read_source(str(tmp_path), SHIPPED, TODAY)
    made, _ = updated(SHIPPED, source.offer, TODAY)
    assert len(source.offer.rows) == 2
    assert len(made.entries) == len(SHIPPED.entries) + 1


EOX: dict[str, Any] = {
    "PaginationResponseRecord": {"PageIndex": 1},
    "EOXRecord": [
        {
            "EOLProductID": "C9300-24T-X",
            "ProductIDDescription": "a switch",
            "EndOfSaleDate": {"value": "2027-01-31", "dateFormat": "YYYY-MM-DD"},
            "EndOfSWMaintenanceReleases": {"value": ""},
            "EndOfSecurityVulSupportDate": {"value": "2030-01-31"},
            "LastDateOfSupport": {"value": "2032-01-31"},
            "LinkToProductBulletinURL": "https://www.cisco.com/notice",
        },
        {"EOLProductID": "", "EOXInputValue": "X1", "EOXError": {"ErrorDescription": "not known"}},
    ],
}


SOFTWARE: dict[str, Any] = {
    "EOLProductID": "",
    "EOXInputType": "ShowEOXBySWReleaseString",
    "EOXInputValue": "15.2(4)M7,IOS",
    "LastDateOfSupport": {"value": "2020-01-31"},
    "EndOfSWMaintenanceReleases": {"value": "2015-01-27"},
    "LinkToProductBulletinURL": "https://www.cisco.com/notice-15-2m",
}


@pytest.mark.parametrize(
    ("asked", "product_", "match"),
    [
        ("15.2(4)M7,IOS", "ios", "15.2M"),
        ("15.4(3)T2,IOS ", "ios", "15.4M"),
        ("17.09.04a,IOS XE", "iosxe", "17.9"),
        ("9.3(10),NX-OS", "nxos", "9.3"),
        ("9.16(4),ASA", "asa", "9.16"),
    ],
)
def test_eox_of_software_gives_the_train_its_dates(asked: str, product_: str, match: str) -> None:
    offer = offer_of_json({"EOXRecord": [{**SOFTWARE, "EOXInputValue": asked}]}, "x", (), TODAY)
    [row] = offer.rows
    assert (row.kind, row.product, row.match, row.rule) == ("software", product_, match, "train")
    assert str(row.milestones["last_day_of_support"]) == "2020-01-31"


def test_two_releases_of_a_train_are_one_row_and_other_dates_are_refused() -> None:
    later = {**SOFTWARE, "EOXInputValue": "15.2(4)M11,IOS"}
    offer = offer_of_json({"EOXRecord": [SOFTWARE, later]}, "x", (), TODAY)
    assert len(offer.rows) == 1
    other = {**later, "LastDateOfSupport": {"value": "2021-01-31"}}
    offer = offer_of_json({"EOXRecord": [SOFTWARE, other]}, "x", (), TODAY)
    with pytest.raises(ConfigurationError) as caught:
        updated(SHIPPED, offer, TODAY)
    assert caught.value.code == "catalogue_row"


@pytest.mark.parametrize("asked", ["4.8,CATOS", "15.2(4)M7", "nonsense,IOS", ""])
def test_a_release_of_an_unknown_system_is_left_out_and_said(asked: str) -> None:
    offer = offer_of_json({"EOXRecord": [{**SOFTWARE, "EOXInputValue": asked}]}, "x", (), TODAY)
    assert offer.rows == ()
    assert len(offer.left_out) == 1


def test_eox() -> None:
    offer = offer_of_json(EOX, "x", (), TODAY)
    [row] = offer.rows
    assert (row.vendor, row.kind, row.match, row.confidence) == (
        "Cisco",
        "hardware",
        "C9300-24T-X",
        "vendor",
    )
    assert sorted(row.milestones) == ["end_of_sale", "end_of_security_fixes", "last_day_of_support"]
    assert offer.left_out == ("X1: not known",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"result": product("fortios", release("7.4", eolFrom="20222-09-30"))}, "fortios 7.4"),
        ([{"cycle": "7.4", "eol": "111-09-30"}], "fortios 7.4"),
        ({"EOXRecord": [EOX["EOXRecord"][0] | {"LastDateOfSupport": {"value": "20222-1-1"}}]},
         "C9300-24T-X, LastDateOfSupport"),
        ({"unknown": 1}, "neither"),
        (7, "neither"),
        ({"result": {"name": "fortios", "releases": [7]}}, "neither"),
    ],
)  # fmt: skip
def test_a_bad_answer_is_refused_and_named(content: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        rows(content, "fortios")


def written(path: Path, *changed: Mapping[str, str], keep: int | None = None) -> Path:
    """A CSV file of the shipped rows and some more."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(one.row() for one in SHIPPED.entries[:keep])
        writer.writerows(changed)
    return path


ROW = {
    **dict.fromkeys(COLUMNS, ""),
    "vendor": "Cisco",
    "kind": "software",
    "product": "asa",
    "name": "ASA 9.16",
    "match": "9.16",
    "rule": "train",
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ([{**ROW, "last_day_of_support": "20222-01-01"}], "row 1242: a date"),
        ([{**ROW, "last_day_of_support": "2028-02-30"}], "row 1242: a date"),
        ([{**ROW, "last_day_of_support": "117-01-01"}], "row 1242: a date"),
        ([{**ROW, "last_day_of_support": "=TODAY()"}], "row 1242: a date"),
        ([{**ROW, "end_of_sale": "2028/01/01"}], "row 1242: a date"),
        ([ROW, {**ROW, "vendor": "CISCO Systems"}], "9.16 stands in it twice"),
        ([ROW, ROW], "9.16 stands in it twice"),
        ([ROW, {**ROW, "last_day_of_support": "2028-01-01"}], "9.16 stands in it with other dates"),
    ],
)
def test_a_bad_row_is_refused_and_named(
    tmp_path: Path, changed: list[Mapping[str, str]], said: str
) -> None:
    path = written(tmp_path / "ours.csv", *changed)
    with pytest.raises(ConfigurationError, match=said):
        updated(SHIPPED, read_source(str(path), SHIPPED, TODAY).offer, TODAY)


def test_a_row_that_an_update_leaves_alone_grows_no_younger() -> None:
    made, _ = updated(SHIPPED, Offer(tuple(rows({"result": FORTIOS}))), date(2027, 2, 22))
    fresh = made.find_software("Fortinet", "fortios", "7.4.3")
    left = made.find_software("Palo Alto Networks", "panos", "12.1.1")
    assert fresh is not None and left is not None
    assert judged(made, fresh, date(2027, 2, 22))[0] == "supported"
    assert judged(made, left, date(2027, 2, 22))[0] == "catalogue_stale"
    assert Catalogue.of_record(made.record()) == made
