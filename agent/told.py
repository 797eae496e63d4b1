"""What a person is told of a collection: plain rows, the same alone and through the daemon."""

from __future__ import annotations

from collections.abc import Iterable

from agent.collect import Job
from agent.discovery import planned
from agent.gate.winreg import query
from agent.platforms import platform
from agent.visit import Visit
from evidence.ask import Ask
from evidence.device import Device

Row = dict[str, object]
_ONLINE = ("ssh", "https", "winrm", "snmp")


def visit_rows(visit: Visit) -> list[Row]:
    """One row a reading: what came of it, why, and what to do next."""
    return [
        {
            "device": visit.device.id,
            "subject": reading.subject,
            "facts": len(reading.facts),
            "state": "failed" if reading.failure else "read",
            "why": f"{reading.failure.code}: {reading.failure.message}"
            if reading.failure
            else "; ".join(caution.message for caution in reading.cautions),
            "next": reading.failure.next_step
            if reading.failure
            else "; ".join(dict.fromkeys(caution.next_step for caution in reading.cautions)),
        }
        for reading in visit.readings
    ]


def ask_rows(jobs: Iterable[Job]) -> list[Row]:
    """One row for each thing that may be sent to a device."""
    return [
        {
            "device": job.device.id,
            "by": job.device.transport,
            "address": job.device.address,
            "subjects": list(job.subjects),
            "text": text,
        }
        for job in jobs
        for ask in platform(job.device.platform).all_asks
        if _goes(job.device, ask)
        for text in planned(job.device, ask)
    ]


def _goes(device: Device, ask: Ask) -> bool:
    """Whether the device's way carries such an ask at all."""
    if device.transport == "winreg":
        return ask.kind == "command" and query(ask.text) is not None
    if device.transport == "wire":
        return ask.text.startswith("starttls ") == ("starttls" in device.options)
    # A file is delivered, and nothing is sent for it.
    return ask.kind != "file" or device.transport not in _ONLINE
