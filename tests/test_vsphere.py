"""vSphere's web service over real HTTPS: told to anybody, told to an account, and never written."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

from agent.gate.reading import reads
from agent.platforms import platform
from agent.redact import SiteKey
from agent.secret import Credential, Secret
from agent.transports.https import open_https
from agent.visit import Visitor
from collectors.vsphere import ABOUT, HOSTS, HTTP_SESSION
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import HardwareItem, SoftwareRelease
from evidence.reading import Reading
from evidence.tape import read_tape
from lab.devices.https import LabHttps, LabLogin
from tests.by_hand import AT
from tests.test_cases import CASES

ACCOUNT = "evidence@vsphere.local"
PASSWORD = "a<b&\"c'{d}"
SESSION = '"52b5395a-85c2-9902-7835-13a9b77e1fec"'
[LOGIN] = HTTP_SESSION.login
FAULT = (
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b"<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>Cannot complete login due "
    b'to an incorrect user name or password.</faultstring><detail><InvalidLoginFault xmlns="urn:'
    b'vim25"/></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>'
)


def sent(ask: Ask, sessions: str) -> str:
    """What leaves for a log-in or log-out: the signs filled, as XML writes them."""
    written = escape(PASSWORD, {"{": "&#123;", "}": "&#125;"})
    return (
        ask(sessions=sessions).text.replace("{$username}", ACCOUNT).replace("{$password}", written)
    )


def lab(case: str, sessions: str = "SessionManager", status: int = 200) -> LabHttps:
    login = LabLogin(
        sent(LOGIN, sessions),
        b"<ok/>" if status == 200 else FAULT,
        {"Set-Cookie": f"vmware_soap_session={SESSION}; Path=/; HttpOnly; Secure"},
        status,
        open=(ABOUT.text,),
    )
    tape = read_tape(CASES / "vsphere" / f"firmware.{case}.tape")
    return LabHttps(
        tape, f"vmware_soap_session={SESSION}", "Cookie", media_type="text/xml", login=login
    )


def read(device: LabHttps, secret: str | None = "cred:vsphere", **options: str) -> Reading:
    one = Device(
        id="vc-01",
        platform="vsphere",
        address="127.0.0.1",
        port=device.port,
        credential=secret,
        subjects=("firmware",),
        options={"tls_fingerprint": device.fingerprint, **options},
    )
    account = Credential(ACCOUNT, password=Secret(PASSWORD))
    visitor = Visitor(
        device=one,
        platform=platform("vsphere"),
        open_transport=lambda: open_https(
            one, account if secret else Credential(), platform("vsphere")
        ),
        clock=lambda: AT,
        key=SiteKey(b"a key of the site's"),
    )
    return visitor.visit(["firmware"]).readings[0]


def test_the_service_says_what_it_is_before_anybody_logs_in_and_its_hosts_after() -> None:
    device = lab("vcenter")
    with device:
        reading = read(device)
    assert reading.failure is None, reading.failure
    names = [one.name for one in reading.of(SoftwareRelease)]
    assert names == ["vCenter Server", *["VMware ESXi"] * 4]
    assert [one.serial for one in reading.of(HardwareItem)][:2] == ["CJPV4J3", "TWA1234567"]
    logout = HTTP_SESSION.logout
    assert logout is not None
    assert device.lines == [
        ABOUT.text,
        sent(LOGIN, "SessionManager"),
        HOSTS(collector="propertyCollector", root="group-d1").text,
        sent(logout, "SessionManager"),
    ]
    assert {one.get("Content-Type") for one in device.headers} == {"text/xml; charset=utf-8"}


def test_without_an_account_nobody_logs_in() -> None:
    device = lab("vcenter")
    with device:
        reading = read(device, secret=None)
    assert [one.version for one in reading.of(SoftwareRelease)] == ["7.0.3"]
    assert device.lines == [ABOUT.text]


def test_a_host_has_a_session_manager_of_its_own() -> None:
    device = lab("host_alone", "ha-sessionmgr")
    with device:
        reading = read(device, sessions="ha-sessionmgr")
    assert [one.version for one in reading.of(SoftwareRelease)] == ["6.7.0"]
    assert len(device.lines) == 4


def test_a_refused_log_in_is_one_though_its_status_is_500() -> None:
    device = lab("vcenter", status=500)
    with device:
        reading = read(device)
    assert reading.failure is not None
    assert reading.failure.code == "auth_failed"
    assert sum("<Login" in line for line in device.lines) == 1


def soap(method: str, inner: str = "", more: str = "") -> Ask:
    body = ABOUT.text.partition("<RetrieveServiceContent")[0]
    called = f'<{method} xmlns="urn:vim25">{inner}</{method}>{more}'
    return Ask("x", f"{body}{called}</soapenv:Body></soapenv:Envelope>", "http")


@pytest.mark.parametrize(
    ("ask", "is_read"),
    [
        (ABOUT, True),
        (HOSTS(collector="propertyCollector", root="group-d1"), True),
        (soap("RetrieveServiceContent"), True),
        (soap("PowerOffVM_Task"), False),
        (soap("RetrieveProperties", more="<PowerOffVM_Task/>"), False),
        (
            soap("RetrieveProperties", "</RetrieveProperties><Destroy_Task>", "</Destroy_Task>"),
            False,
        ),
        (soap("RetrieveProperties", "</soapenv:Body><soapenv:Body><Destroy_Task/>"), False),
        (LOGIN, False),
    ],
)
def test_one_method_that_retrieves_reads_and_nothing_else(ask: Ask, is_read: bool) -> None:
    assert reads(ask) is is_read
