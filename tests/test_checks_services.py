"""Services and addresses as devices write them, read as numbers or left as names."""

from __future__ import annotations

import pytest

from evidence.services import Service, is_any, networks, service


@pytest.mark.parametrize(
    ("text", "protocol", "first", "last"),
    [
        ("tcp/443", "tcp", 443, 443),
        ("443", "", 443, 443),
        ("443/tcp", "tcp", 443, 443),
        ("tcp/8000-8100", "tcp", 8000, 8100),
        ("8000:8100/udp", "udp", 8000, 8100),
        ("HTTPS", "", 443, 443),
        ("tcp/https", "tcp", 443, 443),
        ("tcp/ms-wbt-server", "tcp", 3389, 3389),
        ("any/53", "any", 53, 53),
        ("tcp/>1023", "tcp", 1024, 65535),
        ("tcp/<1024", "tcp", 1, 1023),
        ("tcp/!telnet", "tcp", 1, 65534),
        ("udp/53 from >1023", "udp", 53, 53),
        ("udp/any from 123", "udp", 0, 65535),
        ("tcp", "tcp", 0, 65535),
        ("ALL_TCP", "tcp", 0, 65535),
        ("icmp/echo-request", "icmp", 0, 0),
        ("icmp6/nd-ns", "icmp6", 0, 0),
        ("ESP profile strong", "esp", 0, 0),
        ("PING", "ping", 0, 0),
        ("any", "", 0, 65535),
    ],
)
def test_services(text: str, protocol: str, first: int, last: int) -> None:
    assert service(text) == Service(protocol, first, last)


@pytest.mark.parametrize(
    "text",
    [
        *("MAIL", "Nginx Full", "tcp/@services", "web-access", "tcp/our"),
        # Groups whose name begins like a protocol without ports hold whatever they hold.
        *("PING_SSH_RDP", "ah-servers", "espresso", "ICMP+SSH", "grep"),
    ],
)
def test_a_name_stays_a_name(text: str) -> None:
    found = service(text)
    assert (found.name, found.any, found.covers(80)) == (text, False, False)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10.0.0.0/8", ["10.0.0.0/8"]),
        ("10.1.1.1", ["10.1.1.1/32"]),
        ("10.1.1.1/255.255.255.0", ["10.1.1.0/24"]),
        ("10.1.1.0 255.255.255.0", ["10.1.1.0/24"]),
        ("10.1.1.1-10.1.1.2", ["10.1.1.1/32", "10.1.1.2/32"]),
        ("2001:db8::/32", ["2001:db8::/32"]),
        ("all", ["0.0.0.0/0", "::/0"]),
        ("fqdn updates.example.com", None),
        ("core-lan", None),
        ("@banned", None),
        ("10.0.0.2-10.0.0.1", None),
    ],
)
def test_addresses(text: str, wanted: list[str] | None) -> None:
    found = networks(text)
    assert (None if found is None else [str(one) for one in found]) == wanted


def test_any_is_every_address_of_a_family() -> None:
    assert is_any(("10.0.0.1", "::/0"))
    assert not is_any(("10.0.0.0/8", "any-host"))
