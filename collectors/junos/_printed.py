"""What `show` prints of version, chassis and members, also where the answer came as XML.

`| display xml` and NETCONF give the same elements; they are written as the command line writes
them, so that one reading serves all. So is an answer that somebody indented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from collectors.junos._lines import answered, who
from evidence import markup
from evidence.capture import Capture

_INDENTED = re.compile(r"^([ \t]+)Hardware inventory:", re.M)
_MODULE = re.compile(r"chassis(?:-sub)*-module")
_VERSION = (("Hostname", "host-name"), ("Model", "product-model"), ("Junos", "junos-version"))


def printed(capture: Capture) -> str:
    """The answer's lines. Raises what `answered` raises, and `evidence.markup` for XML."""
    text = answered(capture)
    if text.lstrip().startswith("<"):
        root = markup.element(capture.body.strip(), who(capture))
        return "".join(f"{line}\n" for line in _lines(root))
    if indented := _INDENTED.search(text):
        return re.sub(rf"(?m)^{indented[1]}", "", text)
    return text


def _lines(element: Element) -> Iterator[str]:
    """Lines of an element and all below it, in their order."""
    tag = _tag(element)
    if tag == "re-name":
        yield f"{_said(element)}:"
    elif tag == "software-information":
        below = {_tag(one): _said(one) for one in element}
        yield from (f"{word}: {below[name]}" for word, name in _VERSION if below.get(name))
        yield from (_said(one) for one in element.iter() if _tag(one) == "comment")
    elif tag == "chassis" or _MODULE.fullmatch(tag):
        below = {_tag(one): _said(one) for one in element}
        within = "  " * tag.count("-sub")
        told = (below.get(one, "") for one in ("version", "part-number", "serial-number"))
        columns = " ".join(one for one in told if one)
        if below.get("description"):
            yield f"{within}{below.get('name', '')}  {columns}  {below['description']}"
        yield from (line for one in element for line in _lines(one))
    elif tag == "member":
        below = {_tag(one): _said(one) for one in element}
        told = (below.get(f"member-{one}", "") for one in ("status", "serial-number", "model"))
        yield f"{below.get('member-id', '')} (FPC  0)  {'  '.join(told)} "
    else:
        yield from (line for one in element for line in _lines(one))


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _said(element: Element) -> str:
    return " ".join((element.text or "").split())
