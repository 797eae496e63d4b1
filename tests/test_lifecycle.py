"""Matching models and versions to lifecycle rows, and what a row comes to on a day."""

from __future__ import annotations

import doctest
from datetime import date, timedelta
from types import ModuleType

import pytest

import evidence.programs
import evidence.services
import evidence.trains
from agent.catalogue import load_catalogue
from evidence.errors import ConfigurationError
from evidence.lifecycle import COLUMNS, MILESTONES, Catalogue, Entry
from evidence.observation import Result
from evidence.support import Support, support
from evidence.trains import train

SHIPPED = load_catalogue(date.max)


def rows(*matches: tuple[str, str], vendor: str = "Cisco", **more: str) -> Catalogue:
    """A catalogue of hardware rows: (match, rule)."""
    blank = dict.fromkeys(COLUMNS, "")
    return Catalogue.of_rows(
        [
            {**blank, "vendor": vendor, "kind": "hardware", "match": match, "rule": rule, **more}
            for match, rule in matches
        ],
        date(2026, 11, 23),
    )


@pytest.mark.parametrize(
    ("product", "version", "wanted"),
    [
        ("asa", "9.16(4)57", "9.16"),
        ("asa", "9.8(2)", "9.8"),
        ("ftd", "7.2.5.1-29", "7.2"),
        ("ios", "15.2(7)E3", "15.2E"),
        ("ios", "15.9(3)M4", "15.9M"),
        ("ios", "15.4(3)T2", "15.4M"),
        ("ios", "12.2(55)SE10", "12.2SE"),
        ("ios", "15.0(2a)EX5", "15.0EX"),
        ("iosxe", "17.09.04a", "17.9"),
        ("iosxe", "03.07.05E", "3.7E"),
        ("iosxe", "16.12.08", "16.12"),
        ("nxos", "10.3(4a)M", "10.3"),
        ("nxos", "9.3(10)", "9.3"),
        ("nxos", "7.0(3)I7(9)", "7.0(3)I7"),
        ("aireos", "8.10.196.0", "8.10"),
        ("fortios", "7.2.8", "7.2"),
        ("panos", "10.1.14-h9", "10.1"),
        ("panos", "9.0.2-xfr", "9.0-xfr"),
        ("gaia", "R81.20", "R81.20"),
        ("gaia", "R80", "R80"),
        ("gaia", "R81.10.05", "R81.10.05 Embedded"),
        ("junos", "21.4R3-S5.4", "21.4"),
        ("junos", "12.3X48-D105", "12.3X48"),
        ("junos", "15.1X49-D170", "15.1X49"),
        ("junos", "22.3R1-EVO", "22.3-EVO"),
        ("arubaos-switch", "YA.16.10.0016", "YA.16.10"),
        ("aoscx", "FL.10.10.1030", "10.10"),
        ("bigip", "16.1.4", "16.1"),
        ("windows-server", "10.0.17763.5122", "10.0.17763"),
        ("debian", "12.5", "12"),
        ("ubuntu", "22.04.3", "22.04"),
        ("rhel", "8.9", "8"),
        ("a product nobody knows", "1.2.3", None),
        ("asa", "no version here", None),
        ("ios", None, None),
        (None, "7.2", None),
    ],
)
def test_trains(product: str | None, version: str | None, wanted: str | None) -> None:
    assert train(product, version) == wanted


