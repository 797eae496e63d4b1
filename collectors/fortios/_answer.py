"""The envelope around every REST answer: whose it is, of which VDOM, and whether it is whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown

_COMMENT = re.compile(rb"^[ \t]*(?:#|//)[^\n]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """What one VDOM said. `version` as written (`v7.2.8`), `build` without it."""

    vdom: str
    results: Any
    serial: str
    version: str
    build: str | None

    @property
    def release(self) -> tuple[int, ...]:
        """Its first two numbers: (7, 2)."""
        return tuple(map(int, re.findall(r"\d+", self.version)[:2]))

    @property
    def consolidated(self) -> bool:
        """From 6.4 on one policy holds both IP versions; before there were two lists."""
        return self.release >= (6, 4)


def parts(capture: Capture) -> tuple[Part, ...]:
    """One part a VDOM (`vdom=*`), or a single one.

    Raises NotAnswered (`privilege_missing` for 401 and 403) when the device says it did not
    answer, Unexpected for what no FortiGate says, Incomplete for an answer that breaks off.
    """
    said = _json(capture)
    found = said if isinstance(said, list) else [said]
    if not found:
        raise Unexpected(f"{_who(capture)}: no VDOM in the answer")
    return tuple(_part(capture, one) for one in found)


def rows(capture: Capture) -> Iterator[tuple[Part, Mapping[str, Any]]]:
    """Every row of an answer that is a list, with the part it belongs to.

    Raises Incomplete where the device says that there are more rows than it gave.
    """
    for part in parts(capture):
        if not isinstance(part.results, list):
            raise Unexpected(f"{_who(capture)}: VDOM {shown(part.vdom)} gives no list")
        for row in part.results:
            if not isinstance(row, Mapping):
                raise Unexpected(f"{_who(capture)}: a row is {shown(repr(row))}")
            yield part, row


def words(value: Any) -> tuple[str, ...]:
    """Names in a list of references (`[{"name": "all"}]`, `[{"id": 15832}]`), in the order given.

    A reference in another form stays as it stands: never nothing.
    """
    if not isinstance(value, list):
        return ()
    return tuple(_word(one) for one in value)


def _word(reference: Any) -> str:
    if not isinstance(reference, Mapping):
        return str(reference)
    for key in ("name", "interface-name", "id", "q_origin_key"):
        if reference.get(key) not in (None, ""):
            return str(reference[key])
    return repr(dict(reference))[:120]


def whole(value: Any) -> int | None:
    """A number as the device gives it; None where it gives none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def said(value: Any) -> str | None:
    """A text; None where it is empty or missing."""
    return str(value).strip() or None if isinstance(value, str | int) else None


def _json(capture: Capture) -> Any:
    # Recordings handed in may carry comment lines, which no JSON text holds.
    bare = replace(capture, body=_COMMENT.sub(b"", capture.body))
    try:
        return bare.json()
    except Unexpected as error:
        if bare.body.lstrip()[:1] in (b"{", b"["):
            raise Incomplete(f"{_who(capture)}: the JSON breaks off or is damaged") from error
        raise


def _part(capture: Capture, said: Any) -> Part:
    if not isinstance(said, Mapping) or "http_method" not in said:
        raise Unexpected(f"{_who(capture)}: not the form of a FortiOS REST answer")
    status = said.get("http_status", 200)
    if said.get("status", "success") != "success" or status != 200:
        denied = status in (401, 403)
        raise NotAnswered(
            f"{_who(capture)}: VDOM {shown(str(said.get('vdom')))} answers status {status}",
            code="privilege_missing" if denied else "ask_refused",
            next_step="give the API administrator's profile read access; see the platform's page",
        )
    missing = {"results", "serial", "version"} - set(said)
    if missing:
        raise Unexpected(f"{_who(capture)}: the answer has no {', '.join(sorted(missing))}")
    results = said["results"]
    matched = said.get("matched_count")
    if said.get("limit_reached") is True or (
        isinstance(results, list) and isinstance(matched, int) and matched > len(results)
    ):
        raise Incomplete(f"{_who(capture)}: {len(results)} rows given, the device has more")
    build = said.get("build")
    return Part(
        vdom=str(said.get("vdom") or "root"),
        results=results,
        serial=str(said["serial"]),
        version=str(said["version"]),
        build=None if build is None else str(build),
    )


def _who(capture: Capture) -> str:
    return f"{capture.device}: {capture.ask.text!r}"
