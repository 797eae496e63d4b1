"""Installed programs that have a lifecycle of their own: which product a name is, which train.

Names as the makers' installers enter them among a computer's programs. A distribution's packages
are not looked for: who made the distribution mends them, whatever the project upstream does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """A product of the lifecycle catalogue, and its train; None: the name and version leave the
    train open."""

    product: str
    train: str | None


def program(name: str, version: str | None) -> Program | None:
    """What a program is. None: it has no lifecycle that is looked for here.

    >>> program("Microsoft SQL Server 2016 (64-bit)", "13.2.5026.0")
    Program(product='mssql', train='13.0-sp2')
    >>> program("7-Zip 23.01 (x64)", "23.01") is None
    True
    """
    for pattern, product, train in _KNOWN:
        if found := pattern.match(name):
            return Program(product, train(found, version or ""))
    return None


Train = Callable[[re.Match[str], str], str | None]

_SQL_SERVERS = {
    "2008": "10.00",
    "2008 R2": "10.50",
    "2012": "11.0",
    "2014": "12.0",
    "2016": "13.0",
    "2017": "14.0",
    "2019": "15.0",
    "2022": "16.0",
    "2025": "17.0",
}
_SERVICED = ("11.0", "12.0", "13.0")  # told by service pack, as the version's second number


def _sql_server(found: re.Match[str], version: str) -> str | None:
    """By year. To 2016 each service pack has its own dates, and before 2012 none is told."""
    number = _SQL_SERVERS.get(found[1])
    if number is None or number.startswith("10."):
        return None
    if number not in _SERVICED:
        return number
    pack = re.match(r"\d+\.(\d+)\.\d", version)
    if pack is None:
        return None
    return number if pack[1] == "0" else f"{number}-sp{pack[1]}"


def _named(found: re.Match[str], version: str) -> str | None:
    """By the number in the name, for its first group."""
    return found[1]


def _numbers(count: int) -> Train:
    """By the first numbers of the version, else of the name."""

    def train(found: re.Match[str], version: str) -> str | None:
        name = found[1] if found.lastindex else ""
        for text in (version, name or ""):
            if parts := re.match(r"\d+(?:\.\d+)*", text):
                return ".".join(parts[0].split(".")[:count])
        return None

    return train


_BITS = r" \((?:64|32)-bit\)"
_VERSION = r"(\d+(?:\.\d+)*)"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_KNOWN: tuple[tuple[re.Pattern[str], str, Train], ...] = (
    (
        _pattern(
            rf"(?:Microsoft )?SQL Server (\d{{4}}(?: R2)?)(?:{_BITS}| Database Engine Services)$"
        ),
        "mssql",
        _sql_server,
    ),
    (
        _pattern(
            r"Microsoft Office (?:LTSC )?(?:Standard|Professional(?: Plus)?|Enterprise"
            r"|Home and (?:Business|Student)) (20\d\d)(?: - \S+)?$"
        ),
        "office",
        _named,
    ),
    (_pattern(r"Microsoft Exchange Server (\d{4})\b"), "exchange", _named),
    (_pattern(rf"PostgreSQL {_VERSION}\b"), "postgresql", _numbers(2)),
    (_pattern(rf"MySQL Server {_VERSION}\b"), "mysql", _numbers(2)),
    (_pattern(rf"MariaDB {_VERSION}\b"), "mariadb", _numbers(2)),
    (_pattern(rf"Oracle Database {_VERSION}(?:c|ai)?\b"), "oracle-database", _named),
    (
        _pattern(
            r"Microsoft (?:\.NET(?: Core)? (?:Runtime|SDK)|ASP\.NET Core|Windows Desktop Runtime)"
            rf"(?: -)? {_VERSION}"
        ),
        "dotnet",
        _named,
    ),
    (_pattern(rf"PHP {_VERSION}\b"), "php", _numbers(2)),
    (_pattern(rf"Python {_VERSION}{_BITS}$"), "python", _named),
    (_pattern(rf"Apache Tomcat {_VERSION}\b"), "tomcat", _numbers(2)),
    (_pattern(rf"Apache HTTP Server {_VERSION}\b"), "apache-http-server", _numbers(2)),
    (_pattern(rf"nginx {_VERSION}\b"), "nginx", _numbers(2)),
    (_pattern(rf"OpenSSL (?:Light )?{_VERSION}[a-z]?{_BITS}$"), "openssl", _named),
    (
        _pattern(rf"Java(?:\(TM\))? (?:SE (?:Development Kit|Runtime Environment) )?{_VERSION}\b"),
        "oracle-jdk",
        _named,
    ),
    (_pattern(r"Node\.js\b"), "nodejs", _numbers(1)),
)
