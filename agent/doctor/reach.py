"""Whether a device answers, and is the one it should be: nothing of the account is sent.

SSH: a key exchange, so its own proposal and host key are seen. HTTPS: a handshake. SNMP version
3: the discovery any session begins with. Anything else by TCP: a connection.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from cryptography import x509

from agent.doctor.condition import Condition, certificate, failed
from agent.platforms import Platform
from agent.transports.tls import fingerprint, trust
from agent.transports.wire import port_of
from evidence.device import Device
from evidence.errors import EvidenceError, IdentityRefused, Unreachable, shown

WAIT_S = 5.0
_PORTS = {"winrm": 5986, "winreg": 445}
# SNMPv3 engine discovery (RFC 3414 4): no user, no data; the answer is a report of the engine.
_DISCOVERY = bytes.fromhex(
    "303e020103301102042b9a0c57020300ffe30401040201030410300e0400020100020100040004000400"
    "301404000400a00e02041f4d2a6b0201000201003000"
)

Look = Callable[[Device, Platform, Collection[str], datetime], Iterator[Condition]]


def look_at_way(
    device: Device, platform: Platform, pins: Collection[str], now: datetime
) -> Iterator[Condition]:
    """What can be said of the way to a device before anybody logs in."""
    if device.via is not None:
        said = f"stands behind {device.via}: seen only with --login"
        yield Condition("ok", device.id, said, about="reach")
        return
    look = _LOOKS.get(device.transport, _tcp)
    try:
        yield from look(device, platform, pins, now)
    except EvidenceError as error:
        yield failed(device.id, error, "reach")


def _ssh(
    device: Device, platform: Platform, pins: Collection[str], now: datetime
) -> Iterator[Condition]:
    # paramiko is slow to load, and a site without SSH does without it.
    from agent.gate import Gate
    from agent.secret import Credential
    from agent.transports import EveryAttempt
    from agent.transports.ssh.link import Link

    link = Link(device, Credential(), Gate(device, platform, Credential()), pins, EveryAttempt())
    key = link.greet(WAIT_S)
    yield Condition("ok", device.id, f"speaks SSH at {_place(device, 22)}", about="reach")
    shown_ = f"{key.fingerprint} ({key.get_name()})"
    accept = f"evidence-agent hostkey accept {device.id} {key.fingerprint}"
    if key.fingerprint in pins:
        yield Condition("ok", device.id, f"shows the pinned {shown_}", about="host key")
    elif not pins:
        yield Condition(
            "warn",
            device.id,
            f"host_key_unknown: none is pinned, it shows {shown_}",
            f"compare with its console, then: {accept}",
            about="host key",
        )
    else:
        yield Condition(
            "fail",
            device.id,
            f"host_key_changed: it shows {shown_}, pinned is {', '.join(sorted(pins))}",
            f"find out why before anything else; only after a known replacement: {accept}",
            1,
            "host key",
        )
    if "ssh_legacy" in device.exceptions and not link.needs_legacy:
        yield Condition(
            "warn",
            device.id,
            "its proposal has modern algorithms too; the exception ssh_legacy is not needed",
            "take it out of devices.yaml",
            about="algorithms",
        )


def _https(
    device: Device, platform: Platform, pins: Collection[str], now: datetime
) -> Iterator[Condition]:
    wanted = trust(device)
    address = (device.address, device.port or 443)
    try:
        with (
            socket.create_connection(address, WAIT_S) as plain,
            wanted.context.wrap_socket(plain, server_hostname=device.address) as secured,
        ):
            der = secured.getpeercert(binary_form=True) or b""
    except ssl.SSLCertVerificationError as error:
        seen = _seen_certificate(address)
        raise IdentityRefused(
            f"{device.id}: its certificate {seen} is not trusted: {error.verify_message}",
            code="tls_untrusted",
            next_step="compare it with the device's own display, then set the option "
            f"tls_fingerprint: {seen}, or tls_ca to the file of its CA",
        ) from None
    except ssl.SSLError as error:
        raise Unreachable(
            f"{device.id}: no TLS at {_place(device, 443)}: {shown(str(error.reason))}",
            code="tls_failed",
        ) from None
    except OSError as error:
        raise _no_connection(device, 443, error) from None
    if wanted.pin is not None and fingerprint(der).removeprefix("SHA256:") != wanted.pin:
        raise IdentityRefused(
            f"{device.id}: its certificate is now {fingerprint(der)}, pinned is another",
            code="tls_untrusted",
            next_step="find out why it changed; only after a known renewal set tls_fingerprint",
        )
    yield Condition("ok", device.id, f"shows the right {fingerprint(der)}", about="reach")
    ends_at = x509.load_der_x509_certificate(der).not_valid_after_utc
    found = certificate(device.id, ends_at, now, "renew it on the device, then pin the new one")
    if wanted.pin is not None and found.state == "fail":
        # A pinned one is known byte for byte: its end stops nothing, but others who use it.
        found = Condition("warn", device.id, found.said, found.mend, about="certificate")
    yield found


def _snmp(
    device: Device, platform: Platform, pins: Collection[str], now: datetime
) -> Iterator[Condition]:
    if device.options.get("snmp_version") == "2c":
        said = "answers nobody without its community: seen only with --login"
        yield Condition("ok", device.id, said, about="reach")
        return
    try:
        family, _, _, _, address = socket.getaddrinfo(
            device.address, device.port or 161, type=socket.SOCK_DGRAM
        )[0]
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.settimeout(WAIT_S / 2)
            asking.connect(address)
            yield _discovered(device, asking)
    except OSError as error:
        raise _no_connection(device, 161, error) from None


def _discovered(device: Device, asking: socket.socket) -> Condition:
    """Asked twice, for a datagram may be lost. Raises OSError."""
    asking.send(_DISCOVERY)
    try:
        asking.recv(2048)
    except TimeoutError:
        asking.send(_DISCOVERY)
        asking.recv(2048)
    return Condition(
        "ok", device.id, f"an SNMP engine answers at {_place(device, 161)}", about="reach"
    )


def _tcp(
    device: Device, platform: Platform, pins: Collection[str], now: datetime
) -> Iterator[Condition]:
    wired = device.transport == "wire"
    port = port_of(device, platform) if wired else _PORTS.get(device.transport, 0)
    try:
        socket.create_connection((device.address, device.port or port), WAIT_S).close()
    except OSError as error:
        raise _no_connection(device, port, error) from None
    yield Condition("ok", device.id, f"listens at {_place(device, port)}", about="reach")


def _folder(
    device: Device, platform: Platform, pins: Collection[str], now: datetime
) -> Iterator[Condition]:
    from agent.transports.folder import open_folder

    open_folder(device, platform).close()
    yield Condition("ok", device.id, "its folder can be read", about="reach")


def _local(
    device: Device, platform: Platform, pins: Collection[str], now: datetime
) -> Iterator[Condition]:
    yield Condition("ok", device.id, "is this host", about="reach")


_LOOKS: dict[str, Look] = {
    "ssh": _ssh,
    "https": _https,
    "snmp": _snmp,
    "folder": _folder,
    "local": _local,
}


def _place(device: Device, port: int) -> str:
    return f"{device.address}:{device.port or port}"


def _seen_certificate(address: tuple[str, int]) -> str:
    """The fingerprint of what is shown now: a handshake, and nothing after it."""
    try:
        shown_ = ssl.get_server_certificate(address, timeout=WAIT_S)
    except OSError:
        return "(gone)"
    return fingerprint(ssl.PEM_cert_to_DER_cert(shown_))


def _no_connection(device: Device, port: int, error: OSError) -> Unreachable:
    why = "no answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
    return Unreachable(
        f"{device.id}: {_place(device, port)}: {why}",
        next_step="check address, port and the firewall between; "
        f"then `evidence-agent doctor {device.id}`",
    )