@pytest.mark.parametrize("module", [evidence.trains, evidence.services, evidence.programs])
def test_the_examples_in_docstrings(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


# --- hardware ---


@pytest.mark.parametrize(
    ("vendor", "model", "match"),
    [
        ("Cisco", "WS-C2960X-48TS-L", "WS-C2960X-"),
        ("Cisco", "WS-C2960-24TT-L", "WS-C2960-"),
        ("Cisco", "WS-C2960+24TC-L", "WS-C2960+"),
        ("Cisco Systems", " ws-c3650-24pdm-s ", "WS-C3650-24PDM"),
        ("Cisco", "ISR4331/K9", "ISR4331"),
        ("Cisco", "ISR4331/K9=", "ISR4331"),
        ("Cisco", "AIR-CAP2702I-H-K9", "AIR-CAP2702"),
        ("Cisco", "ASA 5516-X with FirePOWER", "ASA5516"),
        ("Cisco", "N9K-C93180YC-FX", "N9K-C93180YC-FX"),
        ("Cisco", "N9K-C93180YC-FX3", None),
        ("Cisco", "N9K-C9372PX-E", "N9K-C9372PX-E"),
        ("Cisco Meraki", "MX64W", "MX64W"),
        ("Fortinet", "FortiGate-100F", "FortiGate-100F"),
        ("Fortinet", "FortiGate-60E-POE", "FortiGate-60E-POE"),
        ("Fortinet", "FortiGate-60E-3G4G", None),
        ("Fortinet", "FG3H0E", "FortiGate-300E"),
        ("Fortinet", "FG1K5D", "FortiGate-1500D"),
        ("Fortinet", "FortiGate-60F", None),
        ("Palo Alto Networks", "PA-220", "PA-220"),
        ("Palo Alto Networks", "PA-220R", "PA-220R"),
        ("Palo Alto Networks", "PA - 850", "PA-850"),
        ("Palo Alto Networks", "PA-3410", None),
        ("Juniper Networks", "ex2200-24t-4g", "EX2200"),
        ("Juniper Networks", "ex2200-c-12t-2g", "EX2200-C"),
        ("Juniper", "srx240h2", "SRX240H2"),
        ("Check Point", "5600", "Check Point 5600"),
        ("SonicWall", "TZ400", "TZ 400"),
        ("HPE Aruba", "Aruba7205", "7205"),
        ("Palo Alto Networks", "WS-C2960X-48TS-L", None),
        (None, "5600", None),
        (None, "PA-220", "PA-220"),
        ("Cisco", "", None),
    ],
)
def test_hardware(vendor: str | None, model: str, match: str | None) -> None:
    found = SHIPPED.find_hardware(vendor, model)
    assert (found and found.match) == match


def test_a_trailing_hyphen_is_significant() -> None:
    assert rows(("WS-C2960-", "prefix")).find_hardware("Cisco", "WS-C2960X-48TS-L") is None


def test_the_longest_match_wins_whatever_the_order() -> None:
    for order in (("MX60", "MX600"), ("MX600", "MX60")):
        found = rows(*((match, "prefix") for match in order)).find_hardware("Cisco", "MX600")
        assert found is not None
        assert found.match == "MX600"


@pytest.mark.parametrize(
    ("rule", "model", "found"),
    [
        ("model", "PA-220", True),
        ("model", "PA-220 (lab)", True),
        ("model", "PA-220R", False),
        ("model", "PA-2200", False),
        ("model", "PA-220-K2", False),
        ("model", "PA-220+", False),
        ("family", "PA-220-48T", True),
        ("family", "PA-2200", False),
        ("prefix", "PA-220R", True),
    ],
)
def test_what_may_follow_a_match(rule: str, model: str, found: bool) -> None:
    assert (rows(("PA-220", rule)).find_hardware("Cisco", model) is not None) is found


# --- software ---


@pytest.mark.parametrize(
    ("product", "version", "edition", "name"),
    [
        ("ios", "15.2(7)E3", "", "IOS 15.2E"),
        ("ios", "15.2(4)S7", "", None),
        ("nxos", "7.3(0)N1(1)", "", None),
        ("iosxe", "17.09.04a", "", "IOS XE 17.9"),
        ("fortios", "7.2.8", "", "FortiOS 7.2"),
        ("panos", "10.1.14-h9", "", "PAN-OS 10.1"),
        ("routeros", "7.10.2", "", "RouterOS 7.10"),
        ("routeros", "7.1.5", "", "RouterOS 7.1"),
        ("gaia", "R80", "", "Check Point software R80"),
        ("gaia", "R80.40", "", "Check Point software R80.40"),
        ("gaia", "R81.10.05", "", None),
        ("sns", "4.3.16", "", "SNS firmware 4.3"),
        ("sns", "3.5.1", "", "SNS firmware 3"),
        ("anyconnect", "4.10.07", "", "AnyConnect Secure Mobility Client 4.x"),
        ("asa", "9.16(4)57", "", None),
        ("debian", "12.5", "", "Debian 12"),
        ("ubuntu", "22.04.3", "", "Ubuntu 22.04 LTS"),
        ("ubuntu", "14.10", "", "Ubuntu 14.10"),
        ("rhel", "8.10", "", "Red Hat Enterprise Linux 8"),
        ("sles", "15.6", "", "SUSE Linux Enterprise Server 15 SP6"),
        ("junos", "21.4R3-S5.4", "", None),
        ("junos", "20.4R3-S5.4", "", "Junos OS 20.4"),
        ("junos", "15.1X49-D170", "", None),
        ("postgresql", "16.4", "", "PostgreSQL 16"),
        ("dotnet", "8.0.26", "", ".NET 8"),
        ("openssl", "3.0.8", "", "OpenSSL 3.0"),
        ("windows-server", "10.0.20348", "", "Windows Server 2022"),
        ("windows-server", "10.0.17763", "Windows Server 2019 Standard", "Windows Server 2019"),
        ("windows-server", "10.0.17763", "Windows Server, version 1809", "Windows Server 1809 SAC"),
        ("windows-server", "10.0.17763", "", None),
        ("windows", "10.0.26100", "Windows 11 Pro", "Windows 11 24H2 (W) [11-24h2-w]"),
        (
            "windows",
            "10.0.17763",
            "Windows 10 Enterprise LTSC 2019",
            "Windows 10 1809 (E) [10-1809-e-lts]",
        ),
        ("windows", "10.0.26100", "", None),
    ],
)
def test_software(product: str, version: str, edition: str, name: str | None) -> None:
    found = SHIPPED.find_software(None, product, version, edition=edition)
    assert (found and found.name) == name


def test_7_10_is_not_7_1() -> None:
    only = Catalogue(
        SHIPPED.dated,
        tuple(one for one in SHIPPED.entries if (one.product, one.match) == ("routeros", "7.1")),
    )
    assert only.find_software(None, "routeros", "7.1.5") is not None
    assert only.find_software(None, "routeros", "7.10.2") is None


# --- dates ---

TODAY = date(2026, 11, 30)


def test_a_month_stands_for_its_last_day() -> None:
    found = SHIPPED.find_software(None, "gaia", "R81.20")
    assert found is not None
    assert found.milestones == {"last_day_of_support": date(2027, 5, 31)}


def stands(milestones: dict[str, str], dated: date = date(2026, 11, 23)) -> Support:
    """Where a model with these milestones stands on `TODAY`, by the shipped limits."""
    book = Catalogue(dated, rows(("X1", "model"), **milestones).entries)
    return support(
        book,
        book.find_hardware("Cisco", "X1"),
        TODAY,
        unknown="unknown_model",
        fails_at=("end_of_security_fixes", "last_day_of_support"),
        warns_at=("end_of_software_maintenance",),
        horizons_days=(365, 180, 90),
        max_age_days=90,
    )


@pytest.mark.parametrize(
    ("milestones", "state", "result", "horizon"),
    [
        ({"last_day_of_support": "2026-11-29"}, "support_ended", Result.not_satisfied, None),
        ({"last_day_of_support": "2026-11-30"}, "support_ends_soon", Result.partly, 90),
        ({"last_day_of_support": "2026-11"}, "support_ends_soon", Result.partly, 90),
        ({"last_day_of_support": "2027-04-30"}, "support_ends_soon", Result.partly, 180),
        ({"last_day_of_support": "2027-11-30"}, "support_ends_soon", Result.partly, 365),
        ({"last_day_of_support": "2027-12-01"}, "supported", Result.satisfied, None),
        (
            {"end_of_security_fixes": "2026-01-01", "last_day_of_support": "2030-01-01"},
            "support_ended",
            Result.not_satisfied,
            None,
        ),
        (
            {"end_of_software_maintenance": "2026-01-01", "last_day_of_support": "2030-01-01"},
            "maintenance_ended",
            Result.partly,
            None,
        ),
        ({"end_of_sale": "2020-01-01"}, "no_date_published", Result.not_assessed, None),
        ({}, "no_date_published", Result.not_assessed, None),
    ],
)
def test_where_a_row_stands(
    milestones: dict[str, str], state: str, result: Result, horizon: int | None
) -> None:
    found = stands(milestones)
    assert (found.state, found.result, found.horizon_days) == (state, result, horizon)


def test_a_stale_catalogue_shows_an_end_but_no_support() -> None:
    goes_on, ended = {"last_day_of_support": "2030-01-01"}, {"last_day_of_support": "2026-01-01"}
    assert stands(goes_on, dated=date(2026, 8, 31)).state == "catalogue_stale"
    assert stands(ended, dated=date(2026, 8, 31)).state == "support_ended"
    assert stands(goes_on, dated=date(2026, 9, 1)).state == "supported"


def test_no_row_is_no_pass() -> None:
    found = support(
        SHIPPED,
        None,
        TODAY,
        unknown="unknown_version",
        fails_at=(),
        warns_at=(),
        horizons_days=(),
        max_age_days=90,
    )
    assert (found.state, found.result) == ("unknown_version", Result.not_assessed)


# --- the file ---


def test_every_shipped_row_finds_itself() -> None:
    for row in SHIPPED.entries:
        if row.kind == "hardware":
            found = SHIPPED.find_hardware(row.vendor, row.match)
            assert found is not None, row.name
            assert found.match == row.match, row.name


def test_every_shipped_row_has_source_and_confidence() -> None:
    assert len(SHIPPED.entries) == 2928
    assert all(row.source_url.startswith("http") for row in SHIPPED.entries)
    assert {row.confidence for row in SHIPPED.entries} == {"vendor", "secondary", "reseller"}
    assert {row.rule for row in SHIPPED.entries} == {"prefix", "family", "model", "train", "build"}


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ({"end_of_sale": "soon"}, "row 2: a date is"),
        ({"end_of_sale": "2026-02-30"}, "row 2: a date is"),
        ({"end_of_sale": "2026"}, "row 2: a date is"),
    ],
)
def test_a_bad_row_is_refused_with_its_number(spoilt: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        rows(("X1", "model"), **spoilt)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ConfigurationError, match="column `vendor` is missing"):
        Catalogue.of_rows([{"kind": "hardware"}], TODAY)


