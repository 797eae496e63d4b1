"""Which product an installed program is, and what its lifecycle makes of a host."""

from __future__ import annotations

from datetime import date

import pytest

from agent.catalogue import load_catalogue
from checks.release_is_supported import check
from evidence.facts import SoftwareRelease
from evidence.observation import Observation, Result
from evidence.programs import Program, program
from tests.judging import read, seen


@pytest.mark.parametrize(
    ("name", "version", "wanted"),
    [
        ("Microsoft SQL Server 2019 (64-bit)", "15.0.2000.5", ("mssql", "15.0")),
        ("SQL Server 2016 Database Engine Services", "13.2.5026.0", ("mssql", "13.0-sp2")),
        ("SQL Server 2012 Database Engine Services", "11.0.2100.60", ("mssql", "11.0")),
        ("Microsoft SQL Server 2014 (64-bit)", None, ("mssql", None)),
        ("Microsoft SQL Server 2008 R2 (64-bit)", "10.50.1600.1", ("mssql", None)),
        ("Microsoft SQL Server 2012 Native Client ", "11.4.7462.6", None),
        ("Microsoft SQL Server Management Studio - 18.12.1", "15.0.18424.0", None),
        (
            "Microsoft Exchange Server 2016 Cumulative Update 23",
            "15.1.2507.6",
            ("exchange", "2016"),
        ),
        ("PostgreSQL 9.6 ", "9.6.24-1", ("postgresql", "9.6")),
        ("PostgreSQL 16", "16.4-1", ("postgresql", "16.4")),
        ("PostgreSQL 16", None, ("postgresql", "16")),
        ("MySQL Server 8.0", "8.0.36", ("mysql", "8.0")),
        ("MySQL Workbench 8.0 CE", "8.0.36", None),
        ("Microsoft .NET Runtime - 6.0.25 (x64)", "48.103.4351", ("dotnet", "6.0.25")),
        ("Microsoft ASP.NET Core 8.0.2 - Shared Framework (x64)", "8.0.2.24", ("dotnet", "8.0.2")),
        ("Microsoft Windows Desktop Runtime - 6.0.36 (x64)", "6.0.36.34217", ("dotnet", "6.0.36")),
        ("Python 3.9.13 (64-bit)", "3.9.13150.0", ("python", "3.9.13")),
        ("Python 3.9.13 Test Suite (64-bit)", "3.9.13150.0", None),
        ("Apache Tomcat 8.5 Tomcat8 (remove only)", "8.5.100", ("tomcat", "8.5")),
        ("OpenSSL 1.1.1w (64-bit)", None, ("openssl", "1.1.1")),
        ("OpenSSL Light 3.0.8 (64-bit)", None, ("openssl", "3.0.8")),
        ("Java 8 Update 381 (64-bit)", "8.0.3810.9", ("oracle-jdk", "8")),
        ("Java(TM) SE Development Kit 17.0.8 (64-bit)", "17.0.8.0", ("oracle-jdk", "17.0.8")),
        ("Java Auto Updater", "2.8.381.9", None),
        ("Node.js", "18.20.4", ("nodejs", "18")),
        ("Microsoft Office Professional Plus 2016 - zh-tw", "16.0.19127", ("office", "2016")),
        ("Microsoft Office LTSC Professional Plus 2021 - zh-tw", "16.0.14", ("office", "2021")),
        ("Microsoft Office Standard 2010", "14.0.7015.1000", ("office", "2010")),
        ("Microsoft Office Proofing Tools 2016 - English", "16.0.4266.1001", None),
        ("7-Zip 23.01 (x64)", "23.01", None),
        ("", None, None),
    ],
)
def test_a_name_is_a_product_and_its_train(
    name: str, version: str | None, wanted: tuple[str, str | None] | None
) -> None:
    assert program(name, version) == (wanted and Program(*wanted))


def judged(*programs: tuple[str, str | None]) -> list[Observation]:
    """What the check says of a host with these programs, on 30 November 2026."""
    facts = [
        SoftwareRelease(name=name, version=version, part="program") for name, version in programs
    ]
    readings = seen(read("srv-01", "firmware", *facts), catalogue=load_catalogue(date.max))
    return [one for one in check(readings) if one.subject != "srv-01/software"]


def test_a_program_past_its_support_fails_and_an_unknown_train_never_passes() -> None:
    found = judged(
        ("PostgreSQL 16", "16.4-1"),
        ("Microsoft SQL Server 2014 (64-bit)", None),
        ("Apache Tomcat 8.5 Tomcat8 (remove only)", "8.5.100"),
        ("7-Zip 23.01 (x64)", "23.01"),
    )
    assert {one.subject: (one.state, one.result) for one in found} == {
        "srv-01/software postgresql 16": ("supported", Result.satisfied),
        "srv-01/software mssql": ("unknown_version", Result.not_assessed),
        "srv-01/software tomcat 8.5": ("support_ended", Result.not_satisfied),
    }


def test_two_parts_of_one_train_are_one_thing_and_two_trains_are_two() -> None:
    found = judged(
        ("Microsoft .NET Runtime - 8.0.2 (x64)", "64.8.8805"),
        ("Microsoft .NET Runtime - 8.0.2 (x86)", "64.8.8805"),
        ("Microsoft .NET Runtime - 6.0.25 (x64)", "48.103.4351"),
    )
    assert [one.subject for one in found] == [
        "srv-01/software dotnet 8",
        "srv-01/software dotnet 6",
    ]
