"""XML that attacks its reader is refused before it is built."""

import tracemalloc

import pytest

from evidence import markup
from evidence.errors import AnswerError
from evidence.markup import element

LAUGHS = b"".join(
    (
        b'<!DOCTYPE a [<!ENTITY e0 "ha">',
        *(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12)),
        b"]><a>&e11;</a>",
    )
)
MOST = 20_000  # of elements here, so that two millions need not be read
REFUSED = {
    "entity bomb": (LAUGHS, "output_unexpected"),
    "quadratic entities": (
        b'<!DOCTYPE a [<!ENTITY e "%s">]><a>%s</a>' % (b"x" * 100_000, b"&e;" * 100_000),
        "output_unexpected",
    ),
    "file entity": (
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
        "output_unexpected",
    ),
    "external document type": (
        b'<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a/>',
        "output_unexpected",
    ),
    "log-in page": (b"<!DOCTYPE html><html><body>Log in</body></html>", "output_unexpected"),
    "undeclared entity": (b"<a>&e;</a>", "output_unexpected"),
    "a million levels": (b"<a>" * 1_000_000, "input_too_deep"),
    "65 levels": (b"<a>" * 65 + b"</a>" * 65, "input_too_deep"),
    "elements without end": (b"<a>" + b"<b/>" * (MOST + 1), "input_too_large"),
    "cut in a tag": (b"<a><b>1</b><c na", "output_incomplete"),
    "cut between tags": (b"<a><b>1</b>", "output_incomplete"),
    "nothing": (b"", "output_unexpected"),
    "JSON": (b'{"a": 1}', "output_unexpected"),
    "unknown encoding": (b'<?xml version="1.0" encoding="x-none"?><a/>', "output_unexpected"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_and_broken_xml_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "MAX_ELEMENTS", MOST)
    body, code = REFUSED[name]
    with pytest.raises(AnswerError) as caught:
        element(body, "fw")
    assert caught.value.code == code
    assert "\n" not in str(caught.value)


def test_a_bomb_is_refused_before_it_takes_memory() -> None:
    tracemalloc.start()
    with pytest.raises(AnswerError):
        element(LAUGHS, "fw")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_64_levels_are_read() -> None:
    root = element(b"<a>" * 64 + b"</a>" * 64, "fw")
    assert len(list(root.iter("a"))) == 64


def test_xml_is_read_in_the_encoding_it_declares() -> None:
    root = element('<?xml version="1.0"?><a n="規則">測試 &lt;1&gt;</a>'.encode(), "fw")
    assert (root.get("n"), root.text) == ("規則", "測試 <1>")