def test_the_digest_changes_with_any_date() -> None:
    one, other = (rows(("X1", "model"), end_of_sale=day) for day in ("2026-01-01", "2026-01-02"))
    assert one.digest != other.digest


# --- each side of each milestone ---

FAILING = ("end_of_security_fixes", "last_day_of_support")


@pytest.mark.parametrize(
    ("vendor", "product", "version", "last"),
    [
        ("Fortinet", "fortios", "7.0.17", date(2025, 9, 30)),
        ("Fortinet", "fortios", "7.2.8", date(2026, 9, 30)),
        ("Fortinet", "fortios", "7.4.3", date(2028, 11, 11)),
        ("Palo Alto Networks", "panos", "10.1.14-h9", date(2024, 12, 1)),
        ("Palo Alto Networks", "panos", "11.1.2", date(2027, 5, 3)),
        ("Palo Alto Networks", "panos", "10.2.9-h1", date(2025, 8, 27)),
        ("F5", "bigip", "16.1.4", date(2025, 7, 31)),
        ("Cisco", "iosxe", "17.09.04a", date(2026, 7, 29)),
        ("Debian", "debian", "11.9", date(2024, 8, 14)),
        ("Canonical", "ubuntu", "20.04.6", date(2025, 5, 29)),
        ("Microsoft", "windows-server", "10.0.20348.1", date(2031, 10, 14)),
    ],
)
def test_dated_examples(vendor: str, product: str, version: str, last: date) -> None:
    entry = SHIPPED.find_software(vendor, product, version)
    assert entry is not None
    assert stood(entry, last) == ("supported", Result.satisfied)
    assert stood(entry, last + timedelta(days=1)) == ("support_ended", Result.not_satisfied)


