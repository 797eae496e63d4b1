"""The inventory as NETCONF and the XML interface give it: `Cisco-IOS-XR-invmgr-oper`.

Both write the same entities; the one `<inv-basic-bag>`, the other `<InvBasicBag>`. Only what
somebody delivers is read: at the prompt `show inventory` tells as much.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from evidence import markup
from evidence.capture import Capture

_RELEASE = re.compile(r"\d+\.\d+\.\d+\w*")


def is_tree(text: str) -> bool:
    return text.lstrip().startswith("<")


def listed(capture: Capture) -> tuple[str, str | None]:
    """The entities as `show inventory` lists them, and the release that the rack names.

    Raises Unexpected, Incomplete or TooMuch as `evidence.markup` does.
    """
    root = markup.element(capture.body, f"{capture.device}: {capture.ask.text!r}")
    lines: list[str] = []
    release = None
    for name, bag in _entities(root):
        lines.append(f'NAME: "{name}", DESCR: "{bag.get("description", "")}"')
        told = [bag.get(one, "") for one in ("modelname", "hardwarerevision", "serialnumber")]
        lines.append("PID: {}, VID: {}, SN: {}".format(*told))
        version = bag.get("softwarerevision", "")
        if release is None and name.startswith("Rack ") and _RELEASE.fullmatch(version):
            release = version
    return "".join(f"{line}\n" for line in lines), release


def _entities(root: Element) -> Iterator[tuple[str, dict[str, str]]]:
    """Each entity's name and what its basic attributes say."""
    for one in root.iter():
        if _plain(one) != "entity":
            continue
        name = next((_said(part) for part in one.iter() if _plain(part) == "name"), "")
        for bag in one.iter():
            if _plain(bag) == "invbasicbag":
                yield name, {_plain(part): _said(part) for part in bag}


def _plain(element: Element) -> str:
    """Its name without namespace, hyphens and capitals."""
    return element.tag.rpartition("}")[2].replace("-", "").casefold()


def _said(element: Element) -> str:
    return " ".join((element.text or "").replace('"', "'").split())
