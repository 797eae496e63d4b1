"""What a register means by a program's name: which product of the lifecycle catalogue.

People write names freely: "Oracle DB 19c", "Windows Server 2016 標準版", "MariaDB 資料庫" with the
version in a column of its own. What is not recognised stays so; a house's own systems have no
maker who publishes dates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import normalize

from evidence.trains import train


@dataclass(frozen=True, slots=True)
class Registered:
    """A product, and its version as the catalogue's trains are written; None: the register tells
    none. `edition` is the name that tells editions of one build apart."""

    product: str
    version: str | None
    edition: str = ""


def registered(
    name: str, version: str | None = None, model: str | None = None
) -> Registered | None:
    """What an entry is. None: no product that has a lifecycle here.

    >>> registered("Windows Server 2019")
    Registered(product='windows-server', version='10.0.17763', edition='Windows Server 2019')
    >>> registered("官網 MariaDB 資料庫", "10.6.16").version
    '10.6.16'
    >>> registered("網路下單系統", "3.2") is None
    True
    """
    text = " ".join(normalize("NFKC", f"{name} {model or ''}").split())
    told = normalize("NFKC", version or "").strip().lstrip("vV")
    for pattern, product in _KNOWN:
        if (found := pattern.search(text)) is None:
            continue
        behind = _NUMBER.match(text[found.end() :])
        number = _NUMBER.match(told) or behind
        named = found.groupdict().get("named") or (behind[1] if behind else "")
        if product in _WORDED:
            rest = told or text[found.start("rest") :] if "rest" in found.groupdict() else told
            return Registered(product, train(product, rest))
        if product == "windows":
            return Registered(product, _windows(named.upper(), told, text), text)
        said = _as_train(product, number[1] if number else None, text)
        return Registered(product, *_version(product, named, said, text))
    return None


def _as_train(product: str, number: str | None, text: str) -> str | None:
    """Java 8 called itself 1.8; SUSE's service packs stand behind the number as its second one."""
    if number is not None and product in _JAVA:
        return number.removeprefix("1.")
    if product == "sles" and number is not None and (pack := _PACK.search(text)):
        return f"{number.partition('.')[0]}.{pack[1]}"
    return number


def _version(product: str, named: str, number: str | None, text: str) -> tuple[str | None, str]:
    """The version in the form that the catalogue's rows of a product are written in, and the
    edition."""
    if product in _BUILDS:
        builds = _BUILDS[product]
        year = re.sub(r"(?<=\d) ?(?=R2)", " ", named.upper())
        return builds.get(year), text
    if product == "mssql":
        if named in _PACKED and (pack := _PACK.search(text)):
            return f"{_PACKED[named]}-sp{pack[1]}", ""
        return _SQL_SERVERS.get(named or number or ""), ""
    if product in _BY_NAME:
        return (named or number or None), ""
    return number, ""


def _windows(named: str, told: str, text: str) -> str | None:
    """The build of a Windows for desks; None: which release of 10 or 11 it is, is not told."""
    if built := re.match(r"\d+\.\d+\.\d{4,}", told):
        return built[0]
    release = _RELEASE.search(f"{text} {told}")
    return _DESKTOPS.get(f"{named} {release[0].upper()}" if release else named)


# A version behind the name: "10.6", "19c", "8u291", "R81.20".
_NUMBER = re.compile(
    r"[ ,:/(_-]*(?:version|ver\.?|release|版本?|第)?[ .:]*v?(R?\d+(?:\.\d+)*)", re.IGNORECASE
)
_PACK = re.compile(r"\bSP ?(\d)\b", re.IGNORECASE)
_JAVA = frozenset(
    (
        *("oracle-jdk", "eclipse-temurin", "amazon-corretto", "azul-zulu"),
        *("microsoft-build-of-openjdk", "redhat-build-of-openjdk"),
    )
)