@pytest.mark.parametrize(
    ("product", "version", "last"),
    [
        ("fortios", "7.2.8", date(2025, 3, 31)),
        ("windows-server", "10.0.20348.1", date(2026, 10, 13)),
        ("mssql", "16.0.4265.3", date(2028, 1, 11)),
        ("php", "8.3.9", date(2025, 12, 31)),
    ],
)
def test_the_end_of_maintenance_warns_while_fixes_go_on(
    product: str, version: str, last: date
) -> None:
    entry = SHIPPED.find_software(None, product, version)
    assert entry is not None
    warns = ("end_of_software_maintenance",)
    assert at(entry, last, warns_at=warns).state == "supported"
    assert at(entry, last + timedelta(days=1), warns_at=warns).state == "maintenance_ended"


DATED = [one for one in SHIPPED.entries if set(one.milestones) & set(FAILING)][::18]


@pytest.mark.parametrize("entry", DATED, ids=lambda one: f"{one.vendor} {one.match}")
def test_each_side_of_the_day_that_decides(entry: Entry) -> None:
    last = min(day for name, day in entry.milestones.items() if name in FAILING)
    assert stood(entry, last) == ("supported", Result.satisfied)
    assert stood(entry, last + timedelta(days=1)) == ("support_ended", Result.not_satisfied)


