"""Re-reading: the same collector over the recorded captures, without agent or device.

The collector yields its asks as it did on the visit; each is answered with what was recorded,
or the recorded failure is thrown in, in the recorded order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import ModuleType

from evidence.ask import Ask
from evidence.capture import Capture
from evidence.collection import Asked
from evidence.device import Device
from evidence.errors import SealError, VisitError
from evidence.facts import Fact
from evidence.reading import Failure

Flow = Generator[Ask, Capture, Iterable[Fact]]
Collector = Callable[[Device], Flow]


def replay(
    collector: Collector,
    device: Device,
    asked: Sequence[Asked],
    bodies: Mapping[str, bytes],
) -> tuple[Fact, ...]:
    """The facts `collector` finds in the answers to `asked`, one subject's, in order.

    Raises what the collector raises, and SealError: `asks_differ` when it asks for something
    else than was asked, or for more; `capture_absent` when a capture is not in `bodies`.
    """
    flow = collector(device)
    recorded = iter(asked)
    try:
        ask = next(flow)
        while True:
            one = _next(recorded, ask)
            if one.failure is not None:
                ask = flow.throw(error_of(one.failure))
            else:
                ask = flow.send(_capture(device, ask, one, bodies))
    except StopIteration as end:
        return tuple(end.value or ())


def source_digest(module: ModuleType) -> str:
    """SHA-256 over a platform's source files: a reading names the code that made it by this.

    What it shares with other platforms (`collectors/_cisco`, or another platform's own files)
    counts with each that uses it, and the release of ntc-templates with each that reads by it.
    """
    package, _, own = module.__name__.rpartition(".")
    root = files(package)
    bodies = list(_sources(root, own))
    shared = re.compile(rb"^from %s\.(\w+)[. ]" % re.escape(package.encode()), re.MULTILINE)
    known, read = {own}, 0
    while read < len(bodies):
        waiting, read = bodies[read:], len(bodies)
        for name in sorted({name.decode() for body in waiting for name in shared.findall(body)}):
            if name not in known:
                known.add(name)
                bodies += _sources(root, name)
    if any(b'files("ntc_templates")' in body for body in bodies):
        bodies.append(version("ntc-templates").encode())
    return sha256(b"\0".join(bodies)).hexdigest()


@cache
def installed_version() -> str:
    """The release of the readers and rules here: a reading or judgement is only held to its own.

    `0+source` where the code is not installed.
    """
    try:
        return version("evidence-agent")
    except PackageNotFoundError:
        return "0+source"


def _sources(root: Traversable, name: str) -> Iterator[bytes]:
    """The source of a module or of all of a package, in one order; in a folder or in a ZIP."""
    file, folder = root / f"{name}.py", root / name
    if file.is_file():
        yield file.read_bytes()
    if folder.is_dir():
        yield from (body for _, body in sorted(_within(folder, ())))


def _within(folder: Traversable, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], bytes]]:
    for one in folder.iterdir():
        place = (*above, one.name)
        if one.is_dir():
            yield from _within(one, place)
        elif one.name.endswith(".py"):
            yield place, one.read_bytes()


def error_of(failure: Failure) -> VisitError:
    """The error a recorded failure was: of its class, if this program still has it."""
    kinds = {kind.__name__: kind for kind in _kinds(VisitError)}
    kind = kinds.get(failure.kind, VisitError)
    return kind(failure.message, code=failure.code, next_step=failure.next_step)


def _kinds(base: type[VisitError]) -> Iterator[type[VisitError]]:
    """Every error of a visit, a class before its own kinds."""
    yield base
    for kind in base.__subclasses__():
        yield from _kinds(kind)


def _next(recorded: Iterator[Asked], ask: Ask) -> Asked:
    one = next(recorded, None)
    if one is None or (one.name, one.text) != (ask.name, ask.text):
        then = "nothing more" if one is None else repr(one.text)
        raise SealError(
            f"the collector asks {ask.text!r} where the visit asked {then}", code="asks_differ"
        )
    return one


def _capture(device: Device, ask: Ask, one: Asked, bodies: Mapping[str, bytes]) -> Capture:
    body = bodies.get(one.capture or "")
    if body is None:
        raise SealError(f"capture {one.capture} is not here", code="capture_absent")
    return Capture(
        device=device.id,
        ask=ask,
        body=body,
        asked_at=one.asked_at,
        answered_at=one.answered_at or one.asked_at,
        account=one.account,
        peer=one.peer,
        way=one.way,
        media_type=one.media_type or "text/plain",
        provenance=one.provenance,
    )
