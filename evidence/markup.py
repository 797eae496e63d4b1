"""XML read safely: no document type, no entities, no deep nesting, no flood of elements.

Every known XML bomb and every way to make a reader fetch a file needs a document type
declaration. The parser tells of one before it reads what is in it, and is stopped there;
depth and number of elements are counted while they come, so that nothing is built first
and judged later. The standard library's parser is enough for this: what defusedxml would
add to it are the same refusals, but not the counting.
"""

from __future__ import annotations

from typing import NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.parsers.expat.errors import (
    XML_ERROR_NO_ELEMENTS,
    XML_ERROR_PARTIAL_CHAR,
    XML_ERROR_UNCLOSED_CDATA_SECTION,
    XML_ERROR_UNCLOSED_TOKEN,
    codes,
)

from evidence.errors import Incomplete, TooMuch, Unexpected, shown

MAX_DEPTH = 64
MAX_ELEMENTS = 2_000_000  # some 40,000 firewall rules; a megabyte can hold 250,000 empty ones
_CUT = {
    codes[name]
    for name in (
        *(XML_ERROR_NO_ELEMENTS, XML_ERROR_UNCLOSED_TOKEN),
        *(XML_ERROR_PARTIAL_CHAR, XML_ERROR_UNCLOSED_CDATA_SECTION),
    )
}


def element(body: bytes, who: str) -> Element:
    """The root of an XML document. `who` begins every error's sentence.

    Raises TooMuch (`input_too_deep` over 64 levels, `input_too_large` over two million
    elements), Incomplete for a document that breaks off, Unexpected for anything else.
    """
    parser = XMLParser(target=_Bounded(who))
    try:
        parser.feed(body)
        root = parser.close()
    except ParseError as error:
        if error.code in _CUT and body.lstrip()[:1] == b"<":
            raise Incomplete(f"{who}: the XML breaks off") from None
        start = shown(body[:200].decode("utf-8", "replace"))
        raise Unexpected(f"{who} should answer XML: {error}; it starts {start!r}") from None
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise Unexpected(f"{who} should answer XML: {error}") from None
    assert isinstance(root, Element)
    return root


class _Bounded:
    """Builds the tree while it counts; raises from within the parser."""

    def __init__(self, who: str) -> None:
        self._who = who
        self._builder = TreeBuilder()
        self._depth = self._elements = 0

    def doctype(self, name: str, public: str | None, system: str | None) -> NoReturn:
        raise Unexpected(
            f"{self._who}: a document type is declared ({shown(name)}): a web page, or an attack",
            next_step="check the address: no device's answer declares one",
        )

    def start(self, tag: str, attributes: dict[str, str]) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            raise TooMuch(f"{self._who}: nested over {MAX_DEPTH} levels", code="input_too_deep")
        if self._elements > MAX_ELEMENTS:
            raise TooMuch(f"{self._who}: more than {MAX_ELEMENTS} elements")
        return self._builder.start(tag, attributes)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return self._builder.end(tag)

    def data(self, text: str) -> None:
        self._builder.data(text)

    def close(self) -> Element:
        return self._builder.close()
