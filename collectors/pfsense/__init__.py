"""pfSense: by SSH the rules that pf has loaded, each with its counter; by API those of the pages.

pf is asked, not the configuration: a rule of the pages that stands for several of pf's is told
as those, under its tracking number. Counts are packets of the states a rule made and of those it
stopped, since the rules were last loaded (unless pf was told to keep them) or the unit booted.

The API is that of a package (pfrest) and tells the pages' rules with their edits, without any
counter: what it tells proves no silence.

From pf's own words and documentation, and the package's source, not confirmed on a unit of our
own: which lines stand below a rule in each release, and the labels that pfSense gives.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence

from collectors._managed.names import Objects
from collectors._pf.kept import SECRETS
from collectors.pfsense import _kept, _rest
from collectors.pfsense._pfctl import facts, loaded
from collectors.pfsense._unit import VENDOR, hardware, release, unit
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact, FirewallRule, Unit

__all__ = ["VENDOR"]
TRANSPORTS = ("ssh", "https")
HTTP_AUTH = "X-API-Key"

Flow = Generator[Ask, Capture, Iterable[Fact]]

RULES = Ask(
    "pf_rules",
    "sudo -n /sbin/pfctl -vvsr",
    also=("pfctl -vvsr", "/sbin/pfctl -vvsr", "sudo pfctl -vvsr"),
)
VERSION = Ask("version", "cat /etc/version")
HOSTNAME = Ask("hostname", "hostname")
BOOT = Ask("boot_time", "sysctl -n kern.boottime")
CLOCK = Ask("clock", "date +%s")
MODEL = Ask("model", "kenv -q smbios.system.product")
SERIAL = Ask("serial", "kenv -q smbios.system.serial")
INTERFACES = Ask("interfaces", "ifconfig -a")


def _get(name: str, path: str) -> Ask:
    return Ask(name, f"GET /api/v2/{path}", "http")


# Read from what somebody delivers, and never asked for: it holds every secret of the unit.
KEPT = Ask("configuration", "config.xml", secrets=SECRETS)
PAGE_RULES = _get("page_rules", "firewall/rules?limit=0&offset=0")
PAGE_ALIASES = _get("page_aliases", "firewall/aliases?limit=0&offset=0")
PAGE_VERSION = _get("page_version", "system/version")
PAGE_HOSTNAME = _get("page_hostname", "system/hostname")
PAGE_STATUS = _get("page_status", "status/system")


def firewall(device: Device) -> Flow:
    """Every rule pf holds, in its order of deciding, with what each counted; the unit.

    By the API every rule of the pages, without counts.
    """
    capture = yield from _by_way(device, RULES, PAGE_RULES, KEPT)
    if capture.ask.name == KEPT.name:
        rows, named = _kept.tables(capture)
        return _written(device, _rest.rules(rows, _rest.aliases(named), device.id, whole=True))
    if capture.ask.kind == "http":
        listed = yield from _page(PAGE_ALIASES)
        known = _rest.aliases(_rest.rows(listed)) if listed else Objects()
        found: list[Fact] = [*_rest.rules(_rest.rows(capture), known, device.id)]
    else:
        found = list(facts(loaded(capture), capture.answered_at))
    _written(device, found)
    return [(yield from _unit(capture)), *found]


def _written(device: Device, found: Sequence[Fact]) -> Sequence[Fact]:
    """The facts. Raises Unexpected where nobody wrote a rule of them."""
    if not any(isinstance(one, FirewallRule) and one.owner == "policy" for one in found):
        raise Unexpected(
            f"{device.id}: pf holds no rule that anybody wrote",
            code="result_empty_suspicious",
            next_step="check that the packet filter is switched on",
        )
    return found


def firmware(device: Device) -> Flow:
    """Release, model and serial number, the unit."""
    capture = yield from _by_way(device, VERSION, PAGE_VERSION)
    found = yield from _unit(capture)
    by_api = capture.ask.kind == "http"
    text = str(_rest.sheet(capture).get("version", "")) if by_api else capture.text()
    return [release(text, capture), *hardware(found), found]


def _by_way(
    device: Device, line: Ask, page: Ask, *by_hand: Ask
) -> Generator[Ask, Capture, Capture]:
    """The answer by the device's one way; by hand either is taken, and `by_hand`."""
    ways = {"ssh": (line,), "https": (page,)}
    trouble: NotAnswered | None = None
    for ask in (*ways.get(device.transport, (line, page)), *by_hand):
        try:
            return (yield ask)
        except NotAnswered as error:
            trouble = trouble or error
            if error.code != NotAnswered.code:
                raise
    assert trouble is not None
    raise trouble


def _unit(first: Capture) -> Generator[Ask, Capture, Unit]:
    if first.ask.kind == "http":
        status = yield from _page(PAGE_STATUS)
        name = yield from _page(PAGE_HOSTNAME)
        return _rest.unit(status, name)
    told = []
    for ask in (HOSTNAME, BOOT, CLOCK, MODEL, SERIAL, INTERFACES):
        told.append((yield from _optional(ask)))
    return unit(*told)


def _page(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """A page that can be done without; a refusal comes as an answer, too."""
    capture = yield from _optional(ask)
    try:
        return capture if capture and _rest.given(capture) else None
    except NotAnswered:
        return None


def _optional(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """What can be done without; None when the account or the unit does not answer it."""
    try:
        return (yield ask)
    except NotAnswered:
        return None
