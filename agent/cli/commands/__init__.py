"""The commands, one module a purpose. A module is imported when one of its commands is called."""

from __future__ import annotations

from importlib import import_module

import typer

# Command -> where it is, in the order a newcomer meets them.
_PLACES = {
    "init": "agent.cli.commands.setup:init",
    "enrol": "agent.cli.commands.setup:enrol",
    "doctor": "agent.cli.commands.setup:doctor",
    "devices": "agent.cli.commands.inventory:devices",
    "asks": "agent.cli.commands.inventory:asks",
    "collect": "agent.cli.commands.collecting:collect",
    "changes": "agent.cli.commands.history:changes",
    "import": "agent.cli.commands.history:import_",
    "assess": "agent.cli.commands.judging:assess",
    "findings": "agent.cli.commands.judging:findings",
    "rdp": "agent.cli.commands.remote:rdp",
    "wireless": "agent.cli.commands.wireless:wireless",
    "remote-access": "agent.cli.commands.access:remote_access",
    "crypto": "agent.cli.commands.crypto:crypto",
    "rules": "agent.cli.commands.rules:rules",
    "inventory": "agent.cli.commands.stock:inventory",
    "lifecycle": "agent.cli.commands.lifecycle:lifecycle",
    "decide": "agent.cli.commands.deciding:decide",
    "pack": "agent.cli.commands.judging:pack",
    "push": "agent.cli.commands.collecting:push",
    "verify": "agent.cli.commands.judging:verify",
    "read": "agent.cli.commands.reading:read",
    "run": "agent.cli.commands.collecting:run",
    "completion": "agent.cli.completion:completion",
    "hostkey": "agent.cli.commands.setup:hostkey",
    "ledger": "agent.cli.commands.collecting:ledger",
}
# It tells of every other command.
_OF_ALL = "completion"


def register(app: typer.Typer, called: str | None = None) -> None:
    """Put commands under their names: the one that is called; where it is none, every one."""
    alone = called in _PLACES and called != _OF_ALL
    for name, place in _PLACES.items():
        if alone and name != called:
            continue
        module, _, attribute = place.partition(":")
        command = getattr(import_module(module), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
