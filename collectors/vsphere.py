"""VMware vSphere by its web service (SOAP at `/sdk`): what a vCenter Server or an ESXi host is, and
the hosts that a vCenter Server manages.

What the service says of itself it says to anybody; its hosts it tells an account with the role
Read-only. Every method that is sent to read begins with `Retrieve`. A host that is not connected
is told as it was when it last was, so its release counts as unknown.

From the published reference of the web services; not confirmed on a vCenter Server of our own:
which of a host's identifying numbers each maker of hardware fills, and that no `SOAPAction` is
asked for.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from xml.etree.ElementTree import Element

from evidence.ask import Ask, HttpSession
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact, HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "VMware"
ALIASES = ("vmware_vsphere", "vsphere_api")
TRANSPORTS = ("https", "folder")
# A fault comes with status 500, and its body says which.
HTTP_KEY_REFUSED = rb"<(?:\w+:)?(?:InvalidLogin|NotAuthenticated|NoPermission)(?:Fault)?\b"

Flow = Generator[Ask, Capture, Iterable[Fact]]

_ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
)
_V = "{urn:vim25}"
_HOLES = {
    "sessions": "SessionManager|ha-sessionmgr",  # the second is a host's own
    "collector": "propertyCollector|ha-property-collector",
    "root": r"group-d\d{1,6}|ha-folder-root",
}
PROPERTIES = ("name", "summary.hardware", "summary.config.product", "runtime.connectionState")


def _post(name: str, method: str, inner: str) -> Ask:
    body = f'{_ENVELOPE}<{method} xmlns="urn:vim25">{inner}</{method}></soapenv:Body>'
    return Ask(name, f"POST /sdk {body}</soapenv:Envelope>", "http", holes=_HOLES)


_SESSIONS = '<_this type="SessionManager">{sessions}</_this>'
_ACCOUNT = "<userName>{$username}</userName><password>{$password}</password>"


def _step(name: str, kind: str, path: str, *then: str) -> str:
    """A step down the inventory: along `path` of each `kind`, and onward by the steps named."""
    onward = "".join(f"<selectSet><name>{one}</name></selectSet>" for one in then)
    return (
        f'<selectSet xsi:type="TraversalSpec"><name>{name}</name><type>{kind}</type>'
        f"<path>{path}</path><skip>false</skip>{onward}</selectSet>"
    )


ABOUT = _post(
    "about", "RetrieveServiceContent", '<_this type="ServiceInstance">ServiceInstance</_this>'
)
HOSTS = _post(
    "hosts",
    "RetrieveProperties",
    '<_this type="PropertyCollector">{collector}</_this><specSet><propSet><type>HostSystem</type>'
    + "".join(f"<pathSet>{one}</pathSet>" for one in PROPERTIES)
    + '</propSet><objectSet><obj type="Folder">{root}</obj><skip>true</skip>'
    + _step("folder", "Folder", "childEntity", "folder", "datacenter", "compute")
    + _step("datacenter", "Datacenter", "hostFolder", "folder")
    + _step("compute", "ComputeResource", "host")
    + "</objectSet></specSet>",
)
HTTP_SESSION = HttpSession(
    login=(_post("login", "Login", _SESSIONS + _ACCOUNT),),
    token="cookie vmware_soap_session",
    carried=("cookie vmware_soap_session",),
    logout=_post("logout", "Logout", _SESSIONS),
    defaults={"sessions": "SessionManager"},
    open=(ABOUT,),
)


def firmware(device: Device) -> Flow:
    """Release and build of the service; of every host also machine, serial number and release."""
    content = _returned((yield ABOUT), "RetrieveServiceContentResponse")
    about = _first(content, f"{_V}about", f"{device.id}: it does not say what it is")
    service = _release(about, None)
    if service is None:
        raise Unexpected(f"{device.id}: it tells no product and version")
    found: list[Fact] = [service]
    try:
        answer = yield HOSTS(
            collector=_text(content, "propertyCollector"), root=_text(content, "rootFolder")
        )
    except NotAnswered as error:
        # Without an account, and where nobody delivered the list, the service alone is told.
        if error.code not in ("no_account", NotAnswered.code, "file_missing"):
            raise
        return found
    hosts = list(_returned(answer, "RetrievePropertiesResponse", every=True))
    if not hosts:
        raise Unexpected(
            f"{device.id}: the account sees no host",
            code="result_empty_suspicious",
            next_step="give it the role Read-only on the root of the inventory, with what is below",
        )
    alone = service.product == "esxi"
    for host in hosts:
        found += _host(_properties(host), alone)
    return found


def _returned(capture: Capture, response: str, every: bool = False) -> Element:
    """What a method returned; `every`: an element that holds all of its results."""
    root = capture.xml()
    found = root.find(f".//{_V}{response}")
    if found is None:
        raise Unexpected(f"{capture.device}: {capture.ask.name}: not the form of a vSphere answer")
    if every:
        return found
    return _first(found, f"{_V}returnval", f"{capture.device}: {capture.ask.name}: nothing in it")


def _first(parent: Element, name: str, missing: str) -> Element:
    found = parent.find(name)
    if found is None:
        raise Unexpected(missing)
    return found


def _text(parent: Element, path: str) -> str:
    """The text at a path of names below an element; "" where there is none."""
    found = parent.find("/".join(f"{_V}{name}" for name in path.split("/")))
    return " ".join((found.text or "").split()) if found is not None else ""


def _properties(host: Element) -> dict[str, Element]:
    """The values of a host by the name of their property."""
    values: dict[str, Element] = {}
    for one in host.findall(f"{_V}propSet"):
        value = one.find(f"{_V}val")
        if value is not None:
            values[_text(one, "name")] = value
    return values


_FAMILIES = {"vpx": ("vcenter", "vCenter Server"), "embeddedEsx": ("esxi", "VMware ESXi")}


def _release(about: Element, unit: str | None, is_current: bool = True) -> SoftwareRelease | None:
    """The release that an `AboutInfo` names; None where it names none that we know."""
    line, version = _text(about, "productLineId"), _text(about, "version")
    product, name = _FAMILIES.get(line, (None, _text(about, "name") or None))
    if product is None or not version:
        return None
    known = version if is_current else None
    return SoftwareRelease(
        subject_unit=unit,
        vendor=VENDOR,
        product=product,
        name=name,
        version=known,
        build=_text(about, "build") or None if is_current else None,
        train=train(product, known),
        # Hosts of one vCenter Server need not run one release, as the units of a cluster do.
        part="hypervisor" if unit else "operating system",
    )


def _host(values: dict[str, Element], alone: bool) -> Iterator[Fact]:
    """One host. `alone`: it was asked itself, and has told its release already."""
    name = " ".join(values["name"].itertext()).strip() if "name" in values else ""
    unit = None if alone or not name else name
    state = values.get("runtime.connectionState")
    is_current = state is not None and (state.text or "").strip() == "connected"
    product = values.get("summary.config.product")
    release = None if alone or product is None else _release(product, unit, is_current)
    if release is not None:
        yield release
    hardware = values.get("summary.hardware")
    if hardware is None:
        return
    vendor, model = _text(hardware, "vendor") or None, _text(hardware, "model") or None
    serial = _serial(hardware)
    yield HardwareItem(
        subject_unit=unit,
        vendor=vendor,
        model=model,
        serial=serial,
        virtual="vmware" in f"{vendor} {model}".casefold(),
    )
    yield Unit(subject_unit=unit, vendor=vendor, model=model, serial=serial, hostname=name or None)


_NUMBERS = ("SerialNumberTag", "EnclosureSerialNumberTag", "ServiceTag")


def _serial(hardware: Element) -> str | None:
    """The first of the identifying numbers that says something; makers fill different ones."""
    told = {
        _text(one, "identifierType/key"): _text(one, "identifierValue")
        for one in hardware.findall(f"{_V}otherIdentifyingInfo")
    }
    values = (told.get(name, "") for name in _NUMBERS)
    return next((one for one in values if one and one.casefold() not in _EMPTY), None)


_EMPTY = ("unknown", "none", "n/a", "not specified", "default string", "0")
