"""`devices` and `asks`: what is to be read, and everything that can ever be sent."""

from __future__ import annotations

from typing import Annotated

import typer

from agent.cli.options import ConfigOption, JsonOption, configured
from agent.cli.words import show
from agent.ledger import Ledger
from agent.platforms import Platform, platform, platforms
from evidence.clock import stamp


def devices(config: ConfigOption = None, json: JsonOption = False) -> None:
    """The inventory, with when each device was last read."""
    settings = configured(config)
    ledger = Ledger(settings.state)
    rows = []
    for device in settings.devices.values():
        attempts = [ledger.last_attempt(device.id, subject) for subject in device.subjects]
        newest = max((at for at in attempts if at), default=None)
        rows.append(
            {
                "id": device.id,
                "platform": device.platform,
                "transport": device.transport,
                "address": device.address + (f":{device.port}" if device.port else ""),
                "subjects": list(device.subjects),
                "ha_group": device.ha_group,
                "site": device.site,
                "last_read_at": newest and stamp(newest),
            }
        )
    ledger.close()
    show(
        rows,
        {
            "id": "device",
            "platform": "platform",
            "transport": "by",
            "address": "address",
            "subjects": "subjects",
            "ha_group": "HA group",
            "last_read_at": "last read (UTC)",
        },
        json,
    )


def asks(
    name: Annotated[
        str | None, typer.Argument(metavar="PLATFORM", help="One platform; none: all.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Everything that can ever be sent, log-in, paging and log-out lines included."""
    chosen = [platform(name)] if name else list(platforms().values())
    rows = [row for one in chosen for row in _rows(one)]
    show(
        rows,
        {"platform": "platform", "use": "use", "name": "name", "text": "what is sent"},
        json,
        title=None,
    )


def _rows(one: Platform) -> list[dict[str, str]]:
    session, http_session = one.session, one.http_session
    used = {}
    if session is not None:
        used = {ask: "log in" for ask in session.login} | {ask: "log out" for ask in session.logout}
        if session.elevate:
            used[session.elevate] = "elevate"
    if http_session is not None:
        used |= {ask: "log in" for ask in http_session.login}
        used |= {http_session.logout: "log out"} if http_session.logout else {}
    rows: list[dict[str, str]] = [
        {
            "platform": one.name,
            "use": used.get(ask, "read"),
            "name": ask.name,
            "text": ask.text,
        }
        for ask in one.all_asks
    ]
    if session is not None and session.pager:
        rows.append(
            {
                "platform": one.name,
                "use": "pager",
                "name": "pager_key",
                "text": repr(session.pager_key),
            }
        )
    return rows
