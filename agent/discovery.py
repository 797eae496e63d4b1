"""Where devices may be looked for: only in networks that the configuration names, and no wide ones.

Off until a device has the subject `neighbours` and its option `ranges`. A sweep asks every address
of its ranges, so they are bounded; a table of neighbours is only cut to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from evidence.ask import Ask
from evidence.device import BY_NAME_ONLY, Device
from evidence.errors import ConfigurationError, shown

RANGES, RATE = "ranges", "per_second"
SWEEP = "sweep"
MOST_ADDRESSES = 4096  # of one sweep: an hour at the usual pace would not be enough for more
USUAL_RATE, HIGHEST_RATE = 5.0, 20.0

Network = IPv4Network | IPv6Network


def ranges(device: Device) -> tuple[Network, ...]:
    """The networks a device's option names. Raises ConfigurationError (`range_invalid`)."""
    words = [one for one in re.split(r"[\s,]+", device.options.get(RANGES, "")) if one]
    try:
        return tuple(ip_network(word) for word in words)
    except ValueError as error:
        raise ConfigurationError(
            f"{device.id}: ranges: {shown(str(error))}",
            code="range_invalid",
            next_step="write networks as 192.0.2.0/24, apart by commas",
        ) from None


def rate_per_s(device: Device) -> float:
    """How many addresses a sweep asks in a second. Raises ConfigurationError (`rate_invalid`)."""
    said = device.options.get(RATE, str(USUAL_RATE))
    rate = float(said) if re.fullmatch(r"\d{1,3}(?:\.\d{1,3})?", said) else 0.0
    if not 0 < rate <= HIGHEST_RATE:
        raise ConfigurationError(
            f"{device.id}: per_second {shown(said)!r} is not above 0 and at most {HIGHEST_RATE:g}",
            code="rate_invalid",
        )
    return rate


def planned(device: Device, ask: Ask) -> Iterator[str]:
    """The texts an ask will have: with the device's own ranges where it asks for a range."""
    if set(ask.holes) != {"range"}:
        yield ask.text
        return
    for network in ranges(device):
        yield ask(range=str(network)).text


def discovery_mistakes(device: Device) -> Iterator[str]:
    """What is wrong with a device that looks for others, as `code: sentence`."""
    if not BY_NAME_ONLY & set(device.subjects):
        return
    try:
        networks = ranges(device)
        if device.platform == SWEEP:
            rate_per_s(device)
    except ConfigurationError as error:
        yield f"{error.code}: {error.message}"
        return
    if not networks:
        yield (
            f"ranges_missing: {device.id} may look for devices only in networks that are named: "
            'write `options: {ranges: "192.0.2.0/24"}`'
        )
    count = sum(network.num_addresses for network in networks)
    if device.platform == SWEEP and count > MOST_ADDRESSES:
        yield (
            f"range_too_wide: {device.id} would ask {count} addresses; at most {MOST_ADDRESSES} "
            "are asked in one sweep: make several, each with its own schedule"
        )
