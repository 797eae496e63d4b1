"""Answers delivered by hand, read as the agent reads them."""

from datetime import UTC, datetime

from agent.platforms import platform
from agent.redact import SiteKey
from agent.transports.tape import TapeTransport
from agent.visit import Visitor
from evidence.device import Device
from evidence.reading import Reading
from evidence.tape import TapeAnswer

AT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


def read(name: str, subject: str, *answers: tuple[str, bytes], **options: str) -> Reading:
    """One subject of platform `name`, from (ask, answer) pairs."""
    one = platform(name)
    visitor = Visitor(
        device=Device(id="by-hand", platform=one.name, subjects=(subject,), options=options),
        platform=one,
        open_transport=lambda: TapeTransport(TapeAnswer(ask, body) for ask, body in answers),
        clock=lambda: AT,
        key=SiteKey(b"by hand"),
    )
    return visitor.visit([subject]).readings[0]