_BUILDS = {
    "windows-server": {
        "2003": "5.2.3790",
        "2008": "6.0.6003",
        "2008 R2": "6.1.7601",
        "2012": "6.2.9200",
        "2012 R2": "6.3.9600",
        "2016": "10.0.14393",
        "2019": "10.0.17763",
        "2022": "10.0.20348",
        "2025": "10.0.26100",
    },
}
# A release of Windows 10 or 11, or the year of one that is long in service.
_RELEASE = re.compile(
    r"\b(?:2\dH[12]|1[5-9](?:07|11|03|09)|2004|LTS[BC](?: 20\d\d)?)\b", re.IGNORECASE
)
_DESKTOPS = {
    "XP": "5.1.2600",
    "7": "6.1.7601",
    "8": "6.2.9200",
    "8.1": "6.3.9600",
    "10 1507": "10.0.10240",
    "10 1511": "10.0.10586",
    "10 1607": "10.0.14393",
    "10 LTSB 2016": "10.0.14393",
    "10 1703": "10.0.15063",
    "10 1709": "10.0.16299",
    "10 1803": "10.0.17134",
    "10 1809": "10.0.17763",
    "10 LTSC 2019": "10.0.17763",
    "10 1903": "10.0.18362",
    "10 1909": "10.0.18363",
    "10 2004": "10.0.19041",
    "10 20H2": "10.0.19042",
    "10 21H1": "10.0.19043",
    "10 21H2": "10.0.19044",
    "10 LTSC 2021": "10.0.19044",
    "10 22H2": "10.0.19045",
    "11 21H2": "10.0.22000",
    "11 22H2": "10.0.22621",
    "11 23H2": "10.0.22631",
    "11 24H2": "10.0.26100",
    "11 LTSC 2024": "10.0.26100",
    "11 25H2": "10.0.26200",
    "11 26H1": "10.0.28000",
    "11 26H2": "10.0.26300",
}
# SQL Server's versions by year. To 2016 the service pack decides.
_SQL_SERVERS = {"2017": "14.0", "2019": "15.0", "2022": "16.0", "2025": "17.0"}
_PACKED = {"2012": "11.0", "2014": "12.0", "2016": "13.0"}
# Whose trains are told by more than numbers: R80.20SP, 15.1X49, 7.0(3)I7.
_WORDED = frozenset(("gaia", "junos", "nxos"))
# Known by the number in the name; the version column counts something else.
_BY_NAME = frozenset(("exchange", "sharepoint", "office", "oracle-database"))

_YEAR = r"(?P<named>20\d\d(?: ?R2)?)"


def _known(*rows: tuple[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern, re.IGNORECASE), product) for pattern, product in rows)