EACH = [
    pytest.param(entry, name, id=f"{entry.vendor} {entry.match} {name}")
    for name in MILESTONES
    for entry in [one for one in SHIPPED.entries if name in one.milestones][::25]
]


@pytest.mark.parametrize(("entry", "name"), EACH)
def test_each_side_of_each_milestone_that_a_company_may_choose(entry: Entry, name: str) -> None:
    """The day itself is on the good side; a horizon begins on its day, not before."""
    day = entry.milestones[name]
    for away, state in (
        (1, "support_ended"),
        (0, "support_ends_soon"),
        (-90, "support_ends_soon"),
        (-91, "supported"),
    ):
        found = at(entry, day + timedelta(days=away), fails_at=(name,), horizons_days=(90,))
        assert found.state == state, (away, name)
        assert found.decisive and found.decisive.name == name
        warned = at(entry, day + timedelta(days=away), fails_at=(), warns_at=(name,))
        assert warned.state == "no_date_published", "what only warns never shows support"


def test_maintenance_that_ended_warns_while_fixes_go_on() -> None:
    entry = SHIPPED.find_software("Fortinet", "fortios", "7.2.8")
    assert entry is not None
    for day, state in (
        (date(2025, 3, 31), "supported"),
        (date(2025, 4, 1), "maintenance_ended"),
        (date(2026, 9, 30), "maintenance_ended"),
        (date(2026, 10, 1), "support_ended"),
    ):
        warned = at(entry, day, warns_at=("end_of_software_maintenance",))
        assert warned.state == state, day


def at(
    entry: Entry,
    today: date,
    *,
    fails_at: tuple[str, ...] = FAILING,
    warns_at: tuple[str, ...] = (),
    horizons_days: tuple[int, ...] = (),
) -> Support:
    """Where a row stands by a catalogue of that very day."""
    return support(
        Catalogue(today, (entry,)),
        entry,
        today,
        unknown="unknown_version",
        fails_at=fails_at,
        warns_at=warns_at,
        horizons_days=horizons_days,
        max_age_days=90,
    )


def stood(entry: Entry, today: date) -> tuple[str, Result]:
    """Where it stands without a horizon."""
    found = at(entry, today)
    return found.state, found.result
