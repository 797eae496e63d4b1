"""What a register calls its software, and what the lifecycle catalogue makes of it."""

from __future__ import annotations

import doctest
from datetime import date
from typing import Any

import pytest

import evidence.registered
from agent.catalogue import load_catalogue
from checks.release_is_supported import check
from evidence.facts import Asset, HardwareItem, SoftwareRelease
from evidence.observation import Observation, Result
from evidence.registered import registered
from report.sections.lifecycle import lifecycle_table
from report.timeline import endings, timeline
from tests.judging import read, seen

CATALOGUE = load_catalogue(date(2026, 11, 28))


def test_the_examples_in_docstrings() -> None:
    assert doctest.testmod(evidence.registered).failed == 0


@pytest.mark.parametrize(
    ("name", "version", "wanted"),
    [
        ("MariaDB 資料庫", "１０．５", ("mariadb", "10.5")),  # noqa: RUF001 full width, as typed
        ("MySQL Community Server 5.7", None, ("mysql", "5.7")),
        ("官網 Apache Tomcat", "8.5.99", ("tomcat", "8.5.99")),
        ("nginx/1.18.0", None, ("nginx", "1.18.0")),
        ("Apache HTTP Server 2.2.34", None, ("apache-http-server", "2.2.34")),
        ("Node.js 16", None, ("nodejs", "16")),
        ("Oracle Java SE 8u291", None, ("oracle-jdk", "8")),
        ("Oracle JDK 1.8.0", None, ("oracle-jdk", "8.0")),
        ("Oracle Database 19c", None, ("oracle-database", "19")),
        ("OpenSSL 1.0.2k", None, ("openssl", "1.0.2")),
        ("SLES 12 SP5", None, ("sles", "12.5")),
        ("Windows Server 2008R2", None, ("windows-server", "6.1.7601")),
        ("Windows Server 2019 Standard", "1809", ("windows-server", "10.0.17763")),
        ("SQL Server 2019", "15.0.4", ("mssql", "15.0")),
        ("SQL Server 2016", None, ("mssql", None)),  # its service packs have dates of their own
        ("Red Hat Enterprise Linux", "7.9", ("rhel", "7.9")),
        ("SQL Server 2016 SP3", None, ("mssql", "13.0-sp3")),
        ("SQL Server 2019 SP1", None, ("mssql", "15.0")),  # it has none; the year decides
        ("Windows 7", None, ("windows", "6.1.7601")),
        ("Windows 10 專業版", "22H2", ("windows", "10.0.19045")),
        ("Windows 10 企業版 LTSC 2019", None, ("windows", "10.0.17763")),
        ("Windows 11 Pro 23H2", None, ("windows", "10.0.22631")),
        ("Windows 11", "10.0.26100.2033", ("windows", "10.0.26100")),
        ("Windows 10", None, ("windows", None)),  # which release is not told
        ("Windows 10 Enterprise LTSC", None, ("windows", None)),
        ("Windows 7.x 相容模組", "1.0", None),
        ("作業系統：Windows 10專業版 22H2", None, ("windows", "10.0.19045")),
        ("端點防護 for Windows 10", "22H2", None),
        ("Microsoft Office Professional Plus 2019", None, ("office", "2019")),
        ("MS Office 2016 標準版", None, ("office", "2016")),
        ("Check Point R80.40", None, ("gaia", "R80.40")),
        ("Check Point Gaia R80.20SP", None, ("gaia", "R80.20SP")),
        ("Gaia", "R81.20 Take 65", ("gaia", "R81.20")),
        ("Check Point 端點代理", "88.1", None),
        ("Junos OS 15.1X49-D170", None, ("junos", "15.1X49")),
        ("Junos", "21.4R3-S5", ("junos", "21.4")),
        ("NX-OS 7.0(3)I7(9)", None, ("nxos", "7.0(3)I7")),
        ("F5 BIG-IP LTM 16.1.4", None, ("bigip", "16.1.4")),
        ("Citrix ADC 13.1", None, ("netscaler", "13.1")),
        ("CentOS Stream 9", None, ("centos-stream", "9")),
        ("CentOS Linux 7", None, ("centos", "7")),
        ("MariaDB", None, ("mariadb", None)),
        ("OpenJDK 11", None, None),  # whose build it is decides
        ("網路下單系統", "3.2", None),
        ("PHPStorm", "2023.1", None),
    ],
)
def test_a_name_is_known(
    name: str, version: str | None, wanted: tuple[str, str | None] | None
) -> None:
    found = registered(name, version)
    assert (found and (found.product, found.version)) == wanted