# The more exact name before the wider one.
_KNOWN = _known(
    (rf"\bwindows server {_YEAR}", "windows-server"),
    # By its beginning: what is made for Windows 10 is no Windows 10.
    (
        r"^(?:作業系統[ :]*)?(?:microsoft |ms )?windows (?P<named>xp|7|8\.1|8|10|11)(?![.\da-z])",
        "windows",
    ),
    (rf"\bsql server {_YEAR}", "mssql"),
    (rf"\bexchange(?: server)? {_YEAR}", "exchange"),
    (rf"\bsharepoint(?: server)? {_YEAR}", "sharepoint"),
    (rf"\b(?:microsoft |ms )office(?: \w+){{0,4}}? {_YEAR}", "office"),
    (r"\boracle (?:database|db)\b(?: (?P<named>\d+))?", "oracle-database"),
    (r"\bred hat enterprise linux\b|\brhel\b", "rhel"),
    (r"\bcentos stream\b", "centos-stream"),
    (r"\bcentos\b(?: linux)?", "centos"),
    (r"\brocky linux\b", "rocky"),
    (r"\balma ?linux\b", "almalinux"),
    (r"\boracle linux\b", "ol"),
    (r"\bubuntu\b(?: server)?", "ubuntu"),
    (r"\bdebian\b(?: gnu/linux| linux)?", "debian"),
    (r"\bsuse linux enterprise server\b|\bsles\b", "sles"),
    (r"\besxi\b", "esxi"),
    (r"\bvcenter\b(?: server)?(?: appliance)?", "vcenter"),
    (r"\bmariadb\b", "mariadb"),
    (r"\bmysql\b(?: (?:server|community|enterprise|edition))*", "mysql"),
    (r"\bpostgres(?:ql)?\b", "postgresql"),
    (r"\bmongodb\b", "mongodb"),
    (r"\bredis\b", "redis"),
    (r"\belasticsearch\b", "elasticsearch"),
    (r"\bkibana\b", "kibana"),
    (r"\blogstash\b", "logstash"),
    (r"\brabbitmq\b", "rabbitmq"),
    (r"\bkafka\b", "apache-kafka"),
    (r"\bactivemq\b", "apache-activemq"),
    (r"\bapache tomcat\b|\btomcat\b", "tomcat"),
    (r"\bapache struts\b|\bstruts ?(?=2)", "apache-struts"),
    (r"\blog4j\b", "log4j"),
    (r"\bapache http(?: server|d)\b|\bhttpd\b|\bapache (?=2\.)", "apache-http-server"),
    (r"\bnginx\b", "nginx"),
    (r"\bhaproxy\b", "haproxy"),
    (r"\bsquid\b", "squid"),
    (r"\bphp\b", "php"),
    (r"\bpython\b", "python"),
    (r"\bnode\.?js\b", "nodejs"),
    (r"\btemurin\b|\badoptopenjdk\b", "eclipse-temurin"),
    (r"\bcorretto\b", "amazon-corretto"),
    (r"\bzulu\b", "azul-zulu"),
    (r"\bmicrosoft build of openjdk\b", "microsoft-build-of-openjdk"),
    (r"\bred ?hat (?:build of )?openjdk\b", "redhat-build-of-openjdk"),
    (r"\boracle (?:java|jdk)\b(?: se)?|\bjava(?:\(tm\))? se\b", "oracle-jdk"),
    (r"\bopenssl\b", "openssl"),
    (r"\bspring boot\b", "spring-boot"),
    (r"\bspring framework\b", "spring-framework"),
    (r"\bjquery\b", "jquery"),
    (r"\bwordpress\b", "wordpress"),
    (r"\bjboss(?: eap| enterprise application platform)\b", "redhat-jboss-eap"),
    (r"\bkeycloak\b", "keycloak"),
    (r"\bibm mq\b|\bwebsphere mq\b", "ibm-mq"),
    (r"\bdb2\b", "ibm-db2"),
    (r"\baix\b", "ibm-aix"),
    (r"\bsolaris\b", "oracle-solaris"),
    (r"\bveeam backup(?: & replication)?\b", "veeam-backup-and-replication"),
    (r"\bsplunk(?: enterprise)?\b", "splunk"),
    (r"\bzabbix\b", "zabbix"),
    (r"\bgrafana\b", "grafana"),
    (r"\bjenkins\b", "jenkins"),
    (r"\bgitlab\b", "gitlab"),
    (r"\bconfluence\b", "confluence"),
    (r"\bkubernetes\b", "kubernetes"),
    (r"\bdocker(?: engine)?\b", "docker-engine"),
    (r"\bproxmox\b(?: ve)?", "proxmox-ve"),
    (r"\bnutanix aos\b", "nutanix-aos"),
    (r"\bnetapp ontap\b|\bontap\b", "netapp-ontap"),
    (r"\b(?:vmware |omnissa )?horizon (?=\d)", "horizon"),
    (r"\bfortios\b", "fortios"),
    (r"\bpan-?os\b", "panos"),
    (r"(?:\bcheck ?point\b|\bgaia\b)(?: [\w-]+){0,3}? (?P<rest>R\d)|\bgaia\b", "gaia"),
    (r"\bjunos\b(?: os)? ?(?P<rest>)", "junos"),
    (r"\bnx-?os\b ?(?P<rest>)", "nxos"),
    (r"\bbig-?ip\b(?: \w+)?", "bigip"),
    (r"\bnetscaler\b(?: adc)?|\bcitrix adc\b", "netscaler"),
    (r"\bfortianalyzer\b", "fortianalyzer"),
    (r"\bfortimanager\b", "fortimanager"),
    (r"\barista eos\b", "eos"),
    (r"\bios[ -]xe\b", "iosxe"),
)  # fmt: skip