def judged(*assets: Asset, beside: tuple[Any, ...] = ()) -> dict[str, Observation]:
    readings = seen(read("cmdb", "assets", *assets), *beside, catalogue=CATALOGUE)
    return {one.subject: one for one in check(readings) if one.device == "cmdb"}


def test_registered_software_is_judged_as_it_is_registered() -> None:
    found = judged(
        Asset(asset_id="S1", name="MariaDB", category="software", version="10.5.9"),
        Asset(asset_id="S2", name="PostgreSQL 17", category="software"),
        Asset(asset_id="S3", name="SQL Server 2016", category="software"),
        Asset(asset_id="S4", name="結算系統", category="software", version="2.0"),
        Asset(asset_id="S5", name="庫存系統", category="software"),
        Asset(
            asset_id="S6",
            name="PHP 5.6",
            category="software",
            decommissioned_on=date(2025, 1, 1),
        ),
    )
    states = {subject: (one.result, one.state) for subject, one in found.items()}
    assert states == {
        "register/S1/software": (Result.not_satisfied, "support_ended"),
        "register/S2/software": (Result.satisfied, "supported"),
        "register/S3/software": (Result.not_assessed, "unknown_version"),
        "cmdb/?/software without lifecycle data": (Result.not_assessed, "unknown_version"),
    }
    ended = found["register/S1/software"]
    assert ended.measures["expired_on"] == "2025-06-24"
    assert ended.measures["source_url"] == "https://endoflife.date/mariadb"
    assert "待向原廠確認" in ended.description.zh
    unknown = found["cmdb/?/software without lifecycle data"]
    assert unknown.measures["count"] == 2
    assert "結算系統" in unknown.description.zh and "庫存系統" in unknown.description.zh


def test_registered_equipment_is_judged_where_nothing_read_is_it() -> None:
    switch: dict[str, Any] = {"vendor": "Cisco", "model": "WS-C2960-24TT-L"}
    assets = (
        Asset(asset_id="H1", name="樓層交換器", serial="FOC0912X0AA", **switch),
        Asset(asset_id="H2", name="核心交換器", serial="FOC0912X0BB", **switch),
    )
    firmware = read(
        "sw-01",
        "firmware",
        SoftwareRelease(product="ios", version="15.0(2)SE11"),
        HardwareItem(vendor="Cisco", model="WS-C2960-24TT-L", serial="FOC0912X0BB"),
    )
    found = judged(*assets, beside=(firmware,))
    assert list(found) == ["register/H1/hardware"]
    assert found["register/H1/hardware"].measures["serial"] == "FOC0912X0AA"


def test_the_table_and_the_picture_hold_what_the_register_says() -> None:
    found = judged(
        Asset(asset_id="S1", name="MariaDB", category="software", version="10.5.9"),
        Asset(asset_id="S4", name="結算系統", category="software", version="2.0"),
    )
    table = lifecycle_table(found.values(), {"cmdb": "main"}, ())
    rows = {str(row["name"]): row for row in table.rows}
    assert set(rows) == {"mariadb", "S4 結算系統"}
    assert {str(row["part"]) for row in rows.values()} == {str(rows["mariadb"]["part"])}
    assert "mariadb 10.5.9" in timeline(
        endings(found.values(), {"cmdb": "main"}), date(2026, 11, 28), "en"
    )
